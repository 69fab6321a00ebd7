//! How the model generates: the members of `generation` that an API plugin gets. It holds only
//! what the user gave, and the two defaults that are always sent.

use super::contents::Contents;
use super::dataset::PromptContext;
use crate::args::PerfArgs;
use crate::args::values::Decimal;
use crate::diagnostics::Diagnostics;
use crate::inputs::Inputs;
use serde_json::{Map, Value};

/// Default output tokens, as EvalScope's.
const MAX_TOKENS: u32 = 2048;

/// Default output tokens under `--simulate`: the demo of three points ends in half a minute.
const SIMULATED_MAX_TOKENS: u32 = 32;

/// Generation settings, converted.
pub(super) struct Generation {
    /// Members of the plugin's `generation`.
    pub(super) members: Map<String, Value>,
    /// Bounds of the output length, if two were given.
    pub(super) range: Option<(u32, u32)>,
}

impl Generation {
    /// A member of the bodies that are sent: of the template, the settings or the extra members,
    /// the last of them that has it.
    fn sent<'a>(&'a self, name: &str, contents: &'a Contents) -> Option<&'a Value> {
        let last = contents.extra.get(name).or_else(|| self.members.get(name));
        last.or_else(|| contents.template.get(name)).filter(|value| !value.is_null())
    }

    /// Options of the server's chat template that each request sets.
    pub(super) fn template_options(&self, contents: &Contents) -> Map<String, Value> {
        let options = self.sent("chat_template_kwargs", contents).and_then(Value::as_object);
        options.cloned().unwrap_or_default()
    }

    /// Choices that each request asks for.
    pub(super) fn choices(&self, contents: &Contents) -> u32 {
        let choices = self.sent("n", contents).and_then(Value::as_u64).unwrap_or(1);
        u32::try_from(choices).unwrap_or(u32::MAX)
    }

    /// Whether requests ask for streamed replies.
    pub(super) fn stream(&self) -> bool {
        self.members["stream"] == true
    }
}

/// The generation settings, besides what the template and the extra members of `contents` set.
pub(super) fn generation(
    args: &PerfArgs,
    prompts: &PromptContext<'_>,
    contents: &Contents,
    diagnostics: &mut Diagnostics,
) -> Generation {
    let given = &args.generation;
    let streams = prompts.choice.takes.stream;
    if given.stream && !streams {
        let text =
            format!("the replies of --api {} cannot be streamed; remove it", args.target.api);
        diagnostics.error("stream", text);
    }
    let mut members = Map::new();
    members.insert("model".into(), prompts.model.into());
    members.insert("stream".into(), (streams && !given.no_stream).into());
    let least = given.min_tokens.as_ref();
    let least = least.map(|least| diagnostics.whole_u32("min-tokens", least, 0));
    let (low, high) = max_tokens(args, least.unwrap_or_default(), diagnostics);
    if low == high {
        members.insert("max_tokens".into(), high.into());
    }
    if let Some(least) = least {
        // Extra members are merged last: what they set is the limit.
        if least > low && !limits_output(|name| contents.extra.contains_key(name)) {
            let text = format!("{least} is above --max-tokens {low}; lower it");
            diagnostics.error("min-tokens", text);
        }
        members.insert("min_tokens".into(), least.into());
    }
    sampling(args, &mut members, diagnostics);
    drop_overridden_defaults(args, &mut members, contents);
    Generation { members, range: (low != high).then_some((low, high)) }
}

/// Removes the defaults that the template or the extra members set themselves: only a flag that
/// was given overrides a template, and the plugin cannot tell a default from a given flag. An output
/// limit has two spellings, so merging alone would send both.
fn drop_overridden_defaults(
    args: &PerfArgs,
    generation: &mut Map<String, Value>,
    contents: &Contents,
) {
    let given = &args.generation;
    let Contents { template, extra, .. } = contents;
    let sets = |name: &str| template.get(name).is_some() || extra.contains_key(name);
    if given.max_tokens.is_none() && limits_output(sets) {
        generation.remove("max_tokens");
    }
    if given.temperature.is_none() && sets("temperature") {
        generation.remove("temperature");
    }
    if let (false, false, Some(stream @ Value::Bool(_))) =
        (given.stream, given.no_stream, template.get("stream"))
    {
        generation.insert("stream".into(), stream.clone());
    }
}

/// Whether `sets` one of the members by which a body limits its output.
fn limits_output(sets: impl Fn(&str) -> bool) -> bool {
    sets("max_tokens") || sets("max_completion_tokens")
}

/// The bounds of the output length; by default one value of at least `least`.
fn max_tokens(args: &PerfArgs, least: u32, diagnostics: &mut Diagnostics) -> (u32, u32) {
    let Some(given) = &args.generation.max_tokens else {
        let default = if args.target.simulate { SIMULATED_MAX_TOKENS } else { MAX_TOKENS };
        return (default.max(least), default.max(least));
    };
    match diagnostics.list_u32("max-tokens", given, 1)[..] {
        [one] => (one, one),
        [low, high] if low <= high => (low, high),
        [low, high] => {
            let text = format!("{low} {high} is not a range; give the smaller value first");
            diagnostics.error("max-tokens", text);
            (high, low)
        }
        _ => {
            let text =
                format!("has {} values; give one value, or the two ends of a range", given.len());
            diagnostics.error("max-tokens", text);
            (1, 1)
        }
    }
}

fn sampling(args: &PerfArgs, members: &mut Map<String, Value>, diagnostics: &mut Diagnostics) {
    let given = &args.generation;
    let temperature = given.temperature.as_ref();
    let temperature =
        temperature.map_or(0.0, |given| diagnostics.non_negative("temperature", given));
    members.insert("temperature".into(), temperature.into());
    let mut decimal = |flag: &str, given: Option<&Decimal>, diagnostics: &mut Diagnostics| {
        if let Some(value) = given.and_then(|given| diagnostics.number(flag, &given.0)) {
            members.insert(flag.replace('-', "_"), value.into());
        }
    };
    decimal("top-p", given.top_p.as_ref(), diagnostics);
    decimal("frequency-penalty", given.frequency_penalty.as_ref(), diagnostics);
    decimal("repetition-penalty", given.repetition_penalty.as_ref(), diagnostics);
    // -1 turns the limit off on several servers.
    let top_k = given.top_k.as_ref().and_then(|given| diagnostics.number("top-k", &given.0));
    if let Some(top_k) = top_k {
        members.insert("top_k".into(), top_k.into());
    }
    if given.logprobs {
        members.insert("logprobs".into(), true.into());
    }
    if let Some(choices) = &given.n_choices {
        members.insert("n".into(), diagnostics.whole_u32("n-choices", choices, 1).into());
    }
    if let Some(seed) = &given.seed {
        members.insert("seed".into(), diagnostics.whole("seed", seed, &(0..=i64::MAX)).into());
    }
    if let Some(stop) = &given.stop {
        members.insert("stop".into(), stop.clone().into());
    }
    if let Some(ids) = &given.stop_token_ids {
        let ids = diagnostics.list_u32("stop-token-ids", ids, 0);
        members.insert("stop_token_ids".into(), ids.into());
    }
}

/// The seed that was given, else a random one. Its errors are reported with the sampling settings.
pub(super) fn seed(args: &PerfArgs, inputs: &Inputs) -> u64 {
    match &args.generation.seed {
        Some(given) => given.0.as_ref().map_or(0, |seed| seed.unsigned_abs()),
        None => inputs.random_seed,
    }
}
