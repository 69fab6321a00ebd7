//! The project: found, or made.

use super::client::Client;
use formats::text::segment;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::ExporterHost;
use serde_json::{Value, json};

/// A project as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Project {
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) owner: String,
    pub(crate) name: String,
    /// It lists metrics a project; older ones list columns an experiment.
    pub(crate) series: bool,
}

impl Project {
    /// `OWNER/NAME` as a part of paths.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", segment(&self.owner), segment(&self.name))
    }

    /// Finds the project `name` of `owner`, or makes it.
    pub(crate) fn find<H: ExporterHost>(
        client: &mut Client<H>,
        owner: &str,
        name: &str,
    ) -> Result<Self, Fault> {
        let path = format!("/project/{}/{}", segment(owner), segment(name));
        let found = client.call("GET", &path, None)?;
        if found.status != 404 {
            return Self::read(&found.done()?, owner, name);
        }
        let body = json!({ "name": name, "visibility": "PRIVATE" });
        let made = client.call("POST", &format!("/projects/{}", segment(owner)), Some(&body))?;
        match made.status {
            // The server is older than projects of teams.
            404 => {
                let body = json!({ "name": name, "username": owner, "visibility": "PRIVATE" });
                client.call("POST", "/project", Some(&body))?.done()?;
            }
            // Another program made it meanwhile.
            409 => {}
            _ => {
                made.done()?;
            }
        }
        Self::read(&client.call("GET", &path, None)?.done()?, owner, name)
    }

    fn read(json: &Value, owner: &str, name: &str) -> Result<Self, Fault> {
        let text = |at: &str| json.pointer(at).and_then(Value::as_str).map(str::to_owned);
        let Some(id) = text("/cuid") else {
            return Err(Fault::Fatal(format!(
                "the project {owner}/{name} has no id in the answer"
            )));
        };
        Ok(Self {
            id,
            owner: text("/group/username").unwrap_or_else(|| owner.into()),
            name: text("/name").unwrap_or_else(|| name.into()),
            series: json.get("version").is_some_and(|version| !version.is_null()),
        })
    }
}
