//! The settings of a server: where it listens, how fast it answers, what replies contain.

use crate::fault::Script;
use crate::millis;
use crate::prompt::Counter;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The settings of a server. Durations are serialised as milliseconds.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Allows an address other than loopback.
    pub expose: bool,
    /// Listens on this Unix socket instead. A stale socket file is replaced; anything else at the path
    /// is an error. Removed when the server stops.
    pub unix_socket: Option<PathBuf>,
    /// Uses TLS, with a self-signed certificate for `localhost` and the loopback addresses.
    pub tls: bool,
    /// Accepts HTTP/2 too: with prior knowledge, or negotiated under TLS.
    pub http2: bool,
    /// The model that `GET /v1/models` lists; also used where a request names none.
    pub model_name: String,
    /// When tokens are produced.
    pub model: Model,
    /// Seed for noise, texts, drawn lengths and faults by ratio.
    pub seed: u64,
    /// What replies contain.
    pub replies: Replies,
    /// Which requests fail, and how.
    pub script: Script,
    /// How much of the ground truth is kept.
    pub truth: TruthDetail,
    /// Keeps request bodies too.
    pub keep_bodies: bool,
    /// Closes a connection that was idle this long.
    #[serde(with = "millis::optional")]
    pub idle_close: Option<Duration>,
    /// How long a client may take to send a request once it has started, and to read another byte of
    /// its reply; then the connection is closed.
    #[serde(with = "millis")]
    pub client_timeout: Duration,
    /// Memory budget of all requests and replies in bytes; a request beyond it gets a 503.
    pub memory: usize,
    /// Counts the tokens of a prompt, on threads of its own; none: words are counted, as
    /// [`count_words`](crate::count_words) does.
    #[serde(skip)]
    pub count_prompt: Option<Counter>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            expose: false,
            unix_socket: None,
            tls: false,
            http2: false,
            model_name: "simulated".into(),
            model: Model::default(),
            seed: 0,
            replies: Replies::default(),
            script: Script::default(),
            truth: TruthDetail::Full,
            keep_bodies: false,
            idle_close: None,
            client_timeout: Duration::from_secs(60),
            memory: 1 << 30,
            count_prompt: None,
        }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("unix_socket", &self.unix_socket)
            .field("model", &self.model)
            .field("seed", &self.seed)
            .field("replies", &self.replies)
            .field("script", &self.script)
            .finish_non_exhaustive()
    }
}

/// When tokens are produced. Noise is the sigma of a lognormal factor with median 1; 0: none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Model {
    /// Continuous batching: throughput grows with concurrency and saturates at `max_batch`.
    Batching {
        /// Maximum number of sequences decoded together; further ones queue.
        max_batch: u32,
        /// Prompt tokens processed per second.
        prefill_tokens_per_s: f64,
        /// Maximum number of prompt tokens processed in one step, so that decoding continues beside a
        /// prefill.
        prefill_chunk: u32,
        /// Fixed cost of a decode step.
        #[serde(with = "millis")]
        decode_step_base: Duration,
        /// Cost that each sequence of the batch adds to a decode step.
        #[serde(with = "millis")]
        decode_step_per_sequence: Duration,
        /// Spread of step times.
        noise: f64,
    },
    /// The same pace for every request, whatever the load.
    Paced {
        /// From the receipt of a request to its first frame.
        #[serde(with = "millis")]
        ttft: Duration,
        /// Between frames.
        #[serde(with = "millis")]
        itl: Duration,
        /// Spread of both.
        noise: f64,
    },
    /// Frames as fast as the client reads them.
    Unpaced,
}

impl Default for Model {
    fn default() -> Self {
        Self::Batching {
            max_batch: 32,
            prefill_tokens_per_s: 20_000.0,
            prefill_chunk: 512,
            decode_step_base: Duration::from_millis(8),
            decode_step_per_sequence: Duration::from_micros(250),
            noise: 0.05,
        }
    }
}

/// What replies contain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Replies {
    /// Output tokens of a reply whose request sets no limit.
    pub default_max_tokens: u32,
    /// The model stops by itself after a length drawn uniformly from this inclusive range, unless the
    /// request sets `ignore_eos`; none: replies fill their limit.
    pub output_length: Option<(u32, u32)>,
    /// Output tokens per frame.
    pub tokens_per_frame: u32,
    /// Number of reasoning tokens at the start of a chat reply.
    pub reasoning_tokens: u32,
    /// Chat requests are answered with a tool call.
    pub tool_call: bool,
    /// Share of each prompt that is reported as cached and skips prefill, 0 to 1.
    pub cache_hit_ratio: f64,
    /// The texts of tokens, leading space included; empty: the built-in words, one token each.
    pub vocabulary: Vec<String>,
}

impl Default for Replies {
    fn default() -> Self {
        Self {
            default_max_tokens: 128,
            output_length: None,
            tokens_per_frame: 1,
            reasoning_tokens: 0,
            tool_call: false,
            cache_hit_ratio: 0.0,
            vocabulary: Vec::new(),
        }
    }
}

/// How much of the ground truth is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TruthDetail {
    /// Only the counts.
    Off,
    /// The first and last frame of each request.
    Ends,
    /// Every frame.
    #[default]
    Full,
}
