//! Renders a chat template as transformers does (`_compile_jinja_template` and
//! `render_jinja_template`), to text that a server then encodes without adding special tokens.

use crate::{clock, config::Config, python};
use loadwright_core::conversation::{Link, Media, Message, Part};
use loadwright_core::ports::Fault;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value, context};
use serde_json::{Map, json};

const NAME: &str = "chat_template";

/// A compiled template and the special tokens that it may use.
#[derive(Debug)]
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    special: Value,
    /// `chat_template_kwargs` of requests; they override all other variables.
    options: Value,
}

impl ChatTemplate {
    /// Compiles the template of `config`, if it has one; fails with what is wrong in the template.
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
        // Read once, so that a run past midnight renders all prompts alike.
        let today = clock::today();
        environment.add_function("strftime_now", move |format: String| strftime(today, &format));
        environment
            .add_template_owned(NAME, without_generation_marks(&source))
            .map_err(|error| format!("its chat template: {}", located(&error)))?;
        let special = Value::from_serialize(&config.special);
        Ok(Some(Self { environment, special, options: context! {} }))
    }

    /// The same with the `chat_template_kwargs` of requests.
    pub(crate) fn with_options(self, options: &Map<String, serde_json::Value>) -> Self {
        Self { options: Value::from_serialize(options), ..self }
    }

    /// The text of `messages`, up to the start of the assistant's reply.
    pub(crate) fn render(&self, messages: &[Message]) -> Result<String, Fault> {
        let messages =
            messages.iter().map(object).collect::<Result<Vec<serde_json::Value>, Fault>>()?;
        let own = context! {
            messages => Value::from_serialize(&messages),
            tools => (),
            documents => (),
            add_generation_prompt => true,
        };
        // The first variable of a name wins.
        let context = context! { ..self.options.clone(), ..own, ..self.special.clone() };
        self.environment.get_template(NAME).and_then(|template| template.render(context)).map_err(
            |error| Fault::Input(format!("the chat template cannot render the messages: {error}")),
        )
    }
}

/// What is wrong with the template's source, and its line.
fn located(error: &Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    error.line().map_or(what.clone(), |line| format!("line {line}: {what}"))
}

/// A message as templates expect it. Servers pass several text parts joined by line breaks, and parts
/// with media as a list.
fn object(message: &Message) -> Result<serde_json::Value, Fault> {
    let mut members = Map::new();
    members.insert("role".to_owned(), json!(message.role));
    let texts: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Media(_) | Part::Link(_) => None,
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
            .map_err(|error| Fault::Input(format!("a message's extra members: {error}")))?;
        members.extend(extra);
    }
    Ok(serde_json::Value::Object(members))
}

fn part(part: &Part) -> serde_json::Value {
    match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Media(Media { mime, .. }) | Part::Link(Link { mime, .. }) => {
            json!({"type": mime.split('/').next().unwrap_or_default()})
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

/// `{% generation %}` marks the assistant's tokens for training and renders nothing. minijinja does
/// not know it, so it becomes an `if` that is always true.
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
