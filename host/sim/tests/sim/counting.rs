//! Prompts are counted beside what is served: a counter that waits for the client holds nothing up
//! that the client waits for.

use crate::client::{Client, find};
use crate::pacing::paced;
use crate::{CHAT, chat, fast, start};
use loadwright_sim::{Config, Counter, Model, TruthDetail};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// A counter that counts 77 tokens once it is allowed to.
fn held() -> (SyncSender<()>, Counter) {
    let (allow, allowed) = sync_channel(3);
    let allowed = Mutex::new(allowed);
    let counter = move |_: &_| {
        let allowed = allowed.lock().unwrap().recv_timeout(LIMIT);
        allowed.map_or(0, |()| 77)
    };
    (allow, Arc::new(counter))
}

#[test]
fn frames_do_not_wait_for_the_count_of_their_prompt() {
    for config in [fast(), paced(2, 1)] {
        let (allow, counter) = held();
        let server = start(Config { count_prompt: Some(counter), ..config });
        let mut clients: Vec<Client> = (0..3).map(|_| Client::new(&server)).collect();
        for client in &mut clients {
            client.post(CHAT, "", &chat(4));
            // The last of its frames has come, and its prompt is not counted yet.
            let mut seen = client.until("\"content\":");
            while seen.windows(10).filter(|window| window == b"\"content\":").count() < 4 {
                assert!(client.more().unwrap());
                seen = client.until("\"content\":");
            }
            assert!(find(&seen, b"usage").is_none());
        }
        assert_eq!(server.counts().ended, 0);
        for client in &mut clients {
            allow.send(()).unwrap();
            let chunks = client.reply().chunks();
            assert_eq!((chunks.len(), &chunks[5]["usage"]["prompt_tokens"]), (6, &json!(77)));
        }
        server.wait_for_ended(3, LIMIT).unwrap();
        assert!(server.truth().iter().all(|served| served.prompt_tokens == 77));
        // The delay of a reply that waited for its count is reported.
        let delay = server.count_delay();
        assert!(delay.count == 3 && delay.max > 0, "{delay:?}");
    }
}

#[test]
fn a_count_that_is_not_needed_is_not_made() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let counter: Counter = Arc::new(move |_| 5 + counted.fetch_add(1, Relaxed));
    let server = start(Config { count_prompt: Some(counter), truth: TruthDetail::Off, ..fast() });
    let mut client = Client::new(&server);
    let mut body = chat(3);
    client.post(CHAT, "", &body);
    assert_eq!(client.reply().chunks()[4]["usage"]["prompt_tokens"], 5);
    body["stream_options"] = json!(null);
    client.post(CHAT, "", &body);
    assert_eq!(client.reply().chunks().len(), 4);
    assert_eq!(calls.load(Relaxed), 1);
}

/// A batch has to know how long a prompt is before it prefills it.
#[test]
fn a_batch_prefills_what_was_counted() {
    let counter: Counter = Arc::new(|_| 30);
    let model = Model::Batching {
        max_batch: 1,
        prefill_tokens_per_s: 1_000.0,
        prefill_chunk: 512,
        decode_step_base: Duration::ZERO,
        decode_step_per_sequence: Duration::ZERO,
        noise: 0.0,
    };
    let server = start(Config { count_prompt: Some(counter), model, ..Config::default() });
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(1));
    client.reply();
    server.wait_for_ended(1, LIMIT).unwrap();
    let served = server.truth().remove(0);
    assert!(served.frames[0] - served.received >= 30_000_000);
}

#[test]
fn a_counter_that_panics_costs_its_request_alone() {
    let counter: Counter = Arc::new(|_| panic!("this counter was made to panic"));
    let server = start(Config { count_prompt: Some(counter), ..fast() });
    let mut client = Client::new(&server);
    client.post(CHAT, "", &chat(2));
    let cut = client.rest().unwrap();
    assert!(find(&cut, b"content").is_some() && find(&cut, b"[DONE]").is_none());
    let mut other = Client::new(&server);
    other.send("GET", "/health", "", b"");
    assert_eq!(other.reply().status, 200);
}
