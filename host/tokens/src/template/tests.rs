//! Templates compared with transformers' rendering (fixtures/make.py), and edge cases.

use super::{ChatTemplate, strftime, without_generation_marks};
use crate::config;
use loadwright_core::conversation::{Media, Message, Part};
use serde_json::{Value, json};

/// Messages of a fixture: anything but role and content is an extra member.
pub(crate) fn messages(list: &Value) -> Vec<Message> {
    let message = |value: &Value| {
        let mut members = value.as_object().unwrap().clone();
        let role = members.remove("role").unwrap();
        let content = members.remove("content").unwrap();
        let mut message = Message::text(role.as_str().unwrap(), content.as_str().unwrap());
        if !members.is_empty() {
            message.extra = Value::Object(members).to_string();
        }
        message
    };
    list.as_array().unwrap().iter().map(message).collect()
}

fn compile(config: &Value) -> ChatTemplate {
    ChatTemplate::compile(config::parse(config).unwrap()).unwrap().unwrap()
}

#[test]
fn templates_render_as_transformers_renders_them() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../fixtures/templates.json")).unwrap();
    assert_eq!(cases.len(), 34);
    for case in &cases {
        let mut settings = case["special"].clone();
        settings["chat_template"] = case["template"].clone();
        let rendered = compile(&settings).render(&messages(&case["messages"]));
        let name = case["name"].as_str().unwrap();
        match case["text"].as_str() {
            Some(text) => assert_eq!(rendered.unwrap(), text, "{name}"),
            None => {
                let error = rendered.unwrap_err().to_string();
                let raised = case["text"]["error"].as_str().unwrap();
                assert!(error.contains(raised), "{name}: {error}");
            }
        }
    }
}

#[test]
fn special_tokens_may_be_objects_and_templates_a_list() {
    let template = compile(&json!({
        "bos_token": {"content": "<s>", "special": true},
        "chat_template": [
            {"name": "tool_use", "template": "no"},
            {"name": "default", "template": "{{ bos_token }}{{ messages[0].content }}"}
        ]
    }));
    assert_eq!(template.render(&[Message::text("user", "hi")]).unwrap(), "<s>hi");
    let lacking = json!({"chat_template": [{"name": "rag", "template": ""}]});
    assert!(config::parse(&lacking).unwrap_err().contains("`default`"));
}

#[test]
fn a_broken_template_is_an_error_when_it_is_opened() {
    let config = config::parse(&json!({"chat_template": "{% for %}"})).unwrap();
    assert!(ChatTemplate::compile(config).unwrap_err().contains("chat template"));
}

#[test]
fn text_parts_are_joined_and_media_are_listed() {
    let plain = compile(&json!({"chat_template": "{{ messages[0].content }}"}));
    let text = |text: &str| Part::Text(text.to_owned());
    let mut message = Message::text("user", "a");
    message.parts.push(text("b"));
    assert_eq!(plain.render(std::slice::from_ref(&message)).unwrap(), "a\nb");
    let listed = compile(&json!({
        "chat_template": "{% for p in messages[0].content %}{{ p.type }}:{{ p.text }};{% endfor %}"
    }));
    message.parts[0] = Part::Media(Media {
        index: 0,
        mime: "image/png".to_owned(),
        size: 9,
        extra: String::new(),
    });
    assert_eq!(listed.render(&[message]).unwrap(), "image:;text:b;");
}

#[test]
fn dates_are_formatted_by_strftime() {
    let day = time::OffsetDateTime::from_unix_timestamp(1_721_692_800).unwrap();
    assert_eq!(strftime(day, "%d %b %Y").unwrap(), "23 Jul 2024");
    assert_eq!(strftime(day, "%Y-%m-%d %H:%M").unwrap(), "2024-07-23 00:00");
    let template = compile(&json!({"chat_template": "{{ strftime_now('%Y') | length }}"}));
    assert_eq!(template.render(&[]).unwrap(), "4");
}

#[test]
fn generation_marks_become_blocks_and_nothing_else_changes() {
    let marked = "{%- generation -%} a {% endgeneration %}{% set generation_kind = 1 %}{{ x }}{%";
    assert_eq!(
        without_generation_marks(marked),
        "{%- if true -%} a {% endif %}{% set generation_kind = 1 %}{{ x }}{%"
    );
}

#[test]
fn options_of_requests_override_all_other_variables() {
    let source = "{{ bos_token }}{{ messages[0].content }}{{ think }}{{ add_generation_prompt }}";
    let template = || compile(&json!({"bos_token": "<s>", "chat_template": source}));
    let rendered = |options: Value| {
        let template = template().with_options(options.as_object().unwrap());
        template.render(&[Message::text("user", "hi")]).unwrap()
    };
    assert_eq!(rendered(json!({})), "<s>hiTrue");
    assert_eq!(rendered(json!({"think": false})), "<s>hiFalseTrue");
    let over = json!({"think": "!", "add_generation_prompt": false, "bos_token": "<b>"});
    assert_eq!(rendered(over), "<b>hi!False");
}
