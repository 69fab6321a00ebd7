//! The points of a sweep: lists walked together, each with its load, its limits, its name, and the
//! dataset items that are its own.

use super::Shared;
use crate::args::values::Typed;
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::plan::{Limits, Load, Plan};
use std::collections::HashSet;
use std::time::Duration;

/// Load of the demo: `--simulate` with no load given.
const DEMO: (&[u64], &[u64]) = (&[1, 4, 16], &[20, 80, 160]);

/// Requests of a point where neither a number nor a duration is given, as EvalScope's.
const NUMBER: u64 = 1000;

/// The lists of a sweep, as long as each was given.
struct Lists {
    /// Workers; empty in open loop.
    parallel: Vec<u64>,
    /// Requests; empty where only the duration ends a point.
    number: Vec<u64>,
    /// Requests a second; empty where there is no pace.
    rate: Vec<f64>,
}

/// What all points of the sweep have in common.
struct Common {
    process: Process,
    duration: Option<Duration>,
    ramp_up: Duration,
    max_in_flight: Option<u32>,
    offset: u64,
}

impl Shared<'_> {
    /// The points, in order.
    pub(super) fn points(&mut self, shared: &Plan) -> Vec<Plan> {
        let common = self.common();
        let lists = self.lists(common.duration.is_some());
        let Some(count) = self.sweep_length(&lists) else { return Vec::new() };
        let mut first_item = common.offset;
        let mut names = HashSet::new();
        let mut points = Vec::new();
        for index in 0..count {
            let number = stretched(&lists.number, index);
            let rate = stretched(&lists.rate, index).filter(|rate| *rate > 0.0);
            let workers = stretched(&lists.parallel, index);
            let limits = self.limits(number, &common);
            let name = unique(&mut names, &point_name(workers, rate, number, common.duration));
            let mut point = Plan {
                index: index as u32,
                name,
                load: load(workers, rate, &common),
                limits,
                first_item,
                ..shared.clone()
            };
            self.store_load(&mut point, workers, rate);
            first_item += point.slots().unwrap_or_default();
            points.push(point);
        }
        if first_item > u64::from(u32::MAX) {
            let text =
                format!("the sweep uses {first_item} dataset items; {} is the most", u32::MAX);
            self.findings.mistake("number", text);
        }
        points
    }

    fn common(&mut self) -> Common {
        let load = &self.args.load;
        let open = load.open_loop;
        if open && load.parallel.is_some() {
            self.findings.notice("--parallel has no effect with --open-loop; --max-in-flight caps");
        }
        let max_in_flight = load.max_in_flight.as_ref().map(|typed| {
            if !open {
                let text = "belongs to --open-loop; without it, --parallel is the cap";
                self.findings.mistake("max-in-flight", text);
            }
            self.findings.small("max-in-flight", typed, 1)
        });
        let ramp_up = self.seconds("ramp-up", &load.ramp_up, true);
        if open && !ramp_up.is_zero() {
            self.findings
                .mistake("ramp-up", "starts workers, and --open-loop has none; leave it out");
        }
        let offset = &self.args.dataset.dataset_offset;
        Common {
            process: self.process(),
            duration: load.duration.as_ref().map(|typed| self.seconds("duration", typed, false)),
            ramp_up,
            max_in_flight,
            offset: self.findings.whole("dataset-offset", offset, &(0..=i64::from(u32::MAX))),
        }
    }

    fn process(&mut self) -> Process {
        let load = &self.args.load;
        let shape =
            load.burstiness.as_ref().map(|typed| self.findings.span("burstiness", typed, false));
        let paced = load.rate.iter().flatten().any(|rate| rate.as_ref() != Ok(&-1.0));
        if load.arrival.is_some() && !paced {
            self.findings.mistake("arrival", "needs --rate; give requests a second above 0");
        }
        let name = load.arrival.as_deref().unwrap_or("poisson");
        let gamma = Process::Gamma { burstiness: shape.unwrap_or(1.0) };
        let choices =
            [("poisson", Process::Poisson), ("constant", Process::Constant), ("gamma", gamma)];
        let process = self.findings.choice("arrival", name, &choices);
        match (process, shape) {
            (Process::Gamma { .. }, None) => {
                self.findings.mistake("arrival", "gamma needs --burstiness; give its shape");
            }
            (Process::Constant | Process::Poisson, Some(_)) => {
                self.findings
                    .mistake("burstiness", "is the shape of --arrival gamma; give that too");
            }
            _ => {}
        }
        process
    }

    fn lists(&mut self, has_duration: bool) -> Lists {
        let load = &self.args.load;
        let bare = load.parallel.is_none()
            && load.number.is_none()
            && load.rate.is_none()
            && !load.open_loop
            && !has_duration;
        if self.args.target.simulate && bare {
            return Lists { parallel: DEMO.0.into(), number: DEMO.1.into(), rate: Vec::new() };
        }
        let number = match &load.number {
            Some(given) => self.counts("number", given),
            None if has_duration => Vec::new(),
            None => vec![NUMBER],
        };
        let parallel = match &load.parallel {
            _ if load.open_loop => Vec::new(),
            Some(given) => self.counts("parallel", given),
            None => vec![1],
        };
        Lists { parallel, number, rate: self.rates() }
    }

    fn counts(&mut self, flag: &str, given: &[Typed<i64>]) -> Vec<u64> {
        given.iter().map(|typed| u64::from(self.findings.small(flag, typed, 1))).collect()
    }

    fn rates(&mut self) -> Vec<f64> {
        let load = &self.args.load;
        let Some(given) = &load.rate else {
            if load.open_loop {
                self.findings.mistake("open-loop", "needs --rate; give requests a second");
            }
            return Vec::new();
        };
        let mut rates = Vec::new();
        for typed in given {
            // -1 is how EvalScope spells "no pace".
            rates.push(match typed {
                Ok(-1.0) if !load.open_loop => -1.0,
                _ => self.findings.span("rate", typed, false),
            });
        }
        rates
    }

    /// How many points there are; nothing where the lists do not go together.
    fn sweep_length(&mut self, lists: &Lists) -> Option<usize> {
        let load = &self.args.load;
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
                    "{} are {length} values, but --{} {} are {longest}; give one for each point, \
                     or a single one for all",
                    texts[other].1, texts[at].0, texts[at].1
                );
                self.findings.mistake(texts[other].0, text);
                agree = false;
            }
        }
        debug_assert!(!load.open_loop || lists.parallel.is_empty());
        agree.then_some(longest)
    }

    fn limits(&mut self, number: Option<u64>, common: &Common) -> Limits {
        let warmup = match (&self.args.load.warmup_num, number) {
            (Ok(share), Some(number)) if *share > 0.0 && *share < 1.0 => {
                ((share * number as f64) as u64).max(1)
            }
            (Ok(share), None) if *share > 0.0 && *share < 1.0 => {
                self.once("warmup-num", "a share needs --number; give a count instead");
                0
            }
            (Ok(count), _) if *count >= 0.0 && count.fract() == 0.0 && *count < 4e9 => {
                *count as u64
            }
            (Ok(value), _) => {
                let text = format!("{value} is neither a count nor a share below 1");
                self.once("warmup-num", &text);
                0
            }
            (Err(misread), _) => {
                self.once("warmup-num", &misread.to_string());
                0
            }
        };
        Limits { number, duration: common.duration, warmup }
    }

    /// Reports a mistake that every point of the sweep would report.
    fn once(&mut self, flag: &str, text: &str) {
        if !self.findings.mistakes.0.iter().any(|mistake| mistake.flag == flag) {
            self.findings.mistake(flag, text);
        }
    }
}

