//! Summaries for tests: the quick start's own numbers, and points folded from made-up records.

use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::labels::Labels;
use loadwright_core::metrics::Metric;
use loadwright_core::outcome::Outcome;
use loadwright_core::percentile::{Distribution, Method};
use loadwright_core::plan::{Load, Objectives, Plan};
use loadwright_core::reading::Usage;
use loadwright_core::record::{Record, TokenSource};
use loadwright_core::sample::{EndReason, PointEnd, Sample};
use loadwright_core::service::ServiceKind;
use loadwright_core::summary::{Summary, SummaryBuilder};
use loadwright_core::testkit;
use loadwright_core::timeline::Connect;

pub(crate) const MS: u64 = 1_000_000;

pub(crate) fn closed(index: u32, workers: u32, number: u64) -> Plan {
    let settings = serde_json::json!({
        "parallel": workers, "number": number, "model": "Qwen2.5-0.5B-Instruct",
        "api_key": "***", "temperature": 0.0,
    });
    let settings = settings.as_object().expect("it is an object").clone();
    let mut plan = testkit::closed(workers);
    (plan.index, plan.name) = (index, format!("parallel_{workers}_number_{number}"));
    plan.target.url = "http://127.0.0.1:8801/v1/chat/completions".into();
    plan.limits.number = Some(number);
    plan.request.model = "Qwen2.5-0.5B-Instruct".into();
    (plan.seed, plan.engine.threads, plan.settings) = (42, 2, settings);
    plan
}

pub(crate) fn open(index: u32, rate: f64, number: u64) -> Plan {
    let arrival = Arrival { rate, process: Process::Poisson };
    Plan {
        name: format!("rate_{rate}_number_{number}"),
        load: Load::Open { arrival, max_in_flight: Some(64) },
        ..closed(index, 1, number)
    }
}

/// A stream of `tokens` tokens: the first after `ttft`, the others `gap` apart.
pub(crate) fn stream(scheduled: u64, sent: u64, ttft: u64, gap: u64, tokens: u32) -> Record {
    let times: Vec<u64> = (0..tokens).map(|n| sent + ttft + u64::from(n) * gap).collect();
    let mut record = testkit::record(sent, &times);
    record.frames.iter_mut().for_each(|frame| frame.user += 40_000);
    record.timeline.scheduled = scheduled;
    record.timeline.head = Some(sent + ttft);
    record.timeline.end = times.last().map_or(sent + ttft, |last| last + 100_000);
    record.timeline.connect = (scheduled == 0).then_some(Connect {
        start: scheduled,
        resolved: Some(scheduled),
        connected: scheduled + 150_000,
        tls: None,
    });
    (record.usage.input_tokens, record.usage.cached_tokens) = (Some(1024), Some(128));
    record.finish_reason = Some("length".into());
    (record.bytes_sent, record.bytes_received) = (4_000, 9_000);
    record
}

pub(crate) fn failed(outcome: Outcome, sent: Option<u64>, end: u64, error: &str) -> Record {
    let mut record = stream(sent.unwrap_or(end), sent.unwrap_or(end), 0, 0, 0);
    record.timeline.sent = sent;
    record.timeline.end = end;
    record.timeline.connect = None;
    record.connection = u64::from(sent.is_some());
    (record.outcome, record.error, record.usage) = (outcome, error.into(), Usage::default());
    record.output_source = TokenSource::None;
    record
}

pub(crate) fn fold(
    plan: &Plan,
    records: &[Record],
    end_reason: EndReason,
    samples: &[Sample],
) -> Summary {
    let mut metrics = SummaryBuilder::new(plan);
    records.iter().for_each(|record| metrics.record(record));
    samples.iter().for_each(|sample| metrics.sample(sample));
    metrics.finish(&PointEnd { end_reason, kernel_timestamps: true, ..PointEnd::default() })
}

/// A point whose workers each send requests of 32 tokens, one after the other, `step` apart.
pub(crate) fn point(index: u32, workers: u32, number: u64, step: u64) -> Summary {
    let each = u64::from(workers);
    let records: Vec<Record> = (0..number)
        .map(|n| {
            let ttft = 20 * MS + (n * 7_919 % 1_000) * 10_000 + step;
            let sent = (n / each) * (32 * step + 32 * MS) + (n % each) * 50_000;
            stream(sent, sent + 20_000, ttft, step, 32)
        })
        .collect();
    fold(&closed(index, workers, number), &records, EndReason::Completed, &[])
}

/// An open loop at 50 requests a second with late and dropped slots, failures and objectives.
pub(crate) fn troubled() -> Summary {
    let mut plan = open(0, 50.0, 200);
    plan.objectives =
        Objectives { ttft: Some(60 * MS), tpot: Some(12 * MS), latency: Some(900 * MS) };
    let records: Vec<Record> = (0..200_u64)
        .map(|n| {
            let scheduled = n * 20 * MS;
            match n % 20 {
                7 => failed(Outcome::Dropped, None, scheduled, ""),
                11 => failed(
                    Outcome::Status(503),
                    Some(scheduled),
                    scheduled + 4 * MS,
                    "{\"error\": {\"message\": \"the queue is full\u{1b}[31m, try again later; \
                     this service serves 64 requests at once\",\n \"type\": \"overloaded\"}}",
                ),
                13 => failed(
                    Outcome::Timeout(loadwright_core::outcome::Stage::Read),
                    Some(scheduled),
                    scheduled + 90 * MS,
                    "",
                ),
                _ => stream(
                    scheduled,
                    scheduled + (n % 9) * 300_000,
                    45 * MS + n * 90_000,
                    9 * MS + n * 20_000,
                    24,
                ),
            }
        })
        .collect();
    let busy = Sample { cpu: 0.97, timer_late: 2 * MS, ..Sample::default() };
    fold(&plan, &records, EndReason::Completed, &[busy; 4])
}

