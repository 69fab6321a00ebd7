//! Replies that `decode` returns.

use super::inbound::{message, no_members};
use super::plan::{UnknownWord, channel};
use crate::bindings::bulk::exports::loadwright::plugin::api;
use crate::invalid::Invalid;
use loadwright_core::reading::{CountKind, Piece, Reply, Usage};

/// The reply in the core's types.
///
/// # Errors
/// It has a name that the contract does not, a count that is none, or a metric that is not finite.
pub(crate) fn reply(reply: api::Reply) -> Result<Reply, Invalid> {
    let said = |error: UnknownWord| Invalid(format!("its reply has the {error}"));
    no_members(&reply.extra, "the reply")?;
    let mut usage = Usage::default();
    for api::Quantity { name, value } in reply.counts {
        let known = CountKind::ALL.into_iter().find(|(known, _)| *known == name);
        let Some((_, kind)) = known else {
            return Err(Invalid(format!("its reply has the unknown count `{name}`")));
        };
        let whole = value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value);
        if !whole {
            let text = format!("its reply has {value:?} as count `{name}`, not a number of tokens");
            return Err(Invalid(text));
        }
        *usage.count_mut(kind) = Some(value as u32);
    }
    let metrics = reply.metrics.into_iter().map(metric);
    let pieces = reply.pieces.into_iter().map(|piece| {
        let channel = channel(&piece.channel).map_err(said)?;
        Ok(Piece { frame: piece.frame, channel, text: piece.text, tokens: piece.tokens })
    });
    Ok(Reply {
        pieces: pieces.collect::<Result<_, Invalid>>()?,
        usage,
        metrics: metrics.collect::<Result<_, Invalid>>()?,
        finish_reason: reply.finish_reason,
        message: reply.message.map(message).transpose()?,
        error: reply.error,
    })
}

fn metric(metric: api::Quantity) -> Result<(String, f64), Invalid> {
    let api::Quantity { name, value } = metric;
    if !value.is_finite() {
        return Err(Invalid(format!("its reply has {value:?} as metric `{name}`, not a number")));
    }
    Ok((name, value))
}

#[cfg(test)]
mod tests;
