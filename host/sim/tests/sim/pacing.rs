//! When frames go out, by the server's own truth: order and lower bounds, never upper ones.

use crate::client::Client;
use crate::{CHAT, chat, fast, start};
use loadwright_sim::{Config, Fault, Model, Replies, Script, Served, TruthDetail};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const MS: u64 = 1_000_000;

pub(crate) fn paced(ttft: u64, itl: u64) -> Config {
    let (ttft, itl) = (Duration::from_millis(ttft), Duration::from_millis(itl));
    Config { model: Model::Paced { ttft, itl, noise: 0.0 }, ..Config::default() }
}

/// The server's record of one request for this many tokens.
fn one(config: Config, tokens: u32) -> Served {
    let server = start(config);
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(tokens));
    client.reply();
    server.wait_for_ended(1, LIMIT).unwrap();
    server.truth().remove(0)
}

#[test]
fn paced_frames_never_come_before_their_time() {
    let served = one(paced(15, 3), 10);
    for (at, frame) in served.frames.iter().enumerate() {
        assert!(frame - served.received >= 15 * MS + at as u64 * 3 * MS, "{at}");
    }
    assert_eq!(served.frames.len(), 10);
}

#[test]
fn frames_of_several_tokens_are_paced_by_the_frame() {
    let replies = Replies { tokens_per_frame: 4, ..Replies::default() };
    let served = one(Config { replies, ..paced(1, 5) }, 10);
    assert_eq!((served.frames.len(), served.output_tokens), (3, 10));
    assert!(served.frames[2] - served.received >= 11 * MS);
}

#[test]
fn truth_can_keep_the_ends_alone_or_nothing() {
    let served = one(Config { truth: TruthDetail::Ends, ..paced(1, 2) }, 6);
    assert_eq!((served.frames.len(), served.frame_count), (2, 6));
    assert!(served.frames[1] - served.received >= (1 + 5 * 2) * MS);
    let server = start(Config { truth: TruthDetail::Off, ..paced(0, 0) });
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(5));
    client.reply();
    assert_eq!(server.wait_for_ended(1, LIMIT).unwrap().frames, 5);
    assert!(server.truth().is_empty());
}

/// How much of what the truth says frames were late by, and how often that was.
#[test]
fn lateness_is_what_the_frames_were_late_by() {
    let server = start(paced(3, 2));
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(40));
    client.reply();
    server.wait_for_ended(1, LIMIT).unwrap();
    let served = server.truth().remove(0);
    let scheduled = |at: usize| served.received + (3 + at as u64 * 2) * MS;
    let mut late: Vec<u64> =
        served.frames.iter().enumerate().map(|(at, frame)| frame - scheduled(at)).collect();
    late.sort_unstable();
    let said = server.lateness();
    assert_eq!(said.count, 40);
    // To two digits, and the stamp of the truth is taken a moment after.
    let near = |said: u64, truth: u64| said.abs_diff(truth) <= truth / 50 + MS / 100;
    for (said, truth) in [(said.p50, late[19]), (said.p99, late[39]), (said.max, late[39])] {
        assert!(near(said, truth), "said {said}, truth {truth}");
    }
}

#[test]
fn every_frame_of_a_batch_has_a_lateness() {
    let server = start(Config::default());
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(7));
    client.reply();
    server.wait_for_ended(1, LIMIT).unwrap();
    assert_eq!(server.lateness().count, 7);
}

#[test]
fn frames_without_a_pace_are_not_late() {
    let stall = Fault::Stall { after: 1, ms: Some(Duration::from_millis(5)) };
    let held_up = Config { script: Script::always([stall]), ..paced(1, 1) };
    for config in [fast(), held_up] {
        let server = start(config);
        let mut client = Client::new(&server);
        client.post(CHAT, "", &chat(4));
        client.reply();
        server.wait_for_ended(1, LIMIT).unwrap();
        assert_eq!(server.lateness(), loadwright_sim::Lateness::default());
    }
}

/// Times that the clock will never reach are waited for like others.
#[test]
fn a_pace_beyond_the_clock_does_not_panic() {
    let never = Duration::from_secs(u64::MAX);
    let still = Model::Batching {
        max_batch: 1,
        prefill_tokens_per_s: 1.0,
        prefill_chunk: 1,
        decode_step_base: never,
        decode_step_per_sequence: never,
        noise: 0.0,
    };
    for model in [Model::Paced { ttft: never, itl: never, noise: 0.0 }, still] {
        let server = start(Config { model, ..Config::default() });
        let mut client = Client::new(&server);
        client.post(CHAT, "", &chat(2));
        server.wait_for_requests(1, LIMIT).unwrap();
        let mut other = Client::new(&server);
        other.send("GET", "/health", "", b"");
        assert_eq!(other.reply().status, 200);
        assert_eq!(server.counts().ended, 0);
    }
}

#[test]
fn request_bodies_are_kept_if_configured() {
    let served = one(Config { keep_bodies: true, ..paced(0, 0) }, 2);
    assert_eq!(served.body.unwrap(), chat(2).to_string().into_bytes());
}

#[test]
fn a_full_batch_serves_in_turn_and_no_step_is_shorter_than_its_cost() {
    let model = Model::Batching {
        max_batch: 2,
        prefill_tokens_per_s: 1e9,
        prefill_chunk: 1000,
        decode_step_base: Duration::from_millis(2),
        decode_step_per_sequence: Duration::from_millis(1),
        noise: 0.0,
    };
    let server = start(Config { model, ..Config::default() });
    let mut clients: Vec<Client> = (0..3).map(|_| Client::new(&server)).collect();
    for (at, client) in clients.iter_mut().enumerate() {
        client.post(CHAT, "", &chat(5));
        server.wait_for_requests(at as u64 + 1, LIMIT).unwrap();
    }
    clients.iter_mut().for_each(|client| assert_eq!(client.reply().chunks().len(), 7));
    server.wait_for_ended(3, LIMIT).unwrap();
    let mut truth = server.truth();
    truth.sort_by_key(|served| served.index);
    let (first, third) = (&truth[0], &truth[2]);
    // The third waits for a slot, and the first is the first to free one.
    assert!(third.frames[0] > first.frames[4]);
    for served in &truth {
        assert!(served.frames[0] - served.received >= 2 * MS);
        assert!(served.frames[4] - served.received >= 4 * 3 * MS);
    }
}

#[test]
fn many_streams_at_once_are_all_served_completely() {
    let server = start(paced(200, 20));
    let mut clients: Vec<Client> = (0..300).map(|_| Client::new(&server)).collect();
    clients.iter_mut().for_each(|client| client.post(CHAT, "", &chat(10)));
    for client in &mut clients {
        assert_eq!(client.reply().chunks().len(), 12);
    }
    let counts = server.wait_for_ended(300, LIMIT).unwrap();
    assert_eq!((counts.connections, counts.frames), (300, 3000));
    for served in server.truth() {
        assert!(served.frames[9] - served.received >= (200 + 9 * 20) * MS);
        assert!(served.frames.is_sorted() && served.complete);
    }
}
