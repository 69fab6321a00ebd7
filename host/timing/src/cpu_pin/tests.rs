use super::*;

/// The processors of the calling thread, as the kernel lists them.
fn listed() -> Vec<usize> {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    let ranges = list.trim().split(',').map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        first.parse().unwrap()..=last.parse().unwrap()
    });
    ranges.flatten().collect()
}

const MS: u64 = 1_000_000;

/// A sample over 100 ms.
fn share(running: u64, waiting: u64) -> CpuShare {
    CpuShare { elapsed: 100 * MS, running: running * MS, waiting: waiting * MS }
}

/// Runs `test` on a thread of its own, with that thread's processors and its pin.
fn on_a_thread(test: impl FnOnce(Vec<usize>, CpuPin) + Send + 'static) {
    let thread = std::thread::spawn(|| test(listed(), CpuPin::new(0, 1)));
    thread.join().unwrap();
}

#[test]
fn a_contended_thread_is_pinned_until_it_is_no_longer_busy() {
    on_a_thread(|all, mut pin| {
        assert_eq!(pin.processor.is_some(), all.len() >= 2, "of {all:?}");
        let own = pin.processor.map_or(all.clone(), |own| vec![own]);
        let steps = [
            (share(45, 25), &all),
            (share(70, 5), &all),
            (share(45, 25), &all),
            (share(45, 25), &own),
            (share(70, 5), &own),
            (share(20, 4), &all),
        ];
        for (step, (share, expected)) in steps.into_iter().enumerate() {
            pin.decide(share);
            assert_eq!(listed(), *expected, "after step {step}");
        }
    });
}

#[test]
fn dropping_it_unpins_the_thread() {
    on_a_thread(|all, mut pin| {
        pin.set_pinned(true);
        assert_eq!(listed().len(), 1.min(all.len()));
        drop(pin);
        assert_eq!(listed(), all);
    });
}

#[test]
fn busy_and_contended_are_shares_of_the_time() {
    let found = |running, waiting| {
        let share = share(running, waiting);
        (share.is_busy(), share.is_contended())
    };
    assert_eq!(found(0, 0), (false, false));
    assert_eq!(found(5, 20), (false, false), "exactly a quarter");
    assert_eq!(found(70, 10), (true, false), "exactly an eighth of the runnable time");
    assert_eq!(found(69, 11), (true, true));
}

#[test]
fn samples_are_the_kernels() {
    let before = CpuShare::sample();
    let provided = std::path::Path::new("/proc/thread-self/schedstat").exists();
    assert_eq!(before.is_some(), provided);
    let cpu = clock::thread_cpu_time();
    while clock::thread_cpu_time() < cpu + 60 * MS {}
    if let Some((now, before)) = CpuShare::sample().zip(before) {
        let share = now.since(before);
        // The kernel updates its count at its tick, every 10 ms or more often.
        assert!(share.running >= 50 * MS && share.elapsed >= share.running, "{share:?}");
    }
}

#[test]
fn threads_get_different_processors_or_none() {
    let chosen = |processors: &[usize], first: usize, threads| {
        let choice = |index| choose(processors, first.wrapping_add(index), threads);
        (0..threads).map(choice).collect::<Vec<_>>()
    };
    assert_eq!(chosen(&[], 5, 1), [None]);
    assert_eq!(chosen(&[4], 5, 1), [None]);
    assert_eq!(chosen(&[4, 6], 0, 1), [Some(4)]);
    assert_eq!(chosen(&[4, 6], 5, 1), [Some(6)]);
    assert_eq!(chosen(&[4, 6, 9], 0, 2), [None, None]);
    assert_eq!(chosen(&[1, 3, 5, 7], 2, 2), [Some(5), Some(7)]);
    assert_eq!(chosen(&[1, 3, 5, 7], 3, 2), [Some(7), Some(1)]);
}
