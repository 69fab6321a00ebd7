//! Requests that `format` returns.

use super::inbound::{no_members, pairs};
use crate::bindings::bulk::exports::loadwright::plugin::api;
use crate::formatted::{Formatted, Piece, Placeholder, TextEncoding};
use crate::invalid::Invalid;
use loadwright_core::request::{Encoding, Head};

/// The request in the host's types, with nothing filled in yet.
///
/// # Errors
/// It names something that the contract does not.
pub(crate) fn formatted(request: api::Request) -> Result<Formatted, Invalid> {
    let api::Request { method, path, headers, body, extra } = request;
    no_members(&extra, "the request")?;
    let body = body.into_iter().map(piece).collect::<Result<_, _>>()?;
    Ok(Formatted { head: Head { method, path, headers: pairs(headers) }, body })
}

fn piece(segment: api::Segment) -> Result<Piece, Invalid> {
    Ok(match segment {
        api::Segment::Bytes(bytes) => Piece::Bytes(bytes),
        api::Segment::Media(api::Insertion { index, encoding }) => {
            let encoding = match encoding {
                api::Encoding::Raw => Encoding::Raw,
                api::Encoding::Base64 => Encoding::Base64,
                api::Encoding::DataUrl => Encoding::DataUrl,
                api::Encoding::JsonString => {
                    return Err(Invalid::new(
                        "the body inserts media as `json-string`; choose raw, base64 or data-url",
                    ));
                }
            };
            Piece::Media { index, encoding }
        }
        api::Segment::Text(api::Insertion { index, encoding }) => {
            let encoding = match encoding {
                api::Encoding::Raw => TextEncoding::Raw,
                api::Encoding::Base64 => TextEncoding::Base64,
                api::Encoding::JsonString => TextEncoding::JsonString,
                api::Encoding::DataUrl => {
                    return Err(Invalid::new(
                        "the body inserts text as `data-url`; choose raw, base64 or json-string",
                    ));
                }
            };
            Piece::Text { index, encoding }
        }
        api::Segment::Placeholder(name) => Piece::Placeholder(Placeholder::named(&name)?),
    })
}
