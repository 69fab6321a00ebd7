//! Runs one point from its first slot to its last record: wires the stages together, and starts and
//! joins their threads.

mod probe;
mod recorder;
mod threads;

pub use probe::{FailedProbe, Patience, ProbeFailure, Probed, Waiting, probe};

use crate::context::budget::Budget;
use crate::context::control::Control;
use crate::context::gauges::Gauges;
use crate::context::lifecycle::Lifecycle;
use crate::context::timers::Timers;
use crate::context::{PointContext, Ports};
use crate::error::EngineError;
use crate::exchange::net::connect::Connector;
use crate::interpret::interpreter::Interpreter;
use crate::interpret::interpreter::context::InterpreterContext;
use crate::interpret::queue::InterpreterQueue;
use crate::messages::{ClaimedRecord, InterpreterMessage, TurnBuilder, TurnBuilderFactory};
use crate::prepare::dataset_cursor::DatasetCursor;
use crate::prepare::request_builder::RequestBuilder;
use crate::prepare::{Preparer, properties_of};
use crate::schedule::dispatch::{Dispatch, ready_queue};
use crate::schedule::thread::{BatchingRuntime, EngineThread};
use crossbeam_channel::Sender;
use loadwright_core::plan::{Load, Plan};
use loadwright_core::ports::Sink;
use loadwright_core::sample::{EndReason, PointEnd};
use loadwright_timing::clock;
use loadwright_timing::thread::lower_priority;
use recorder::Recorder;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Barrier, OnceLock};
use threads::Threads;
use tokio::sync::mpsc;

/// Batches that may wait for an interpreter, and for the recorder.
const BATCHES: usize = 64;

/// Runs `plan` to its end; slot 0 carries the dataset item `first_item`. The records go to `sinks`
/// on the calling thread.
///
/// # Errors
/// The point could not be started. Afterwards, failures are records and the end reason.
pub fn run(
    plan: &Arc<Plan>,
    first_item: u64,
    ports: &Ports,
    control: &Control,
    sinks: &mut [&mut dyn Sink],
) -> Result<PointEnd, EngineError> {
    let dispatch = Arc::new(dispatch(plan, first_item, ports, control)?);
    let point = &dispatch.context;
    let ends = matches!(plan.load, Load::Trace { .. });
    let cursor = DatasetCursor::new(point.dataset.items, ends);
    let (record_sender, records) = crossbeam_channel::bounded(BATCHES);
    let interpreters = Interpreters::new(&dispatch, record_sender)?;
    // All of them before any thread runs: if one failed later, the others would wait for it.
    let batches = dispatch.connector.kernel_timestamps();
    let runtimes = (0..plan.engine.threads.max(1)).map(|_| BatchingRuntime::new(batches));
    let runtimes = runtimes.collect::<io::Result<Vec<_>>>()?;
    let barrier = Barrier::new(runtimes.len());
    let started = OnceLock::new();
    let sink_failure = std::thread::scope(|scope| {
        let mut threads = Threads::new(scope, point, &started);
        let Interpreters { senders, running } = interpreters;
        for (interpreter, receiver) in running {
            threads.spawn("interpret", || {
                lower_priority();
                interpreter.run(receiver);
                Ok(())
            })?;
        }
        for _ in 0..preparer_count(plan) {
            let queue = &dispatch.queue;
            let preparer = Preparer { context: point, cursor: &cursor, queue, first_item };
            threads.spawn("prepare", move || preparer.run())?;
        }
        for (index, runtime) in runtimes.into_iter().enumerate() {
            let interpreters = InterpreterQueue::new(&senders, Arc::clone(&point.gauges));
            let thread = EngineThread { index, runtime, interpreters };
            let (dispatch, barrier) = (&dispatch, &barrier);
            threads.spawn("engine", move || Ok(thread.run(dispatch, barrier)?))?;
        }
        // Only the engine threads hold senders now: the interpreters end when they have ended.
        drop(senders);
        threads.start();
        let sink_failure = Recorder::new(point, sinks).run(&records);
        dispatch.queue.close();
        threads.join().map(|()| sink_failure)
    })?;
    if let Some(failure) = sink_failure {
        (control.notice)(&failure);
    }
    Ok(point_end(&dispatch))
}

/// What the engine threads share, and in it the context of the whole point.
fn dispatch(
    plan: &Arc<Plan>,
    first_item: u64,
    ports: &Ports,
    control: &Control,
) -> Result<Dispatch, EngineError> {
    let gauges = Arc::new(Gauges::new(usize::from(plan.engine.threads.max(1))));
    let queue = Arc::new(ready_queue(plan, first_item, &gauges));
    let on_early_end = {
        let queue = Arc::clone(&queue);
        move || queue.close()
    };
    let connector = Arc::new(Connector::new(plan)?);
    let context = PointContext {
        plan: Arc::clone(plan),
        ports: ports.clone(),
        dataset: properties_of(&*ports.dataset)?,
        control: control.clone(),
        timers: Arc::new(Timers::start()?),
        gauges,
        budget: Budget::new(plan.engine.replies),
        lifecycle: Lifecycle::new(control.stop.clone(), on_early_end),
    };
    Ok(Dispatch::new(Arc::new(context), queue, connector))
}

/// The interpreters, and the queues to them.
struct Interpreters {
    senders: Vec<mpsc::Sender<Vec<InterpreterMessage>>>,
    running: Vec<(Interpreter, mpsc::Receiver<Vec<InterpreterMessage>>)>,
}

impl Interpreters {
    fn new(dispatch: &Dispatch, records: Sender<Vec<ClaimedRecord>>) -> Result<Self, EngineError> {
        let point = &dispatch.context;
        let context = Arc::new(InterpreterContext {
            point: Arc::clone(point),
            captures: Arc::clone(&dispatch.captures),
            secrets: dispatch.connector.endpoint.secrets(&point.plan.target),
            turn_builders: turn_builders(point),
            untyped_stream: AtomicBool::new(false),
        });
        let mut interpreters = Self { senders: Vec::new(), running: Vec::new() };
        for _ in 0..interpreter_count() {
            let (sender, receiver) = mpsc::channel(BATCHES);
            let interpreter = Interpreter::new(&context, records.clone())?;
            interpreters.senders.push(sender);
            interpreters.running.push((interpreter, receiver));
        }
        Ok(interpreters)
    }
}

/// Creates what builds later turns for the interpreters.
fn turn_builders(point: &Arc<PointContext>) -> Box<TurnBuilderFactory> {
    let point = Arc::clone(point);
    Box::new(move || {
        let builder = RequestBuilder::new(&point.plan, &point.ports)?;
        Ok(Box::new(builder) as Box<dyn TurnBuilder>)
    })
}

fn point_end(dispatch: &Dispatch) -> PointEnd {
    let Dispatch { context, connector, .. } = dispatch;
    let end_reason = match context.lifecycle.end_reason() {
        EndReason::Completed if context.control.stop.draining() => EndReason::Interrupted,
        end_reason => end_reason,
    };
    let proxy = connector.endpoint.proxy.as_ref();
    PointEnd {
        end_reason,
        at: clock::now(),
        kernel_timestamps: connector.kernel_timestamps(),
        proxy: proxy.map(|proxy| format!("{}:{}", proxy.host, proxy.port)),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Interpreting costs a fraction of what receiving does.
fn interpreter_count() -> usize {
    (cores() / 4).max(1)
}

/// Threads that prepare the requests of `plan`: they use the cores that engine threads leave.
pub fn preparer_count(plan: &Plan) -> usize {
    cores().saturating_sub(usize::from(plan.engine.threads)).clamp(1, 8)
}
