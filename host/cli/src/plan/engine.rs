//! What all points share beside target and prompts: timeouts, objectives, threads, plugin limits.

use super::{PluginSettings, Shared, memory};
use loadwright_core::plan::{
    EngineSettings, FailurePolicy, Objectives, Plan, ReplyLimits, RequestSettings, Timeouts,
    TimestampSource,
};
use std::time::Duration;

/// Bytes in a mebibyte.
const MIB: u64 = 1 << 20;

/// Nanoseconds in a millisecond.
const MILLISECOND: f64 = 1e6;

/// Engine threads at most where none are given: the interpreters need the other cores.
const MOST_THREADS: usize = 8;

impl Shared<'_> {
    /// A plan with everything in it that points share and that depends on no other setting.
    pub(super) fn shared_plan(&mut self) -> Plan {
        let args = self.args;
        let retries = self.findings.small("retries", &args.load.retries, 0);
        let timestamps = self.findings.choice(
            "timestamps",
            &args.engine.timestamps,
            &[("kernel", TimestampSource::Kernel), ("user", TimestampSource::User)],
        );
        let on_plugin_failure = self.findings.choice(
            "on-plugin-failure",
            &args.plugins.on_plugin_failure,
            &[("fail-request", FailurePolicy::FailRequest), ("fail-run", FailurePolicy::FailRun)],
        );
        Plan {
            request: RequestSettings {
                api: args.target.api.clone(),
                tokenize_prompt: args.prompt.tokenize_prompt,
                retries,
                ..RequestSettings::default()
            },
            timeouts: self.timeouts(),
            objectives: self.objectives(),
            engine: EngineSettings {
                threads: self.threads(),
                timestamps,
                replies: self.replies(),
                on_plugin_failure,
            },
            ..Plan::default()
        }
    }

    fn timeouts(&mut self) -> Timeouts {
        let target = &self.args.target;
        Timeouts {
            connect: self.seconds("connect-timeout", &target.connect_timeout, false),
            read: self.seconds("read-timeout", &target.read_timeout, false),
            total: self.seconds("total-timeout", &target.total_timeout, false),
        }
    }

    /// What replies may hold; of all together, where it is not given, a quarter of the memory that
    /// there is.
    fn replies(&mut self) -> ReplyLimits {
        /// A terabyte: what fits a multiple of any machine.
        const MOST: i64 = 1 << 20;
        let given = &self.args.engine;
        let unknown = ReplyLimits::default().memory;
        let memory = match &given.max_reply_memory {
            Some(typed) => self.findings.whole("max-reply-memory", typed, &(1..=MOST)) * MIB,
            None => memory::total().map_or(unknown, |total| (total / 4).max(MIB)),
        };
        let size = self.findings.whole("max-reply-size", &given.max_reply_size, &(1..=MOST));
        let frames = &given.max_reply_frames;
        let frames = self.findings.whole("max-reply-frames", frames, &(1..=i64::from(u32::MAX)));
        ReplyLimits { bytes: size * MIB, frames, memory }
    }

    /// A span that a `Duration` and the run's clock can hold.
    pub(super) fn seconds(
        &mut self,
        flag: &str,
        typed: &crate::args::values::Typed<f64>,
        zero: bool,
    ) -> Duration {
        const LONGEST: f64 = 1e9;
        let seconds = self.findings.span(flag, typed, zero);
        if seconds > LONGEST {
            self.findings.mistake(flag, format!("{seconds} is too large; give {LONGEST} or less"));
            return Duration::ZERO;
        }
        Duration::from_secs_f64(seconds)
    }

    pub(super) fn wait_for_server(&mut self) -> Option<Duration> {
        let target = &self.args.target;
        if target.wait_for_server.is_some() && target.no_test_connection {
            let text = "needs the connection test; leave --no-test-connection out";
            self.findings.mistake("wait-for-server", text);
        }
        let given = target.wait_for_server.as_ref();
        given.map(|typed| self.seconds("wait-for-server", typed, true))
    }

    pub(super) fn sleep_interval(&mut self) -> Duration {
        match &self.args.load.sleep_interval {
            Some(typed) => self.seconds("sleep-interval", typed, true),
            None => Duration::from_secs_f64(self.sleep_seconds()),
        }
    }

    /// The same for the stored settings; a mistake in it was reported already.
    pub(super) fn sleep_seconds(&self) -> f64 {
        match &self.args.load.sleep_interval {
            Some(typed) => typed.as_ref().copied().unwrap_or_default(),
            // Nothing has to cool down in a simulation.
            None if self.args.target.simulate => 1.0,
            None => 5.0,
        }
    }

    fn objectives(&mut self) -> Objectives {
        let mut objectives = Objectives::default();
        for given in self.args.load.goodput.iter().flatten() {
            if let Err(why) = set_objective(&mut objectives, given) {
                self.findings.mistake("goodput", why);
            }
        }
        objectives
    }

    fn threads(&mut self) -> u16 {
        let threads = match &self.args.engine.threads {
            Some(typed) => self.findings.whole("threads", typed, &(1..=1024)),
            None => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from);
                (cores / 4).clamp(1, MOST_THREADS) as u64
            }
        };
        u16::try_from(threads).unwrap_or(u16::MAX)
    }

    pub(super) fn plugins(&mut self) -> PluginSettings {
        let given = &self.args.plugins;
        for path in given.plugin.iter().filter(|path| !path.exists()) {
            let text =
                format!("{} does not exist; give a component or a folder of them", path.display());
            self.findings.mistake("plugin", text);
        }
        // A component's memory has 32-bit addresses, so 4 GiB is all it can have.
        let memory = given
            .plugin_memory
            .as_ref()
            .map(|typed| self.findings.whole("plugin-memory", typed, &(1..=4096)) * MIB);
        PluginSettings {
            paths: given.plugin.clone(),
            timeout: self.seconds("plugin-timeout", &given.plugin_timeout, false),
            memory,
            cache_dir: given.cache_dir.clone(),
        }
    }
}

/// Reads one `FIGURE:MS`.
fn set_objective(objectives: &mut Objectives, given: &str) -> Result<(), String> {
    let Some((metric, limit)) = given.split_once(':') else {
        return Err(format!("`{given}` has no `:`; write FIGURE:MS, e.g. ttft:500"));
    };
    let ms = limit.trim().parse::<f64>().ok().filter(|ms| ms.is_finite() && *ms > 0.0);
    let ms = ms.ok_or_else(|| format!("`{limit}` is not a number of milliseconds above 0"))?;
    let slot = match metric.trim() {
        "ttft" => &mut objectives.ttft,
        "tpot" => &mut objectives.tpot,
        // vllm bench calls the latency of a request e2el.
        "latency" | "e2el" => &mut objectives.latency,
        other => return Err(format!("`{other}` is no metric; choose from ttft, tpot, latency")),
    };
    *slot = Some((ms * MILLISECOND).round() as u64);
    Ok(())
}
