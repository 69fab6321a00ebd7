//! Requests that `format` returns.

use super::inbound::{Invalid, no_members, pairs};
use crate::bindings::bulk::exports::loadwright::plugin::api;
use loadwright_core::request::{Encoding, Head, Segment, Template};

/// The request in the core's types.
///
/// # Errors
/// It names something that the contract does not.
pub(crate) fn template(request: api::Request) -> Result<Template, Invalid> {
    let api::Request { method, path, headers, body, extra } = request;
    no_members(&extra, "the request")?;
    let body = body.into_iter().map(segment).collect::<Result<_, _>>()?;
    Ok(Template { head: Head { method, path, headers: pairs(headers) }, body })
}

fn segment(segment: api::Segment) -> Result<Segment, Invalid> {
    match segment {
        api::Segment::Bytes(bytes) => Ok(Segment::Bytes(bytes)),
        api::Segment::Media(api::Insertion { index, encoding }) => {
            let encoding = match encoding {
                api::Encoding::Raw => Encoding::Raw,
                api::Encoding::Base64 => Encoding::Base64,
                api::Encoding::DataUrl => Encoding::DataUrl,
                api::Encoding::JsonString => {
                    return Err(Invalid::new("the body inserts media as a JSON string"));
                }
            };
            Ok(Segment::Media { index, encoding })
        }
        api::Segment::Text(api::Insertion { index, .. }) => {
            Err(Invalid(format!("the body inserts held text {index}, but the request has none")))
        }
    }
}
