//! The core's api port over a component.

mod calls;

use crate::bindings::bulk::exports::loadwright::plugin::api as contract;
use crate::call::Call;
use crate::convert::{self, Outbound};
use crate::exports::ApiExports;
use crate::formatted::Formatted;
use crate::formatting::Formatting;
use crate::instance::{Instance, InstanceFactory};
use crate::shapes::{Shape, Shapes};
use bumpalo::Bump;
use calls::{Decode, FORMAT, Format};
use loadwright_core::ports::{Api, ApiFactory, Cause, PluginFailure};
use loadwright_core::reading::{Exchange, ReadingPlan, Reply};
use loadwright_core::request::{PromptRequest, Template};
use loadwright_core::service::ServiceMetric;
use std::collections::HashMap;
use std::sync::Arc;

const PLAN: Call = Call::of("plan");

/// Makes instances of one configured API plugin.
pub(crate) struct WasmApi {
    factory: Arc<InstanceFactory<ApiExports>>,
    plan: Option<ReadingPlan>,
    formatting: Formatting,
}

impl WasmApi {
    /// Configures the plugin once and gets its reading plan.
    ///
    /// # Errors
    /// The plugin rejected its settings or failed, or its plan reads a metric that is not `declared`.
    pub(crate) fn new(
        factory: InstanceFactory<ApiExports>,
        formatting: Formatting,
        declared: &[ServiceMetric],
    ) -> Result<Self, PluginFailure> {
        let factory = Arc::new(factory);
        let mut first = Instance::new(Arc::clone(&factory))?;
        let plan = first.call(PLAN, |live| live.guest.call_plan(&mut live.store))?;
        drop(first);
        let plan = plan
            .map(|plan| convert::reading_plan(plan, declared))
            .transpose()
            .map_err(|invalid| factory.failure(PLAN, Cause::Contract(invalid.to_string())))?;
        Ok(Self { factory, plan, formatting })
    }
}

impl ApiFactory for WasmApi {
    fn plan(&self) -> Option<&ReadingPlan> {
        self.plan.as_ref()
    }

    fn instance(&self) -> Result<Box<dyn Api>, PluginFailure> {
        let instance = Instance::new(Arc::clone(&self.factory))?;
        let (formatting, arena) = (self.formatting, Bump::new());
        Ok(Box::new(ApiWorker { instance, formatting, shapes: Shapes::default(), arena }))
    }

    fn restarts(&self) -> u32 {
        self.factory.losses.instances()
    }
}

struct ApiWorker {
    instance: Instance<ApiExports>,
    formatting: Formatting,
    shapes: Shapes,
    arena: Bump,
}

/// Where the formatted form of a request is.
enum Origin {
    /// Formatted earlier.
    Kept(Arc<Formatted>),
    /// At this position among those formatted now.
    New(usize),
}

impl Api for ApiWorker {
    fn format(&mut self, requests: &[PromptRequest]) -> Vec<Result<Template, PluginFailure>> {
        // Taken for the call, so that arguments may borrow from it beside `self`.
        let mut arena = std::mem::take(&mut self.arena);
        arena.reset();
        let outbound = Outbound { arena: &arena, formatting: self.formatting };
        let (params, held): (Vec<_>, Vec<_>) =
            requests.iter().map(|request| outbound.request(request)).unzip();
        let formatted = self.formatted(&params);
        let fill = |((formatted, request), held): ((FormatResult, &PromptRequest), _)| {
            formatted?.fill(request, held).map_err(|invalid| {
                self.instance.factory.failure(FORMAT, Cause::Contract(invalid.to_string()))
            })
        };
        let templates = formatted.into_iter().zip(requests).zip(&held).map(fill).collect();
        drop((params, held));
        self.arena = arena;
        templates
    }

    fn decode(&mut self, exchanges: &[Exchange]) -> Vec<Result<Reply, PluginFailure>> {
        self.arena.reset();
        self.instance.batch(&Decode(&self.arena), exchanges)
    }
}

type FormatResult = Result<Arc<Formatted>, PluginFailure>;

impl ApiWorker {
    /// The formatted form of each of `params`: kept from an earlier request of the same shape where
    /// the plugin allows that, otherwise formatted now, each shape once.
    fn formatted(&mut self, params: &[contract::PromptRequest<'_>]) -> Vec<FormatResult> {
        let mut new = Vec::with_capacity(params.len());
        let mut new_shapes: HashMap<Shape, usize> = HashMap::new();
        let mut origins = Vec::with_capacity(params.len());
        for param in params {
            let shape = if self.formatting.reuse_by_shape { Shape::of(param) } else { None };
            if let Some(kept) = shape.as_ref().and_then(|shape| self.shapes.get(shape)) {
                origins.push(Origin::Kept(kept));
                continue;
            }
            let next = new.len();
            let at = shape.map_or(next, |shape| *new_shapes.entry(shape).or_insert(next));
            if at == next {
                new.push(param.clone());
            }
            origins.push(Origin::New(at));
        }
        let results = self.instance.batch(&Format::default(), &new);
        for (shape, at) in new_shapes {
            if let Ok(formatted) = &results[at] {
                self.shapes.keep(shape, Arc::clone(formatted));
            }
        }
        let result = |origin| match origin {
            Origin::Kept(formatted) => Ok(formatted),
            Origin::New(at) => results[at].clone(),
        };
        origins.into_iter().map(result).collect()
    }
}
