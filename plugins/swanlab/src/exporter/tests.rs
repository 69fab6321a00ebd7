//! A run call by call, against a target that notes what it is given.

use super::Calls;
use crate::content::tests::{ended, point, row, run};
use crate::fake::Fake;
use crate::model::{Batch, End, Experiment, Finish};
use crate::settings::Settings;
use crate::target::{Refused, Target};
use loadwright_plugin::exporter::{EndReason, ExporterHost, Run};
use loadwright_plugin::{Ack, Fault};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

/// What a target was told.
#[derive(Debug, Default)]
struct Told {
    opened: Vec<(Experiment, String)>,
    written: Vec<Batch>,
    finished: Vec<(String, Finish)>,
    refused: Refused,
    /// Calls that fail before one is taken.
    fails: u32,
}

#[derive(Debug, Clone, Default)]
struct Notes(Rc<RefCell<Told>>);

impl Notes {
    fn fail(&self) -> Result<(), Fault> {
        let mut told = self.0.borrow_mut();
        if told.fails == 0 {
            return Ok(());
        }
        told.fails -= 1;
        Err(Fault::Transient("not now".into()))
    }

    fn finished(&self) -> Vec<(String, End)> {
        self.0.borrow().finished.iter().map(|(id, it)| (id.clone(), it.end)).collect()
    }

    fn lines(&self) -> Vec<(u32, String, bool)> {
        let told = self.0.borrow();
        let lines = told.written.iter().flat_map(|batch| &batch.lines);
        lines.map(|it| (it.number, it.text.clone(), it.error)).collect()
    }
}

impl Target for Notes {
    fn begin(&mut self) -> Result<(), Fault> {
        self.fail()
    }

    fn open(&mut self, experiment: &Experiment, place: &str) -> Result<Option<String>, Fault> {
        self.fail()?;
        self.0.borrow_mut().opened.push((experiment.clone(), place.into()));
        Ok(Some("http://swan/run".into()))
    }

    fn write(&mut self, batch: &Batch) -> Result<Refused, Fault> {
        self.fail()?;
        self.0.borrow_mut().written.push(batch.clone());
        Ok(std::mem::take(&mut self.0.borrow_mut().refused))
    }

    fn finish(&mut self, finish: &Finish) -> Result<(), Fault> {
        self.fail()?;
        let id = self.0.borrow().opened.last().unwrap().0.id.clone();
        self.0.borrow_mut().finished.push((id, finish.clone()));
        Ok(())
    }

    fn place(&self) -> String {
        format!("written {}", self.0.borrow().written.len())
    }
}

fn settings(more: &Value) -> Settings {
    Settings::read(&json!({ "settings": more, "secrets": ["api-key"] }).to_string()).unwrap()
}

fn calls(notes: &Notes) -> Calls<Fake> {
    let fake = Fake::offline(0.0);
    fake.put("results/performance_summary.txt", b"the report").unwrap();
    Calls::new(fake, settings(&json!({})), Box::new(notes.clone()))
}

/// An instance that goes on from what the last one kept.
fn resumed(notes: &Notes, ack: &Ack) -> Calls<Fake> {
    let mut calls = calls(notes);
    calls.begin(Run { resume: ack.state.clone().unwrap(), ..run() }).unwrap();
    calls
}

