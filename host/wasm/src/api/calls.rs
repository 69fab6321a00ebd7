//! The exports of an API plugin that take many items.

use crate::batch::{Answers, Batched};
use crate::bindings::bulk::exports::loadwright::plugin::api as contract;
use crate::bindings::bulk::loadwright::plugin::types::Fault as GuestFault;
use crate::call::Call;
use crate::convert;
use crate::exports::ApiExports;
use crate::formatted::Formatted;
use crate::instance::Live;
use crate::invalid::Invalid;
use bumpalo::Bump;
use loadwright_core::ports::Cause;
use loadwright_core::reading::{Exchange, Reply};
use std::marker::PhantomData;
use std::sync::Arc;

/// `format`, as errors of the host itself name it.
pub(super) const FORMAT: Call = Call::of("format");

/// The export `format`, for requests that borrow for `'a`.
#[derive(Default)]
pub(super) struct Format<'a>(PhantomData<&'a ()>);

impl<'a> Batched<ApiExports> for Format<'a> {
    type Item = contract::PromptRequest<'a>;
    type Answer = Arc<Formatted>;

    const EXPORT: &'static str = FORMAT.export;
    const IS_DATASET: bool = false;

    fn number(request: &Self::Item) -> u32 {
        request.index
    }

    fn run(
        &self,
        live: &mut Live<ApiExports>,
        requests: &[Self::Item],
    ) -> wasmtime::Result<Answers<Self::Answer>> {
        let answers = live.guest.call_format(&mut live.store, requests)?;
        Ok(Ok(converted(answers, |request| convert::formatted(request).map(Arc::new))))
    }
}

/// The export `decode`.
pub(super) struct Decode<'a>(pub(super) &'a Bump);

impl Batched<ApiExports> for Decode<'_> {
    type Item = Exchange;
    type Answer = Reply;

    const EXPORT: &'static str = "decode";
    const IS_DATASET: bool = false;

    /// Exchanges have no number: each call begins with the same randomness.
    fn number(_: &Exchange) -> u32 {
        0
    }

    fn run(
        &self,
        live: &mut Live<ApiExports>,
        exchanges: &[Exchange],
    ) -> wasmtime::Result<Answers<Reply>> {
        let exchanges = convert::exchanges(self.0, exchanges);
        let answers = live.guest.call_decode(&mut live.store, exchanges)?;
        Ok(Ok(converted(answers, convert::reply)))
    }
}

fn converted<R, A>(
    answers: Vec<Result<R, GuestFault>>,
    convert: impl Fn(R) -> Result<A, Invalid>,
) -> Vec<Result<A, Cause>> {
    let one = |answer: Result<R, GuestFault>| {
        let value = answer.map_err(|fault| Cause::Fault(fault.into()))?;
        convert(value).map_err(|invalid| Cause::Contract(invalid.to_string()))
    };
    answers.into_iter().map(one).collect()
}
