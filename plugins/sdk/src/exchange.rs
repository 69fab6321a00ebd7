//! The frames of an exchange, which crosses from the host as one run of bytes.

use crate::{Exchange, Frame};

/// An exchange of these payloads, with status 200 and without headers or event names.
pub fn of(payloads: &[&[u8]]) -> Exchange {
    let mut exchange = Exchange {
        status: 200,
        headers: Vec::new(),
        data: Vec::new(),
        frames: Vec::new(),
        extra: String::new(),
    };
    for payload in payloads {
        push(&mut exchange, "", payload);
    }
    exchange
}

/// Adds a frame.
pub fn push(exchange: &mut Exchange, event: &str, payload: &[u8]) {
    exchange.data.extend_from_slice(payload);
    let end = exchange.data.len() as u32;
    exchange.frames.push(Frame { event: event.into(), end });
}

/// The event name and payload of each frame, in order.
pub fn frames(exchange: &Exchange) -> impl Iterator<Item = (&str, &[u8])> {
    let mut start = 0;
    exchange.frames.iter().map(move |frame| {
        let end = (frame.end as usize).clamp(start, exchange.data.len());
        let payload = &exchange.data[start..end];
        start = end;
        (frame.event.as_str(), payload)
    })
}

#[cfg(test)]
mod tests;