#[test]
fn a_point_is_an_experiment_of_the_sweeps_group() {
    let notes = Notes::default();
    let mut calls = calls(&notes);
    calls.begin(run()).unwrap();
    let ack = calls.begin_point(&point(0)).unwrap();
    assert_eq!(ack.links, ["http://swan/run"]);
    calls.progress(&[row(1.0, &[None, Some(1.0)])]).unwrap();
    calls.end_point(&ended(EndReason::Completed)).unwrap();
    assert_eq!(notes.finished(), [], "more may belong to it");
    calls.begin_point(&point(1)).unwrap();
    let ids: Vec<_> = notes.0.borrow().opened.iter().map(|it| it.0.id.clone()).collect();
    assert_eq!(notes.finished(), [(ids[0].clone(), End::Finished)]);
    // sha256 of "0123456789abcdef/0" and of "…/1": the same in every try.
    assert_eq!(ids, ["0ebee1e6a670cd2c", "b551ec5b755b3450"]);
    let told = notes.0.borrow();
    let (first, second) = (&told.opened[0].0, &told.opened[1].0);
    assert_eq!(
        (first.name.as_str(), first.group.as_str()),
        ("model_20260102 parallel_1", "model_20260102")
    );
    assert_eq!(
        (second.name.as_str(), second.group.as_str()),
        ("model_20260102 parallel_2", "model_20260102")
    );
    assert_eq!(second.config["point"]["value"], "parallel_2");
    assert_ne!(first.color, second.color, "their lines are in one chart");
}

#[test]
fn what_the_user_chose_names_it() {
    let notes = Notes::default();
    let given = json!({ "name": "n".repeat(512), "tags": "a,b", "group": "g", "description": "d" });
    let mut calls = Calls::new(Fake::offline(0.0), settings(&given), Box::new(notes.clone()));
    calls.begin(Run { points: vec!["parallel_1".into()], ..run() }).unwrap();
    calls.begin_point(&point(0)).unwrap();
    let experiment = notes.0.borrow().opened[0].0.clone();
    assert_eq!(experiment.name, "n".repeat(512));
    assert_eq!((experiment.group.as_str(), experiment.description.as_str()), ("g", "d"));
    assert_eq!(experiment.tags, ["a", "b"]);
}

#[test]
fn the_report_reaches_the_last_experiment_before_it_ends() {
    let notes = Notes::default();
    let mut calls = calls(&notes);
    calls.begin(run()).unwrap();
    for index in [0, 1] {
        calls.begin_point(&point(index)).unwrap();
        calls.end_point(&ended(EndReason::Completed)).unwrap();
    }
    let ack = calls.end().unwrap();
    assert_eq!(ack.state.as_deref(), Some(""), "nothing is open");
    assert_eq!(notes.finished().len(), 2);
    let told = notes.0.borrow();
    let last = told.written.last().unwrap();
    assert_eq!(
        (last.media[0].key.as_str(), last.media[0].content.as_slice()),
        ("report", b"the report".as_slice())
    );
}

#[test]
fn ends_are_told_in_swanlabs_words_and_errors_first() {
    for (reason, end, error) in [
        (EndReason::Completed, End::Finished, ""),
        (EndReason::Interrupted, End::Aborted, "the run was interrupted"),
        (EndReason::Failed, End::Crashed, "the point failed: the client was busy"),
    ] {
        let notes = Notes::default();
        let mut calls = calls(&notes);
        calls.begin(run()).unwrap();
        calls.begin_point(&point(0)).unwrap();
        calls.end_point(&ended(reason)).unwrap();
        calls.end().unwrap();
        let mut lines = vec![
            (1, "loadwright 0.1.0: point parallel_1".to_owned(), false),
            (2, "warning: the client was busy".to_owned(), false),
            (3, "verdict: valid_with_warnings".to_owned(), false),
        ];
        if !error.is_empty() {
            lines.push((4, error.to_owned(), true));
        }
        assert_eq!(notes.lines(), lines);
        let finish = notes.0.borrow().finished[0].1.clone();
        let at = 1_767_323_045.0 + 20.5;
        assert_eq!(finish, Finish { end, error: error.into(), at });
    }
}

