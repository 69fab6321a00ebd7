//! Conversations of any bytes. Those that are accepted keep every limit.

use super::given::Given;
use super::prompts::{field, message, prompt};
use crate::bindings::bulk::exports::loadwright::plugin::dataset;
use crate::convert;
use crate::files::FileSet;
use crate::manifest::DATASET_PATH;
use loadwright_core::conversation::{Conversation, Part, Turn};
use loadwright_core::labels::{LabelValue, Labels, MAX_LABEL_BYTES, MAX_LABELS};
use loadwright_core::stop::StopFlag;
use std::sync::LazyLock;

/// The file that conversations name: any that is there.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// Ten years, as seconds.
const LONGEST: f64 = 315_360_000.0;

static FILES: LazyLock<FileSet> = LazyLock::new(|| {
    let file = (DATASET_PATH.to_owned(), FILE.into());
    FileSet::open(vec![file], StopFlag::default()).expect("the file is there")
});

/// Takes or refuses the conversation that `bytes` make.
pub fn conversation(bytes: &[u8]) {
    if let Some(accepted) = accepted(&mut Given::new(bytes)) {
        check(&accepted);
    }
}

/// The conversation that `given` makes, if it is accepted.
pub(super) fn accepted(given: &mut Given<'_>) -> Option<Conversation> {
    let conversation = dataset::Conversation {
        id: given.text(),
        scheduled: given.option(Given::number),
        turns: given.list(turn),
        labels: given.text(),
        extra: given.text(),
    };
    convert::conversation(conversation, &FILES).ok()
}

fn turn(given: &mut Given<'_>) -> dataset::Turn {
    dataset::Turn {
        prompt: prompt(given),
        media: given.list(content),
        input_tokens: given.option(Given::count),
        max_tokens: given.option(Given::count),
        min_tokens: given.option(Given::count),
        pause: given.number(),
        scheduled: given.option(Given::number),
        after: given.list(Given::count),
        reply: given.option(message),
        headers: given.list(field),
        extra: given.text(),
    }
}

fn content(given: &mut Given<'_>) -> dataset::Content {
    let mime = given.text();
    let source = match given.byte() % 3 {
        0 => dataset::Source::Bytes(given.bytes().to_vec()),
        1 => dataset::Source::File(dataset::FileRange {
            name: given.text(),
            offset: given.number(),
            length: given.option(Given::number),
        }),
        _ => dataset::Source::Cell(dataset::Cell {
            name: given.text(),
            at: given.text(),
            row: given.count(),
            column: given.text(),
        }),
    };
    dataset::Content { mime, source, extra: given.text() }
}

fn check(conversation: &Conversation) {
    let is_time = |at: f64| (0.0..=LONGEST).contains(&at);
    assert!(conversation.scheduled.is_none_or(is_time));
    assert_labels(&conversation.labels);
    for (number, turn) in conversation.turns.iter().enumerate() {
        assert!(is_time(turn.pause) && turn.scheduled.is_none_or(is_time));
        assert!(turn.after.iter().all(|before| (*before as usize) < number));
        assert!(is_object(&turn.extra));
        assert!(turn.media.iter().all(|content| is_object(&content.extra)));
        assert_media(turn);
    }
}

/// What its prompt and its recorded reply name is there.
fn assert_media(turn: &Turn) {
    let replied = turn.reply.iter().flat_map(|message| &message.parts);
    let replied = replied.filter_map(|part| match part {
        Part::Media(media) => Some(media),
        _ => None,
    });
    for media in turn.prompt.media().chain(replied) {
        assert!((media.index as usize) < turn.media.len());
    }
}

fn assert_labels(labels: &Labels) {
    assert!(labels.iter().count() <= MAX_LABELS);
    for (name, value) in labels.iter() {
        assert!((1..=MAX_LABEL_BYTES).contains(&name.len()));
        assert!(!matches!(value, LabelValue::Text(text) if text.len() > MAX_LABEL_BYTES));
    }
    if !labels.is_empty() {
        assert_eq!(Labels::parse(&labels.to_json()).as_ref(), Ok(labels));
    }
}

fn is_object(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || (text.starts_with('{') && text.ends_with('}'))
}
