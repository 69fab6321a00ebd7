use super::*;
use loadwright_core::export::{
    Ack, ExportEnd, ExportPoint, ExportRequest, ExportSummary, RequestFilter, Row,
};
use loadwright_core::export_summary::summary_metrics;
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Cause, Entry, EntryKind, Fault, Progress, StoredPoint};
use loadwright_core::sample::{PointEnd, Sample};
use loadwright_core::testkit;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

/// A run of points with one record and one sample a second.
struct FakeRun {
    points: u32,
    seconds: u64,
}

impl FakeRun {
    fn ids(&self) -> u64 {
        self.seconds * 2
    }

    fn entry(&self, id: u64) -> Entry {
        let point = u32::try_from((id - 1) / self.ids()).expect("few points");
        let at = id.div_ceil(2) * 1_000_000_000;
        let kind = if id % 2 == 1 {
            // Later ones take longer.
            let mut record = testkit::record(at, &[at + 1_000 + id]);
            record.seq = id;
            EntryKind::Record(Arc::new(record))
        } else {
            EntryKind::Sample(Sample { at, ..Sample::default() })
        };
        Entry { id, point, kind }
    }
}

impl RunSource for FakeRun {
    fn next(&mut self, cursor: u64, count: usize) -> Result<Vec<Entry>, String> {
        let last = u64::from(self.points) * self.ids();
        Ok((cursor + 1..=last).take(count).map(|id| self.entry(id)).collect())
    }

    fn point(&mut self, index: u32) -> Result<Option<StoredPoint>, String> {
        let first_id = u64::from(index) * self.ids() + 1;
        let plan = Plan { index, name: format!("point_{index}"), ..testkit::closed(1) };
        Ok((index < self.points).then(|| StoredPoint {
            plan: Arc::new(plan),
            wall_at_origin: 0,
            begun: 0,
            first_id,
            end: Some((PointEnd::default(), first_id + self.ids() - 1)),
        }))
    }

    fn records_behind(&mut self, cursor: u64) -> Result<u64, String> {
        let last = u64::from(self.points) * self.ids();
        Ok((cursor + 1..=last).filter(|id| id % 2 == 1).count() as u64)
    }
}

/// Calls as text, and what the next ones return.
#[derive(Default)]
struct Script {
    calls: Vec<String>,
    failures: VecDeque<(&'static str, Cause)>,
    restarts: u32,
    /// How many values each summary had.
    values: Vec<usize>,
    requests: Vec<u64>,
    recalled: Vec<u64>,
    live: bool,
}

struct FakeExporter(Arc<Mutex<Script>>, RequestFilter);

impl FakeExporter {
    fn call(&self, export: &'static str, text: String) -> Result<Ack, PluginFailure> {
        let mut script = self.0.lock().unwrap();
        if script.failures.front().is_some_and(|(failing, _)| *failing == export) {
            let (_, cause) = script.failures.pop_front().unwrap();
            script.calls.push(format!("{text} failed"));
            return Err(PluginFailure { plugin: "fake".into(), call: export.into(), cause });
        }
        script.calls.push(text);
        Ok(Ack { state: Some(script.calls.len().to_string()), ..Ack::default() })
    }
}

impl Exporter for FakeExporter {
    fn filter(&self) -> RequestFilter {
        self.1
    }

    fn wants_requests_live(&self) -> bool {
        self.0.lock().unwrap().live
    }

    fn recall(&mut self, requests: &[ExportRequest]) {
        let seqs = requests.iter().map(|request| request.record.seq);
        self.0.lock().unwrap().recalled.extend(seqs);
    }

    fn begin(&mut self, run: &ExportRun) -> Result<Ack, PluginFailure> {
        self.call("begin", format!("begin[{}]", run.resume))
    }

    fn begin_point(&mut self, point: &ExportPoint) -> Result<Ack, PluginFailure> {
        self.call("begin-point", format!("begin-point {}", point.name))
    }

    fn progress(&mut self, point: u32, rows: &[Row]) -> Result<Ack, PluginFailure> {
        self.call("progress", format!("progress {point}: {}", rows.len()))
    }

    fn requests(&mut self, point: u32, requests: &[ExportRequest]) -> Result<Ack, PluginFailure> {
        let seqs = requests.iter().map(|request| request.record.seq);
        self.0.lock().unwrap().requests.extend(seqs);
        self.call("requests", format!("requests {point}: {}", requests.len()))
    }

