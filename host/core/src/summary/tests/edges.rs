//! The edges, by hand: nothing, failures only, one token, no stream, dropped slots, retries, more
//! values than are kept exactly.

use super::build::{failed, frame, reply};
use super::*;
use crate::checks::{Check, SeveralChoices};
use crate::metrics::Row;
use crate::outcome::Outcome;
use crate::percentile::{EXACT_LIMIT, Method};
use crate::sample::EndReason;
use crate::timeline::Connect;

const MS: u64 = 1_000_000;

/// None of `these` exists.
fn absent(metrics: &Metrics, these: &[Metric]) {
    for &metric in these {
        assert_eq!(metrics.get(metric), None, "{metric:?}");
    }
}

#[test]
fn no_record_at_all() {
    let summary = summary_of(&closed(4), &[]);
    assert_eq!(summary.metrics, Metrics::default());
    assert_eq!(summary.throughput, Throughput::default());
    assert_eq!((summary.duration, summary.steady), (None, None));
    assert_eq!(summary.verdict, Verdict::NotValid);
}

#[test]
fn only_failures_leave_metrics_absent_and_counts_whole() {
    let mut busy = failed(Outcome::Status(503), Some(0), 5 * MS);
    busy.error = "overloaded".into();
    let refused = failed(Outcome::Refused, None, 9 * MS);
    let summary = summary_of(&closed(1), &[busy.clone(), busy, refused]);
    let metrics: Vec<_> = summary.metrics.iter().map(|(metric, all)| (metric, all.count)).collect();
    assert_eq!(metrics, [(Metric::DispatchDelay, 2)]);
    assert_eq!(summary.counts.failed_share(), Some(1.0));
    assert_eq!(summary.duration, Some(9 * MS));
    assert_eq!(summary.throughput.requests, Some(0.0));
    assert_eq!(summary.throughput.output, None);
    let classes: Vec<_> =
        summary.failures.iter().map(|f| (f.class.as_str(), f.count, f.sample.as_str())).collect();
    assert_eq!(classes, [("http_503", 2, "overloaded"), ("refused", 1, "")]);
    assert_eq!(summary.verdict, Verdict::NotValid);
}

#[test]
fn one_token_has_a_ttft_and_no_tpot() {
    let metrics = summary_of(&closed(1), &[reply(0, &[7 * MS])]).metrics;
    assert_eq!(metrics.get(Metric::Ttft).unwrap().rows, [7 * MS; 15]);
    assert_eq!(metrics.get(Metric::Latency).unwrap().mean, 7e6);
    absent(&metrics, &[Metric::Tpot, Metric::Itl, Metric::DecodeRate]);
}

#[test]
fn all_tokens_in_one_frame_show_no_decoding() {
    let mut record = reply(0, &[7 * MS]);
    record.usage.output_tokens = Some(64);
    record.frames[0].tokens = Some(64);
    let metrics = summary_of(&closed(1), &[record]).metrics;
    absent(&metrics, &[Metric::Tpot, Metric::DecodeRate]);
    // 64 tokens in 7 ms, in millionths of a token a second.
    assert_eq!(metrics.get(Metric::OutputRate).unwrap().max(), 9_142_857_143);
}

#[test]
fn without_a_stream_there_is_only_latency() {
    let mut record = reply(3 * MS, &[40 * MS]);
    record.streamed = false;
    record.usage.output_tokens = Some(50);
    let summary = summary_of(&closed(1), &[record]);
    let metrics = summary.metrics;
    assert_eq!(metrics.get(Metric::Latency).unwrap().max(), 37 * MS);
    absent(&metrics, &[Metric::Ttft, Metric::FirstAnswer, Metric::Tpot, Metric::Itl]);
    assert_eq!(summary.frames.output, 0);
    assert_eq!(summary.counts.streamed, 0);
}

#[test]
fn a_reply_of_a_special_token_lasts_until_its_end() {
    let mut record = reply(0, &[]);
    record.timeline.end = 12 * MS;
    record.usage.output_tokens = Some(1);
    let metrics = summary_of(&closed(1), &[record]).metrics;
    assert_eq!(metrics.get(Metric::Latency).unwrap().max(), 12 * MS);
    absent(&metrics, &[Metric::Ttft]);
}

#[test]
fn reasoning_comes_before_the_answer() {
    let mut record = reply(0, &[10 * MS, 20 * MS, 30 * MS]);
    record.frames[0].channel = crate::reading::Channel::Reasoning;
    record.frames[1].channel = crate::reading::Channel::Reasoning;
    let metrics = summary_of(&closed(1), &[record]).metrics;
    assert_eq!(metrics.get(Metric::Ttft).unwrap().max(), 10 * MS);
    assert_eq!(metrics.get(Metric::FirstAnswer).unwrap().max(), 30 * MS);
}

