//! What became of exporters, as the caller tells it.

/// What became of an exporter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    /// Its name, as it was chosen.
    pub name: String,
    /// Name of the plugin that sent.
    pub plugin: String,
    /// The plugin's version.
    pub version: String,
    /// How it was told that the run ended; none: it was not told.
    pub ending: Option<String>,
    /// Records of the run that it was given, in this session or an earlier one.
    pub sent: u64,
    /// Those that it was not given.
    pub unsent: u64,
    /// Where to look.
    pub links: Vec<String>,
    /// What it could not send, in its own words.
    pub losses: Vec<String>,
    /// Why it did not finish; none: it did.
    pub failure: Option<String>,
    /// What it used of the network in this session.
    pub traffic: Traffic,
}

/// What an exporter used of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// HTTP requests that it asked for.
    pub requests: u64,
    /// Further tries of those.
    pub retries: u64,
    /// Requests that were not allowed.
    pub refused: u64,
    /// Bytes of request bodies, as sent.
    pub bytes_sent: u64,
    /// Bytes of response bodies, after decompression.
    pub bytes_received: u64,
}
