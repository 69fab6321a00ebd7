use super::{measure, rate};
use crate::testing;
use loadwright_core::conversation::{Conversation, Prompt, Turn};
use loadwright_core::ports::{Dataset, DatasetFactory, DatasetProperties, PluginFailure};
use std::time::Duration;

/// Takes `0` for each item.
struct Slow(Duration);

impl DatasetFactory for Slow {
    fn instance(&self) -> Result<Box<dyn Dataset>, PluginFailure> {
        Ok(Box::new(Self(self.0)))
    }
}

impl Dataset for Slow {
    fn properties(&mut self) -> Result<DatasetProperties, PluginFailure> {
        Ok(DatasetProperties::default())
    }

    fn generate(
        &mut self,
        _: u32,
        count: u32,
    ) -> Result<Vec<Result<Conversation, PluginFailure>>, PluginFailure> {
        std::thread::sleep(self.0 * count);
        let turn = || Turn::new(Prompt::Text("x".into()));
        let item = || Ok(Conversation { turns: vec![turn()], ..Conversation::default() });
        Ok((0..count).map(|_| item()).collect())
    }
}

#[test]
fn a_dataset_is_never_found_faster_than_it_is() {
    let found = measure(&Slow(Duration::from_millis(1)), 0).expect("it makes items");
    assert!(found <= 1000.0, "{found}");
}

#[test]
fn rates_are_read_off_loads() {
    let rates = |line: &str| {
        let run = testing::run(&format!("--simulate {line}"));
        run.points.iter().map(rate).collect::<Vec<f64>>()
    };
    assert_eq!(rates("--parallel 2 4"), [0.0, 0.0]);
    assert_eq!(rates("--parallel 2 --rate 3 4"), [3.0, 4.0]);
    assert_eq!(rates("--open-loop --rate 50"), [50.0]);
}
