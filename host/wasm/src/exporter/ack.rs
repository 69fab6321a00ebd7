//! What an exporter tells the host: bounded, and without secrets.

use crate::bindings::export::exports::loadwright::plugin::exporter as contract;
use crate::convert::no_members;
use loadwright_core::export::Ack;
use loadwright_core::foreign::clipped;

/// Bytes of a state.
pub(crate) const STATE: usize = 1 << 20;

/// The most links and losses of one call, and bytes of one.
pub(crate) const LINKS: (usize, usize) = (16, 2048);
const LOSSES: (usize, usize) = (64, 1024);

/// Bytes of the reason for a stop.
const STOP: usize = 1024;

/// Reads an `ack`. What is longer than it may be is cut, except a state, which is of no use then.
///
/// # Errors
/// It breaks the contract.
pub(crate) fn read(ack: contract::Ack, masked: impl Fn(&str) -> String) -> Result<Ack, String> {
    let contract::Ack { state, stop, links, losses, extra } = ack;
    no_members(&extra, "the ack").map_err(|invalid| invalid.to_string())?;
    if let Some(bytes) = state.as_ref().map(String::len).filter(|bytes| *bytes > STATE) {
        return Err(format!("its state has {bytes} bytes, and may have {STATE}"));
    }
    let said = |text: &str, most: usize| clipped(&masked(text), most).into_owned();
    let listed = |texts: Vec<String>, (most, longest): (usize, usize)| {
        texts.iter().take(most).map(|text| said(text, longest)).collect()
    };
    Ok(Ack {
        state,
        stop: stop.map(|why| said(&why, STOP)),
        links: listed(links, LINKS),
        losses: listed(losses, LOSSES),
    })
}
