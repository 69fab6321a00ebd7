//! Responses, read within bounds.

use super::failure::Failure;
use crate::address::Reach;
use crate::usage::Usage;
use http::HeaderMap;

/// The most bytes of a response's headers.
const HEADERS: usize = 64 << 10;

/// A response as it was read: nothing is masked yet.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// There was more.
    pub(super) truncated: bool,
    /// Where it came from.
    pub(super) origin: url::Origin,
    /// How close that server is.
    pub(super) reach: Reach,
}

impl Reply {
    /// Reads `most` bytes of `response`, after decompression.
    pub(super) async fn read(
        mut response: reqwest::Response,
        most: usize,
        reach: Reach,
        usage: &Usage,
    ) -> Result<Self, Failure> {
        let origin = response.url().origin();
        let host = response.url().host_str().unwrap_or_default().to_owned();
        let lengths =
            response.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
        if lengths.sum::<usize>() > HEADERS {
            return Err(Failure::refused(format!(
                "{host} sends more than {HEADERS} bytes of headers"
            )));
        }
        let mut body = Vec::new();
        let mut truncated = false;
        while !truncated
            && let Some(chunk) =
                response.chunk().await.map_err(|error| Failure::of(&error, &host))?
        {
            usage.add_received(chunk.len());
            let room = most - body.len();
            truncated = chunk.len() > room;
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self { status, headers, body, truncated, origin, reach })
    }
}
