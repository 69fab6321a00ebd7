//! `loadwright simulate`: runs the simulated server on its own until it is stopped.

mod lateness;

use crate::args::simulate::{PaceArgs, ReplyArgs, ServerArgs, SimulateArgs};
use crate::args::values::Decimal;
use crate::diagnostics::{Diagnostics, SettingErrors};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::inputs;
use crate::open::{count_prompts, vocabulary};
use crate::terminal::Terminal;
use lateness::Lookout;
use loadwright_core::words::counted;
use loadwright_sim::{Config, Model, Replies, Script, Server, TruthDetail};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Serves until the user stops it. Only the URL is written to standard output.
///
/// # Errors
/// A setting cannot be used, or the server cannot start.
pub(crate) fn simulate(args: &SimulateArgs) -> Result<Exit, CommandError> {
    let mut config = config(args)?;
    let tokenizer = match &args.server.tokenizer_path {
        Some(name) => loadwright_tokens::open(name, &serde_json::Map::new())?,
        None => loadwright_tokens::builtin(),
    };
    config.replies.vocabulary = vocabulary(&*tokenizer);
    config.count_prompt = Some(count_prompts(tokenizer));
    rlimit::increase_nofile_limit(u64::MAX).map_err(CommandError::System)?;
    let socket = config.unix_socket.clone();
    let server = Server::start(config).map_err(|cause| refused(cause, socket.as_deref()))?;
    let terminal = Terminal::default();
    terminal.print_report(&server.url());
    if let Some(path) = socket {
        terminal.message(&format!("listening on {}; connect with --unix-socket", path.display()));
    }
    if let Some(certificate) = server.certificate() {
        terminal.message("trust this certificate, or use --insecure:");
        terminal.raw_message(certificate);
    }
    terminal.message("press Ctrl-C to stop");
    wait(&server, &terminal).map_err(CommandError::System)?;
    let counts = server.counts();
    let received = counted(counts.received, "request");
    terminal.message(&format!("{received} received, {} ended", counts.ended));
    lateness::report(&server).iter().for_each(|line| terminal.message(line));
    Ok(Exit::Measured)
}

/// Why the server did not start. What occupies the path of the Unix socket is left to the user.
fn refused(cause: io::Error, socket: Option<&Path>) -> CommandError {
    let Some(path) = socket else {
        let remedy = remedy(&cause);
        return CommandError::Simulate { cause, remedy };
    };
    let text = match cause.kind() {
        ErrorKind::AlreadyExists => format!("{cause}; give another path"),
        ErrorKind::AddrInUse => format!("{cause}; stop it, or give another path"),
        ErrorKind::InvalidInput => {
            format!("{} is too long for a socket path; give a shorter one", path.display())
        }
        _ => {
            let remedy = "; give a writable path";
            return CommandError::Simulate { cause, remedy };
        }
    };
    let mut diagnostics = Diagnostics::default();
    diagnostics.error("unix-socket", text);
    diagnostics.errors.into()
}

/// What to do if the server cannot listen on its address.
fn remedy(cause: &io::Error) -> &'static str {
    match cause.kind() {
        ErrorKind::AddrInUse => "; give another --port, or 0 for a free one",
        ErrorKind::AddrNotAvailable => "; give --host an address of this machine",
        ErrorKind::PermissionDenied => "; give a --port above 1023, or 0 for a free one",
        _ => "",
    }
}

/// Waits for SIGINT or SIGTERM, the intended end of a server, and warns meanwhile if the server falls
/// behind its pace.
fn wait(server: &Server, terminal: &Terminal) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut int = signal(SignalKind::interrupt())?;
        let mut term = signal(SignalKind::terminate())?;
        let mut lookout = Lookout::default();
        loop {
            tokio::select! {
                _ = int.recv() => return Ok(()),
                _ = term.recv() => return Ok(()),
                () = tokio::time::sleep(lateness::EVERY) => {
                    lookout.look(server).iter().for_each(|line| terminal.message(line));
                }
            }
        }
    })
}

/// The server's settings.
///
/// # Errors
/// Every invalid setting.
pub(crate) fn config(args: &SimulateArgs) -> Result<Config, SettingErrors> {
    let mut diagnostics = Diagnostics::default();
    let SimulateArgs { server, pace, replies } = args;
    let (listen, expose) = listen(server, &mut diagnostics);
    let config = Config {
        listen,
        expose,
        unix_socket: server.unix_socket.clone(),
        tls: server.tls,
        http2: server.http2,
        model_name: server.model.clone(),
        model: model(pace, &mut diagnostics),
        seed: diagnostics.whole("seed", &server.seed, &(0..=i64::MAX)),
        replies: contents(replies, &mut diagnostics),
        script: script(server, &mut diagnostics),
        truth: TruthDetail::Off,
        ..Config::default()
    };
    diagnostics.into_result(config)
}

