//! Experiments as files that `swanlab sync` takes: a folder each, with one file of framed records.

mod records;

use crate::model::{Batch, Column, End, Experiment, Finish, JOB_TYPE, Line, Media, Scalar};
use crate::settings::Settings;
use crate::target::{Refused, Target};
use formats::artifact;
use formats::log::Log;
use formats::time::{stamp, timestamp};
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::ExporterHost;
use records::{Content, Record};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The first bytes of a file: `:SWL`, 0xE1D6 and version 2, which SwanLab reads since 0.8.
const HEADER: [u8; 7] = *b":SWL\xD6\xE1\x02";

/// The exporter's folder as a target.
#[derive(Debug)]
pub(crate) struct Offline<H> {
    host: H,
    settings: Settings,
    place: Place,
    declared: HashSet<String>,
}

/// Where the open experiment is, and how far it was written.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Place {
    folder: String,
    file: String,
    size: f64,
    records: i64,
}

impl<H: ExporterHost> Offline<H> {
    pub(crate) fn new(host: H, settings: Settings) -> Self {
        Self { host, settings, place: Place::default(), declared: HashSet::new() }
    }

    /// Appends records; those without a number of their own are counted.
    fn append(&mut self, contents: Vec<(Option<i64>, f64, Content)>) -> Result<(), Fault> {
        let mut log = match self.place.size as u64 {
            0 => Log::new(HEADER),
            size => Log::behind(size),
        };
        let mut records = self.place.records;
        for (number, at, content) in contents {
            records += i64::from(number.is_none());
            let record = Record {
                num: number.unwrap_or(records),
                timestamp: Some(timestamp(at)),
                content: Some(content),
            };
            log.add(&record);
        }
        self.place.size = self.host.append(&self.place.file, &log.bytes())?;
        self.place.records = records;
        Ok(())
    }

    fn start(&mut self, experiment: &Experiment) -> Result<(), Fault> {
        let start = records::Start {
            project: self.settings.project.clone(),
            workspace: self.settings.workspace.clone(),
            name: experiment.name.clone(),
            description: experiment.description.clone(),
            tags: experiment.tags.clone(),
            group: experiment.group.clone(),
            job_type: JOB_TYPE.into(),
            color: experiment.color.clone(),
            id: experiment.id.clone(),
            resume: 1,
            started_at: Some(timestamp(experiment.started)),
        };
        let config = records::Save {
            name: "config.yaml".into(),
            source_path: format!("{}/files/config.yaml", self.place.folder),
            kind: 1,
            payload: Some(experiment.config.to_string().into_bytes()),
        };
        let at = experiment.started;
        self.append(vec![
            (Some(records::START), at, Content::Start(start)),
            (Some(records::CONFIG), at, Content::Save(config)),
        ])
    }

    /// Takes back what was written after the place was kept: it is written once more.
    fn go_on(&mut self, place: Place) -> Result<(), Fault> {
        self.place = place;
        let spare = format!("{}/spare", self.place.folder);
        artifact::cut(&self.host, &self.place.file, &spare, self.place.size)
    }
}

impl<H: ExporterHost + std::fmt::Debug> Target for Offline<H> {
    fn begin(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    fn open(&mut self, experiment: &Experiment, place: &str) -> Result<Option<String>, Fault> {
        self.declared.clear();
        if let Ok(place) = serde_json::from_str(place) {
            self.go_on(place)?;
            return Ok(None);
        }
        let folder = format!("run-{}-{}", stamp(experiment.started), experiment.id);
        let file = format!("{folder}/run-{}.swanlab", experiment.id);
        // Of an experiment that was begun, but not kept in a state.
        if self.host.entries(&folder).is_ok_and(|entries| !entries.is_empty()) {
            self.host.put(&file, &[])?;
        }
        self.place = Place { folder, file, size: 0.0, records: 0 };
        self.start(experiment)?;
        Ok(None)
    }

    fn write(&mut self, batch: &Batch) -> Result<Refused, Fault> {
        let now = self.host.now();
        let mut contents = Vec::new();
        let new = batch.columns.iter().filter(|column| !self.declared.contains(&column.key));
        contents.extend(new.map(|it| (None, now, Content::Column(column(it)))));
        contents.extend(batch.lines.iter().map(|it| (None, it.at, Content::Log(line(it)))));
        contents.extend(batch.scalars.iter().map(|it| (None, it.at, Content::Scalar(scalar(it)))));
        contents.extend(batch.media.iter().map(|it| (None, it.at, Content::Media(media(it)))));
        for file in &batch.files {
            // The record of a file has no content: `swanlab sync` reads it beside the records.
            let path = format!("{}/files/{}", self.place.folder, file.name);
            self.host.put(&path, &file.content)?;
            let save =
                records::Save { name: file.name.into(), source_path: path, kind: 0, payload: None };
            contents.push((None, now, Content::Save(save)));
        }
        if !contents.is_empty() {
            self.append(contents)?;
        }
        self.declared.extend(batch.columns.iter().map(|column| column.key.clone()));
        Ok(Refused::new())
    }

    fn finish(&mut self, finish: &Finish) -> Result<(), Fault> {
        let state = match finish.end {
            End::Finished => 1,
            End::Crashed => 2,
            End::Aborted => 3,
        };
        let finished_at = Some(timestamp(finish.at));
        let record = records::Finish { state, error: finish.error.clone(), finished_at };
        self.append(vec![(Some(records::FINISH), finish.at, Content::Finish(record))])
    }

    fn place(&self) -> String {
        serde_json::to_string(&self.place).unwrap_or_default()
    }
}

fn column(column: &Column) -> records::Column {
    records::Column {
        column_class: 1,
        column_type: column.kind.number(),
        column_key: column.key.clone(),
        column_name: column.label.clone(),
        section_name: column.section().unwrap_or_default().into(),
        section_type: 3,
        x_axis: column.x_axis.map(Into::into),
        hidden: column.hidden.then_some(true),
    }
}

fn scalar(scalar: &Scalar) -> records::Scalar {
    records::Scalar {
        key: scalar.key.clone(),
        step: scalar.step,
        column_type: 1,
        timestamp: Some(timestamp(scalar.at)),
        value: Some(records::Number { number: scalar.value }),
    }
}

fn media(media: &Media) -> records::Media {
    let (filename, sha256) = media.file();
    let item = records::MediaItem {
        filename,
        sha256,
        size: media.content.len() as i64,
        caption: String::new(),
        payload: Some(media.content.clone()),
    };
    records::Media {
        key: media.key.clone(),
        step: 0,
        column_type: media.kind.number(),
        timestamp: Some(timestamp(media.at)),
        value: Some(records::MediaItems { items: vec![item] }),
    }
}

fn line(line: &Line) -> records::Log {
    records::Log {
        line: line.text.clone(),
        level: i32::from(line.error),
        timestamp: Some(timestamp(line.at)),
        epoch: i64::from(line.number),
    }
}

#[cfg(test)]
mod tests;