/// Requests of two classes and 40 users, a slow and a fast one in turn; request n waited for n
/// hundredths of a second in the service's queue, and half of them told seconds of audio.
pub(crate) fn labelled() -> Summary {
    let mut plan = closed(0, 1, 40);
    plan.request.metrics = vec![
        testkit::service_metric("audio", ServiceKind::Total),
        testkit::service_metric("queue_time", ServiceKind::Time),
        testkit::service_metric("silent", ServiceKind::Level),
    ];
    plan.objectives.ttft = Some(10 * MS);
    let records = (0..40_u32).map(|n| {
        let (slow, sent) = (n % 2, u64::from(n) * 200 * MS);
        let gap = u64::from(1 + slow) * 10 * MS;
        let mut record = stream(sent, sent, gap, gap, 8);
        let class = ["chat", "code\u{1b}[31m"][slow as usize];
        let labels = serde_json::json!({"class": class, "user": n.to_string(), "depth": n});
        record.labels = Labels::parse(&labels.to_string()).expect("they are within the limits");
        let audio = (slow == 1).then(|| testkit::quantity("audio", 1.5));
        record.metrics.push(testkit::quantity("queue_time", f64::from(n + 1) / 100.0));
        record.metrics.extend(audio);
        record
    });
    fold(&plan, &records.collect::<Vec<_>>(), EndReason::Completed, &[])
}

/// Nothing but failures.
pub(crate) fn all_failed() -> Summary {
    let refused = "cannot connect to 127.0.0.1:8801: connection refused";
    let records: Vec<Record> =
        (0..20).map(|n| failed(Outcome::Refused, None, n * MS, refused)).collect();
    fold(&closed(0, 4, 20), &records, EndReason::ServerGone, &[])
}

/// Replies that are no streams, the second half of them stopped by the user.
pub(crate) fn unstreamed() -> Summary {
    let mut plan = closed(0, 2, 40);
    plan.request.stream = false;
    let records: Vec<Record> = (0..40_u64)
        .map(|n| {
            let sent = n * 100 * MS;
            if n >= 20 {
                return failed(Outcome::Cancelled, Some(sent), sent + MS, "");
            }
            let mut record = stream(sent, sent, 80 * MS + n * MS, 0, 1);
            record.streamed = false;
            record.usage.output_tokens = Some(50);
            record
        })
        .collect();
    fold(&plan, &records, EndReason::Interrupted, &[])
}

/// Replies of one token each.
pub(crate) fn one_token() -> Summary {
    let records: Vec<Record> =
        (0..2_000_u64).map(|n| stream(n * MS, n * MS + 10_000, 900_000, 0, 1)).collect();
    fold(&closed(0, 1, 2_000), &records, EndReason::Completed, &[])
}

/// Metrics of the quick start: the mean, one of its unit in the core's, the percentiles that are shown.
const QUICK_START: [(Metric, f64, f64, [f64; 10]); 8] = [
    (
        Metric::Latency,
        30.9964,
        1e9,
        [28.8971, 29.7338, 30.8739, 31.5315, 31.8956, 32.3317, 33.4968, 34.1158, 34.5008, 34.5951],
    ),
    (
        Metric::Ttft,
        1.3071,
        1e9,
        [0.3371, 0.4225, 0.9366, 1.5892, 2.0769, 2.3656, 3.1024, 3.5413, 3.8131, 3.8955],
    ),
    (
        Metric::Tpot,
        0.029,
        1e9,
        [0.0275, 0.0281, 0.0291, 0.0296, 0.0298, 0.0299, 0.0304, 0.0308, 0.0309, 0.031],
    ),
    (
        Metric::Itl,
        0.0287,
        1e9,
        [0.0, 0.0218, 0.0263, 0.0293, 0.0308, 0.0319, 0.039, 0.0572, 0.1462, 0.1761],
    ),
    (
        Metric::InputTokens,
        1083.2,
        1.0,
        [1029.0, 1061.0, 1073.0, 1080.0, 1084.0, 1088.0, 1197.0, 1251.0, 1292.0, 1343.0],
    ),
    (Metric::OutputTokens, 1024.0, 1.0, [1024.0; 10]),
    (
        Metric::OutputRate,
        33.0,
        1e6,
        [30.5721, 32.1195, 33.1733, 33.9593, 34.4398, 34.7858, 35.4505, 35.8045, 36.0191, 36.1281],
    ),
    (
        Metric::TotalRate,
        68.0,
        1e6,
        [62.9394, 65.5693, 67.9478, 69.8569, 70.9794, 71.7338, 73.0745, 74.3043, 77.1365, 79.4895],
    ),
];

/// The point that the quick start prints, with its numbers in the core's units.
pub(crate) fn quick_start() -> Summary {
    let mut summary = fold(&closed(4, 200, 400), &[], EndReason::Completed, &[]);
    summary.warnings.clear();
    summary.verdict = loadwright_core::checks::Verdict::Valid;
    summary.duration = Some(62_999_800_000);
    summary.counts.total = 400;
    summary.counts.succeeded = 400;
    summary.throughput.requests = Some(6.3492);
    summary.throughput.output = Some(6501.61);
    summary.throughput.total = Some(13379.1);
    for (metric, mean, unit, shown) in QUICK_START {
        let mut rows = [0; 15];
        for (row, value) in rows[3..13].iter_mut().zip(shown) {
            *row = (value * unit).round() as u64;
        }
        let distribution =
            Distribution { count: 400, mean: mean * unit, method: Method::Exact, rows };
        summary.metrics.insert(metric, Some(distribution));
    }
    summary
}