/// Where to listen, and whether others may connect there.
fn listen(server: &ServerArgs, diagnostics: &mut Diagnostics) -> (SocketAddr, bool) {
    let port = diagnostics.whole("port", &server.port, &(0..=65_535));
    let named = if server.host == "localhost" { "127.0.0.1" } else { &server.host };
    let ip = named.parse().unwrap_or_else(|_| {
        let text = format!(
            "`{named}` is not an IP address; give 127.0.0.1, or an address of this machine"
        );
        diagnostics.error("host", text);
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    });
    (SocketAddr::new(ip, u16::try_from(port).unwrap_or_default()), !ip.is_loopback())
}

fn model(pace: &PaceArgs, diagnostics: &mut Diagnostics) -> Model {
    let noise = diagnostics.non_negative("noise", &pace.noise);
    let batching = Model::Batching {
        max_batch: diagnostics.whole_u32("max-batch", &pace.max_batch, 1),
        prefill_tokens_per_s: diagnostics.positive("prefill-rate", &pace.prefill_rate),
        prefill_chunk: diagnostics.whole_u32("prefill-chunk", &pace.prefill_chunk, 1),
        decode_step_base: millis("decode-step", &pace.decode_step, diagnostics),
        decode_step_per_sequence: millis(
            "decode-step-per-sequence",
            &pace.decode_step_per_sequence,
            diagnostics,
        ),
        noise,
    };
    match (&pace.ttft, &pace.itl) {
        (None, None) if pace.unpaced => Model::Unpaced,
        (None, None) => batching,
        (Some(ttft), Some(itl)) => {
            if pace.unpaced {
                diagnostics.error("unpaced", "cannot be combined with --ttft and --itl");
            }
            let (ttft, itl) = (millis("ttft", ttft, diagnostics), millis("itl", itl, diagnostics));
            Model::Paced { ttft, itl, noise }
        }
        (Some(_), None) => {
            diagnostics.error("ttft", "requires --itl, the time between frames");
            batching
        }
        (None, Some(_)) => {
            diagnostics.error("itl", "requires --ttft, the time to the first frame");
            batching
        }
    }
}

fn millis(flag: &str, given: &Decimal, diagnostics: &mut Diagnostics) -> Duration {
    let ms = diagnostics.non_negative(flag, given);
    Duration::try_from_secs_f64(ms / 1e3).unwrap_or_else(|_| {
        diagnostics.error(flag, format!("{ms} is too large; give milliseconds"));
        Duration::ZERO
    })
}

fn contents(replies: &ReplyArgs, diagnostics: &mut Diagnostics) -> Replies {
    let cache_hit_ratio = diagnostics.non_negative("cache-hit-ratio", &replies.cache_hit_ratio);
    if cache_hit_ratio > 1.0 {
        diagnostics.error(
            "cache-hit-ratio",
            format!("{cache_hit_ratio} is above 1; give a ratio from 0 to 1"),
        );
    }
    let output_length = replies.output_length.as_ref().map(|bounds| {
        let bounds: Vec<u32> =
            bounds.iter().map(|bound| diagnostics.whole_u32("output-length", bound, 1)).collect();
        (bounds[0], bounds[bounds.len() - 1])
    });
    if output_length.is_some_and(|(low, high)| low > high) {
        diagnostics.error("output-length", "the range is reversed; give the smaller value first");
    }
    Replies {
        default_max_tokens: diagnostics.whole_u32(
            "default-max-tokens",
            &replies.default_max_tokens,
            1,
        ),
        output_length,
        tokens_per_frame: diagnostics.whole_u32("tokens-per-frame", &replies.tokens_per_frame, 1),
        reasoning_tokens: diagnostics.whole_u32("reasoning-tokens", &replies.reasoning_tokens, 0),
        tool_call: replies.tool_call,
        cache_hit_ratio,
        vocabulary: Vec::new(),
    }
}

fn script(server: &ServerArgs, diagnostics: &mut Diagnostics) -> Script {
    let Some(given) = &server.faults else { return Script::default() };
    let text = match given.strip_prefix('@') {
        None => Ok(given.clone()),
        Some(path) => inputs::read_file(Path::new(path)),
    };
    let script = text.and_then(|text| {
        Script::parse(&text).map_err(|why| {
            format!(
                "is not a list of rules: {why}; e.g. [{{\"ratio\": 0.1, \"faults\": [\"reset\"]}}]; see \
                 docs/SIMULATE.md"
            )
        })
    });
    script.unwrap_or_else(|why| {
        diagnostics.error("faults", why);
        Script::default()
    })
}

#[cfg(test)]
mod tests;
