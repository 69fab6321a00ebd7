//! What the dataset and the service say of a request beside its text: labels and metrics in its records.

use crate::fakes::{FakeApi, FakeDataset};
use crate::rig::{Bench, Run, fast, faulty, plan_of, start};
use loadwright_core::outcome::Outcome;
use loadwright_core::service::ServiceKind;
use loadwright_core::testkit::{quantity, service_metric};
use loadwright_sim::Fault;

fn assert_labelled(run: &Run) {
    for record in &run.records {
        let item = record.conversation.strip_prefix("talk-").expect("a name");
        assert_eq!(record.labels.texts().collect::<Vec<_>>(), [("item", item)]);
    }
}

#[test]
fn every_turn_has_the_labels_of_its_conversation() {
    let server = start(fast());
    let dataset = FakeDataset { turns: 3, ..FakeDataset::default() };
    let run = Bench { dataset, ..Bench::new(plan_of(&server.url(), 2, 4)) }.run();
    assert_eq!(run.records.len(), 12);
    assert_labelled(&run);
}

#[test]
fn every_attempt_has_the_labels_of_its_conversation() {
    let server = start(faulty([Fault::Reset]));
    let mut plan = plan_of(&server.url(), 2, 2);
    plan.request.retries = 1;
    let run = Bench::new(plan).run();
    assert_eq!(run.records.len(), 4);
    assert_labelled(&run);
}

/// One request whose `decode` reports `metrics`, of which the manifest declares two.
fn decoded(metrics: &[(&'static str, f64)]) -> Run {
    let server = start(fast());
    let mut plan = plan_of(&server.url(), 1, 1);
    plan.request.metrics = vec![
        service_metric("audio", ServiceKind::Total),
        service_metric("queue_time", ServiceKind::Time),
    ];
    let api = FakeApi { metrics: metrics.to_vec(), ..FakeApi::decoding(3, 0) };
    Bench { api, ..Bench::new(plan) }.run()
}

#[test]
fn metrics_that_are_declared_are_recorded() {
    let run = decoded(&[("queue_time", 0.25), ("audio", -1.5)]);
    run.assert_all_ok(1);
    assert_eq!(run.only().metrics, [quantity("audio", -1.5), quantity("queue_time", 0.25)]);
}

#[test]
fn a_metric_that_is_not_declared_fails_its_request_by_name() {
    let run = decoded(&[("queue_time", 0.25), ("other", 1.0)]);
    let record = run.only();
    assert_eq!(record.outcome, Outcome::Plugin);
    let said = "plugin `openai` failed in decode: its reply has the metric `other`, which its \
                manifest does not declare";
    assert_eq!(record.error, said);
    assert_eq!(record.metrics, []);
}
