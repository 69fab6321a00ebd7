//! The plain reader, on frames whose reading is written out by hand.

use super::*;
use crate::exchange;
use crate::plan::Plan;

fn read_frames(plan: Plan, frames: &[&str]) -> Reply {
    let frames: Vec<&[u8]> = frames.iter().map(|frame| frame.as_bytes()).collect();
    read(&plan.build(), &exchange::of(&frames))
}

#[test]
fn a_star_takes_every_element_and_ids_are_counted() {
    let plan = Plan::new().output("/items/*/text").tokens("/ids").tokens("/count");
    let frame = r#"{"items":[{"text":"a"},{"text":null},{"text":"b"}],"ids":[1,2]}"#;
    let reply = read_frames(plan, &[frame]);
    let wanted = Piece { frame: 0, channel: "output".into(), text: "ab".into(), tokens: Some(2) };
    assert_eq!(reply.pieces, [wanted]);
    assert_eq!(reply.message.unwrap().parts, [Part::Text("ab".into())]);
}

#[test]
fn the_last_count_that_is_a_number_is_kept() {
    let frames =
        [r#"{"in":1}"#, r#"{"in":7.0}"#, r#"{"in":null}"#, r#"{"in":-1}"#, r#"{"in":1.5}"#];
    let reply = read_frames(Plan::new().count("input", "/in"), &frames);
    assert_eq!(count(&reply, "input"), Some(7.0));
}

#[test]
fn the_first_rule_of_a_kind_that_finds_a_value_is_used() {
    let plan = || Plan::new().output("/a").output("/b").count("cached", "/x").count("cached", "/y");
    let reply = read_frames(plan(), &[r#"{"a":"","b":"B","x":1,"y":2}"#, r#"{"a":"A","b":"B"}"#]);
    assert_eq!((text(&reply, "output"), count(&reply, "cached")), ("BA".into(), Some(1.0)));
    let reply = read_frames(plan().every(), &[r#"{"x":1,"y":2}"#]);
    assert_eq!(count(&reply, "cached"), Some(2.0));
    let reply = read_frames(Plan::new().tool_call("/a").tool_call("/b"), &[r#"{"a":"1","b":"2"}"#]);
    assert_eq!(text(&reply, "tool-call"), "12");
}

#[test]
fn guards_must_hold() {
    let plan = || Plan::new().error("/message").when("/object", "error").when_absent("/ok");
    for (frame, error) in [
        (r#"{"message":"x"}"#, None),
        (r#"{"object":"error","message":"x"}"#, Some("x")),
        (r#"{"object":"error","ok":null,"message":"x"}"#, Some("x")),
        (r#"{"object":"error","ok":false,"message":"x"}"#, None),
    ] {
        assert_eq!(read_frames(plan(), &[frame]).error.as_deref(), error, "{frame}");
    }
}

#[test]
fn a_guard_is_on_the_element_that_the_rule_matched() {
    let plan = || {
        let plan = Plan::new().reasoning("/parts/*/text").when("/parts/*/thought", "true");
        plan.output("/parts/*/text").when_absent("/parts/*/thought")
    };
    let frame = r#"{"parts":[{"text":"hm","thought":true},{"text":"yes"}]}"#;
    let reply = read_frames(plan(), &[frame]);
    assert_eq!((text(&reply, "reasoning"), text(&reply, "output")), ("hm".into(), "yes".into()));
    let elsewhere = Plan::new().output("/parts/*/text").when("/kinds/*", "2");
    let frame = r#"{"parts":[{"text":"a"},{"text":"b"}],"kinds":[1,2]}"#;
    assert_eq!(text(&read_frames(elsewhere, &[frame]), "output"), "ab");
}

#[test]
fn an_event_has_a_name() {
    let mut exchange = exchange::of(&[]);
    exchange::push(&mut exchange, "ping", br#"{"t":"a"}"#);
    exchange::push(&mut exchange, "delta", br#"{"t":"b"}"#);
    let plan = Plan::new().output("/t").when("@event", "delta").build();
    let pieces = read(&plan, &exchange).pieces;
    assert_eq!((pieces.len(), pieces[0].frame, pieces[0].text.as_str()), (1, 1, "b"));
}

#[test]
fn numbers_of_a_frame_and_of_all_frames_add_up() {
    let frames = [r#"{"n":[1,2],"m":3}"#, r#"{"n":[5,1]}"#];
    let of = |plan: Plan| count(&read_frames(plan, &frames), "input");
    assert_eq!(of(Plan::new().count("input", "/n/*")), Some(1.0));
    assert_eq!(of(Plan::new().count("input", "/n/*").sum()), Some(6.0));
    assert_eq!(of(Plan::new().count("input", "/n/*").sum_frames()), Some(9.0));
    assert_eq!(of(Plan::new().count("input", "/n/*").largest()), Some(5.0));
    assert_eq!(of(Plan::new().count("input", "/n/*").one_each().sum_frames()), Some(4.0));
    let every = Plan::new().count("input", "/n/*").every().sum_frames();
    assert_eq!(of(every.count("input", "/m").every().sum_frames()), Some(12.0));
}

#[test]
fn cumulative_texts_and_tokens_give_what_is_new() {
    let plan = Plan::new().output("/c/*/t").so_far().tokens("/n").so_far();
    let reply = read_frames(
        plan,
        &[
            r#"{"c":[{"t":"a"},{"t":"x"}],"n":2}"#,
            r#"{"c":[{"t":"ab"},{"t":"xy"}],"n":5}"#,
            r#"{"c":[{"t":"other"}],"n":5}"#,
        ],
    );
    let pieces: Vec<_> = reply.pieces.iter().map(|p| (p.text.as_str(), p.tokens)).collect();
    assert_eq!(pieces, [("ax", Some(2)), ("by", Some(3)), ("other", Some(0))]);
}

#[test]
fn results_have_no_text_but_texts() {
    let plan = Plan::new().result("/data/*/embedding").count("input", "/usage/total_tokens");
    let frame = r#"{"data":[{"embedding":[0.5]},{"embedding":[]}],"usage":{"total_tokens":3}}"#;
    let reply = read_frames(plan, &[frame]);
    assert_eq!((reply.pieces.len(), reply.pieces[0].channel.as_str()), (1, "result"));
    assert_eq!((text(&reply, "result"), count(&reply, "input")), (String::new(), Some(3.0)));
    assert_eq!(reply.message, None);
}

#[test]
fn metrics_are_numbers_of_any_size() {
    let plan = Plan::new().metric("queue", "/q").metric("device", "/d").largest();
    let reply = read_frames(plan, &[r#"{"q":0.25,"d":1e12}"#, r#"{"q":0.5,"d":3}"#]);
    let metrics: Vec<_> = reply.metrics.iter().map(|m| (m.name.as_str(), m.value)).collect();
    assert_eq!(metrics, [("queue", 0.5), ("device", 1e12)]);
}

#[test]
fn tokens_are_of_the_first_rule_that_finds_any() {
    let plan = Plan::new().output("/t").tokens("/a").tokens("/b/*").tokens("/c").one_each();
    let frames = [
        r#"{"t":"x","a":0,"b":[2,3]}"#,
        r#"{"t":"x","a":[],"c":"y"}"#,
        r#"{"t":"x","a":0}"#,
        r#"{"t":"x","a":"1"}"#,
    ];
    let reply = read_frames(plan, &frames);
    let tokens: Vec<_> = reply.pieces.iter().map(|piece| piece.tokens).collect();
    assert_eq!(tokens, [Some(5), Some(1), Some(0), None]);
}

#[test]
fn nothing_is_read_after_the_end() {
    let late = r#"{"t":"late"}"#;
    for (plan, frames) in [
        (Plan::new().output("/t").done("[DONE]"), ["[DONE]\n", late]),
        (Plan::new().output("/t").end("/done"), [r#"{"done":true}"#, late]),
    ] {
        assert_eq!(read_frames(plan, &frames).pieces, []);
    }
    let plan = Plan::new().output("/t").end("/done");
    assert_eq!(text(&read_frames(plan, &[r#"{"t":"a","done":false}"#, late]), "output"), "alate");
}

#[test]
fn payloads_that_are_text_or_opaque() {
    let reply = read_frames(Plan::new().payload("text").output(""), &["a", "", " b"]);
    let pieces: Vec<_> = reply.pieces.iter().map(|p| (p.frame, p.text.as_str())).collect();
    assert_eq!(pieces, [(0, "a"), (2, " b")]);
    let reply = read_frames(Plan::new().payload("opaque"), &["RIFF", ""]);
    assert_eq!((reply.pieces.len(), reply.pieces[0].channel.as_str()), (1, "result"));
}

#[test]
fn what_is_not_json_carries_nothing() {
    let reply = read_frames(Plan::new().output("/t"), &[": ping", "", "{", r#"{"t":7}"#, "7"]);
    assert_eq!(reply, nothing());
}
