//! Tasks as files: a folder a task while the run goes on, and at its end a zip, as ClearML's SDK writes
//! them without a server. Importing them always completes a task, so that any other ending is said in
//! tags and comment.

use crate::artifact::Artifact;
use crate::destination::{Destination, Ending};
use crate::settings::Settings;
use crate::state::Task;
use crate::task::Description;
use crate::zip::{Part, Zip};
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::{EndReason, ExporterHost, Run};
use serde_json::{Value, json};
use std::rc::Rc;

/// The longest description of a task that is read.
const LONGEST: u32 = 16 << 20;

/// Folders of tasks.
pub(crate) struct Offline {
    host: Rc<dyn ExporterHost>,
    project: String,
    run: String,
    /// A new instance begins new files: those before it may end in the middle of a line.
    resumed: Vec<String>,
    fresh: bool,
}

impl Offline {
    pub(crate) fn new(host: Rc<dyn ExporterHost>, settings: &Settings) -> Self {
        let (project, run) = (settings.project.clone(), String::new());
        Self { host, project, run, resumed: Vec::new(), fresh: true }
    }

    /// Adds a line, an array of events, to a file of the task. Returns what is valid in its files.
    fn append(
        &mut self,
        kind: &str,
        id: &str,
        lengths: &[u64],
        events: &[Value],
    ) -> Result<Vec<u64>, Fault> {
        let mut lengths = lengths.to_vec();
        let begun = format!("{kind} {id}");
        if lengths.is_empty() || !(self.fresh || self.resumed.contains(&begun)) {
            lengths.push(0);
            self.resumed.push(begun);
        }
        let line = format!("{}\n", Value::from(events.to_vec()));
        let name = segment(id, kind, lengths.len() - 1);
        let Some(last) = lengths.last_mut() else { return Ok(lengths) };
        if *last == 0 {
            self.host.put(&name, line.as_bytes())?;
        } else {
            self.host.append(&name, line.as_bytes())?;
        }
        *last += line.len() as u64;
        Ok(lengths)
    }

    fn read_task(&self, id: &str) -> Result<Value, Fault> {
        let name = description(id);
        let bytes = self.host.read(&name, 0.0, LONGEST)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Fault::Fatal(format!("{name} cannot be read: {error}")))
    }

    fn write_task(&self, id: &str, task: &Value) -> Result<(), Fault> {
        self.host.put(&description(id), task.to_string().as_bytes())
    }

    fn pack(&self, task: &Task) -> Result<(), Fault> {
        let id = &task.id;
        let described = self.read_task(id)?;
        let size = described.to_string().len() as u64;
        let mut zip = Zip::begin(self.host.as_ref(), format!("{id}.zip"))?;
        zip.add("task.json", &[Part { name: description(id), size }])?;
        for (kind, lengths) in [("metrics", &task.metrics), ("log", &task.log)] {
            let parts = lengths.iter().enumerate();
            let parts: Vec<Part> =
                parts.map(|(at, size)| Part { name: segment(id, kind, at), size: *size }).collect();
            zip.add(&format!("{kind}.jsonl"), &parts)?;
        }
        let artifacts = described.pointer("/execution/artifacts").and_then(Value::as_array);
        for artifact in artifacts.into_iter().flatten() {
            let uri = artifact.get("uri").and_then(Value::as_str).unwrap_or_default();
            let Some(inner) = uri.strip_prefix(&format!("{}/", folder(id))) else { continue };
            let size = artifact.get("content_size").and_then(Value::as_u64).unwrap_or_default();
            zip.add(inner, &[Part { name: format!("{id}/{inner}"), size }])?;
        }
        zip.end()
    }
}

impl Destination for Offline {
    fn begin(&mut self, run: &Run) -> Result<(), Fault> {
        self.run.clone_from(&run.id);
        self.fresh = run.resume.is_empty();
        Ok(())
    }

    fn open(&mut self, task: &Description) -> Result<String, Fault> {
        let id = id(&self.run, task.point);
        let mut fields = task.fields();
        fields.insert("id".into(), json!(id));
        fields.insert("project_name".into(), json!(self.project));
        fields.insert("execution".into(), json!({ "artifacts": [] }));
        fields.insert("offline_folder".into(), json!(folder(&id)));
        fields.insert("offline_output_models".into(), json!([]));
        self.write_task(&id, &Value::Object(fields))?;
        Ok(id)
    }

    fn metrics(&mut self, task: &mut Task, events: &[Value]) -> Result<Vec<String>, Fault> {
        task.metrics = self.append("metrics", &task.id, &task.metrics, events)?;
        Ok(Vec::new())
    }

    fn log(&mut self, task: &mut Task, events: &[Value]) -> Result<Vec<String>, Fault> {
        task.log = self.append("log", &task.id, &task.log, events)?;
        Ok(Vec::new())
    }

    fn attach(&mut self, task: &Task, artifact: &Artifact) -> Result<(), Fault> {
        let path = format!("data/{}", artifact.path(&self.project, task));
        self.host.put(&format!("{}/{path}", task.id), &artifact.content)?;
        let uri = format!("{}/{path}", folder(&task.id));
        let entry = artifact.entry(&uri, self.host.now());
        let mut described = self.read_task(&task.id)?;
        if let Some(artifacts) =
            described.pointer_mut("/execution/artifacts").and_then(Value::as_array_mut)
        {
            artifacts.retain(|one| one.get("key") != entry.get("key"));
            artifacts.push(entry);
        }
        self.write_task(&task.id, &described)
    }

    fn close(&mut self, task: &Task, ending: &Ending) -> Result<(), Fault> {
        let tag = match ending.reason {
            EndReason::Completed => return Ok(()),
            EndReason::Failed => "failed",
            EndReason::Interrupted => "interrupted",
        };
        let mut described = self.read_task(&task.id)?;
        if let Some(tags) = described.get_mut("tags").and_then(Value::as_array_mut)
            && !tags.contains(&json!(tag))
        {
            tags.push(json!(tag));
            let comment = described.get("comment").and_then(Value::as_str).unwrap_or_default();
            described["comment"] =
                json!(format!("{comment}\n\nThis point was {tag}: {}", ending.text));
        }
        self.write_task(&task.id, &described)
    }

    fn finish(&mut self, tasks: &[Task]) -> Result<(), Fault> {
        tasks.iter().try_for_each(|task| self.pack(task))
    }

    fn link(&self, task: &Task) -> Option<String> {
        Some(format!("exports/clearml/{}.zip", task.id))
    }
}

/// The id of a point's task: `offline-` and 32 hexadecimal digits.
fn id(run: &str, point: u32) -> String {
    let run: String = run
        .chars()
        .filter(char::is_ascii_hexdigit)
        .chain("0".repeat(28).chars())
        .take(28)
        .collect();
    format!("offline-{}{:04x}", run.to_ascii_lowercase(), point & 0xffff)
}

/// What paths of artifacts begin with: any folder, which the importing side replaces.
fn folder(id: &str) -> String {
    format!("/offline/{id}")
}

fn description(id: &str) -> String {
    format!("{id}/task.json")
}

fn segment(id: &str, kind: &str, at: usize) -> String {
    if at == 0 { format!("{id}/{kind}.jsonl") } else { format!("{id}/{kind}-{at}.jsonl") }
}

#[cfg(test)]
mod tests;
