//! Exporters that hang, are slow, flood or compute for ever, beside a paced simulated server that knows
//! what it sent and when: times and numbers of records agree with it as they do without an exporter.

use super::exporter_failures::Collector;
use super::scripted::reply;
use super::{Place, ends, paced, server};
use loadwright_core::ports::{Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::Sample;
use loadwright_sim::{Served, Server};
use loadwright_storage::{RECORDS, Reader};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Requests of a run, which takes about two seconds.
const REQUESTS: u64 = 120;

/// Rounds of a measurement at most: on an idle machine the first is enough.
const ROUNDS: usize = 20;

/// The bound of the median error, as for a slow plugin, and what two clocks of one machine may differ by.
const BOUND: i64 = 10_000_000;
const SLACK: i64 = 1_000_000;

/// The records of a run.
#[derive(Default)]
struct Records(Vec<Arc<Record>>);

impl Sink for Records {
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure> {
        self.0.push(Arc::clone(record));
        Ok(())
    }

    fn sample(&mut self, _: &Sample) -> Result<(), SinkFailure> {
        Ok(())
    }
}

fn records(place: &Place) -> Vec<Arc<Record>> {
    let reader = Reader::open(&place.run().join(RECORDS)).expect("records");
    let points = reader.points().expect("points");
    let mut records = Records::default();
    reader.replay(&points[0], &mut records).expect("all of them");
    records.0
}

/// What the server did, by the ids of its requests.
fn truth(server: &Server) -> BTreeMap<String, Served> {
    let served = server.truth();
    assert_eq!(served.len() as u64, REQUESTS);
    served.into_iter().map(|served| (served.request_id.clone(), served)).collect()
}

/// Times of frames after the request was sent, by the records, minus those by the server after it was
/// received: sorted, in nanoseconds.
fn errors(records: &[Arc<Record>], served: &BTreeMap<String, Served>) -> Vec<i64> {
    let mut errors = Vec::new();
    for record in records {
        let id = format!("lw-0-{}-{}-{}", record.seq, record.turn, record.attempt);
        let (truth, sent) = (&served[&id], record.timeline.sent.expect("it was sent"));
        assert_eq!(record.frames.len(), truth.frames.len(), "{id}");
        for (frame, written) in record.frames.iter().zip(&truth.frames) {
            errors.push((frame.at - sent) as i64 - (written - truth.received) as i64);
        }
    }
    errors.sort_unstable();
    errors
}

/// Runs with the flags of an exporter beside it, whose receiver lives as long as what they come with,
/// until the median error is below the bound: other processes can only add to an error, whereas one that
/// the exporter makes is in every round.
fn assert_agrees<T>(how: &str, beside: impl Fn() -> (String, T)) {
    let mut seen = Vec::new();
    for _ in 0..ROUNDS {
        let (place, server) = (Place::new(), server(paced(20, 4)));
        let (flags, _receiver) = beside();
        let line = format!(
            "--parallel 3 -n {REQUESTS} --max-tokens 6 --no-test-connection --export-timeout 1 {flags}"
        );
        ends(place.against(&server, &line), 0);
        let records = records(&place);
        assert_eq!(records.len() as u64, REQUESTS, "{how}");
        assert!(records.iter().all(|record| record.outcome.is_ok()), "{how}");
        let errors = errors(&records, &truth(&server));
        assert!(errors[0] >= -SLACK, "{how}: a frame came before it was written: {}", errors[0]);
        let median = errors[errors.len() / 2];
        if median < BOUND {
            return;
        }
        seen.push(median);
    }
    panic!("{how}: not one of these medians is below {BOUND} ns: {seen:?}");
}

fn taken() -> Vec<u8> {
    reply("200 OK", "content-type: application/json\r\n", "{}")
}

#[test]
fn without_an_exporter_times_are_the_servers() {
    assert_agrees("alone", || (String::new(), ()));
}

#[test]
fn an_exporter_whose_receiver_hangs_shifts_no_timestamp() {
    assert_agrees("hanging", || {
        let (hanging, came, held) = Collector::hanging(1);
        (hanging.flags(), (came, held))
    });
}

#[test]
fn an_exporter_whose_receiver_is_slow_shifts_no_timestamp() {
    assert_agrees("slow", || {
        let slow = Collector::answering(|number| {
            // Its own pace; the first question is answered at once.
            std::thread::sleep(Duration::from_millis(if number == 0 { 0 } else { 300 }));
            taken()
        });
        (slow.flags(), ())
    });
}

#[test]
fn an_exporter_whose_receiver_floods_shifts_no_timestamp() {
    let flood = reply("500 Internal Server Error", "", &"x".repeat(8 << 20));
    assert_agrees("flooding", || {
        let flood = flood.clone();
        let flooding =
            Collector::answering(move |number| if number == 0 { taken() } else { flood.clone() });
        (flooding.flags(), ())
    });
}

#[test]
fn an_exporter_that_computes_for_ever_shifts_no_timestamp() {
    let name = "misbehave_exporter";
    let flags = format!(
        "--plugin {ROOT}/plugins/fixtures/dist/{name}.wasm --plugin-timeout 1 --exporter {name} \
         --exporter-option {name}.how=spin --allow {name}:secret=LOADWRIGHT_SECRET_KEY \
         --allow {name}:http=http://127.0.0.1:9"
    );
    assert_agrees("computing", || (flags.clone(), ()));
}