#[test]
fn itl_is_pooled_over_gaps_not_averaged_over_requests() {
    let long = reply(0, &[MS, 2 * MS, 3 * MS, 4 * MS]);
    let short = reply(0, &[MS, 9 * MS]);
    let summary = summary_of(&closed(2), &[long, short]);
    let itl = summary.metrics.get(Metric::Itl).unwrap();
    // (1 + 1 + 1 + 8) / 4, not (1 + 8) / 2.
    assert_eq!((itl.count, itl.mean), (4, 2_750_000.0));
}

#[test]
fn frames_of_one_read_are_counted_and_share_a_lag() {
    let mut record = reply(0, &[MS, 2 * MS, 2 * MS, 2 * MS]);
    for (index, frame) in record.frames.iter_mut().enumerate() {
        frame.user = frame.at + 100;
        frame.shared = index >= 2;
    }
    // The first output shared its read with a frame without output: no gap is lost by that.
    record.frames[0].shared = true;
    let summary = summary_of(&closed(1), &[record]);
    assert_eq!((summary.frames.output, summary.frames.gaps, summary.frames.shared), (4, 3, 2));
    assert_eq!(summary.metrics.get(Metric::ReadLag).unwrap().count, 2);
    assert_eq!((summary.error_bounds.ttft, summary.error_bounds.itl), (Some(100), None));
}

#[test]
fn user_timestamps_have_no_read_lag_and_no_bound() {
    let mut plan = closed(1);
    plan.engine.timestamps = TimestampSource::User;
    let summary = summary_of(&plan, &[reply(0, &[MS, 2 * MS])]);
    absent(&summary.metrics, &[Metric::ReadLag]);
    assert_eq!(summary.error_bounds, ErrorBounds::default());
    assert_eq!(summary.point.timestamps, TimestampSource::User);
}

#[test]
fn open_loop_counts_late_and_dropped_slots() {
    let late = |seq: u64, dispatch_delay: u64| {
        let scheduled = seq * 100 * MS;
        let mut record = reply(scheduled + dispatch_delay, &[scheduled + dispatch_delay + 10 * MS]);
        record.timeline.scheduled = scheduled;
        record
    };
    let mut opening = late(2, 3 * MS);
    opening.timeline.connect =
        Some(Connect { start: 200 * MS, resolved: None, connected: 202 * MS, tls: None });
    let mut dropped = failed(Outcome::Dropped, None, 300 * MS);
    dropped.timeline.scheduled = 300 * MS;
    let records = [late(0, 0), late(1, LATE), opening, dropped, late(4, LATE + 1)];
    let summary = summary_of(&open(10.0), &records);
    let arrivals = summary.arrivals;
    assert_eq!((arrivals.sent, arrivals.late, arrivals.late_connecting), (4, 2, 1));
    assert_eq!(summary.counts.dropped, 1);
    assert_eq!((summary.counts.total, summary.counts.failed), (4, 0));
    assert_eq!(arrivals.target_rate, Some(10.0));
    assert_eq!(arrivals.scheduled_rate, Some(7.5));
    let sent = 3.0 / (0.4 + 0.001_000_001);
    assert!((arrivals.sent_rate.unwrap() - sent).abs() < 1e-9);
    assert_eq!(summary.metrics.get(Metric::TtftFromSchedule).unwrap().max(), 13 * MS);
    assert_eq!(summary.metrics.get(Metric::Ttft).unwrap().max(), 10 * MS);
}

#[test]
fn only_the_last_attempt_counts() {
    let mut first = failed(Outcome::Status(429), Some(0), 2 * MS);
    first.last_attempt = false;
    let mut second = reply(3 * MS, &[8 * MS]);
    second.attempt = 1;
    let summary = summary_of(&closed(1), &[first, second]);
    assert_eq!((summary.counts.total, summary.counts.failed, summary.counts.retried), (1, 0, 1));
    assert_eq!((summary.failures[0].count, summary.failures[0].retried), (0, 1));
    assert_eq!(summary.metrics.get(Metric::Latency).unwrap().rows, [5 * MS; 15]);
    assert_eq!(summary.duration, Some(8 * MS));
}

