//! What was given as one JSON object: the raw material of the settings stored with results.

use super::file::JSON_FLAGS;
use super::{is_switch, settable, takes_many};
use crate::args::values::as_json;
use clap::ArgMatches;
use serde_json::{Map, Value};

/// Every flag's value by its name with `_` for `-`; null where it has none.
pub(super) fn typed_settings(command: &clap::Command, matches: &ArgMatches) -> Map<String, Value> {
    let shown = |flag: &str| super::find(command, flag).filter(|arg| !arg.is_hide_set());
    settable(command)
        .filter_map(|flag| shown(flag).map(|arg| (flag.replace('-', "_"), value(arg, matches))))
        .collect()
}

fn value(arg: &clap::Arg, matches: &ArgMatches) -> Value {
    let id = arg.get_id().as_str();
    if is_switch(arg) {
        return matches.get_flag(id).into();
    }
    let Some(raw) = matches.get_raw(id) else { return Value::Null };
    let values: Vec<Value> = raw.map(|text| one(arg, &text.to_string_lossy())).collect();
    let many = takes_many(arg) || matches!(arg.get_action(), clap::ArgAction::Append);
    if many { values.into() } else { values.into_iter().next().unwrap_or_default() }
}

fn one(arg: &clap::Arg, text: &str) -> Value {
    let is_json = arg.get_long().is_some_and(|flag| JSON_FLAGS.contains(&flag));
    let parsed = if is_json {
        serde_json::from_str(text).ok()
    } else {
        as_json(arg.get_value_parser(), text)
    };
    parsed.unwrap_or_else(|| text.into())
}
