//! What a server is told before it starts: where it listens, how fast it answers, what it says.

use crate::fault::Script;
use crate::prompt::Counter;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Settings of a server. Durations are milliseconds in their serialised form.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Allows `listen` to be other than loopback.
    pub expose: bool,
    /// Listens on this Unix socket instead. A socket that nobody listens on any more is replaced;
    /// anything else stays, and is an error. Removed at the end.
    pub unix_socket: Option<PathBuf>,
    /// Speaks TLS, with a certificate of its own making for `localhost` and the loopback addresses.
    pub tls: bool,
    /// Speaks HTTP/2 too: by prior knowledge, or under TLS where the client offers it.
    pub http2: bool,
    /// The name that `GET /v1/models` gives, and the one used where a request names none.
    pub model_name: String,
    /// When tokens come.
    pub model: Model,
    /// Seed of noise, texts, drawn lengths and faults by ratio.
    pub seed: u64,
    /// What replies hold.
    pub replies: Replies,
    /// Which requests go wrong, and how.
    pub script: Script,
    /// How much is kept of what was sent when.
    pub truth: Truth,
    /// Keeps request bodies in the truth.
    pub keep_bodies: bool,
    /// Closes a connection that has waited so long for its next request.
    #[serde(with = "optional_millis")]
    pub idle_close: Option<Duration>,
    /// How long a client may take to send a request it has begun, and to take a further byte of
    /// its reply; then the connection is closed.
    #[serde(with = "millis")]
    pub client_timeout: Duration,
    /// Bytes that requests and replies may hold together; a request beyond it is answered by 503.
    pub memory: usize,
    /// Counts a prompt's tokens, on threads of its own; none: words are counted, as
    /// [`words`](crate::words) does.
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
            truth: Truth::Full,
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

/// When tokens come. Noise is the sigma of a lognormal factor with median 1; 0: none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Model {
    /// Continuous batching: throughput grows with concurrency up to a knee at `slots`.
    Batching {
        /// Sequences decoded together; further ones queue.
        slots: u32,
        /// Prompt tokens processed a second.
        prefill_tokens_per_s: f64,
        /// Prompt tokens processed in one step at most, so that decoding goes on beside a prefill.
        prefill_chunk: u32,
        /// What one decode step costs whatever the batch.
        #[serde(with = "millis")]
        decode_step_base: Duration,
        /// What each sequence of the batch adds to a decode step.
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
    /// Frames as fast as the client takes them.
    AsFast,
}

impl Default for Model {
    fn default() -> Self {
        Self::Batching {
            slots: 32,
            prefill_tokens_per_s: 20_000.0,
            prefill_chunk: 512,
            decode_step_base: Duration::from_millis(8),
            decode_step_per_sequence: Duration::from_micros(250),
            noise: 0.05,
        }
    }
}

/// What replies hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Replies {
    /// Output tokens where the request gives no limit.
    pub default_output: u32,
    /// The model ends by itself after a length drawn uniformly from this range, both ends
    /// included, unless the request says `ignore_eos`; none: replies fill their limit.
    pub natural_output: Option<(u32, u32)>,
    /// Output tokens in a frame.
    pub tokens_per_frame: u32,
    /// So many tokens at the start are reasoning.
    pub reasoning_tokens: u32,
    /// Chat replies are a tool call.
    pub tool_call: bool,
    /// Share of the prompt reported as cached, and not prefilled; 0 to 1.
    pub cached_share: f64,
    /// Text of tokens, leading space included; empty: the built-in words, one token each.
    pub vocabulary: Vec<String>,
}

impl Default for Replies {
    fn default() -> Self {
        Self {
            default_output: 128,
            natural_output: None,
            tokens_per_frame: 1,
            reasoning_tokens: 0,
            tool_call: false,
            cached_share: 0.0,
            vocabulary: Vec::new(),
        }
    }
}

/// How much is kept of what was sent when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// Nothing but the counts.
    Off,
    /// First and last frame of each request.
    Ends,
    /// Every frame.
    #[default]
    Full,
}

/// Durations as milliseconds.
pub(crate) mod millis {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::time::Duration;

    pub(crate) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(span.as_secs_f64() * 1e3)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let millis = f64::deserialize(from)?;
        Duration::try_from_secs_f64(millis / 1e3)
            .map_err(|_| D::Error::custom("a time in milliseconds must be 0 or more"))
    }
}

/// Durations that may be absent, as milliseconds.
pub(crate) mod optional_millis {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::time::Duration;

    #[derive(Serialize, Deserialize)]
    struct Millis(#[serde(with = "super::millis")] Duration);

    pub(crate) fn serialize<S: Serializer>(
        span: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        span.map(Millis).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<Millis>::deserialize(from)?.map(|millis| millis.0))
    }
}
