use super::{ALIASES, suggest};
use crate::args::perf_command;

#[test]
fn every_alias_names_a_flag_and_is_not_one() {
    let command = perf_command();
    let is_flag = |name: &str| {
        let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
        shown.into_iter().any(|arg| {
            arg.get_long() == Some(name)
                || arg.get_short().map(String::from).as_deref() == Some(name)
        })
    };
    for (other, flag) in ALIASES {
        assert!(is_flag(flag), "{flag}");
        assert!(!is_flag(other), "{other} is a flag");
    }
    assert!(
        ALIASES.is_sorted_by(|one, other| one.0 < other.0),
        "sorted, so no alias is listed twice"
    );
}

#[test]
fn aliases_and_typos_lead_to_our_flags() {
    let command = perf_command();
    let cases = [
        ("num-requests", Some("number")),
        ("num_prompts", Some("number")),
        ("concurrency", Some("parallel")),
        ("request-rate", Some("rate")),
        ("c", Some("parallel")),
        ("paralel", Some("parallel")),
        ("max-token", Some("max-tokens")),
        ("xyzzy", None),
        ("y", None),
    ];
    for (typed, wanted) in cases {
        let known = command.get_arguments().filter_map(clap::Arg::get_long);
        assert_eq!(suggest(typed, known), wanted, "{typed}");
    }
}
