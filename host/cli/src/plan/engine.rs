//! How the engine runs: timeouts, objectives, threads, limits of replies and of plugins.

use crate::args::PerfArgs;
use crate::diagnostics::Diagnostics;
use crate::inputs::Inputs;
use crate::plugin_host::PluginSettings;
use loadwright_core::plan::{
    CpuPinning, EngineSettings, FailurePolicy, Objectives, ReplyLimits, Timeouts, TimestampSource,
};
use std::time::Duration;

/// Bytes in a mebibyte.
const MIB: u64 = 1 << 20;

/// Nanoseconds in a millisecond.
const MILLISECOND: f64 = 1e6;

/// Most engine threads by default: the interpreters need the other cores.
const MAX_DEFAULT_THREADS: usize = 8;

pub(super) fn engine(
    args: &PerfArgs,
    inputs: &Inputs,
    diagnostics: &mut Diagnostics,
) -> EngineSettings {
    EngineSettings {
        threads: threads(args, inputs, diagnostics),
        cpu_pinning: diagnostics.choice(
            "cpu-pinning",
            &args.engine.cpu_pinning,
            &[("auto", CpuPinning::Auto), ("off", CpuPinning::Off)],
        ),
        timestamps: diagnostics.choice(
            "timestamps",
            &args.engine.timestamps,
            &[("kernel", TimestampSource::Kernel), ("user", TimestampSource::User)],
        ),
        replies: replies(args, inputs, diagnostics),
        on_plugin_failure: diagnostics.choice(
            "on-plugin-failure",
            &args.plugins.on_plugin_failure,
            &[("fail-request", FailurePolicy::FailRequest), ("fail-run", FailurePolicy::FailRun)],
        ),
    }
}

fn threads(args: &PerfArgs, inputs: &Inputs, diagnostics: &mut Diagnostics) -> u16 {
    let threads = match &args.engine.threads {
        Some(given) => diagnostics.whole("threads", given, &(1..=1024)),
        None => (inputs.cores / 4).clamp(1, MAX_DEFAULT_THREADS) as u64,
    };
    u16::try_from(threads).unwrap_or(u16::MAX)
}

/// By default all replies together may take a quarter of the memory.
fn replies(args: &PerfArgs, inputs: &Inputs, diagnostics: &mut Diagnostics) -> ReplyLimits {
    /// A terabyte: more than any machine has, and its bytes fit 64 bits.
    const MAX_MIB: i64 = 1 << 20;
    let given = &args.engine;
    let memory = match (&given.max_reply_memory, inputs.memory) {
        (Some(given), _) => diagnostics.whole("max-reply-memory", given, &(1..=MAX_MIB)) * MIB,
        (None, Some(total)) => (total / 4).max(MIB),
        (None, None) => ReplyLimits::default().memory,
    };
    let size = diagnostics.whole("max-reply-size", &given.max_reply_size, &(1..=MAX_MIB));
    let frames = u64::from(diagnostics.whole_u32("max-reply-frames", &given.max_reply_frames, 1));
    ReplyLimits { bytes: size * MIB, frames, memory }
}

pub(super) fn timeouts(args: &PerfArgs, diagnostics: &mut Diagnostics) -> Timeouts {
    let target = &args.target;
    Timeouts {
        connect: diagnostics.seconds("connect-timeout", &target.connect_timeout),
        read: diagnostics.seconds("read-timeout", &target.read_timeout),
        total: diagnostics.seconds("total-timeout", &target.total_timeout),
    }
}

pub(super) fn wait_for_server(args: &PerfArgs, diagnostics: &mut Diagnostics) -> Option<Duration> {
    let given = args.target.wait_for_server.as_ref()?;
    if args.target.no_test_connection {
        let text = "needs the connection test; remove --no-test-connection";
        diagnostics.error("wait-for-server", text);
    }
    Some(diagnostics.seconds_or_zero("wait-for-server", given))
}

pub(super) fn plugins(args: &PerfArgs, diagnostics: &mut Diagnostics) -> PluginSettings {
    let given = &args.plugins;
    // A component's memory has 32-bit addresses: 4 GiB at most.
    let memory = given
        .plugin_memory
        .as_ref()
        .map(|mib| diagnostics.whole("plugin-memory", mib, &(1..=4096)) * MIB);
    PluginSettings {
        timeout: diagnostics.seconds("plugin-timeout", &given.plugin_timeout),
        memory,
        output: diagnostics.whole("plugin-output", &given.plugin_output, &(1..=4096)) * MIB,
        cache_dir: given.cache_dir.clone(),
    }
}

pub(super) fn objectives(args: &PerfArgs, diagnostics: &mut Diagnostics) -> Objectives {
    let mut objectives = Objectives::default();
    for given in args.load.goodput.iter().flatten() {
        if let Err(why) = set_objective(&mut objectives, given) {
            diagnostics.error("goodput", why);
        }
    }
    objectives
}

/// Reads one `METRIC:MS`.
fn set_objective(objectives: &mut Objectives, given: &str) -> Result<(), String> {
    let Some((metric, limit)) = given.split_once(':') else {
        return Err(format!("`{given}` has no `:`; write METRIC:MS, e.g. ttft:500"));
    };
    let ms = limit.trim().parse::<f64>().ok().filter(|ms| ms.is_finite() && *ms > 0.0);
    let ms = ms.ok_or_else(|| format!("`{limit}` is not a number of milliseconds above 0"))?;
    let objective = match metric.trim() {
        "ttft" => &mut objectives.ttft,
        "tpot" => &mut objectives.tpot,
        // vllm bench calls the latency of a request e2el.
        "latency" | "e2el" => &mut objectives.latency,
        other => {
            return Err(format!("unknown metric `{other}`; choose from ttft, tpot, latency"));
        }
    };
    *objective = Some((ms * MILLISECOND).round() as u64);
    Ok(())
}
