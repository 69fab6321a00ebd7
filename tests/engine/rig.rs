//! The test bench of the engine: plans, a point with fake plugins and a sink that keeps everything,
//! and the server's log by request.

use crate::fakes::{FakeApi, FakeDataset};
use loadwright_core::plan::{Plan, Timeouts};
use loadwright_core::ports::{Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::{PointEnd, Sample};
use loadwright_core::testkit;
pub(crate) use loadwright_core::testkit::workers as closed;
use loadwright_engine::{Control, Ports, Stop};
use loadwright_sim::{Config, Fault, Model, Script, Served, Server};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How long anything awaited may take before the test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How far kernel timestamps may be off once they are converted to the monotonic clock, in nanoseconds.
pub(crate) const SLACK: u64 = 200_000;

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A plan for one worker and one request to `url`.
pub(crate) fn plan(url: &str) -> Plan {
    let url = format!("{url}/v1/chat/completions");
    let mut plan = testkit::closed(1);
    plan.target.url = url;
    plan.limits.number = Some(1);
    plan.timeouts = Timeouts { connect: PATIENCE, read: PATIENCE, total: PATIENCE };
    plan
}

/// [`plan`] with this many workers and requests.
pub(crate) fn plan_of(url: &str, workers: u32, number: u64) -> Plan {
    let mut plan = plan(url);
    plan.load = closed(workers);
    plan.limits.number = Some(number);
    plan
}

/// A server that answers as fast as it can.
pub(crate) fn fast() -> Config {
    Config { model: Model::Unpaced, ..Config::default() }
}

/// A server of fixed pace.
pub(crate) fn paced(ttft: u64, itl: u64) -> Config {
    let model = Model::Paced { ttft: ms(ttft), itl: ms(itl), noise: 0.0 };
    Config { model, ..Config::default() }
}

/// A fast server with these faults for every request.
pub(crate) fn faulty(faults: impl Into<Vec<Fault>>) -> Config {
    Config { script: Script::always(faults), ..fast() }
}

pub(crate) fn start(config: Config) -> Server {
    Server::start(config).expect("the server starts")
}

/// A point to run: everything but the plan has a default.
pub(crate) struct Bench {
    pub(crate) plan: Plan,
    /// The dataset item that slot 0 carries.
    pub(crate) first_item: u64,
    pub(crate) dataset: FakeDataset,
    pub(crate) api: FakeApi,
    pub(crate) control: Control,
    /// The record, counted from 0, at which the sink fails.
    pub(crate) full_at: Option<usize>,
    pub(crate) notices: Arc<Mutex<Vec<String>>>,
    pub(crate) starved: Arc<Starved>,
}

/// The starvation that samples have reported so far.
#[derive(Default)]
pub(crate) struct Starved(Mutex<u64>, Condvar);

impl Starved {
    /// Waits until a sample reports any; false: none did in time.
    pub(crate) fn wait(&self) -> bool {
        let none = |times: &mut u64| *times == 0;
        !self.1.wait_timeout_while(self.0.lock().unwrap(), PATIENCE, none).unwrap().1.timed_out()
    }
}

/// The results of a point.
pub(crate) struct Run {
    pub(crate) point_end: PointEnd,
    pub(crate) records: Vec<Arc<Record>>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) notices: Vec<String>,
}

impl Bench {
    pub(crate) fn new(plan: Plan) -> Self {
        let notices = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&notices);
        let control = Control::new(move |text: &str| kept.lock().unwrap().push(text.into()));
        let (dataset, api) = (FakeDataset::default(), FakeApi::default());
        let starved = Arc::default();
        Self { plan, first_item: 0, dataset, api, control, full_at: None, notices, starved }
    }

    pub(crate) fn ports(&self) -> Ports {
        Ports {
            dataset: Arc::new(self.dataset.clone()),
            api: Arc::new(self.api.clone()),
            tokenizer: None,
        }
    }

    pub(crate) fn run(self) -> Run {
        let starved = Arc::clone(&self.starved);
        let mut keep = Keep { full_at: self.full_at, starved, ..Keep::default() };
        let plan = Arc::new(self.plan.clone());
        let (ports, sinks) = (self.ports(), &mut [&mut keep as &mut dyn Sink]);
        let point_end =
            loadwright_engine::run(&plan, self.first_item, &ports, &self.control, sinks)
                .expect("the point starts");
        let notices = self.notices.lock().unwrap().clone();
        Run { point_end, records: keep.records, samples: keep.samples, notices }
    }

    /// Runs the point beside `act`, which may stop it.
    pub(crate) fn run_beside(self, act: impl FnOnce(&Stop)) -> Run {
        let stop = self.control.stop.clone();
        std::thread::scope(|scope| {
            let running = scope.spawn(move || self.run());
            act(&stop);
            running.join().expect("the engine does not panic")
        })
    }
}