    fn end_point(&mut self, point: u32, summary: &ExportSummary) -> Result<Ack, PluginFailure> {
        let points = summary.values.len() / summary_metrics().len();
        self.0.lock().unwrap().values.push(summary.values.len());
        let first = if points == 1 { "latency" } else { "point_0/latency" };
        let latency = summary.distributions.iter().find(|all| all.metric == first);
        let buckets = &latency.expect("requests have a latency").buckets;
        assert!(buckets.iter().all(|bucket| (1e-6..2e-6).contains(&bucket.upper_bound)));
        self.call("end-point", format!("end-point {point}"))
    }

    fn end(&mut self, end: ExportEnd) -> Result<Ack, PluginFailure> {
        self.call("end", format!("end {end:?}"))
    }

    fn restart(&mut self) -> Result<(), PluginFailure> {
        self.0.lock().unwrap().restarts += 1;
        Ok(())
    }
}

#[derive(Clone, Default)]
struct FakeLedger(Arc<Mutex<Progress>>);

impl Ledger for FakeLedger {
    fn load(&mut self) -> Result<Progress, String> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn save(&mut self, progress: &Progress) -> Result<(), String> {
        progress.clone_into(&mut self.0.lock().unwrap());
        Ok(())
    }
}

#[derive(Default)]
struct Bench {
    script: Arc<Mutex<Script>>,
    ledger: FakeLedger,
    filter: RequestFilter,
    compat: bool,
    /// Of each point; 3 by default.
    seconds: Option<u64>,
    notices: Arc<Mutex<Vec<Notice>>>,
}

impl Bench {
    fn failing(failures: impl Into<VecDeque<(&'static str, Cause)>>) -> Self {
        let bench = Self::default();
        bench.script.lock().unwrap().failures = failures.into();
        bench
    }

    /// Sends a stored run of two points.
    fn send(&self) -> Result<ExportOutcome, StartError> {
        let job = Job {
            name: "fake".into(),
            exporter: Box::new(FakeExporter(Arc::clone(&self.script), self.filter)),
            source: Box::new(FakeRun { points: 2, seconds: self.seconds.unwrap_or(3) }),
            ledger: Box::new(self.ledger.clone()),
            run: ExportRun { name: "run".into(), ..ExportRun::default() },
            when: ExportWhen::Live,
            compat: self.compat.then(|| vec!["point_0".into(), "point_1".into()]),
            may_stop: false,
            documents: Arc::new(|_| Documents::default()),
        };
        let watch = Arc::new(RunWatch::new());
        watch.end(ExportEnd::Completed, Duration::from_secs(60));
        let notices = Arc::clone(&self.notices);
        let tell: Tell = Arc::new(move |_, notice| notices.lock().unwrap().push(notice));
        Ok(Exports::start(vec![job], &watch, &tell)?.join().remove(0))
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.script.lock().unwrap().calls)
    }
}

fn transient() -> Cause {
    Cause::Fault(Fault::Transient("busy".into()))
}

fn fatal() -> Cause {
    Cause::Fault(Fault::Fatal("refused".into()))
}

const WHOLE: [&str; 8] = [
    "begin[]",
    "begin-point point_0",
    "progress 0: 3",
    "end-point 0",
    "begin-point point_1",
    "progress 1: 3",
    "end-point 1",
    "end Completed",
];

#[test]
fn a_stored_run_is_sent_point_by_point() {
    let bench = Bench::default();
    let outcome = bench.send().unwrap();
    assert_eq!(bench.calls(), WHOLE);
    assert_eq!((outcome.records, outcome.unsent, outcome.failure), (6, 0, None));
    let progress = bench.ledger.0.lock().unwrap().clone();
    assert_eq!((progress.cursor, progress.point, progress.point_ended), (12, 1, true));
    assert_eq!((&*progress.ending, &*progress.state), ("completed", "8"));
}

#[test]
fn a_transient_fault_is_tried_again_without_a_new_instance() {
    let bench = Bench::failing([("progress", transient())]);
    assert!(bench.send().unwrap().is_complete());
    let calls = bench.calls();
    assert_eq!(calls[2..4], ["progress 0: 3 failed", "progress 0: 3"]);
    assert_eq!(bench.script.lock().unwrap().restarts, 0);
}

#[test]
fn after_a_trap_a_new_instance_goes_on_from_the_state_stored_last() {
    let bench = Bench::failing([("progress", Cause::Trap("unreachable".into()))]);
    assert!(bench.send().unwrap().is_complete());
    let expected =
        ["progress 0: 3 failed", "begin[2]", "begin-point point_0", "progress 0: 3", "end-point 0"];
    assert_eq!(bench.calls()[2..7], expected);
    assert_eq!(bench.script.lock().unwrap().restarts, 1);
}

#[test]
fn an_exporter_that_traps_again_and_again_is_given_up() {
    let trap = || ("progress", Cause::Trap("unreachable".into()));
    let bench = Bench::failing([trap(), trap(), trap(), trap()]);
    let outcome = bench.send().unwrap();
    assert_eq!(bench.script.lock().unwrap().restarts, 3);
    let shown = outcome.unsent().unwrap().to_string();
    assert!(shown.starts_with("exporter `fake`: 6 of 6 records were not sent: "), "{shown}");
}

#[test]
fn what_was_not_sent_is_counted_and_sent_by_a_later_run() {
    let bench = Bench::failing([("end-point", fatal())]);
    let outcome = bench.send().unwrap();
    assert_eq!((outcome.records, outcome.unsent), (6, 3));
    assert_eq!(outcome.failure.as_deref(), Some("plugin `fake` failed in end-point: refused"));
    bench.calls();
    assert!(bench.send().unwrap().is_complete());
    // The rows of the first point had been sent: only its end was missing.
    let expected = [
        "begin[3]",
        "begin-point point_0",
        "end-point 0",
        "begin-point point_1",
        "progress 1: 3",
        "end-point 1",
        "end Completed",
    ];
    assert_eq!(bench.calls(), expected);
}

#[test]
fn an_exporter_that_refuses_to_begin_is_an_error_before_the_run() {
    let bench = Bench::failing([("begin", fatal())]);
    let error = bench.send().unwrap_err().to_string();
    assert_eq!(error, "plugin `fake` failed in begin: refused");
    assert_eq!(bench.calls(), ["begin[] failed"]);
}

#[test]
fn requests_follow_their_point_as_the_filter_wants_them() {
    let all = Bench { filter: RequestFilter::All, ..Bench::default() };
    all.send().unwrap();
    assert_eq!(all.script.lock().unwrap().requests, [1, 3, 5, 7, 9, 11]);
    let calls = all.calls();
    assert_eq!(calls[3..5], ["requests 0: 3", "end-point 0"]);
    let failed = Bench { filter: RequestFilter::Failed, ..Bench::default() };
    failed.send().unwrap();
    assert!(failed.script.lock().unwrap().requests.is_empty(), "none of them failed");
}

#[test]
fn a_later_run_recalls_what_was_sent_of_the_point_that_it_goes_on_with() {
    let failing = Bench::failing([("end-point", fatal())]);
    let bench = Bench { filter: RequestFilter::All, ..failing };
    bench.script.lock().unwrap().live = true;
    assert!(!bench.send().unwrap().is_complete());
    assert_eq!(bench.script.lock().unwrap().requests, [1, 3, 5]);
    assert!(bench.send().unwrap().is_complete());
    let script = bench.script.lock().unwrap();
    assert_eq!(script.requests, [1, 3, 5, 7, 9, 11], "each once");
    assert_eq!(script.recalled, [1, 3, 5]);
}

#[test]
fn the_slow_tail_follows_its_point() {
    let bench = Bench { filter: RequestFilter::Sampled, seconds: Some(200), ..Bench::default() };
    bench.send().unwrap();
    // Of 200 requests, the 198th is the 99th percentile.
    assert_eq!(bench.script.lock().unwrap().requests, [397, 399, 797, 799]);
}

#[test]
fn with_evalscopes_metrics_all_points_are_one() {
    let bench = Bench { compat: true, ..Bench::default() };
    bench.send().unwrap();
    let expected = [
        "begin[]",
        "begin-point run",
        "progress 0: 3",
        "progress 0: 3",
        "end-point 0",
        "end Completed",
    ];
    assert_eq!(bench.calls(), expected);
    let each = summary_metrics().len();
    assert_eq!(bench.script.lock().unwrap().values, [2 * each], "the summaries of both points");
}
