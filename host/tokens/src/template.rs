//! A chat template, rendered as transformers renders it (its `_compile_jinja_template` and
//! `render_jinja_template`), for text that a server will then encode without adding special
//! tokens. Stops at the text.

use crate::{clock, config::Config, python};
use loadwright_core::conversation::{Message, Part};
use loadwright_core::ports::Fault;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value, context};
use serde_json::{Map, json};

const NAME: &str = "chat_template";

/// A compiled template and the special tokens that it may name.
#[derive(Debug)]
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    special: Value,
    /// What requests tell the template, over all that it is given otherwise.
    options: Value,
}

impl ChatTemplate {
    /// Compiles the template of `config`, if it has one; what is wrong with it otherwise.
    pub(crate) fn compile(config: Config) -> Result<Option<Self>, String> {
        let Some(source) = config.template else {
            return Ok(None);
        };
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_formatter(|out, _, value| {
            out.write_str(&python::text(value)).map_err(Error::from)
        });
        environment.add_filter("tojson", |value: Value, options| python::tojson(&value, options));
        environment.add_filter("string", |value: Value| python::text(&value));
        environment.add_function("raise_exception", |text: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, text))
        });
        // Read once: a run that passes midnight renders every prompt alike.
        let today = clock::today();
        environment.add_function("strftime_now", move |format: String| strftime(today, &format));
        environment
            .add_template_owned(NAME, without_generation_marks(&source))
            .map_err(|error| format!("its chat template: {}", located(&error)))?;
        let special = Value::from_serialize(&config.special);
        Ok(Some(Self { environment, special, options: context! {} }))
    }

    /// The same, told `options` by each request, as `chat_template_kwargs` does.
    pub(crate) fn with_options(self, options: &Map<String, serde_json::Value>) -> Self {
        Self { options: Value::from_serialize(options), ..self }
    }

    /// The text of `messages`, ending where the assistant's reply begins.
    pub(crate) fn render(&self, messages: &[Message]) -> Result<String, Fault> {
        let messages =
            messages.iter().map(object).collect::<Result<Vec<serde_json::Value>, Fault>>()?;
        let own = context! {
            messages => Value::from_serialize(&messages),
            tools => (),
            documents => (),
            add_generation_prompt => true,
        };
        // Of members of one name the first counts.
        let context = context! { ..self.options.clone(), ..own, ..self.special.clone() };
        self.environment.get_template(NAME).and_then(|template| template.render(context)).map_err(
            |error| Fault::Input(format!("the chat template cannot render the messages: {error}")),
        )
    }
}

/// What is wrong with the template's source, and on which of its lines.
fn located(error: &Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    error.line().map_or(what.clone(), |line| format!("line {line}: {what}"))
}

/// A message as templates expect it. Servers hand several text parts over joined by line breaks,
/// and parts with media as a list.
fn object(message: &Message) -> Result<serde_json::Value, Fault> {
    let mut members = Map::new();
    members.insert("role".to_owned(), json!(message.role));
    let texts: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Media(_) => None,
        })
        .collect();
    let content = if texts.len() == message.parts.len() {
        json!(texts.join("\n"))
    } else {
        message.parts.iter().map(part).collect()
    };
    members.insert("content".to_owned(), content);
    if !message.extra.is_empty() {
        let extra: Map<String, serde_json::Value> = serde_json::from_str(&message.extra)
            .map_err(|error| Fault::Input(format!("a message's further members: {error}")))?;
        members.extend(extra);
    }
    Ok(serde_json::Value::Object(members))
}

fn part(part: &Part) -> serde_json::Value {
    match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Media(media) => {
            json!({"type": media.mime.split('/').next().unwrap_or_default()})
        }
    }
}

fn strftime(now: time::OffsetDateTime, format: &str) -> Result<String, Error> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::InvalidOperation, format!("strftime_now: {error}"))
    };
    let items =
        time::format_description::parse_strftime_owned(format).map_err(|error| failed(&error))?;
    now.format(&items).map_err(|error| failed(&error))
}

/// `{% generation %}` marks the assistant's tokens for training and renders nothing; minijinja
/// does not know it, so the marks become a block that always holds.
fn without_generation_marks(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(open) = rest.find("{%") {
        let Some(close) = rest[open..].find("%}").map(|at| open + at) else {
            break;
        };
        let tag = &rest[open + 2..close];
        let known = match tag.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+') {
            "generation" => tag.replacen("generation", "if true", 1),
            "endgeneration" => tag.replacen("endgeneration", "endif", 1),
            _ => tag.to_owned(),
        };
        out.push_str(&rest[..open + 2]);
        out.push_str(&known);
        out.push_str("%}");
        rest = &rest[close + 2..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
pub(crate) mod tests;