#[test]
fn connection_phases_stand_apart() {
    let mut opened = reply(50 * MS, &[60 * MS]);
    opened.timeline.scheduled = 0;
    opened.timeline.ready = Some(45 * MS);
    opened.timeline.connect = Some(Connect {
        start: 10 * MS,
        resolved: Some(12 * MS),
        connected: 17 * MS,
        tls: Some(40 * MS),
    });
    let mut reused = reply(70 * MS, &[80 * MS]);
    reused.reopened = true;
    let links = summary_of(&closed(1), &[opened, reused]).connections;
    assert_eq!((links.opened, links.reused, links.reopened), (1, 1, 1));
    assert_eq!(links.dns.unwrap().max(), 2 * MS);
    assert_eq!(links.tcp.unwrap().max(), 5 * MS);
    assert_eq!(links.tls.unwrap().max(), 23 * MS);
    // 45 ms until a connection was at hand, 30 of them spent opening it.
    assert_eq!(links.pool_wait.unwrap().max(), 15 * MS);
    assert_eq!((links.bytes_sent, links.bytes_received), (200, 2_000));
}

#[test]
fn usage_details_are_summed_where_told() {
    let mut told = reply(0, &[MS]);
    told.usage.cached_tokens = Some(6);
    told.usage.reasoning_tokens = Some(4);
    let tokens = summary_of(&closed(1), &[told, reply(0, &[MS])]).tokens;
    assert_eq!((tokens.input, tokens.cached, tokens.cached_of), (Some(20), Some(6), Some(10)));
    assert_eq!((tokens.reasoning, tokens.accepted, tokens.rejected), (Some(4), None, None));
}

#[test]
fn an_interrupted_point_says_so() {
    let mut metrics = SummaryBuilder::new(&closed(1));
    metrics.record(&reply(0, &[MS]));
    metrics.record(&failed(Outcome::Cancelled, Some(MS), 3 * MS));
    let point_end = PointEnd {
        end_reason: EndReason::Interrupted,
        kernel_timestamps: true,
        ..PointEnd::default()
    };
    let summary = metrics.finish(&point_end);
    assert_eq!(summary.end_reason, EndReason::Interrupted);
    assert_eq!((summary.counts.total, summary.counts.cancelled), (1, 1));
    assert_eq!(summary.verdict, Verdict::ValidWithWarnings);
}

#[test]
fn more_gaps_than_are_kept_become_a_histogram() {
    let mut record = reply(0, &[]);
    record.frames = (1..=EXACT_LIMIT + 2).map(|n| frame(n * MS)).collect();
    record.timeline.end = (EXACT_LIMIT + 2) * MS;
    let summary = summary_of(&closed(1), &[record]);
    let itl = summary.metrics.get(Metric::Itl).unwrap();
    assert_eq!((itl.method, itl.count, itl.mean), (Method::Histogram, EXACT_LIMIT + 1, 1e6));
    assert!(itl.median().abs_diff(MS) <= MS / 1_000);
    assert_eq!(summary.metrics.get(Metric::Ttft).unwrap().method, Method::Exact);
}

#[test]
fn one_request_is_its_own_steady_window() {
    let steady = summary_of(&closed(1), &[reply(MS, &[2 * MS, 3 * MS])]).steady.unwrap();
    let Steady { start, end, plateau, .. } = steady;
    assert_eq!((start, end, plateau), (MS, 3 * MS, 1));
    assert_eq!((steady.concurrency, steady.requests), (1.0, 500.0));
}

#[test]
fn a_row_is_as_small_as_promised() {
    assert_eq!(size_of::<Row>(), 80);
}

#[test]
fn several_choices_show_no_decoding_and_say_so() {
    // Four choices of eight tokens, a step of 8 ms: 32 tokens and frames over seven steps.
    let frames: Vec<u64> = (0..32).map(|frame| (50 + frame / 4 * 8) * MS).collect();
    let mut plan = closed(1);
    plan.request.choices = 4;
    let summary = summary_of(&plan, &[reply(0, &frames)]);
    let metrics = &summary.metrics;
    let max = |metric| metrics.get(metric).unwrap().max();
    assert_eq!((max(Metric::Ttft), max(Metric::Latency)), (50 * MS, 106 * MS));
    absent(metrics, &[Metric::Tpot, Metric::Itl, Metric::ItlPerToken, Metric::DecodeRate]);
    assert_eq!(summary.steady.as_ref().unwrap().mean_itl, None);
    assert_eq!((summary.tokens.output, summary.error_bounds.itl), (Some(32), None));
    let checks: Vec<_> = summary.warnings.iter().map(|warning| warning.check).collect();
    assert_eq!(checks, [Check::from(SeveralChoices { choices: 4 })]);
    assert_eq!(summary.verdict, Verdict::ValidWithWarnings);
    plan.request.choices = 1;
    let metrics = summary_of(&plan, &[reply(0, &frames)]).metrics;
    assert!(metrics.get(Metric::Tpot).is_some() && metrics.get(Metric::Itl).is_some());
}