/// Runs `plan` with the default dataset and api.
pub(crate) fn run(plan: Plan) -> Run {
    Bench::new(plan).run()
}

/// Keeps the records and samples of a point.
#[derive(Default)]
struct Keep {
    full_at: Option<usize>,
    records: Vec<Arc<Record>>,
    samples: Vec<Sample>,
    starved: Arc<Starved>,
}

impl Sink for Keep {
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure> {
        if self.full_at.is_some_and(|at| self.records.len() >= at) {
            return Err(SinkFailure("the disk is full".into()));
        }
        self.records.push(Arc::clone(record));
        Ok(())
    }

    fn sample(&mut self, sample: &Sample) -> Result<(), SinkFailure> {
        self.samples.push(*sample);
        *self.starved.0.lock().unwrap() += sample.starved;
        self.starved.1.notify_all();
        Ok(())
    }
}

impl Run {
    /// The records by slot, turn and attempt; panics if two are of the same attempt.
    pub(crate) fn sorted(&self) -> Vec<Arc<Record>> {
        let key = |record: &Record| (record.seq, record.turn, record.attempt);
        let sorted: BTreeMap<_, _> =
            self.records.iter().map(|record| (key(record), Arc::clone(record))).collect();
        assert_eq!(sorted.len(), self.records.len(), "an attempt is recorded twice");
        sorted.into_values().collect()
    }

    /// The only record.
    pub(crate) fn only(&self) -> &Record {
        assert_eq!(self.records.len(), 1);
        &self.records[0]
    }

    /// Asserts that each of `number` slots has one record, and that its outcome is ok.
    pub(crate) fn assert_all_ok(&self, number: u64) {
        let seqs: Vec<u64> = self.sorted().iter().map(|record| record.seq).collect();
        assert_eq!(seqs, (0..number).collect::<Vec<_>>());
        for record in &self.records {
            assert!(record.outcome.is_ok(), "{:?}: {}", record.outcome, record.error);
        }
    }
}

/// The name of an attempt in the server's log.
pub(crate) fn id(plan_index: u32, record: &Record) -> String {
    format!("lw-{plan_index}-{}-{}-{}", record.seq, record.turn, record.attempt)
}

/// The server's records by request id, once `requests` requests have ended; panics if two have the
/// same id.
pub(crate) fn truth(server: &Server, requests: u64) -> BTreeMap<String, Served> {
    let counts = server.wait_for_ended(requests, PATIENCE).expect("the requests end");
    let served = server.truth();
    assert_eq!((counts.received, served.len() as u64), (requests, requests));
    let by_id: BTreeMap<String, Served> =
        served.into_iter().map(|served| (served.request_id.clone(), served)).collect();
    assert_eq!(by_id.len() as u64, requests, "a request was sent twice");
    by_id
}

/// The most requests that were in flight at once, as the server saw it: from receipt to the last frame,
/// after which a client receives nothing more.
pub(crate) fn most_together<'a>(served: impl IntoIterator<Item = &'a Served>) -> usize {
    let mut edges: Vec<(u64, i32)> = Vec::new();
    for served in served {
        edges.push((served.received, 1));
        edges.push((*served.frames.last().unwrap_or(&served.received), -1));
    }
    edges.sort_unstable();
    let together = edges.iter().scan(0, |now, edge| {
        *now += edge.1;
        Some(*now)
    });
    together.max().unwrap_or(0).unsigned_abs() as usize
}
