use super::*;

/// The processors of the calling thread, as the kernel's file of it lists them.
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

/// Of 100 ms.
fn shares(run: u64, waited: u64) -> Shares {
    Shares { all: 100 * MS, run: run * MS, waited: waited * MS }
}

/// Runs `test` on a thread of its own, with the processors it has there and its home.
fn alone(test: impl FnOnce(Vec<usize>, Home) + Send + 'static) {
    let thread = std::thread::spawn(|| test(listed(), Home::of(0, 1)));
    thread.join().unwrap();
}

#[test]
fn a_crowded_thread_stays_at_home_until_it_has_little_to_do() {
    alone(|all, mut home| {
        assert_eq!(home.own.is_some(), all.len() >= 2, "of {all:?}");
        let own = home.own.map_or(all.clone(), |own| vec![own]);
        let steps = [
            (shares(45, 25), &all),
            (shares(70, 5), &all),
            (shares(45, 25), &all),
            (shares(45, 25), &own),
            (shares(70, 5), &own),
            (shares(20, 4), &all),
        ];
        for (step, (shares, expected)) in steps.into_iter().enumerate() {
            home.settle(shares);
            assert_eq!(listed(), *expected, "after step {step}");
        }
    });
}

#[test]
fn it_roams_again_when_nobody_looks_any_more() {
    alone(|all, mut home| {
        home.keep(true);
        drop(home);
        assert_eq!(listed(), all);
    });
}

#[test]
fn busy_and_crowded_are_parts_of_the_time() {
    let found = |run, waited| (shares(run, waited).is_busy(), shares(run, waited).is_crowded());
    assert_eq!(found(0, 0), (false, false));
    assert_eq!(found(5, 20), (false, false), "not more than a quarter");
    assert_eq!(found(70, 10), (true, false), "not more than an eighth of that");
    assert_eq!(found(69, 11), (true, true));
}

#[test]
fn shares_are_the_kernels() {
    let before = Shares::now();
    let counts = std::path::Path::new("/proc/thread-self/schedstat").exists();
    assert_eq!(before.is_some(), counts, "there where the system keeps them");
    let cpu = clock::thread_cpu();
    while clock::thread_cpu() < cpu + 60 * MS {}
    if let Some((now, before)) = Shares::now().zip(before) {
        let shares = now.since(before);
        // The kernel brings its count up to date at its tick, every 10 ms at least.
        assert!(shares.run >= 50 * MS && shares.all >= shares.run, "{shares:?}");
    }
}

#[test]
fn threads_have_homes_of_their_own_or_none() {
    let homes = |processors: &[usize], first, threads| {
        let home = |index| choose(processors, first, (index, threads));
        (0..threads).map(home).collect::<Vec<_>>()
    };
    assert_eq!(homes(&[], 5, 1), [None]);
    assert_eq!(homes(&[4], 5, 1), [None]);
    assert_eq!(homes(&[4, 6], 0, 1), [Some(4)]);
    assert_eq!(homes(&[4, 6], 5, 1), [Some(6)]);
    assert_eq!(homes(&[4, 6, 9], 0, 2), [None, None]);
    assert_eq!(homes(&[1, 3, 5, 7], 2, 2), [Some(5), Some(7)]);
    assert_eq!(homes(&[1, 3, 5, 7], 3, 2), [Some(7), Some(1)]);
    assert_eq!(homes(&[1, 3, 5, 7], usize::MAX, 1), [Some(7)]);
}

/// On this machine too a home is one of the processors that the thread may use.
#[test]
fn a_home_is_where_the_thread_may_run() {
    let processors = listed();
    let home = Home::of(0, 1).own;
    assert_eq!(home.is_some(), processors.len() >= 2, "of {processors:?}");
    assert!(home.is_none_or(|home| processors.contains(&home)), "{home:?} of {processors:?}");
}
