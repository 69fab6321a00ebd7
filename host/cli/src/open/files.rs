//! Open files: the limit is raised, and a plan that needs more than there are is refused.

use crate::failure::Failure;
use crate::findings::Findings;
use crate::plan::Run;
use loadwright_core::plan::{Load, Plan};

/// Files beside the connections of requests: logs, records, timers, the terminal.
const BESIDE: u64 = 100;

/// Raises the limit of open files as far as the system allows.
///
/// # Errors
/// A point needs more.
pub(super) fn raise_limit(run: &Run) -> Result<(), Failure> {
    let have = rlimit::increase_nofile_limit(u64::MAX).map_err(Failure::System)?;
    match refusal(run, have) {
        None => Ok(()),
        Some((flag, text)) => {
            let mut findings = Findings::default();
            findings.mistake(flag, text);
            Err(findings.mistakes.into())
        }
    }
}

/// Why `run` needs more than `have` open files, and the flag to lower.
fn refusal(run: &Run, have: u64) -> Option<(&'static str, String)> {
    // The simulated server holds the other end of every connection.
    let ends = if run.simulate { 2 } else { 1 };
    let (most, flag) = run.points.iter().map(connections).max()?;
    let need = most * ends + BESIDE;
    let text = || {
        format!(
            "{most} connections need {need} open files, and the system allows {have}; lower it, \
             or raise the limit (ulimit -Hn)"
        )
    };
    (need > have).then(|| (flag, text()))
}

/// Connections at most, where the plan bounds them, and the flag that does: a request needs one, and
/// one at a time.
fn connections(point: &Plan) -> (u64, &'static str) {
    let (most, flag) = match point.load {
        Load::Closed { workers, .. } => (workers, "parallel"),
        // Each thread may come to serve all of them, and keeps the connections that it opened.
        Load::Open { max_in_flight, .. } => {
            let most = max_in_flight.unwrap_or_default();
            (most.saturating_mul(u32::from(point.threads)), "max-in-flight")
        }
    };
    (u64::from(most).min(point.slots().unwrap_or(u64::MAX)), flag)
}

#[cfg(test)]
mod tests {
    use super::refusal;
    use std::ffi::OsString;

    fn refused(line: &str, have: u64) -> Option<(&'static str, String)> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        refusal(&crate::usage::run(&words, &[]).expect("it converts"), have)
    }

    #[test]
    fn a_plan_that_needs_more_files_is_refused_with_the_number() {
        let target = "--model m --url http://h/v1/completions --dataset x -n 9999";
        assert_eq!(refused(&format!("{target} --parallel 10 924"), 1024), None);
        let (flag, text) = refused(&format!("{target} --parallel 925 10"), 1024).expect("refused");
        assert_eq!(flag, "parallel");
        assert!(
            text.starts_with("925 connections need 1025 open files, and the system allows 1024")
        );
        // No more connections are opened than there are requests.
        let few = "--model m --url http://h/v1/completions --dataset x --parallel 15000";
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
}
