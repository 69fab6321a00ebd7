//! Tasks on a server.

use crate::artifact::Artifact;
use crate::client::{Client, status_request};
use crate::destination::{Destination, Ending};
use crate::settings::{Auth, Settings};
use crate::state::Task;
use crate::task::Description;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::{EndReason, ExporterHost, Retry, Run};
use serde_json::{Value, json};
use std::rc::Rc;

/// Seconds between two questions for a task's status, and between two signs of life.
const ASK: f64 = 5.0;
const PING: f64 = 60.0;

/// A server and a project there.
pub(crate) struct Online {
    host: Rc<dyn ExporterHost>,
    client: Client,
    project_name: String,
    web: Option<String>,
    files: Option<String>,
    /// The project's id.
    project: String,
    /// The run went on before this instance.
    resumed: bool,
    asked: f64,
    pinged: f64,
}

impl Online {
    pub(crate) fn new(host: Rc<dyn ExporterHost>, settings: &Settings, auth: Auth) -> Self {
        Self {
            client: Client::new(Rc::clone(&host), settings, auth),
            host,
            project_name: settings.project.clone(),
            web: settings.web.clone(),
            files: settings.files.clone(),
            project: String::new(),
            resumed: false,
            asked: 0.0,
            pinged: 0.0,
        }
    }

    /// The project of that name, which is made where it does not exist.
    fn find_project(&self) -> Result<String, Fault> {
        let query = json!({
            "name": format!("^{}$", escaped(&self.project_name)),
            "only_fields": ["id"],
            "search_hidden": true,
        });
        let found = self.client.call("projects.get_all", &query, Retry::Always)?;
        if let Some(id) = found.pointer("/projects/0/id").and_then(Value::as_str) {
            return Ok(id.into());
        }
        let new = json!({ "name": self.project_name, "description": "" });
        id("projects.create", &self.client.call("projects.create", &new, Retry::Unsent)?)
    }

    /// The task that an instance before this one made, but had no time to tell the host of.
    fn find_task(&self, task: &Description) -> Result<Option<String>, Fault> {
        if !self.resumed {
            return Ok(None);
        }
        let query = json!({
            "project": [self.project],
            "name": format!("^{}$", escaped(&task.name)),
            "only_fields": ["id", "comment"],
        });
        let found = self.client.call("tasks.get_all", &query, Retry::Always)?;
        let tasks = found.get("tasks").and_then(Value::as_array).into_iter().flatten();
        let same = |one: &&Value| one.get("comment").and_then(Value::as_str) == Some(&task.comment);
        let id = tasks.into_iter().find(same).and_then(|one| one.get("id")).and_then(Value::as_str);
        Ok(id.map(Into::into))
    }

    fn create(&self, task: &Description) -> Result<String, Fault> {
        let mut fields = task.fields();
        fields.insert("project".into(), json!(self.project));
        fields.insert("system_tags".into(), json!(["development"]));
        let answer = self.client.call("tasks.create", &Value::Object(fields), Retry::Unsent)?;
        id("tasks.create", &answer)
    }
}

impl Destination for Online {
    fn begin(&mut self, run: &Run) -> Result<(), Fault> {
        self.client.set_tool(&run.tool);
        self.resumed = !run.resume.is_empty();
        self.client.sign_in()?;
        self.project = self.find_project()?;
        Ok(())
    }

    fn open(&mut self, task: &Description) -> Result<String, Fault> {
        let id = match self.find_task(task)? {
            Some(id) => id,
            None => self.create(task)?,
        };
        self.client.call("tasks.started", &json!({ "task": id, "force": true }), Retry::Always)?;
        Ok(id)
    }

    fn metrics(&mut self, _task: &mut Task, events: &[Value]) -> Result<Vec<String>, Fault> {
        Ok(self.client.events(events, Retry::Always)?)
    }

    fn log(&mut self, _task: &mut Task, events: &[Value]) -> Result<Vec<String>, Fault> {
        Ok(self.client.events(events, Retry::Unsent)?)
    }

    fn attach(&mut self, task: &Task, artifact: &Artifact) -> Result<(), Fault> {
        // That there is no file server was told when the run began.
        let Some(files) = &self.files else { return Ok(()) };
        let path = artifact.path(&self.project_name, task);
        let uri = self.client.upload(files, &path, artifact)?;
        let entry = artifact.entry(&uri, self.host.now());
        let body = json!({ "task": task.id, "artifacts": [entry], "force": true });
        self.client.call("tasks.add_or_update_artifacts", &body, Retry::Always)?;
        Ok(())
    }

    fn close(&mut self, task: &Task, ending: &Ending) -> Result<(), Fault> {
        let (action, reason) = match ending.reason {
            EndReason::Completed => ("tasks.completed", "completed"),
            EndReason::Failed => ("tasks.failed", "failed"),
            EndReason::Interrupted => ("tasks.stopped", "interrupted"),
        };
        let reason = if ending.text.is_empty() { reason } else { &ending.text };
        let body = json!({
            "task": task.id, "force": true, "status_reason": reason, "status_message": reason,
        });
        self.client.call(action, &body, Retry::Always)?;
        Ok(())
    }

    fn finish(&mut self, _tasks: &[Task]) -> Result<(), Fault> {
        Ok(())
    }

    fn link(&self, task: &Task) -> Option<String> {
        let web = self.web.as_ref()?;
        Some(format!("{web}/projects/{}/tasks/{}/output/log", self.project, task.id))
    }

    fn watch(&mut self, task: &Task) -> Option<String> {
        let now = self.host.now();
        if now - self.pinged >= PING {
            self.pinged = now;
            let _ = self.client.call("tasks.ping", &json!({ "task": task.id }), Retry::Never);
        }
        if now - self.asked < ASK {
            return None;
        }
        self.asked = now;
        // Without an answer the run goes on; whatever is wrong shows where results are sent.
        let answer =
            self.client.call("tasks.get_all", &status_request(&task.id), Retry::Never).ok()?;
        stopped(&answer, &task.id)
    }
}

/// Whether the user ended a task, by the rules of ClearML's SDK.
fn stopped(answer: &Value, id: &str) -> Option<String> {
    let text = |of: &Value, name: &str| {
        of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let tasks = answer.get("tasks").and_then(Value::as_array)?;
    let task = tasks.iter().find(|task| text(task, "id") == id)?;
    let (status, message) = (text(task, "status"), text(task, "status_message"));
    match status.as_str() {
        "in_progress" if message.contains("stopping") => Some("task was aborted in ClearML".into()),
        "" | "in_progress" | "created" | "queued" => None,
        _ if message.contains("worker") => None,
        "stopped" => Some("task was aborted in ClearML".into()),
        status => Some(format!("task was marked as {status} in ClearML")),
    }
}

fn id(action: &str, answer: &Value) -> Result<String, Fault> {
    let id = answer.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    id.map(Into::into)
        .ok_or_else(|| Fault::Fatal(format!("{action}: there is no id in the answer")))
}

/// `text` as a regular expression that means it alone.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests;
