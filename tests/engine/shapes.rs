//! Replies that are odd but fine: each is read as the plain one would be.

use crate::rig::{Bench, PATIENCE, Run, fast, faulty, id, ms, plan_of, start, truth};
use crate::speak::Speaker;
use crate::wire::Canned;
use loadwright_core::record::TokenSource;
use loadwright_sim::{Body, Config, Fault, LineEnd, Server};

/// Three requests of six tokens over one worker: all well, each frame where the server sent it.
fn fine(faults: impl Into<Vec<Fault>>) -> (Run, Server) {
    let server = start(faulty(faults));
    let bench = Bench { speaker: Speaker::tokens(6), ..Bench::new(plan_of(&server.url(), 1, 3)) };
    let run = bench.run();
    run.whole(3);
    let served = truth(&server, 3);
    for record in &run.records {
        let sent = &served[&id(0, record)];
        assert_eq!(record.frames.len() as u64, sent.frame_count, "{:?}", sent.faults);
        assert_eq!((record.status, record.bytes_sent), (Some(200), record.bytes_sent.max(60)));
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
fn an_end_mark_or_a_finish_reason_is_end_enough() {
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
fn a_connection_closed_after_its_reply_takes_nothing_back() {
    let (run, server) = fine([Fault::Close]);
    assert_eq!(server.counts().connections, 3);
    assert!(run.records.iter().all(|record| !record.reopened));
}

#[test]
fn a_reply_is_whole_with_its_end_mark_even_where_the_body_is_not() {
    let reply = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
        transfer-encoding: chunked\r\n\r\n\
        58\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":null}]}\n\n\
        data: [DONE]\n\n\n\n\n\r\n";
    let server = Canned::start(reply);
    let run = Bench::new(plan_of(&server.url, 1, 1)).run();
    run.whole(1);
    assert_eq!(run.only().frames.len(), 1);
}

#[test]
fn interim_heads_are_passed_over() {
    for code in [100, 103] {
        fine([Fault::Informational { code }]);
    }
}

#[test]
fn replies_that_are_not_streamed() {
    let server = start(Config { ..fast() });
    let speaker = Speaker { stream: false, tokens: 9, ..Speaker::default() };
    let run = Bench { speaker, ..Bench::new(plan_of(&server.url(), 2, 5)) }.run();
    run.whole(5);
    truth(&server, 5);
    for record in &run.records {
        assert!(!record.streamed);
        assert_eq!((record.frames.len(), record.usage.output_tokens), (1, Some(9)));
    }
}

#[test]
fn without_usage_nobody_has_counted() {
    let (run, _server) = fine([Fault::NoUsage]);
    for record in &run.records {
        assert_eq!(record.usage.output_tokens, None);
        assert_eq!(record.output_source, TokenSource::None);
    }
}

#[test]
fn reasoning_and_answer_are_told_apart() {
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
    let speaker = Speaker::decoding(6, 0);
    let run = Bench { speaker, ..Bench::new(plan_of(&server.url(), 3, 20)) }.run();
    run.whole(20);
    server.wait_for_ended(20, PATIENCE).unwrap();
    for record in &run.records {
        assert_eq!((record.frames.len(), record.usage.output_tokens), (6, Some(6)));
        assert_eq!(record.finish_reason.as_deref(), Some("length"));
    }
}
