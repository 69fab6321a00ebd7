//! Every way an exchange can end, and every source of a count.

use super::*;
use crate::interpret::reading::Output;
use loadwright_core::reading::Channel;

fn classified(
    end: Result<(), Failure>,
    status: u16,
    needs_end_mark: bool,
    reading: &Reading,
) -> Outcome {
    let facts = ExchangeFacts {
        end: &end,
        status: Some(status),
        error_body: b"",
        needs_end_mark,
        replied_before_sent: false,
    };
    outcome(&facts, reading).0
}

fn with_output() -> Reading {
    let output = Output { frame: 0, channel: Channel::Output, tokens: None };
    Reading { outputs: vec![output], ..Reading::default() }
}

#[test]
fn a_stream_is_complete_with_its_mark_or_a_finish_reason() {
    let done = Reading { done: true, ..with_output() };
    let finished = Reading { finish_reason: Some("stop".into()), ..with_output() };
    assert_eq!(classified(Ok(()), 200, true, &done), Outcome::Ok);
    assert_eq!(classified(Ok(()), 200, true, &finished), Outcome::Ok);
    assert_eq!(classified(Ok(()), 200, true, &with_output()), Outcome::Truncated);
    assert_eq!(classified(Ok(()), 200, false, &with_output()), Outcome::Ok);
}

#[test]
fn a_connection_that_breaks_after_the_mark_does_not_fail_the_reply() {
    let cut = || Err(Failure::new(Outcome::Truncated, "gone"));
    let done = Reading { done: true, ..with_output() };
    assert_eq!(classified(cut(), 200, true, &done), Outcome::Ok);
    assert_eq!(classified(cut(), 200, true, &with_output()), Outcome::Truncated);
    for stage in [Stage::Read, Stage::Total] {
        let held = || Err(Failure::new(Outcome::Timeout(stage), "held open"));
        assert_eq!(classified(held(), 200, true, &done), Outcome::Ok);
        assert_eq!(classified(held(), 503, true, &with_output()), Outcome::Timeout(stage));
    }
    let late = Err(Failure::new(Outcome::Cancelled, "stopped"));
    assert_eq!(classified(late, 200, true, &done), Outcome::Cancelled);
}

#[test]
fn a_reply_that_came_before_its_request_is_never_a_success() {
    let done = Reading { done: true, ..with_output() };
    let facts = |status| ExchangeFacts {
        end: &Ok(()),
        status: Some(status),
        error_body: b"",
        needs_end_mark: true,
        replied_before_sent: true,
    };
    assert_eq!(outcome(&facts(200), &done).0, Outcome::Unsolicited);
    assert_eq!(outcome(&facts(503), &done).0, Outcome::Status(503));
}

#[test]
fn an_empty_reply_is_a_failure_unless_its_usage_has_a_token() {
    let empty = Reading { done: true, ..Reading::default() };
    assert_eq!(classified(Ok(()), 200, true, &empty), Outcome::Empty);
    let usage = Usage { output_tokens: Some(1), ..Usage::default() };
    let special = Reading { usage, done: true, ..Reading::default() };
    assert_eq!(classified(Ok(()), 200, true, &special), Outcome::Ok);
    let usage = Usage { output_tokens: Some(0), ..Usage::default() };
    let none = Reading { usage, done: true, ..Reading::default() };
    assert_eq!(classified(Ok(()), 200, true, &none), Outcome::Empty);
}

#[test]
fn an_error_inside_a_reply_with_a_good_status_fails_it() {
    let error = Reading { error: Some("overloaded".into()), done: true, ..with_output() };
    assert_eq!(classified(Ok(()), 200, true, &error), Outcome::StreamError);
}

#[test]
fn a_keep_alive_line_fails_no_reply_whose_output_and_end_were_read() {
    let kept_alive = || Reading { unreadable: Some("frame 3".into()), ..with_output() };
    let done = Reading { done: true, ..kept_alive() };
    assert_eq!(classified(Ok(()), 200, true, &done), Outcome::Ok);
    let finished = Reading { finish_reason: Some("stop".into()), ..kept_alive() };
    assert_eq!(classified(Ok(()), 200, true, &finished), Outcome::Ok);
    for needs_end_mark in [true, false] {
        let endless = classified(Ok(()), 200, needs_end_mark, &kept_alive());
        assert_eq!(endless, Outcome::Malformed);
    }
    let empty = Reading { outputs: Vec::new(), done: true, ..kept_alive() };
    assert_eq!(classified(Ok(()), 200, true, &empty), Outcome::Malformed);
    // A frame that begins as JSON does has lost something.
    let damaged = Reading { damaged: true, done: true, ..kept_alive() };
    assert_eq!(classified(Ok(()), 200, true, &damaged), Outcome::Malformed);
}

#[test]
fn a_result_is_output_and_no_failure() {
    let output = Output { frame: 0, channel: Channel::Result, tokens: None };
    let usage = Usage { input_tokens: Some(3), ..Usage::default() };
    let result = Reading { outputs: vec![output], usage, ..Reading::default() };
    assert_eq!(classified(Ok(()), 200, false, &result), Outcome::Ok);
}

#[test]
fn a_bad_status_keeps_the_body_of_the_error() {
    let facts = ExchangeFacts {
        end: &Ok(()),
        status: Some(503),
        error_body: b" busy \n",
        needs_end_mark: false,
        replied_before_sent: true,
    };
    let classified = outcome(&facts, &Reading::default());
    assert_eq!(classified, (Outcome::Status(503), "busy".to_owned()));
}

#[test]
fn counts_come_from_the_first_source_that_has_them() {
    let usage = Usage { input_tokens: Some(7), output_tokens: Some(9), ..Usage::default() };
    let said = Reading { usage, frame_tokens: Some(8), ..Reading::default() };
    let never = || panic!("nothing is counted if there is usage");
    let counted = token_counts(&said, Some(6), never, never);
    assert_eq!(counted.usage.input_tokens, Some(7));
    assert_eq!(
        (counted.input_source, counted.output_source),
        (TokenSource::Usage, TokenSource::Usage)
    );

    let frames = Reading { frame_tokens: Some(8), ..Reading::default() };
    let counted = token_counts(&frames, Some(6), || None, || Some(5));
    assert_eq!((counted.usage.input_tokens, counted.usage.output_tokens), (Some(6), Some(8)));
    let sources = (counted.input_source, counted.output_source);
    assert_eq!(sources, (TokenSource::Dataset, TokenSource::Frames));

    let counted = token_counts(&Reading::default(), None, || Some(4), || Some(5));
    assert_eq!((counted.usage.input_tokens, counted.usage.output_tokens), (Some(4), Some(5)));
    let counted = token_counts(&Reading::default(), None, || None, || None);
    assert_eq!((counted.usage, counted.output_source), (Usage::default(), TokenSource::None));
}
