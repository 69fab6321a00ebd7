//! The points of a sweep: the lists of `--parallel`, `--rate` and `--number` combined position by
//! position. Each point gets its load, limits and name.

use super::settings;
use crate::args::PerfArgs;
use crate::args::values::{Decimal, Whole};
use crate::diagnostics::Diagnostics;
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::plan::{Limits, Load, Plan};
use std::collections::HashSet;
use std::time::Duration;

/// Load of the demo, which is `--simulate` without any load: workers and requests.
const DEMO_PARALLEL: &[u64] = &[1, 4, 16];
const DEMO_NUMBER: &[u64] = &[20, 80, 160];

/// Default requests of a point without a duration, as EvalScope's.
const NUMBER: u64 = 1000;

/// What differs from point to point, each list as long as it was given.
struct Lists {
    /// Workers; empty in open loop.
    parallel: Vec<u64>,
    /// Requests; empty if only the duration ends a point.
    number: Vec<u64>,
    /// Requests a second; empty if there is no pace.
    rate: Vec<f64>,
}

/// What all points of the sweep have in common.
struct SweepSettings {
    process: Process,
    duration: Option<Duration>,
    ramp_up: Duration,
    max_in_flight: Option<u32>,
}

/// The points, in order; `shared` is what they have in common.
pub(super) fn points(args: &PerfArgs, shared: &Plan, diagnostics: &mut Diagnostics) -> Vec<Plan> {
    let sweep = sweep_settings(args, diagnostics);
    let lists = lists(args, sweep.duration.is_some(), diagnostics);
    let Some(count) = sweep_length(&lists, diagnostics) else { return Vec::new() };
    let mut names = HashSet::new();
    let mut points = Vec::new();
    for index in 0..count {
        let number = value_at(&lists.number, index);
        let rate = value_at(&lists.rate, index).filter(|rate| *rate > 0.0);
        let workers = value_at(&lists.parallel, index);
        let name = unique(&mut names, &point_name(workers, rate, number, sweep.duration));
        let warmup = warmup(&args.load.warmup_num, number, diagnostics);
        let mut point = Plan {
            index: index as u32,
            name,
            load: load(workers, rate, &sweep),
            limits: Limits { number, duration: sweep.duration, warmup },
            ..shared.clone()
        };
        settings::store_load(&mut point);
        points.push(point);
    }
    points
}

/// Reports a sweep that uses more dataset items than can be numbered.
pub(super) fn check_items(first_item: u64, points: &[Plan], diagnostics: &mut Diagnostics) {
    let end = first_item + points.iter().filter_map(Plan::slots).sum::<u64>();
    if end > u64::from(u32::MAX) {
        let text = format!("the sweep uses {end} dataset items; the limit is {}", u32::MAX);
        diagnostics.error("number", text);
    }
}

/// The first dataset item of the sweep.
pub(super) fn first_item(args: &PerfArgs, diagnostics: &mut Diagnostics) -> u64 {
    u64::from(diagnostics.whole_u32("dataset-offset", &args.dataset.dataset_offset, 0))
}

fn sweep_settings(args: &PerfArgs, diagnostics: &mut Diagnostics) -> SweepSettings {
    let load = &args.load;
    let open = load.open_loop;
    if open && load.parallel.is_some() {
        diagnostics
            .notice("--parallel has no effect with --open-loop; --max-in-flight is the limit");
    }
    if !open && load.max_in_flight.is_some() {
        let text = "needs --open-loop; without it, --parallel is the limit";
        diagnostics.error("max-in-flight", text);
    }
    let ramp_up = diagnostics.seconds_or_zero("ramp-up", &load.ramp_up);
    if open && !ramp_up.is_zero() {
        let text = "starts the workers of --parallel, and --open-loop has none; remove it";
        diagnostics.error("ramp-up", text);
    }
    let max_in_flight = load.max_in_flight.as_ref();
    let duration = load.duration.as_ref();
    SweepSettings {
        process: process(args, diagnostics),
        duration: duration.map(|given| diagnostics.seconds("duration", given)),
        ramp_up,
        max_in_flight: max_in_flight.map(|n| diagnostics.whole_u32("max-in-flight", n, 1)),
    }
}

/// The pause between points. In a simulation nothing has to cool down.
pub(super) fn sleep_interval(args: &PerfArgs, diagnostics: &mut Diagnostics) -> Duration {
    match &args.load.sleep_interval {
        Some(given) => diagnostics.seconds_or_zero("sleep-interval", given),
        None if args.target.simulate => Duration::from_secs(1),
        None => Duration::from_secs(5),
    }
}

fn process(args: &PerfArgs, diagnostics: &mut Diagnostics) -> Process {
    let load = &args.load;
    let shape = load.burstiness.as_ref().map(|shape| diagnostics.positive("burstiness", shape));
    let paced = load.rate.iter().flatten().any(|rate| rate.0 != Ok(-1.0));
    if load.arrival.is_some() && !paced {
        diagnostics.error("arrival", "needs --rate; give requests a second above 0");
    }
    let name = load.arrival.as_deref().unwrap_or("poisson");
    let gamma = Process::Gamma { burstiness: shape.unwrap_or(1.0) };
    let choices =
        [("poisson", Process::Poisson), ("constant", Process::Constant), ("gamma", gamma)];
    let process = diagnostics.choice("arrival", name, &choices);
    match (process, shape) {
        (Process::Gamma { .. }, None) => {
            diagnostics.error("arrival", "gamma needs --burstiness; give its shape");
        }
        (Process::Constant | Process::Poisson, Some(_)) => {
            diagnostics.error("burstiness", "is the shape of --arrival gamma; give that too");
        }
        (Process::Gamma { .. }, Some(_)) | (Process::Constant | Process::Poisson, None) => {}
    }
    process
}

