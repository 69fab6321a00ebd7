use super::{both, refusal};
use crate::failure::Failure;
use loadwright_core::ports::{Cause, Fault, PluginFailure};
use loadwright_wasm::{Kind, OpenError};

fn refused(kind: Kind, text: &str) -> Failure {
    let cause = Cause::Fault(Fault::Settings(text.into()));
    let failure = PluginFailure { plugin: "p".into(), call: "configure".into(), cause };
    refusal(kind, OpenError::Failed(failure))
}

#[test]
fn settings_are_told_by_their_flags() {
    let cases = [
        (Kind::Dataset, "max_prompt_length: 3 is too short", "--max-prompt-length: 3 is too short"),
        (
            Kind::Dataset,
            "min_prompt_length: 9 is above max_prompt_length, 3",
            "--min-prompt-length: 9 is above --max-prompt-length, 3",
        ),
        (Kind::Dataset, "settings.a: is bad", "--dataset-args: settings.a: is bad"),
        (Kind::Protocol, "settings.a: is bad", "--api-args: settings.a: is bad"),
        (Kind::Protocol, "template: it is no object", "--query-template: it is no object"),
        (Kind::Protocol, "generation.n: 0", "--n-choices: 0"),
        (Kind::Protocol, "generation.top_p: 7 is high", "--top-p: 7 is high"),
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
        mistakes: vec!["`settings` has no `x`".into(), "`settings.y` is 1".into()],
    };
    let protocol = Err::<(), _>(refusal(Kind::Protocol, schema("a")));
    let dataset = Err::<(), _>(refusal(Kind::Dataset, schema("b")));
    let said = both(protocol, dataset).expect_err("both refuse").to_string();
    let wanted = "4 settings cannot be used:\n  --api-args: a: `settings` has no `x`\n  \
                  --api-args: a: `settings.y` is 1\n  --dataset-args: b: `settings` has no \
                  `x`\n  --dataset-args: b: `settings.y` is 1";
    assert_eq!(said, wanted);
}
