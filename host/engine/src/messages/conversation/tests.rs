//! What each turn of a conversation repeats, and what is refused.

use super::*;
use loadwright_core::conversation::Media;
use proptest::prelude::*;

fn text(number: usize) -> String {
    format!("prompt {number}")
}

fn turn(number: usize, after: &[u32]) -> Turn {
    Turn { after: after.to_vec(), ..Turn::new(Prompt::Text(text(number))) }
}

fn conversation(turns: Vec<Turn>) -> ConversationState {
    ConversationState::new(Place::default(), turns).expect("the turns can be sent")
}

fn reply(number: u32) -> Message {
    Message::text("assistant", format!("reply {number}"))
}

/// Runs every turn, one at a time, and returns them in the order in which they started.
fn run(state: &ConversationState) -> Vec<StartedTurn> {
    let mut waiting = vec![0];
    let mut started = Vec::new();
    while !waiting.is_empty() {
        let turn = state.start(waiting.remove(0)).expect("each turn starts once");
        waiting.extend(state.end(turn.number, turn.needs_reply.then(|| reply(turn.number))));
        started.push(turn);
    }
    started
}

/// A random graph: each turn names any earlier ones.
fn graphs() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let turn = |turn: u32| match turn {
        0 => Just(Vec::new()).boxed(),
        _ => proptest::collection::vec(0..turn, 0..3).boxed(),
    };
    (1_u32..10).prop_flat_map(move |count| (0..count).map(turn).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn the_history_is_the_messages_of_all_that_a_turn_follows(after in graphs()) {
        let turns: Vec<Turn> = after.iter().enumerate().map(|(n, after)| turn(n, after)).collect();
        let order = TurnOrder::new(&turns).unwrap();
        let started = run(&conversation(turns));
        prop_assert_eq!(started.len(), after.len());
        for turn in started {
            let ancestors = order.ancestors(turn.number);
            let said = |&n: &u32| [Message::text("user", text(n as usize)), reply(n)];
            let history: Vec<Message> = ancestors.iter().flat_map(said).collect();
            prop_assert_eq!(turn.history, history, "turn {}", turn.number);
        }
    }
}

/// A message of pictures, which name `count` media.
fn pictures(after: &[u32], names: &[&str]) -> Turn {
    let part = |index: usize| {
        let index = index as u32;
        Part::Media(Media { index, mime: "image/png".into(), size: 1, extra: String::new() })
    };
    let parts = (0..names.len()).map(part).collect();
    let message = Message { role: "user".into(), parts, extra: String::new() };
    let content = |name: &&str| Content {
        mime: "image/png".into(),
        bytes: name.as_bytes().into(),
        extra: String::new(),
    };
    let media = names.iter().map(content).collect();
    Turn { media, after: after.to_vec(), ..Turn::new(Prompt::Messages(vec![message])) }
}

/// The bytes that each media part names, in the order of the parts.
fn named(turn: &StartedTurn) -> String {
    let Prompt::Messages(own) = &turn.turn.prompt else { panic!("a message") };
    let parts = turn.history.iter().chain(own).flat_map(|message| &message.parts);
    let bytes = parts.filter_map(|part| match part {
        Part::Media(media) => Some(&turn.media[media.index as usize].bytes),
        Part::Text(_) | Part::Link(_) => None,
    });
    bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
}

#[test]
fn media_keep_their_names_whatever_a_turn_follows() {
    let turns = vec![
        pictures(&[], &["A", "B"]),
        pictures(&[0], &["C"]),
        pictures(&[0], &["D", "E"]),
        pictures(&[1], &["F"]),
        pictures(&[2, 3], &["G"]),
    ];
    let mut started = run(&conversation(turns));
    started.sort_by_key(|turn| turn.number);
    let named: Vec<String> = started.iter().map(named).collect();
    assert_eq!(named, ["AB", "ABC", "ABDE", "ABCF", "ABCDEFG"]);
}

#[test]
fn inputs_and_rankings_name_their_own_media() {
    let media = |index| {
        Part::Media(Media { index, mime: "image/png".into(), size: 1, extra: String::new() })
    };
    let mut inputs = Prompt::Inputs(vec![vec![media(0)], vec![media(1)]]);
    let mut ranking = Prompt::Ranking { query: vec![media(0)], documents: vec![vec![media(1)]] };
    shift_prompt(&mut inputs, 3);
    shift_prompt(&mut ranking, 3);
    assert_eq!(inputs, Prompt::Inputs(vec![vec![media(3)], vec![media(4)]]));
    let wanted = Prompt::Ranking { query: vec![media(3)], documents: vec![vec![media(4)]] };
    assert_eq!(ranking, wanted);
}

#[test]
fn a_recorded_reply_is_repeated_in_place_of_the_real_one() {
    let recorded = Message::text("assistant", "as it was");
    let first = Turn { reply: Some(recorded.clone()), ..turn(0, &[]) };
    let started = run(&conversation(vec![first, turn(1, &[]), turn(2, &[])]));
    let needs: Vec<bool> = started.iter().map(|turn| turn.needs_reply).collect();
    assert_eq!(needs, [false, true, false], "the last reply is repeated by nobody");
    let user = |n: usize| Message::text("user", text(n));
    assert_eq!(started[1].history, [user(0), recorded.clone()]);
    assert_eq!(started[2].history, [user(0), recorded, user(1), reply(1)]);
}

#[test]
fn whole_requests_follow_one_another_without_history_and_need_no_reply() {
    let body = || Turn::new(Prompt::Body("{}".into()));
    let started = run(&conversation(vec![turn(0, &[]), body(), body()]));
    for turn in &started {
        assert!(turn.history.is_empty() && !turn.needs_reply);
    }
    assert_eq!(started.iter().map(|it| it.is_followed).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn a_turn_that_repeats_a_whole_request_is_refused() {
    let body = || Turn::new(Prompt::Body("{}".into()));
    let cases =
        [(vec![body(), turn(1, &[])], 1, 0), (vec![turn(0, &[]), body(), turn(2, &[])], 2, 1)];
    for (turns, turn, before) in cases {
        let error = ConversationState::new(Place::default(), turns).unwrap_err();
        let what = "a whole recorded body";
        assert_eq!(error, InvalidConversation::NothingToRepeat { turn, before, what });
    }
    let beside = vec![turn(0, &[]), Turn { after: vec![0], ..body() }, turn(2, &[0])];
    assert!(ConversationState::new(Place::default(), beside).is_ok(), "it follows turn 0 alone");
    let error = ConversationState::new(Place::default(), vec![turn(0, &[]), turn(1, &[3])]);
    assert_eq!(error.unwrap_err().to_string(), "turn 1 follows turn 3, which is not before it");
}

#[test]
fn a_turn_starts_once() {
    let state = conversation(vec![turn(0, &[]), turn(1, &[])]);
    assert!(state.start(0).is_some() && state.start(0).is_none() && state.start(9).is_none());
}
