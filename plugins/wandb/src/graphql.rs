//! The operations of W&B's GraphQL API that are used, and what is read of their answers.

#[cfg(test)]
mod tests;

use crate::description::Description;
use crate::naming::Path;
use crate::settings::Settings;
use serde_json::{Value, json};

/// An operation with its variables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Operation {
    name: &'static str,
    document: &'static str,
    variables: Value,
}

const VIEWER: &str = "query Viewer { viewer { username entity } }";

const FIND_RUN: &str = "\
query FindRun($run: String!, $project: String!, $entity: String) {
  model(name: $project, entityName: $entity) {
    bucket(name: $run, missingOk: true) { name historyLineCount logLineCount }
  }
}";

const UPSERT: &str = "\
mutation UpsertBucket(
  $name: String!, $project: String!, $entity: String, $displayName: String, $groupName: String,
  $jobType: String, $notes: String, $tags: [String!], $config: JSONString
) {
  upsertBucket(input: {
    entityName: $entity, modelName: $project, name: $name, displayName: $displayName,
    groupName: $groupName, jobType: $jobType, tags: $tags, notes: $notes, config: $config
  }) {
    inserted
    bucket { name project { name entity { name } } }
  }
}";

const CREATE_FILES: &str = "\
mutation CreateRunFiles($run: String!, $project: String!, $entity: String!, $files: [String!]!) {
  createRunFiles(input: {
    runName: $run, projectName: $project, entityName: $entity, files: $files
  }) {
    files { name uploadUrl }
    uploadHeaders
  }
}";

const ALERT: &str = "\
mutation NotifyScriptableRunAlert(
  $runName: String!, $projectName: String!, $entityName: String!, $title: String!, $text: String!,
  $severity: AlertSeverity, $waitDuration: Duration
) {
  notifyScriptableRunAlert(input: {
    runName: $runName, projectName: $projectName, entityName: $entityName, title: $title,
    text: $text, severity: $severity, waitDuration: $waitDuration
  }) { success }
}";

/// Who the API key belongs to.
pub(crate) fn viewer() -> Operation {
    Operation { name: "Viewer", document: VIEWER, variables: json!({}) }
}

/// How far a run has come that may exist.
pub(crate) fn find_run(settings: &Settings, id: &str) -> Operation {
    let variables =
        json!({"run": id, "project": settings.project, "entity": given(&settings.entity)});
    Operation { name: "FindRun", document: FIND_RUN, variables }
}

/// Makes a run, or changes it.
pub(crate) fn upsert(settings: &Settings, run: &Description) -> Operation {
    let tags = Some(settings.tags()).filter(|tags| !tags.is_empty());
    let variables = json!({
        "name": run.id,
        "project": settings.project,
        "entity": given(&settings.entity),
        "displayName": run.display,
        "groupName": run.group,
        "jobType": given(&settings.job_type),
        "notes": given(&settings.notes),
        "tags": tags,
        "config": Value::from(run.wrapped()).to_string(),
    });
    Operation { name: "UpsertBucket", document: UPSERT, variables }
}

/// Asks where files may be uploaded.
pub(crate) fn create_files(path: Path<'_>, names: &[&str]) -> Operation {
    let variables = json!({
        "run": path.id, "project": path.project, "entity": path.entity, "files": names,
    });
    Operation { name: "CreateRunFiles", document: CREATE_FILES, variables }
}

/// Tells the run's owner of a failure.
pub(crate) fn alert(path: Path<'_>, title: &str, text: &str) -> Operation {
    let variables = json!({
        "runName": path.id,
        "projectName": path.project,
        "entityName": path.entity,
        "title": title,
        "text": text,
        "severity": "ERROR",
        "waitDuration": ALERT_WAIT,
    });
    Operation { name: "NotifyScriptableRunAlert", document: ALERT, variables }
}

/// Milliseconds in which the same alert is not sent again.
pub(crate) const ALERT_WAIT: i64 = 60_000;

impl Operation {
    /// The body of the request.
    pub(crate) fn body(&self) -> Vec<u8> {
        let body = json!({
            "operationName": self.name, "query": self.document, "variables": self.variables,
        });
        body.to_string().into_bytes()
    }
}

/// What the service said was wrong, in a body of any of its forms.
pub(crate) fn message(body: &Value) -> Option<&str> {
    let places = ["/errors/0/message", "/error/message", "/error", "/message"];
    places.iter().find_map(|place| body.pointer(place)?.as_str())
}

/// The text at `pointer`, if it is one.
pub(crate) fn text<'a>(data: &'a Value, pointer: &str) -> Option<&'a str> {
    data.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}

/// Headers that an upload is to have.
pub(crate) fn upload_headers(data: &Value) -> Vec<(String, String)> {
    let headers = data.pointer("/createRunFiles/uploadHeaders").and_then(Value::as_array);
    let headers = headers.into_iter().flatten().filter_map(Value::as_str);
    let headers = headers.filter_map(|header| header.split_once(':'));
    headers.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

/// Names of the files that may be uploaded, in the order of the answer.
pub(crate) fn upload_names(data: &Value) -> Vec<String> {
    let files = data.pointer("/createRunFiles/files").and_then(Value::as_array);
    files.into_iter().flatten().map(|file| text(file, "/name").unwrap_or_default().into()).collect()
}

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
