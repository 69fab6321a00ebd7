use super::refusal;
use crate::testing;

fn refused(line: &str, have: u64) -> Option<(&'static str, String)> {
    refusal(&testing::run(line), have)
}

#[test]
fn a_plan_that_needs_more_files_is_refused_with_the_number() {
    let target = "--model m --url http://h/v1/completions --dataset prompt -n 9999";
    assert_eq!(refused(&format!("{target} --parallel 10 924"), 1024), None);
    let (flag, text) = refused(&format!("{target} --parallel 925 10"), 1024).expect("refused");
    assert_eq!(flag, "parallel");
    assert!(text.starts_with("925 connections need 1025 open files, and the system allows 1024"));
    // No more connections are opened than there are requests.
    let few = "--model m --url http://h/v1/completions --dataset prompt --parallel 15000";
    assert_eq!(refused(&format!("{few} -n 10"), 1024), None);
    assert_eq!(refused(&format!("{few} -n 900 --warmup-num 24"), 1024), None);
    assert!(refused(&format!("{few} -n 900 --warmup-num 25"), 1024).is_some());
    assert!(refused(&format!("{few} --duration 5"), 1024).is_some());
    // Both ends are in this process.
    assert_eq!(refused("--simulate --parallel 462 -n 999", 1024), None);
    assert!(refused("--simulate --parallel 463 -n 999", 1024).is_some());
    let open = format!("{target} --open-loop --rate 5");
    assert_eq!(refused(&open, 128), None);
    let capped = refused(&format!("{open} --max-in-flight 2000"), 1024).expect("refused");
    assert_eq!(capped.0, "max-in-flight");
    // Each thread keeps the connections that it opened.
    let threads = |threads, cap| {
        refused(&format!("{open} --threads {threads} --max-in-flight {cap}"), 1024).is_some()
    };
    let cases = [(1, 924), (1, 925), (2, 462), (2, 463)];
    assert_eq!(cases.map(|(t, cap)| threads(t, cap)), [false, true, false, true]);
}
