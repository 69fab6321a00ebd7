//! Sends one run: its points in order, each from its store.

use super::calls::{Calls, GivenUp};
use super::outcome::ExportOutcome;
use super::point::PointFold;
use super::requests::Selection;
use super::watch::RunWatch;
use super::whole::Whole;
use super::{ExportWhen, Job, MakeDocuments, Notice, StartError, Tell};
use loadwright_core::export::{ExportPoint, ExportRequest, RequestFilter, Row};
use loadwright_core::interval::{RowBuilder, RowNames};
use loadwright_core::ports::{Entry, Progress, RunSource, StoredPoint};
use loadwright_core::summary::Summary;
use std::sync::Arc;
use std::time::Duration;

/// Entries that are read at once.
const ENTRIES: usize = 1000;

/// How long it waits before it looks whether more is stored. Samples come once a second.
const LOOK: Duration = Duration::from_millis(500);

/// An exporter and the run that it sends.
pub(super) struct Sender {
    /// Closed before the ledger, whose store is a plain file once nobody else has it open.
    source: Box<dyn RunSource>,
    calls: Calls,
    when: ExportWhen,
    documents: MakeDocuments,
    rows: RowBuilder,
    /// With EvalScope's metrics: all points as one.
    whole: Option<Whole>,
}

/// What is left to do at a point.
enum Left {
    /// More is stored.
    More,
    /// It goes on.
    Wait,
    /// It has ended, or was cut off.
    Nothing,
}

impl Sender {
    pub(super) fn new(job: Job, watch: Arc<RunWatch>, tell: Tell) -> Self {
        let names = if job.compat.is_some() { RowNames::EvalScope } else { RowNames::Own };
        let calls = Calls {
            name: job.name,
            exporter: job.exporter,
            ledger: job.ledger,
            progress: Progress::default(),
            run: job.run,
            point: None,
            may_stop: job.may_stop,
            watch,
            tell,
        };
        Self {
            calls,
            source: job.source,
            when: job.when,
            documents: job.documents,
            rows: RowBuilder::new(names),
            whole: job.compat.map(Whole::new),
        }
    }

    /// Reads how far it had come, and begins.
    ///
    /// # Errors
    /// It refuses, or cannot.
    pub(super) fn begin(&mut self) -> Result<(), StartError> {
        let unreadable = |cause| StartError::Ledger(self.calls.name.clone(), cause);
        self.calls.progress = self.calls.ledger.load().map_err(unreadable)?;
        Ok(self.calls.begin()?)
    }

    /// The outcome of an exporter that did not begin.
    pub(super) fn not_begun(self) -> ExportOutcome {
        ExportOutcome { exporter: self.calls.name, ..ExportOutcome::default() }
    }

    /// Sends all that is not sent yet.
    pub(super) fn send(mut self) -> ExportOutcome {
        let failure = self.points().err().map(|GivenUp(why)| why);
        if let Some(why) = &failure {
            self.calls.notice(Notice::GivenUp(why.clone()));
            self.wait_for_end();
        }
        let progress = &self.calls.progress;
        let sent = match self.calls.exporter.filter() {
            RequestFilter::Nothing => progress.cursor,
            RequestFilter::Failed | RequestFilter::Sampled | RequestFilter::All => {
                progress.cursor.min(progress.requests)
            }
        };
        let mut count = |cursor| self.source.records_behind(cursor).unwrap_or_default();
        let (records, unsent) = (count(0), count(sent));
        ExportOutcome {
            exporter: self.calls.name,
            records,
            unsent: if failure.is_some() { unsent } else { 0 },
            links: progress.links.clone(),
            losses: progress.losses.clone(),
            ending: Some(progress.ending.clone()).filter(|_| failure.is_none()),
            failure,
            begun: true,
        }
    }

    /// What was not sent is counted once everything is stored.
    fn wait_for_end(&self) {
        while self.calls.watch.ended().is_none() && self.look_later().is_ok() {}
    }

    fn points(&mut self) -> Result<(), GivenUp> {
        // Where all points are one, it is folded from the start.
        let Progress { point, point_ended, .. } = self.calls.progress;
        let mut index = if self.whole.is_some() { 0 } else { point + u32::from(point_ended) };
        while let Some(point) = self.next_point(index)? {
            self.point(index, &point)?;
            index += 1;
        }
        let end = self.calls.watch.ended().unwrap_or_default();
        if let Some(summary) = self.whole.as_mut().and_then(|whole| whole.summary(end)) {
            self.calls.call(|exporter| exporter.end_point(0, &summary), |_| {})?;
        }
        self.calls.end(end)
    }

    /// The point `index`, once it may be sent; none: the run ended before it.
    fn next_point(&mut self, index: u32) -> Result<Option<StoredPoint>, GivenUp> {
        loop {
            // First, since the last point may be stored between the two.
            let ended = self.calls.watch.ended().is_some();
            let may = match self.when {
                ExportWhen::Live | ExportWhen::Point => true,
                ExportWhen::End => ended,
            };
            if may && let Some(point) = self.source.point(index).map_err(GivenUp)? {
                let whole = self.when != ExportWhen::Point || point.end.is_some();
                if whole || ended {
                    return Ok(Some(point));
                }
            } else if ended {
                return Ok(None);
            }
            self.look_later()?;
        }
    }

