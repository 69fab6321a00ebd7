use super::*;

/// The calling thread's nice value, as the kernel tells it in its file of the thread.
fn nice() -> i64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let behind_name = stat.rsplit(')').next().unwrap();
    behind_name.split_whitespace().nth(16).unwrap().parse().unwrap()
}

#[test]
fn only_the_calling_thread_makes_room() {
    let before = nice();
    let lowered = std::thread::spawn(|| {
        lower();
        nice()
    });
    assert_eq!(lowered.join().unwrap(), 10);
    assert_eq!(nice(), before);
}