/// The value at `index` of a list, in which a single value stands for all.
fn stretched<T: Copy>(list: &[T], index: usize) -> Option<T> {
    if list.len() == 1 { list.first().copied() } else { list.get(index).copied() }
}

fn load(workers: Option<u64>, rate: Option<f64>, common: &Common) -> Load {
    let arrival = rate.map(|rate| Arrival { rate, process: common.process });
    match (workers, arrival) {
        (None, Some(arrival)) => Load::Open { arrival, max_in_flight: common.max_in_flight },
        (workers, pace) => Load::Closed {
            workers: u32::try_from(workers.unwrap_or(1)).unwrap_or(u32::MAX),
            ramp_up: common.ramp_up,
            pace,
        },
    }
}

/// `parallel_4_number_80`, `parallel_4_rate_2.5_number_80`, `rate_2.5_number_80`, and `duration_9s`
/// in place of the number where there is none.
fn point_name(
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

/// The name, with a count behind it where an earlier point has it.
fn unique(names: &mut HashSet<String>, name: &str) -> String {
    let counted = (2..).map(|count| format!("{name}_{count}"));
    let free = std::iter::once(name.to_owned()).chain(counted).find(|name| !names.contains(name));
    let free = free.expect("counting does not end");
    names.insert(free.clone());
    free
}