    fn point(&mut self, index: u32, point: &StoredPoint) -> Result<(), GivenUp> {
        let told = self.told(index, point);
        if let Some(told) = &told {
            self.calls.begin_point(told)?;
            self.calls.progress.point = index;
            self.calls.progress.point_ended = false;
        }
        let mut fold = PointFold::new(point, &mut self.rows);
        loop {
            match self.read(index, point, &mut fold)? {
                Left::More => {}
                Left::Wait => self.look_later()?,
                Left::Nothing => break,
            }
        }
        let last_id = fold.read;
        let end = self.source.point(index).map_err(GivenUp)?.and_then(|point| point.end);
        let ended = fold.finish(end.map(|(end, _)| end));
        self.requests_after(point, last_id, &ended.summary)?;
        let clock = self.calls.point.clone().unwrap_or_else(|| point.export());
        let summary = ended.export(&clock, (self.documents)(&ended.summary));
        if let Some(whole) = &mut self.whole {
            whole.end_point(index, summary);
            return Ok(());
        }
        self.calls.call(
            |exporter| exporter.end_point(index, &summary),
            |progress| {
                progress.point_ended = true;
                progress.cursor = progress.cursor.max(last_id);
                progress.requests = progress.requests.max(last_id);
            },
        )
    }

    /// The point as the exporter is told of it; none: to it, this is the point that it is in.
    fn told(&self, index: u32, point: &StoredPoint) -> Option<ExportPoint> {
        let told = point.export();
        match &self.whole {
            None => Some(told),
            Some(whole) => whole.told(index, told, &self.calls.run),
        }
    }

    /// Reads what is stored and sends it.
    fn read(
        &mut self,
        index: u32,
        point: &StoredPoint,
        fold: &mut PointFold,
    ) -> Result<Left, GivenUp> {
        let (run_ended, stored) = (self.calls.watch.ended().is_some(), self.source.point(index));
        let end = stored.map_err(GivenUp)?.and_then(|point| point.end);
        let entries = self.entries(fold.read)?;
        let full = !entries.is_empty();
        let passed = entries.iter().any(|entry| entry.point != index);
        let mut rows = Vec::new();
        let (mut live, mut known) = (Vec::new(), Vec::new());
        let selection = Selection::live(self.calls.exporter.as_ref());
        for entry in entries.iter().filter(|entry| entry.point == index) {
            let row = fold.add(entry, &mut self.rows);
            rows.extend(row.filter(|_| entry.id > self.calls.progress.cursor));
            let is_new = entry.id > self.calls.progress.requests;
            let requests = if is_new { &mut live } else { &mut known };
            requests.extend(selection.select(point, entry));
        }
        self.calls.exporter.recall(&known);
        self.progress(index, &rows, fold.read)?;
        self.requests(index, &live, fold.read)?;
        Ok(match end {
            _ if passed => Left::Nothing,
            Some((_, last_id)) if fold.read >= last_id => Left::Nothing,
            _ if full => Left::More,
            _ if run_ended => Left::Nothing,
            _ => Left::Wait,
        })
    }

    /// What is stored behind `read`.
    fn entries(&mut self, read: u64) -> Result<Vec<Entry>, GivenUp> {
        self.source.next(read, ENTRIES).map_err(GivenUp)
    }

    fn progress(&mut self, index: u32, rows: &[Row], read: u64) -> Result<(), GivenUp> {
        if rows.is_empty() {
            return Ok(());
        }
        let index = if self.whole.is_some() { 0 } else { index };
        self.calls
            .call(|exporter| exporter.progress(index, rows), |progress| progress.cursor = read)
    }

    fn requests(
        &mut self,
        index: u32,
        requests: &[ExportRequest],
        read: u64,
    ) -> Result<(), GivenUp> {
        if requests.is_empty() {
            return Ok(());
        }
        let index = if self.whole.is_some() { 0 } else { index };
        self.calls.call(
            |exporter| exporter.requests(index, requests),
            |progress| progress.requests = progress.requests.max(read),
        )
    }

    /// Sends the requests of a point that has ended, up to the id `last`.
    fn requests_after(
        &mut self,
        point: &StoredPoint,
        last: u64,
        summary: &Summary,
    ) -> Result<(), GivenUp> {
        let selection = Selection::after_point(self.calls.exporter.as_ref(), summary);
        if selection.is_empty() {
            return Ok(());
        }
        let first = point.first_id.saturating_sub(1);
        let sent = if selection.is_slow_tail() { 0 } else { self.calls.progress.requests };
        let mut read = sent.max(first);
        while read < last {
            let entries = self.entries(read)?;
            let Some(end) = entries.last().map(|entry| entry.id) else { break };
            let mine = entries.iter().filter(|entry| entry.id <= last);
            let requests: Vec<_> =
                mine.filter_map(|entry| selection.select(point, entry)).collect();
            read = end;
            self.requests(point.plan.index, &requests, end.min(last))?;
        }
        Ok(())
    }

    /// Looks again when more may be stored.
    fn look_later(&self) -> Result<(), GivenUp> {
        self.calls.watch.wait(LOOK).map_err(|over| GivenUp(over.to_string()))
    }
}
