use super::{both, by_flag};
use crate::error::CommandError;
use loadwright_core::ports::{Cause, Fault, PluginFailure};
use loadwright_core::setting::SettingFault;
use loadwright_wasm::{Kind, OpenError};

fn refused(kind: Kind, text: &str) -> CommandError {
    let cause = Cause::Fault(Fault::Settings(text.into()));
    let failure = PluginFailure { plugin: "p".into(), call: "configure".into(), cause };
    by_flag(kind, OpenError::Failed(failure))
}

#[test]
fn setting_faults_are_reported_by_their_flags() {
    let cases = [
        (Kind::Dataset, "max_prompt_length: 3 is too short", "--max-prompt-length: 3 is too short"),
        (Kind::Dataset, "settings.a: is bad", "--dataset-args: p: settings.a: is bad"),
        (Kind::Api, "settings.a: is bad", "--api-args: p: settings.a: is bad"),
        (Kind::Api, "template: is not an object", "--query-template: is not an object"),
        (Kind::Api, "generation.n: 0", "--n-choices: 0"),
        (Kind::Api, "generation.top_p: 7 is high", "--top-p: 7 is high"),
        (Kind::Api, "generation.x: is unknown", "--api: p: generation.x: is unknown"),
        (Kind::Dataset, "it is empty", "--dataset: p: it is empty"),
    ];
    for (kind, text, wanted) in cases {
        let said = refused(kind, text).to_string();
        assert_eq!(said.lines().nth(1), Some(format!("  {wanted}").as_str()), "{said}");
    }
}

#[test]
fn what_both_refuse_is_one_list() {
    let schema = |plugin: &str| OpenError::Settings {
        plugin: plugin.into(),
        faults: vec![
            SettingFault::of("settings.x", "is required"),
            SettingFault::of("settings.y", "1 is too small"),
        ],
    };
    let api = Err::<(), _>(by_flag(Kind::Api, schema("a")));
    let dataset = Err::<(), _>(by_flag(Kind::Dataset, schema("b")));
    let said = both(api, dataset).expect_err("both refuse").to_string();
    let wanted = "4 settings cannot be used:\n  --api-args: a: settings.x: is required\n  \
                  --api-args: a: settings.y: 1 is too small\n  --dataset-args: b: settings.x: is \
                  required\n  --dataset-args: b: settings.y: 1 is too small";
    assert_eq!(said, wanted);
}
