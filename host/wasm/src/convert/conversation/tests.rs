//! Any conversation that a guest can give is taken or refused, never a panic, and what is taken holds.

use super::{MAX_SECONDS, conversation};
use crate::bindings::bulk::exports::loadwright::plugin::dataset;
use crate::bindings::bulk::loadwright::plugin::types::{
    FieldResult, MediaResult, MessageResult, PartResult, PromptResult,
};
use crate::files::FileSet;
use loadwright_core::stop::StopFlag;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn json() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("{}".into()), Just("{\"a\":1}".into()), any::<String>()]
}

fn seconds() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..10.0_f64, any::<f64>(), Just(f64::NAN), Just(1e300), Just(-0.0)]
}

fn part() -> impl Strategy<Value = PartResult> {
    let media = (0..4_u32, any::<String>(), any::<u32>(), json());
    prop_oneof![
        any::<String>().prop_map(PartResult::Text),
        media.prop_map(|(index, mime, size, extra)| {
            PartResult::Media(MediaResult { index, mime, size, extra })
        }),
    ]
}

fn prompt() -> impl Strategy<Value = PromptResult> {
    let message = (any::<String>(), vec(part(), 0..3), json());
    let message = message.prop_map(|(role, parts, extra)| MessageResult { role, parts, extra });
    prop_oneof![
        vec(message, 0..3).prop_map(PromptResult::Messages),
        any::<String>().prop_map(PromptResult::Text),
        vec(any::<u32>(), 0..5).prop_map(PromptResult::Tokens),
        vec(vec(part(), 0..2), 0..3).prop_map(PromptResult::Inputs),
        json().prop_map(PromptResult::Body),
    ]
}

fn content() -> impl Strategy<Value = dataset::Content> {
    let bytes = vec(any::<u8>(), 0..5);
    let file = (any::<String>(), seconds(), option::of(seconds()));
    let source = prop_oneof![
        bytes.prop_map(dataset::Source::Bytes),
        file.prop_map(|(name, offset, length)| {
            dataset::Source::File(dataset::FileRange { name, offset, length })
        }),
    ];
    (any::<String>(), source, json()).prop_map(|(mime, source, extra)| dataset::Content {
        mime,
        source,
        extra,
    })
}

fn turn() -> impl Strategy<Value = dataset::Turn> {
    let header = (any::<String>(), any::<String>());
    let header = header.prop_map(|(name, value)| FieldResult { name, value });
    let given = (prompt(), vec(content(), 0..2), vec(header, 0..2), json());
    let times = (seconds(), option::of(seconds()), vec(0..3_u32, 0..3));
    (given, times).prop_map(|((prompt, media, headers, extra), (pause, scheduled, after))| {
        dataset::Turn {
            prompt,
            media,
            input_tokens: None,
            max_tokens: None,
            min_tokens: None,
            pause,
            scheduled,
            after,
            reply: None,
            headers,
            extra,
        }
    })
}

fn any_conversation() -> impl Strategy<Value = dataset::Conversation> {
    let all = (any::<String>(), option::of(seconds()), vec(turn(), 0..3), json(), json());
    all.prop_map(|(id, scheduled, turns, labels, extra)| dataset::Conversation {
        id,
        scheduled,
        turns,
        labels,
        extra,
    })
}

proptest! {
    #[test]
    fn any_conversation_is_taken_or_refused(given in any_conversation()) {
        let files = FileSet::open(Vec::new(), StopFlag::default()).expect("no file is named");
        let Ok(taken) = conversation(given, &files) else { return Ok(()) };
        for (number, turn) in taken.turns.iter().enumerate() {
            prop_assert!((0.0..=MAX_SECONDS).contains(&turn.pause));
            prop_assert!(turn.scheduled.is_none_or(|at| (0.0..=MAX_SECONDS).contains(&at)));
            prop_assert!(turn.after.iter().all(|before| (*before as usize) < number));
            let mut media = turn.prompt.media();
            prop_assert!(media.all(|part| (part.index as usize) < turn.media.len()));
        }
    }
}

#[test]
fn a_recorded_reply_names_media_of_its_turn() {
    let with = |index| {
        let media = MediaResult { index, mime: String::new(), size: 0, extra: String::new() };
        let parts = vec![PartResult::Media(media)];
        let reply = MessageResult { role: "assistant".into(), parts, extra: String::new() };
        let source = dataset::Source::Bytes(b"image".to_vec());
        let content = dataset::Content { mime: "image/png".into(), source, extra: String::new() };
        let turn = dataset::Turn {
            prompt: PromptResult::Text("draw".into()),
            media: vec![content],
            input_tokens: None,
            max_tokens: None,
            min_tokens: None,
            pause: 0.0,
            scheduled: None,
            after: Vec::new(),
            reply: Some(reply),
            headers: Vec::new(),
            extra: String::new(),
        };
        let files = FileSet::open(Vec::new(), StopFlag::default()).expect("no file is named");
        let given = dataset::Conversation {
            id: String::new(),
            scheduled: None,
            turns: vec![turn],
            labels: String::new(),
            extra: String::new(),
        };
        conversation(given, &files).map(drop).map_err(|invalid| invalid.to_string())
    };
    assert_eq!(with(0), Ok(()));
    assert_eq!(with(1), Err("turn 0 names media 1, but has 1 of them".into()));
}

#[test]
fn a_name_has_a_longest() {
    let named = |length| {
        let files = FileSet::open(Vec::new(), StopFlag::default()).expect("no file is named");
        let given = dataset::Conversation {
            id: "x".repeat(length),
            scheduled: None,
            turns: Vec::new(),
            labels: String::new(),
            extra: String::new(),
        };
        conversation(given, &files).map(|taken| taken.id.len()).map_err(|bad| bad.to_string())
    };
    assert_eq!(named(1024), Ok(1024));
    assert_eq!(named(1025), Err("a name of 1025 bytes; 1024 are allowed".into()));
}
