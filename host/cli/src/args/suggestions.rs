//! Suggestions for a flag that `perf` does not have: the flag that does the same under another load
//! generator's name, or the nearest one for a typo.

/// Flags of other tools (vllm bench, genai-perf and aiperf, guidellm, llmperf, oha, wrk, hey,
/// locust), without dashes, and our flag for the same thing. Flags that both have are not listed.
pub const ALIASES: &[(&str, &str)] = &[
    ("H", "headers"),
    ("R", "rate"),
    ("apikey", "api-key"),
    ("artifact-dir", "outputs-dir"),
    ("backend", "api"),
    ("backend-type", "api"),
    ("base-url", "url"),
    ("bearer", "api-key"),
    ("benchmark-duration", "duration"),
    ("c", "parallel"),
    ("cacert", "ca-cert"),
    ("clients", "parallel"),
    ("concurrency", "parallel"),
    ("concurrent-requests", "parallel"),
    ("config-file", "config"),
    ("connections", "parallel"),
    ("custom-output-len", "max-tokens"),
    ("d", "duration"),
    ("data", "dataset"),
    ("dataset-name", "dataset"),
    ("endpoint", "url"),
    ("endpoint-type", "api"),
    ("extra-body", "extra-args"),
    ("extra-inputs", "extra-args"),
    ("h2", "http2"),
    ("header", "headers"),
    ("host", "url"),
    ("input-file", "dataset-path"),
    ("input-len", "max-prompt-length"),
    ("input-tokens", "max-prompt-length"),
    ("isl", "max-prompt-length"),
    ("k", "insecure"),
    ("key", "api-key"),
    ("m", "model"),
    ("max-concurrency", "parallel"),
    ("max-input-tokens", "max-prompt-length"),
    ("max-num-completed-requests", "number"),
    ("max-output-tokens", "max-tokens"),
    ("max-requests", "number"),
    ("max-seconds", "duration"),
    ("max-time", "duration"),
    ("mean-input-tokens", "max-prompt-length"),
    ("mean-output-tokens", "max-tokens"),
    ("measurement-interval", "duration"),
    ("min-output-tokens", "min-tokens"),
    ("model-name", "model"),
    ("num-concurrent-requests", "parallel"),
    ("num-prompts", "number"),
    ("num-requests", "number"),
    ("num-users", "parallel"),
    ("num-warmup-requests", "warmup-num"),
    ("num-warmups", "warmup-num"),
    ("o", "outputs-dir"),
    ("osl", "max-tokens"),
    ("output", "outputs-dir"),
    ("output-dir", "outputs-dir"),
    ("output-len", "max-tokens"),
    ("output-path", "outputs-dir"),
    ("output-tokens", "max-tokens"),
    ("output-tokens-mean", "max-tokens"),
    ("p", "prompt"),
    ("processor", "tokenizer-path"),
    ("q", "rate"),
    ("qps", "rate"),
    ("query-per-second", "rate"),
    ("random-input-len", "max-prompt-length"),
    ("random-output-len", "max-tokens"),
    ("random-prefix-len", "prefix-length"),
    ("random-seed", "seed"),
    ("rate-type", "open-loop"),
    ("repetition-count", "number"),
    ("request-count", "number"),
    ("request-rate", "rate"),
    ("requests", "number"),
    ("result-dir", "outputs-dir"),
    ("result-filename", "name"),
    ("rps", "rate"),
    ("run-time", "duration"),
    ("save-result", "outputs-dir"),
    ("served-model-name", "model"),
    ("service-kind", "api"),
    ("spawn-rate", "ramp-up"),
    ("stop-sequences", "stop"),
    ("streaming", "stream"),
    ("synthetic-input-tokens-mean", "max-prompt-length"),
    ("system-prompt-len", "prefix-length"),
    ("t", "threads"),
    ("target", "url"),
    ("timeout", "total-timeout"),
    ("token", "api-key"),
    ("tokenizer", "tokenizer-path"),
    ("u", "url"),
    ("users", "parallel"),
    ("verbose", "debug"),
    ("w", "parallel"),
    ("warmup-request-count", "warmup-num"),
    ("warmup-requests", "warmup-num"),
    ("workers", "parallel"),
    ("z", "duration"),
];

/// Similarity above which an unknown flag is taken for a typo of a known one.
const SIMILAR: f64 = 0.8;

/// The flag among `known`, without dashes, that `name` was probably meant to be.
pub fn suggest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.replace('_', "-");
    let meant = ALIASES.iter().find(|(other, _)| *other == name).map(|(_, flag)| *flag);
    if let Some(flag) = meant {
        return known.into_iter().find(|known| *known == flag);
    }
    // A single letter resembles too many.
    known
        .filter(|_| name.len() > 1)
        .map(|flag| (strsim::jaro_winkler(flag, &name), flag))
        .filter(|(similarity, _)| *similarity > SIMILAR)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, flag)| flag)
}

#[cfg(test)]
mod tests;
