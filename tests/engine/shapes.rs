//! Unusual but valid replies: each is read as its usual form would be.

use crate::fakes::FakeApi;
use crate::raw_server::{Canned, events, next_request, reply, scripted};
use crate::rig::{Bench, PATIENCE, Run, fast, faulty, id, ms, plan_of, start, truth};
use loadwright_core::outcome::Outcome;
use loadwright_core::record::TokenSource;
use loadwright_sim::{Body, Config, Fault, LineEnd, Server};
use std::io::Write as _;

/// Three requests of six tokens by one worker: all succeed, with each frame that the server sent.
fn fine(faults: impl Into<Vec<Fault>>) -> (Run, Server) {
    let server = start(faulty(faults));
    let bench = Bench { api: FakeApi::tokens(6), ..Bench::new(plan_of(&server.url(), 1, 3)) };
    let run = bench.run();
    run.assert_all_ok(3);
    let served = truth(&server, 3);
    for record in &run.records {
        let sent = &served[&id(0, record)];
        assert_eq!(record.frames.len() as u64, sent.frame_count, "{:?}", sent.faults);
        assert_eq!(record.status, Some(200));
        // The body has 60 bytes beside the prompt.
        assert!(record.bytes_sent >= 60, "{} bytes sent", record.bytes_sent);
    }
    (run, server)
}

#[test]
fn line_ends_comments_and_splits() {
    let odd: [&[Fault]; 12] = [
        &[],
        &[Fault::Lines(LineEnd::Crlf)],
        &[Fault::Lines(LineEnd::Cr)],
        &[Fault::Comments],
        &[Fault::MultiLine],
        &[Fault::RoleFirst],
        &[Fault::NoFinalBlank],
        &[Fault::Split { bytes: 1 }],
        &[Fault::Split { bytes: 7 }, Fault::Lines(LineEnd::Crlf)],
        &[Fault::Split { bytes: 3 }, Fault::Lines(LineEnd::Cr), Fault::Comments],
        &[Fault::Merge { frames: 3 }],
        &[Fault::SlowHead { ms: ms(5) }],
    ];
    for faults in odd {
        let (run, server) = fine(faults);
        assert_eq!(server.counts().connections, 1, "{faults:?}");
        for record in &run.records {
            assert_eq!(record.usage.output_tokens, Some(6));
            assert_eq!(record.output_source, TokenSource::Usage);
            assert_eq!(record.finish_reason.as_deref(), Some("length"));
        }
    }
}

#[test]
fn an_end_mark_or_a_finish_reason_completes_a_reply() {
    fine([Fault::NoDone]);
    fine([Fault::NoFinish]);
    fine([Fault::NoDone, Fault::NoFinalBlank]);
    fine([Fault::NoDone, Fault::Body(Body::UntilClose)]);
}

#[test]
fn every_delimiter_ends_a_reply() {
    assert_eq!(fine([Fault::Body(Body::Chunked)]).1.counts().connections, 1);
    assert_eq!(fine([Fault::Body(Body::Length)]).1.counts().connections, 1);
    assert_eq!(fine([Fault::Body(Body::UntilClose)]).1.counts().connections, 3);
}

#[test]
fn a_connection_closed_after_its_reply_does_not_fail_it() {
    let (run, server) = fine([Fault::Close]);
    assert_eq!(server.counts().connections, 3);
    assert!(run.records.iter().all(|record| !record.reopened));
}

#[test]
fn a_reply_is_complete_with_its_end_mark_even_if_the_body_is_not() {
    let reply = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
        transfer-encoding: chunked\r\n\r\n\
        58\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":null}]}\n\n\
        data: [DONE]\n\n\n\n\n\r\n";
    let server = Canned::start(reply);
    let run = Bench::new(plan_of(&server.url, 1, 1)).run();
    run.assert_all_ok(1);
    assert_eq!(run.only().frames.len(), 1);
}

/// One request to a server that answers with `head` and `body`.
fn answered(head: &str, body: &str) -> Run {
    let length = body.len();
    let server =
        Canned::start(&format!("HTTP/1.1 200 OK\r\n{head}content-length: {length}\r\n\r\n{body}"));
    Bench::new(plan_of(&server.url, 1, 1)).run()
}

