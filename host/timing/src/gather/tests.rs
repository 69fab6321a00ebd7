use super::*;

const MS: u64 = 1_000_000;

/// The sleep after 10 ms with `count` reads, each `gap` after the last one of its stream.
fn after(count: u64, gap: u64) -> u64 {
    span(Reads { count, gaps: count * gap }, 10 * MS)
}

#[test]
fn many_slow_streams_are_gathered() {
    assert_eq!(after(100, 20 * MS), LONGEST);
    assert_eq!(after(200, 10 * MS), 10 * MS / PART);
}

#[test]
fn few_arrivals_or_quick_streams_are_read_at_once() {
    assert_eq!(after(0, 0), 0);
    assert_eq!(after(60, 20 * MS), 0, "fewer than two in each sleep");
    assert_eq!(after(2_000, MS / 5), 0, "a sleep of 4 us gathers nothing");
}

#[test]
fn a_window_decides_how_long_is_slept_and_forgets_its_reads() {
    let reads = Cell::new(Reads { count: 100, gaps: 100 * 20 * MS });
    let begun = Pace { span: 0, woke: MS, since: MS };
    let within = begun.woken(WINDOW, &reads);
    assert_eq!((within.span, within.woke, within.since), (0, WINDOW, MS));
    assert_eq!(reads.get().count, 100, "the window goes on");
    let over = within.woken(WINDOW + MS, &reads);
    assert_eq!((over.span, over.woke, over.since), (LONGEST, WINDOW + MS, WINDOW + MS));
    assert_eq!((reads.get().count, reads.get().gaps), (0, 0));
    assert_eq!(over.woken(3 * WINDOW, &reads).span, 0, "nothing was read");
}

#[test]
fn a_sleep_ends_when_its_span_is_over_or_the_pacer_is_due() {
    let woke = clock::now();
    let before = sleeps();
    PACE.set(Pace { span: LONGEST, woke, since: woke });
    hold();
    assert!(clock::now() >= woke + LONGEST && sleeps() > before);
    let woke = clock::now();
    PACE.set(Pace { span: 60_000 * MS, woke, since: woke });
    pacer::set_due(woke + MS);
    hold();
    let now = clock::now();
    assert!(now >= woke + MS && now < woke + 60_000 * MS);
}