fn lists(args: &PerfArgs, has_duration: bool, diagnostics: &mut Diagnostics) -> Lists {
    let load = &args.load;
    let is_demo = args.target.simulate
        && load.parallel.is_none()
        && load.number.is_none()
        && load.rate.is_none()
        && !load.open_loop
        && !has_duration;
    if is_demo {
        let (parallel, number) = (DEMO_PARALLEL.to_vec(), DEMO_NUMBER.to_vec());
        return Lists { parallel, number, rate: Vec::new() };
    }
    let mut counts = |flag: &str, given: &[Whole]| {
        diagnostics.list_u32(flag, given, 1).into_iter().map(u64::from).collect()
    };
    let number = match &load.number {
        Some(given) => counts("number", given),
        None if has_duration => Vec::new(),
        None => vec![NUMBER],
    };
    let parallel = match &load.parallel {
        _ if load.open_loop => Vec::new(),
        Some(given) => counts("parallel", given),
        None => vec![1],
    };
    Lists { parallel, number, rate: rates(args, diagnostics) }
}

fn rates(args: &PerfArgs, diagnostics: &mut Diagnostics) -> Vec<f64> {
    let load = &args.load;
    let Some(given) = &load.rate else {
        if load.open_loop {
            diagnostics.error("open-loop", "needs --rate; give requests a second");
        }
        return Vec::new();
    };
    let rate = |rate: &Decimal| match rate.0 {
        // -1 is how EvalScope spells "no pace".
        Ok(-1.0) if !load.open_loop => -1.0,
        _ => diagnostics.positive("rate", &rate.clone().in_list()),
    };
    given.iter().map(rate).collect()
}

/// How many points there are; none if the lengths of the lists do not match.
fn sweep_length(lists: &Lists, diagnostics: &mut Diagnostics) -> Option<usize> {
    let shown = |values: Vec<String>| values.join(" ");
    let texts = [
        ("parallel", shown(lists.parallel.iter().map(u64::to_string).collect())),
        ("rate", shown(lists.rate.iter().map(f64::to_string).collect())),
        ("number", shown(lists.number.iter().map(u64::to_string).collect())),
    ];
    let lengths = [lists.parallel.len(), lists.rate.len(), lists.number.len()];
    let longest = lengths.into_iter().max().unwrap_or(1).max(1);
    let at = lengths.iter().position(|length| *length == longest).unwrap_or_default();
    let mut agree = true;
    for (other, length) in lengths.into_iter().enumerate() {
        if length > 1 && length != longest {
            let text = format!(
                "{} are {length} values, but --{} {} are {longest}; give one for each point, or a \
                 single one for all",
                texts[other].1, texts[at].0, texts[at].1
            );
            diagnostics.error(texts[other].0, text);
            agree = false;
        }
    }
    agree.then_some(longest)
}

/// Warm-up requests of a point with this `number` of requests.
pub(super) fn warmup(given: &Decimal, number: Option<u64>, diagnostics: &mut Diagnostics) -> u64 {
    match (&given.0, number) {
        (Ok(share), Some(number)) if *share > 0.0 && *share < 1.0 => {
            ((share * number as f64) as u64).max(1)
        }
        (Ok(share), None) if *share > 0.0 && *share < 1.0 => {
            diagnostics.error_once("warmup-num", "a share needs --number; give a count instead");
            0
        }
        (Ok(count), _) if *count >= 0.0 && count.fract() == 0.0 && *count < 4e9 => *count as u64,
        (Ok(value), _) => {
            let text = format!("{value} is neither a count nor a share below 1");
            diagnostics.error_once("warmup-num", text);
            0
        }
        (Err(invalid), _) => {
            diagnostics.error_once("warmup-num", invalid);
            0
        }
    }
}

/// The value at `index` of a list; a single value holds for every index.
fn value_at<T: Copy>(list: &[T], index: usize) -> Option<T> {
    if list.len() == 1 { list.first().copied() } else { list.get(index).copied() }
}

fn load(workers: Option<u64>, rate: Option<f64>, sweep: &SweepSettings) -> Load {
    let arrival = rate.map(|rate| Arrival { rate, process: sweep.process });
    match (workers, arrival) {
        (None, Some(arrival)) => Load::Open { arrival, max_in_flight: sweep.max_in_flight },
        (workers, pace) => Load::Closed {
            workers: u32::try_from(workers.unwrap_or(1)).unwrap_or(u32::MAX),
            ramp_up: sweep.ramp_up,
            pace,
        },
    }
}

/// `parallel_4_number_80`, `parallel_4_rate_2.5_number_80`, `rate_2.5_number_80`, and `duration_9s`
/// in place of the number where there is none.
pub(super) fn point_name(
    workers: Option<u64>,
    rate: Option<f64>,
    number: Option<u64>,
    duration: Option<Duration>,
) -> String {
    let mut parts = Vec::new();
    parts.extend(workers.map(|workers| format!("parallel_{workers}")));
    parts.extend(rate.map(|rate| format!("rate_{rate}")));
    match (number, duration) {
        (Some(number), _) => parts.push(format!("number_{number}")),
        (None, Some(duration)) => parts.push(format!("duration_{}s", duration.as_secs_f64())),
        (None, None) => {}
    }
    parts.join("_")
}

/// `name`, with a number appended if an earlier point has it.
pub(super) fn unique(names: &mut HashSet<String>, name: &str) -> String {
    let counted = (2..).map(|count| format!("{name}_{count}"));
    let free = std::iter::once(name.to_owned()).chain(counted).find(|name| !names.contains(name));
    let free = free.expect("counting does not end");
    names.insert(free.clone());
    free
}
