//! One point from its first slot to its last record.

mod probe;
mod recorder;

pub use probe::{Patience, ProbeFailure, Probed, Refusal, Waiting, probe};

use crate::context::Ports;
use crate::context::control::Control;
use crate::context::point::Point;
use crate::error::EngineError;
use crate::interpret::interpreter::Interpreter;
use crate::interpret::queue::Outbox;
use crate::messages::{Made, Parcel};
use crate::prepare;
use crate::prepare::dataset_cursor::Items;
use crate::schedule::thread;
use crossbeam_channel::Sender;
use loadwright_core::plan::Plan;
use loadwright_core::ports::Sink;
use loadwright_core::sample::{EndReason, PointEnd};
use loadwright_timing::spawn::spawn_scoped;
use loadwright_timing::{clock, priority};
use recorder::Recorder;
use std::io;
use std::sync::{Arc, Barrier, OnceLock};
use tokio::sync::mpsc;

/// Batches that may wait for an interpreter, and for the recorder.
const BATCHES: usize = 64;

/// Runs `plan` to its end on the calling thread, which gives the records to `sinks`.
///
/// # Errors
/// The point could not be begun. Once it has, failures are records and the point end's end reason.
pub fn run(
    plan: &Arc<Plan>,
    ports: &Ports,
    control: &Control,
    sinks: &mut [&mut dyn Sink],
) -> Result<PointEnd, EngineError> {
    let point = Arc::new(Point::new(plan, ports, control)?);
    let items = Items::new(prepare::size_of(&*ports.dataset)?);
    let (record_sender, records) = crossbeam_channel::bounded(BATCHES);
    let (lanes, interpreters) = interpreters(&point, &record_sender)?;
    drop(record_sender);
    let parts = (&items, &point.dispenser, &*point.gauges);
    // All of them before any thread is there: one that got none would leave the others waiting.
    let gathers = point.connector.stamping();
    let runtimes = (0..plan.engine.threads.max(1)).map(|_| thread::runtime(gathers));
    let runtimes = runtimes.collect::<io::Result<Vec<_>>>()?;
    let barrier = Barrier::new(runtimes.len());
    let started = OnceLock::new();
    let lost = std::thread::scope(|scope| {
        let mut threads = Threads { scope, point: &point, started: &started, running: Vec::new() };
        for (interpreter, receiver) in interpreters {
            threads.spawn("interpret", || {
                priority::lower();
                interpreter.run(receiver);
                Ok(())
            })?;
        }
        for _ in 0..maker_count(plan) {
            threads.spawn("prepare", || prepare::make(plan, ports, parts, control))?;
        }
        for own in runtimes.into_iter().enumerate() {
            let outbox = Outbox::new(&lanes, Arc::clone(&point.gauges));
            let (point, barrier) = (&point, &barrier);
            threads.spawn("engine", move || {
                let result = thread::run(point, own, outbox, barrier);
                Ok(result?)
            })?;
        }
        // The interpreters end when the engine threads, who now hold the only senders, are gone.
        drop(lanes);
        threads.start();
        let lost = Recorder::new(&point, sinks).run(&records);
        point.dispenser.close();
        threads.join().map(|()| lost)
    })?;
    Ok(point_end(&point, lost))
}

type Lanes = Vec<mpsc::Sender<Vec<Parcel>>>;
type Interpreters<'a> = Vec<(Interpreter<'a>, mpsc::Receiver<Vec<Parcel>>)>;

/// The interpreters, and the ways to them.
fn interpreters<'a>(
    point: &'a Point,
    records: &Sender<Vec<Made>>,
) -> Result<(Lanes, Interpreters<'a>), EngineError> {
    let mut lanes = Vec::new();
    let mut interpreters = Vec::new();
    for _ in 0..interpreter_count() {
        let (sender, receiver) = mpsc::channel(BATCHES);
        lanes.push(sender);
        interpreters.push((Interpreter::new(point, records.clone())?, receiver));
    }
    Ok((lanes, interpreters))
}

fn point_end(point: &Point, lost: Option<String>) -> PointEnd {
    let interrupted = point.control.stop.draining();
    let end_reason = match point.end_reason() {
        EndReason::Completed if interrupted => EndReason::Interrupted,
        end_reason => end_reason,
    };
    if let Some(lost) = lost {
        (point.control.notice)(&lost);
    }
    PointEnd {
        end_reason,
        at: clock::now(),
        kernel_timestamps: point.connector.stamping(),
        proxy: point
            .connector
            .endpoint
            .proxy
            .as_ref()
            .map(|proxy| format!("{}:{}", proxy.host, proxy.port)),
    }
}

/// The point's threads.
struct Threads<'scope, 'env> {
    scope: &'scope std::thread::Scope<'scope, 'env>,
    point: &'scope Arc<Point>,
    /// Whether all threads are there: they need each other, so none works before.
    started: &'scope OnceLock<bool>,
    running: Vec<std::thread::ScopedJoinHandle<'scope, Result<(), EngineError>>>,
}

impl<'scope> Threads<'scope, '_> {
    fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<(), EngineError> + Send + 'scope,
    ) -> io::Result<()> {
        let point = Arc::clone(self.point);
        let started = self.started;
        let guarded = move || {
            if !started.wait() {
                return Ok(());
            }
            let result = work();
            if result.is_err() {
                // Nobody would ever be handed the slots that this thread was to make.
                point.end(EndReason::PluginFailed);
            }
            result
        };
        match spawn_scoped(self.scope, name, guarded) {
            Ok(thread) => self.running.push(thread),
            Err(error) => {
                // Nobody has set it before: all are spawned by this thread.
                let _ = self.started.set(false);
                return Err(error);
            }
        }
        Ok(())
    }

    fn start(&self) {
        let _ = self.started.set(true);
    }

    fn join(self) -> Result<(), EngineError> {
        self.running
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .try_for_each(|result| result.expect("a thread of the engine panicked"))
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Interpreting costs a small part of what receiving does.
fn interpreter_count() -> usize {
    (cores() / 4).max(1)
}

/// Makers may use what engine threads leave.
fn maker_count(plan: &Plan) -> usize {
    cores().saturating_sub(usize::from(plan.engine.threads)).clamp(1, 8)
}
