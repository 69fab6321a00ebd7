use super::*;

#[test]
fn threads_have_their_names() {
    let name = || std::thread::current().name().map(str::to_owned);
    assert_eq!(spawn("one", name).unwrap().join().unwrap().as_deref(), Some("one"));
    std::thread::scope(|scope| {
        let other = spawn_scoped(scope, "other", name).unwrap();
        assert_eq!(other.join().unwrap().as_deref(), Some("other"));
    });
}

#[test]
fn a_refusal_names_the_thread_and_the_limits() {
    let error = refused("records", &io::ErrorKind::WouldBlock.into());
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    let text = error.to_string();
    assert!(text.starts_with("the thread `records` cannot be started: "), "{text}");
    assert!(text.contains("ulimit -u"), "{text}");
}

/// The calling thread's nice value, as procfs reports it.
fn nice() -> i64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    after_name.split_whitespace().nth(16).unwrap().parse().unwrap()
}

#[test]
fn lowering_the_priority_affects_the_calling_thread_alone() {
    let before = nice();
    let lowered = std::thread::spawn(|| {
        lower_priority();
        nice()
    });
    assert_eq!(lowered.join().unwrap(), 10);
    assert_eq!(nice(), before);
}

#[test]
fn the_timer_slack_becomes_the_minimum() {
    let slack = std::thread::spawn(|| {
        minimize_timer_slack();
        // "PID/task/TID"; the file exists beside the process's own only.
        let thread = std::fs::read_link("/proc/thread-self").unwrap();
        let id = thread.file_name().unwrap().to_str().unwrap().to_owned();
        std::fs::read_to_string(format!("/proc/{id}/timerslack_ns")).unwrap()
    });
    assert_eq!(slack.join().unwrap().trim(), "1");
}
