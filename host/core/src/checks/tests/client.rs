//! Checks of the client itself: its timestamps, its CPU time, its plugins.

use super::*;
use crate::checks::evidence::CPU_BUSY;
use crate::checks::kinds::{cpu_busy, read_lag, shared_timestamps};
use crate::percentile::Distribution;

pub(super) fn examples() -> Vec<Example> {
    vec![
        example(
            ReadLag { p50: MS / 10, p99: 3 * MS, max: 9 * MS },
            &[millis(read_lag::LIMITS.0), millis(read_lag::LIMITS.1)],
        ),
        example(SharedTimestamps { share: 0.3 }, &[share(shared_timestamps::RAISED)]),
        example(UserTimestamps { http2: false }, &[]),
        example(UserTimestamps { http2: true }, &[]),
        example(ClockSteps { steps: 1 }, &[]),
        example(CpuBusy { worst: 1.0, share: 0.4 }, &[share(CPU_BUSY), whole(cpu_busy::RAISED)]),
        example(PluginRestarts { times: 1 }, &[]),
    ]
}

/// Changes every row of a distribution.
fn set(evidence: &mut Evidence, metric: Metric, value: u64) {
    let distribution: &mut Distribution = evidence.metrics.get_mut(metric).expect("it is measured");
    distribution.rows = [value; 15];
}

#[test]
fn read_lag_is_held_against_the_gaps() {
    let with = |gap: u64, lag: u64| {
        raised(&closed(1), move |evidence| {
            set(evidence, Metric::Itl, gap);
            set(evidence, Metric::ReadLag, lag);
        })
    };
    let lag = |nanos: u64| some(ReadLag { p50: nanos, p99: nanos, max: nanos });
    // A tenth of the gap, but no more than 1 ms and no less than 0.1 ms.
    assert_eq!(with(5 * MS, MS / 2), None);
    assert_eq!(with(5 * MS, MS / 2 + 1), lag(MS / 2 + 1));
    assert_eq!(with(100 * MS, MS), None);
    assert_eq!(with(100 * MS, MS + 1), lag(MS + 1));
    assert_eq!(with(MS / 10, MS / 10), None);
    assert_eq!(with(MS / 10, MS / 10 + 1), lag(MS / 10 + 1));
}

#[test]
fn shared_timestamps_count_above_five_percent() {
    // Of 300 gaps.
    let with = |shared: u64| raised(&closed(1), move |e| e.frames.shared = shared);
    assert_eq!(with(15), None);
    assert_eq!(with(30), some(SharedTimestamps { share: 0.1 }));
    assert!(with(16).is_some());
}

#[test]
fn user_timestamps_are_warned_of_where_kernel_stamps_were_wanted() {
    let fell_back = |evidence: &mut Evidence| evidence.timestamps = TimestampSource::User;
    assert_eq!(raised(&closed(1), fell_back), some(UserTimestamps { http2: false }));
    let mut plan = closed(1);
    plan.target.http2 = true;
    assert_eq!(raised(&plan, fell_back), some(UserTimestamps { http2: true }));
    plan.engine.timestamps = TimestampSource::User;
    assert_eq!(raised(&plan, fell_back), None);
}

#[test]
fn a_step_of_the_clock_matters_to_kernel_stamps() {
    let with = |timestamps: TimestampSource, steps: u64| {
        let mut plan = closed(1);
        plan.engine.timestamps = timestamps;
        raised(&plan, move |evidence| {
            (evidence.timestamps, evidence.health.clock_steps) = (timestamps, steps);
        })
    };
    assert_eq!(with(TimestampSource::Kernel, 0), None);
    assert_eq!(with(TimestampSource::Kernel, 1), some(ClockSteps { steps: 1 }));
    assert_eq!(with(TimestampSource::User, 1), None, "they are on the monotonic clock");
}

#[test]
fn a_busy_thread_counts_above_ten_percent_of_the_samples() {
    let with = |busy: u64| {
        raised(&closed(1), move |evidence| {
            (evidence.health.busy, evidence.health.worst_cpu) = (busy, 0.99);
        })
    };
    assert_eq!(with(10), None);
    assert_eq!(with(11), some(CpuBusy { worst: 0.99, share: 0.11 }));
}

#[test]
fn every_plugin_restart_counts() {
    let with = |times: u64| raised(&closed(1), move |e| e.health.plugin_restarts = times);
    assert_eq!(with(0), None);
    assert_eq!(with(1), some(PluginRestarts { times: 1 }));
}
