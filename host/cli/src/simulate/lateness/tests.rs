use super::*;

fn late(count: u64, p99: u64) -> Lateness {
    Lateness { count, p50: 70_000, p99, max: 9_000_000 }
}

#[test]
fn what_is_late_is_warned_of_once() {
    let none = Lateness::default();
    let mut lookout = Lookout::default();
    for (frames, counts) in [(none, none), (late(99, BOUND * 9), none), (late(100, BOUND), none)] {
        assert_eq!(lookout.warnings(frames, counts), Vec::<String>::new());
    }
    let said = lookout.warnings(late(100, 7_125_000), none);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("late: one in a hundred by more than 7.12 ms"), "{}", said[0]);
    let said = lookout.warnings(late(200, 8_000_000), late(100, 6_000_000));
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("replies end late: ") && said[0].contains("6.00 ms"));
    assert!(lookout.warnings(late(300, BOUND * 2), late(300, BOUND * 2)).is_empty());
}

#[test]
fn the_end_says_how_late_what_was() {
    let none = Lateness::default();
    assert_eq!(lines(none, none), Vec::<String>::new());
    let counts = Lateness { count: 30, ..none };
    let said = lines(late(480, 210_000), counts);
    let frames = "frames behind the configured pace: p50 0.07 ms, p99 0.21 ms, max 9.00 ms; 480 \
                  frames";
    assert_eq!(said, [frames]);
    let said = lines(none, late(3, 8_000_000));
    let replies = "ends of replies behind the count of their prompt: p50 0.07 ms, p99 8.00 ms, \
                   max 9.00 ms; 3 replies";
    assert_eq!(said, [replies]);
}
