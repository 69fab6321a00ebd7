//! How the model generates: the members of `generation` that a protocol plugin gets. Only what the
//! user gave is in it, and the two defaults that are always sent.

use super::Shared;
use super::json::Contents;
use crate::args::values::Typed;
use serde_json::{Map, Value};

/// Output tokens where none are given, as EvalScope's.
const MAX_TOKENS: u32 = 2048;

/// Output tokens under `--simulate`: the demo of three points ends in half a minute.
const SIMULATED_MAX_TOKENS: u32 = 32;

/// Generation settings, converted.
pub(super) struct Generation {
    /// Members of the plugin's `generation`.
    pub(super) members: Map<String, Value>,
    /// Bounds of the output length, where two were given.
    pub(super) range: Option<(u32, u32)>,
}

impl Generation {
    /// A member of the bodies that are sent: of the template, the settings or the extra members,
    /// the last of them that has it.
    pub(super) fn sent<'a>(&'a self, name: &str, contents: &'a Contents) -> Option<&'a Value> {
        let last = contents.extra.get(name).or_else(|| self.members.get(name));
        last.or_else(|| contents.template.get(name)).filter(|value| !value.is_null())
    }

    /// What each request tells the server's chat template.
    pub(super) fn template_options(&self, contents: &Contents) -> Map<String, Value> {
        let told = self.sent("chat_template_kwargs", contents).and_then(Value::as_object);
        told.cloned().unwrap_or_default()
    }

    /// Choices that each request asks for.
    pub(super) fn choices(&self, contents: &Contents) -> u32 {
        let asked = self.sent("n", contents).and_then(Value::as_u64).unwrap_or(1);
        u32::try_from(asked).unwrap_or(u32::MAX)
    }
}

impl Shared<'_> {
    /// The generation settings, beside what template and extra members say of them.
    pub(super) fn generation(&mut self, model: &str, contents: &Contents) -> Generation {
        let given = &self.args.generation;
        let mut members = Map::new();
        members.insert("model".into(), model.into());
        members.insert("stream".into(), (!given.no_stream).into());
        let least = given.min_tokens.as_ref();
        let least = least.map(|least| self.findings.small("min-tokens", least, 0));
        let (low, high) = self.max_tokens(least.unwrap_or_default());
        if low == high {
            members.insert("max_tokens".into(), high.into());
        }
        if let Some(least) = least {
            // Extra members are merged in last: what they set is the limit.
            if least > low && !limits_output(|name| contents.extra.contains_key(name)) {
                let text = format!("{least} is above --max-tokens {low}; lower it");
                self.findings.mistake("min-tokens", text);
            }
            members.insert("min_tokens".into(), least.into());
        }
        self.sampling(&mut members);
        self.yield_defaults(&mut members, contents);
        Generation { members, range: (low != high).then_some((low, high)) }
    }

    /// Takes the defaults out that the template or the extra members name themselves: only what the
    /// user typed is stronger than a template, and the plugin cannot tell the two apart. Of an
    /// output limit there are two spellings, so merging alone would send both.
    fn yield_defaults(&self, generation: &mut Map<String, Value>, contents: &Contents) {
        let given = &self.args.generation;
        let Contents { template, extra, .. } = contents;
        let named = |name: &str| template.get(name).is_some() || extra.contains_key(name);
        if given.max_tokens.is_none() && limits_output(named) {
            generation.remove("max_tokens");
        }
        if given.temperature.is_none() && named("temperature") {
            generation.remove("temperature");
        }
        if let (false, false, Some(stream @ Value::Bool(_))) =
            (given.stream, given.no_stream, template.get("stream"))
        {
            generation.insert("stream".into(), stream.clone());
        }
    }

    /// The ends of the output's length; by default one that `least` tokens fit.
    fn max_tokens(&mut self, least: u32) -> (u32, u32) {
        let simulate = self.args.target.simulate;
        let Some(given) = &self.args.generation.max_tokens else {
            let default = if simulate { SIMULATED_MAX_TOKENS } else { MAX_TOKENS };
            return (default.max(least), default.max(least));
        };
        let values: Vec<u32> =
            given.iter().map(|value| self.findings.small("max-tokens", value, 1)).collect();
        match values[..] {
            [one] => (one, one),
            [low, high] if low <= high => (low, high),
            [low, high] => {
                let text = format!("{low} {high} is no range; give the smaller value first");
                self.findings.mistake("max-tokens", text);
                (high, low)
            }
            _ => {
                let text =
                    format!("has {} values; give one, or the two ends of a range", values.len());
                self.findings.mistake("max-tokens", text);
                (1, 1)
            }
        }
    }

    fn sampling(&mut self, members: &mut Map<String, Value>) {
        let given = &self.args.generation;
        let temperature = match &given.temperature {
            Some(typed) => self.findings.span("temperature", typed, true),
            None => 0.0,
        };
        members.insert("temperature".into(), temperature.into());
        self.decimal(members, "top-p", given.top_p.as_ref());
        if let Some(value) = given.top_k.as_ref() {
            // -1 turns the limit off on several servers.
            if let Some(top_k) = self.findings.read("top-k", value) {
                members.insert("top_k".into(), top_k.into());
            }
        }
        self.decimal(members, "frequency-penalty", given.frequency_penalty.as_ref());
        self.decimal(members, "repetition-penalty", given.repetition_penalty.as_ref());
        if given.logprobs {
            members.insert("logprobs".into(), true.into());
        }
        if let Some(choices) = &given.n_choices {
            members.insert("n".into(), self.findings.small("n-choices", choices, 1).into());
        }
        if let Some(seed) = &given.seed {
            let seed = self.findings.whole("seed", seed, &(0..=i64::MAX));
            members.insert("seed".into(), seed.into());
        }
        if let Some(stop) = &given.stop {
            members.insert("stop".into(), stop.clone().into());
        }
        if let Some(ids) = &given.stop_token_ids {
            let ids: Vec<u32> =
                ids.iter().map(|id| self.findings.small("stop-token-ids", id, 0)).collect();
            members.insert("stop_token_ids".into(), ids.into());
        }
    }

    fn decimal(
        &mut self,
        members: &mut Map<String, Value>,
        flag: &str,
        given: Option<&Typed<f64>>,
    ) {
        let Some(typed) = given else { return };
        if let Some(value) = self.findings.read(flag, typed) {
            members.insert(flag.replace('-', "_"), value.into());
        }
    }

    /// The seed, and whether it was drawn.
    pub(super) fn seed(&mut self) -> (u64, bool) {
        match &self.args.generation.seed {
            // Its mistakes are reported where the sampling settings are read.
            Some(typed) => (typed.as_ref().map_or(0, |seed| seed.unsigned_abs()), false),
            None => (u64::from(rand::random::<u32>()), true),
        }
    }
}

/// Whether one of the names is there by which a body limits its output.
fn limits_output(named: impl Fn(&str) -> bool) -> bool {
    named("max_tokens") || named("max_completion_tokens")
}
