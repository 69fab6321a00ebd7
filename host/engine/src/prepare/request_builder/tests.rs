//! The prompts of later turns, by an API plugin that writes a prompt as text.

use super::*;
use loadwright_core::conversation::{Media, Part};
use loadwright_core::ports::{ApiFactory, Dataset, DatasetFactory};
use loadwright_core::reading::{ReadingPlan, Reply};
use loadwright_core::request::{Encoding, Segment};

/// Writes `role:text` of each message, a slash between them, media as they are.
struct Writer;

impl ApiFactory for Writer {
    fn plan(&self) -> Option<&ReadingPlan> {
        None
    }

    fn instance(&self) -> Result<Box<dyn Api>, PluginFailure> {
        Ok(Box::new(Self))
    }
}

impl Api for Writer {
    fn format(&mut self, prompts: &[PromptRequest]) -> Vec<Result<Template, PluginFailure>> {
        prompts.iter().map(|prompt| Ok(template(prompt))).collect()
    }

    fn decode(&mut self, _: &[Exchange]) -> Vec<Result<Reply, PluginFailure>> {
        Vec::new()
    }
}

fn template(prompt: &PromptRequest) -> Template {
    let head = Head { method: "POST".into(), path: None, headers: Vec::new() };
    let mut body = Vec::new();
    let mut write = |text: &str| body.push(Segment::Bytes(text.as_bytes().to_vec()));
    if let Prompt::Text(text) = &prompt.prompt {
        prompt.history.iter().for_each(|message| write(&format!("{message:?}/")));
        write(text);
        return Template { head, body };
    }
    let Prompt::Messages(messages) = &prompt.prompt else {
        panic!("the prompt is text or messages")
    };
    for message in prompt.history.iter().chain(messages) {
        body.push(Segment::Bytes(format!("/{}:", message.role).into_bytes()));
        body.extend(message.parts.iter().map(|part| match part {
            Part::Text(text) => Segment::Bytes(text.as_bytes().to_vec()),
            Part::Media(media) => Segment::Media { index: media.index, encoding: Encoding::Raw },
            Part::Link(link) => Segment::Bytes(link.url.as_bytes().to_vec()),
        }));
    }
    Template { head, body }
}

struct Nothing;

impl DatasetFactory for Nothing {
    fn instance(&self) -> Result<Box<dyn Dataset>, PluginFailure> {
        panic!("the test builds its conversations itself")
    }
}

fn ports() -> Ports {
    Ports { dataset: Arc::new(Nothing), api: Arc::new(Writer), tokenizer: None }
}

/// The bodies of a conversation's turns, each answered with `reply n`.
fn bodies(turns: Vec<Turn>) -> Vec<String> {
    let (plan, ports) = (Arc::new(loadwright_core::testkit::plan()), ports());
    let mut builder = RequestBuilder::new(&plan, &ports).expect("the api can be set up");
    let conversation = Conversation { turns, ..Conversation::default() };
    let first = builder.first_turns(0, 0, vec![Ok(conversation)]).remove(0);
    let mut bodies = Vec::new();
    let (mut request, mut turn) = (first.request, first.turn);
    loop {
        bodies.push(String::from_utf8(request.expect("it is formatted").body).expect("text"));
        let Some(state) = turn.state else { return bodies };
        let reply =
            turn.needs_reply.then(|| Message::text("assistant", format!("reply {}", bodies.len())));
        let next = builder.next_turns(&state, bodies.len() as u32 - 1, reply).pop();
        let next = next.expect("another turn follows");
        (request, turn) = (next.request.map(|request| *request), next.turn);
    }
}

fn picture(bytes: &[&str]) -> Turn {
    let part = |slot: usize| {
        let (slot, mime) = (slot as u32, "image/png".into());
        Part::Media(Media { index: slot, mime, size: 1, extra: String::new() })
    };
    let parts = (0..bytes.len()).map(part).collect();
    let message = Message { role: "user".into(), parts, extra: String::new() };
    let content = |bytes: &&str| Content {
        mime: "image/png".into(),
        bytes: bytes.as_bytes().into(),
        extra: String::new(),
    };
    let media = bytes.iter().map(content).collect();
    Turn { media, ..Turn::new(Prompt::Messages(vec![message])) }
}

#[test]
fn a_text_prompt_becomes_a_message_of_the_user() {
    let bodies = bodies(["a", "b", "c"].map(|text| Turn::new(Prompt::Text(text.into()))).into());
    let user = |text: &str| format!("{:?}/", Message::text("user", text));
    let assistant = |n: u32| format!("{:?}/", Message::text("assistant", format!("reply {n}")));
    assert_eq!(bodies[0], "a");
    assert_eq!(bodies[1], user("a") + &assistant(1) + "b");
    assert_eq!(bodies[2], user("a") + &assistant(1) + &user("b") + &assistant(2) + "c");
}

#[test]
fn media_of_earlier_turns_stay_in_their_places() {
    let bodies = bodies(vec![picture(&["P", "Q"]), picture(&["R"]), picture(&[]), picture(&["S"])]);
    assert_eq!(bodies[0], "/user:PQ");
    assert_eq!(bodies[1], "/user:PQ/assistant:reply 1/user:R");
    assert_eq!(bodies[2], "/user:PQ/assistant:reply 1/user:R/assistant:reply 2/user:");
    assert!(bodies[3].ends_with("/user:R/assistant:reply 2/user:/assistant:reply 3/user:S"));
    assert!(bodies[3].starts_with("/user:PQ/"), "{}", bodies[3]);
}

#[test]
fn only_a_turn_that_others_follow_keeps_the_state_of_its_conversation() {
    let (plan, ports) = (Arc::new(loadwright_core::testkit::plan()), ports());
    let mut builder = RequestBuilder::new(&plan, &ports).expect("the api can be set up");
    let turn = || Turn::new(Prompt::Text("a".into()));
    let mut keeps_state = |turns| {
        let conversation = Conversation { turns, ..Conversation::default() };
        builder.first_turns(0, 0, vec![Ok(conversation)]).remove(0).turn.state.is_some()
    };
    assert!(!keeps_state(vec![turn()]));
    assert!(keeps_state(vec![turn(), turn()]));
}
