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