#[test]
fn event_streams_without_a_content_type_are_recognized_by_their_beginning() {
    for (head, expected) in [
        ("content-type: text/event-stream\r\n", 0),
        ("content-type: text/plain; charset=utf-8\r\n", 1),
        ("", 1),
    ] {
        let run = answered(head, &events(7));
        run.assert_all_ok(1);
        let record = run.only();
        assert!(record.streamed && record.frames.len() == 1, "{head}");
        assert_eq!(record.usage.output_tokens, Some(7));
        let notices = run.notices.iter().filter(|text| text.contains("content type"));
        assert_eq!(notices.count(), expected, "{head}");
    }
    // A reply that was not requested as a stream is not searched for events.
    let server = scripted(|mut stream, _| {
        let seq = next_request(&mut stream).unwrap();
        let reply = reply(seq).replace("content-type: text/event-stream\r\n", "");
        stream.write_all(reply.as_bytes()).unwrap();
    });
    let mut plan = plan_of(&server, 1, 1);
    plan.request.stream = false;
    let run =
        Bench { api: FakeApi { stream: false, ..FakeApi::default() }, ..Bench::new(plan) }.run();
    assert_eq!((run.only().outcome, run.only().streamed), (Outcome::Malformed, false));
}

#[test]
fn the_notice_of_an_untyped_stream_comes_once() {
    let url = scripted(|mut stream, _| {
        while let Some(seq) = next_request(&mut stream) {
            let reply = reply(seq).replace("text/event-stream", "text/plain");
            stream.write_all(reply.as_bytes()).unwrap();
        }
    });
    let run = Bench::new(plan_of(&url, 2, 20)).run();
    run.assert_all_ok(20);
    assert_eq!(run.notices.len(), 1, "{:?}", run.notices);
}

#[test]
fn folded_headers_and_byte_order_marks_are_read() {
    let run = answered("content-type:\r\n text/event-stream\r\nx-a: b\r\n\tc\r\n", &events(2));
    run.assert_all_ok(1);
    assert!(run.only().streamed);
    let whole = "\u{feff}{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],\
        \"usage\":{\"prompt_tokens\":1,\"completion_tokens\":4}}";
    let run = answered("content-type: application/json\r\n", whole);
    run.assert_all_ok(1);
    assert_eq!(run.only().usage.output_tokens, Some(4));
}

/// Halves of a character, as a service cuts it between two frames.
#[test]
fn lone_surrogates_are_text() {
    let body: String = ["\\ud83d", "\\ude00", "\\ud83d\\ude00", "plain"]
        .map(|text| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"))
        .concat()
        + "data: [DONE]\n\n";
    let run = answered("content-type: text/event-stream\r\n", &body);
    run.assert_all_ok(1);
    assert_eq!(run.only().frames.len(), 4);
}

#[test]
fn interim_heads_are_ignored() {
    for code in [100, 103] {
        fine([Fault::Informational { code }]);
    }
}

#[test]
fn replies_that_are_not_streamed() {
    let server = start(Config { ..fast() });
    let api = FakeApi { stream: false, tokens: 9, ..FakeApi::default() };
    let run = Bench { api, ..Bench::new(plan_of(&server.url(), 2, 5)) }.run();
    run.assert_all_ok(5);
    truth(&server, 5);
    for record in &run.records {
        assert!(!record.streamed);
        assert_eq!((record.frames.len(), record.usage.output_tokens), (1, Some(9)));
    }
}

#[test]
fn without_usage_there_is_no_token_count() {
    let (run, _server) = fine([Fault::NoUsage]);
    for record in &run.records {
        assert_eq!(record.usage.output_tokens, None);
        assert_eq!(record.output_source, TokenSource::None);
    }
}

#[test]
fn reasoning_and_answer_are_distinguished() {
    use loadwright_core::reading::Channel;
    let (run, _server) = fine([Fault::Reasoning { tokens: 2 }]);
    for record in &run.records {
        let channels: Vec<_> = record.frames.iter().map(|frame| frame.channel).collect();
        assert_eq!(channels[..2], [Channel::Reasoning; 2]);
        assert_eq!(channels[2..], [Channel::Output; 4]);
    }
}

#[test]
fn a_protocol_that_decodes_reads_the_same() {
    let server = start(fast());
    let api = FakeApi::decoding(6, 0);
    let run = Bench { api, ..Bench::new(plan_of(&server.url(), 3, 20)) }.run();
    run.assert_all_ok(20);
    server.wait_for_ended(20, PATIENCE).unwrap();
    for record in &run.records {
        assert_eq!((record.frames.len(), record.usage.output_tokens), (6, Some(6)));
        assert_eq!(record.finish_reason.as_deref(), Some("length"));
    }
}
