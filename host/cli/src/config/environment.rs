//! Settings from the environment: `LOADWRIGHT_<FLAG>`, in capitals, `_` for `-`. Those that hold
//! secrets of plugins set no flag.

use super::{Layer, Setting, find, is_switch, settable, takes_many};
use crate::args::suggestions;
use crate::diagnostics::Diagnostics;
use loadwright_core::manifest::VARIABLE;

const PREFIX: &str = "LOADWRIGHT_";

/// The settings among `environment`. Lists are split as a shell splits words.
pub(super) fn read(
    command: &clap::Command,
    environment: &[(String, String)],
    diagnostics: &mut Diagnostics,
) -> Layer {
    let mut layer = Layer::new();
    for (variable, text) in environment {
        let Some(name) = variable.strip_prefix(PREFIX) else { continue };
        if variable.starts_with(VARIABLE) {
            continue;
        }
        let flag = name.to_lowercase().replace('_', "-");
        let Some(arg) = find(command, &flag).filter(|_| settable(command).any(|f| f == flag))
        else {
            let tip = suggestions::suggest(&flag, settable(command)).map(variable_of);
            let tip = tip.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            diagnostics
                .notice(format!("the variable {variable} names no flag and has no effect{tip}"));
            continue;
        };
        diagnostics.origins.insert(flag.clone(), variable.clone());
        match setting(arg, text) {
            Ok(setting) => {
                layer.insert(flag, setting);
            }
            Err(why) => diagnostics.error_at(&flag, variable, why),
        }
    }
    layer
}

/// The variable that sets `flag`.
fn variable_of(flag: &str) -> String {
    format!("{PREFIX}{}", flag.to_uppercase().replace('-', "_"))
}

fn setting(arg: &clap::Arg, text: &str) -> Result<Setting, String> {
    if is_switch(arg) {
        return switch(text).map(Setting::Switch);
    }
    let many = takes_many(arg) || matches!(arg.get_action(), clap::ArgAction::Append);
    if !many {
        return Ok(Setting::Values(vec![text.into()]));
    }
    let words = shlex::split(text).ok_or("a quote is not closed")?;
    if words.is_empty() { Err("has no value".into()) } else { Ok(Setting::Values(words)) }
}

fn switch(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "" | "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}