#[test]
fn a_call_that_failed_is_repeated_with_the_same_steps() {
    let notes = Notes::default();
    let mut calls = calls(&notes);
    calls.begin(run()).unwrap();
    calls.begin_point(&point(0)).unwrap();
    let rows = [row(1.0, &[None, Some(1.0)]), row(1.2, &[None, Some(2.0)])];
    for _ in 0..2 {
        notes.0.borrow_mut().fails = 1;
        calls.progress(&rows).unwrap_err();
    }
    calls.progress(&rows).unwrap();
    let steps: Vec<_> =
        notes.0.borrow().written.last().unwrap().scalars.iter().map(|it| it.step).collect();
    assert_eq!(steps, [1, 1, 2, 2]);
    // The end of one experiment, and the next one.
    calls.end_point(&ended(EndReason::Completed)).unwrap();
    for _ in 0..3 {
        notes.0.borrow_mut().fails = 1;
        calls.begin_point(&point(1)).unwrap_err();
    }
    calls.begin_point(&point(1)).unwrap();
    let ends: Vec<_> = notes.finished().into_iter().map(|(_, end)| end).collect();
    assert_eq!(ends, [End::Finished]);
    notes.0.borrow_mut().fails = 1;
    calls.end().unwrap_err();
    calls.end().unwrap();
    // It had no end of its own: it was cut off.
    assert_eq!(notes.finished().len(), 1);
}

#[test]
fn another_instance_goes_on_in_the_same_experiment() {
    let notes = Notes::default();
    let mut first = calls(&notes);
    first.begin(run()).unwrap();
    first.begin_point(&point(0)).unwrap();
    let ack = first.progress(&[row(1.0, &[None, Some(1.0)])]).unwrap();
    // Sent, but its state was not stored.
    first.progress(&[row(1.2, &[None, Some(2.0)])]).unwrap();

    let mut second = resumed(&notes, &ack);
    second.begin_point(&point(0)).unwrap();
    {
        let told = notes.0.borrow();
        assert_eq!(told.opened[1].0, told.opened[0].0);
        assert_eq!(told.opened[1].1, "written 2", "the place of the state");
    }
    second.progress(&[row(1.2, &[None, Some(2.0)])]).unwrap();
    let told = notes.0.borrow();
    let count = told.written.len();
    assert_eq!(told.written[count - 1], told.written[count - 2], "the same step");
}

#[test]
fn another_instance_ends_what_was_left_open() {
    for begins in [false, true] {
        let notes = Notes::default();
        let mut first = calls(&notes);
        first.begin(run()).unwrap();
        first.begin_point(&point(0)).unwrap();
        let ack = first.end_point(&ended(EndReason::Completed)).unwrap();
        let mut second = resumed(&notes, &ack);
        if begins {
            second.begin_point(&point(1)).unwrap();
        } else {
            second.end().unwrap();
        }
        assert_eq!(notes.finished().len(), 1);
        let opened = &notes.0.borrow().opened;
        assert_eq!(opened[1].0.id, opened[0].0.id);
    }
}

#[test]
fn what_was_refused_is_told_once_a_point() {
    let notes = Notes::default();
    let mut calls = calls(&notes);
    calls.begin(run()).unwrap();
    calls.begin_point(&point(0)).unwrap();
    let refused = Refused::from([("values: HTTP 413".into(), 2)]);
    for _ in 0..2 {
        notes.0.borrow_mut().refused = refused.clone();
        let ack = calls.progress(&[row(1.0, &[None, Some(1.0)])]).unwrap();
        assert!(ack.losses.is_empty());
    }
    let ack = calls.end_point(&ended(EndReason::Completed)).unwrap();
    assert_eq!(ack.losses, ["4 values: HTTP 413 (model_20260102 parallel_1)"]);
    assert!(calls.end().unwrap().losses.is_empty());
}

#[test]
fn a_state_of_another_version_is_left_aside() {
    let notes = Notes::default();
    let mut calls = calls(&notes);
    calls.begin(Run { resume: "{\"version\":0}".into(), ..run() }).unwrap();
    calls.begin_point(&point(0)).unwrap();
    assert_eq!(notes.0.borrow().opened[0].1, "");
}
