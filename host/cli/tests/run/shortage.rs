//! A machine that gives too little: each ends with a name and its exit code, never in a panic.

use super::{Place, stderr, stdout};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

/// `run` as an unprivileged user with at most `most` processes and threads, since the limit does not
/// bind root. None if this user cannot switch to another one.
fn with_threads(place: &Place, run: &Command, most: u32) -> Option<Output> {
    let nobody = 65_534.to_string();
    let mut command = Command::new("prlimit");
    command
        .arg(format!("--nproc={most}"))
        .args(["setpriv", "--reuid", &nobody, "--regid", &nobody, "--clear-groups", "--"])
        .arg(run.get_program())
        .args(run.get_args())
        .envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("LOADWRIGHT_CACHE_DIR", place.path().join("cache"))
        .current_dir(place.path());
    let output = command.output().ok()?;
    let refused = stderr(&output).contains("setpriv:") || stderr(&output).contains("prlimit:");
    (!refused).then_some(output)
}

/// Every thread that a run starts is refused once: with one more allowed each time, another one is.
#[test]
fn a_thread_that_cannot_be_started_is_named_and_has_its_exit_code() {
    let place = Place::new();
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(place.path(), open).expect("it is ours");
    // Deep folders of the user who builds may be closed to others.
    let binary = place.path().join("loadwright");
    std::fs::copy(env!("CARGO_BIN_EXE_loadwright"), &binary).expect("it can be copied");
    let mut refused = Vec::new();
    for most in 1..40 {
        let line = "perf --simulate --parallel 1 -n 2 --max-tokens 2 --outputs-dir . --threads 1";
        let mut run = Command::new(&binary);
        run.args(line.split(' '));
        let Some(output) = with_threads(&place, &run, most) else { return };
        let said = stderr(&output);
        assert!(!said.contains("panicked"), "{most} threads: {said}");
        let code = output.status.code();
        if code == Some(0) {
            assert!(stdout(&output).contains("Benchmarking summary:"), "{said}");
            assert!(refused.len() >= 3, "{refused:?}");
            return;
        }
        assert!(matches!(code, Some(1 | 3 | 4)), "{most} threads: {code:?}: {said}");
        assert!(said.contains("cannot be started: ") && said.contains("ulimit -u"), "{said}");
        refused.push(said);
    }
    panic!("40 threads are not enough: {:?}", refused.last());
}
