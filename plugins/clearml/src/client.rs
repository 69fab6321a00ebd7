//! Requests to a server: its envelope, its token, batches of events and uploads.

mod batch;

use crate::artifact::Artifact;
use crate::failure::Failure;
use crate::settings::{Auth, Settings};
use loadwright_plugin::exporter::{
    ExporterHost, Keep, Location, Request, Response, Retry, Segment,
};
use serde_json::{Value, json};
use std::rc::Rc;

/// The API's version: the one that ClearML's SDK was recorded to ask for.
const VERSION: &str = "v2.23";

/// Seconds for one try of a call, and of an upload.
const PATIENCE: f64 = 30.0;
const UPLOAD: f64 = 300.0;

/// Bytes of an answer that are read.
const ANSWER: u32 = 1 << 20;

/// The longest message of a server that is shown, in characters.
const SHOWN: usize = 200;

/// A server.
pub(crate) struct Client {
    host: Rc<dyn ExporterHost>,
    api: String,
    auth: Auth,
    tool: String,
}

impl Client {
    pub(crate) fn new(host: Rc<dyn ExporterHost>, settings: &Settings, auth: Auth) -> Self {
        Self { host, api: settings.api.clone(), auth, tool: String::new() }
    }

    /// The program that `X-ClearML-Client` names.
    pub(crate) fn set_tool(&mut self, tool: &str) {
        self.tool = tool.chars().map(|c| if c.is_ascii_graphic() { c } else { '-' }).collect();
    }

    /// Signs in: the host keeps the token.
    pub(crate) fn sign_in(&self) -> Result<(), Failure> {
        let Auth::Keys(access_key) = &self.auth else { return Ok(()) };
        let basic = format!("Basic {{{{basic:{access_key}:secret-key}}}}");
        let mut request = self.request("auth.login", &basic, b"{}".to_vec());
        request.keep =
            vec![Keep { at: Location::Pointer("/data/token".into()), name: "token".into() }];
        let data = self.answer("auth.login", self.send(request)?)?;
        match data.get("token") {
            Some(_) => Ok(()),
            None => Err(Failure::answered("auth.login", 200, "there is no token in it")),
        }
    }

    /// Calls an action, whose answer it returns.
    pub(crate) fn call(&self, action: &str, body: &Value, retry: Retry) -> Result<Value, Failure> {
        let mut request = self.request(action, &self.bearer(), body.to_string().into_bytes());
        request.retry = retry;
        self.authorised(action, request)
    }

    /// Sends events, and returns what was not taken.
    pub(crate) fn events(&self, events: &[Value], retry: Retry) -> Result<Vec<String>, Failure> {
        batch::send(events, |lines| {
            let mut request = self.request("events.add_batch", &self.bearer(), lines);
            request.headers[0].value = "application/json-lines".into();
            request.retry = retry;
            self.authorised("events.add_batch", request)
        })
    }

    /// Uploads a file to the file server `files`. Returns where it is.
    pub(crate) fn upload(
        &self,
        files: &str,
        path: &str,
        artifact: &Artifact,
    ) -> Result<String, Failure> {
        let boundary = format!("loadwright-{}", artifact.hash());
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"/{path}\"; filename=\"/{path}\"\r\n\
             Content-Type: {}\r\n\r\n",
            artifact.mime
        );
        let mut request = self.request("upload", &self.bearer(), head.into_bytes());
        request.url = files.to_owned();
        request.headers[0].value = format!("multipart/form-data; boundary={boundary}");
        request.body.push(Segment::Bytes(artifact.content.clone()));
        request.body.push(Segment::Bytes(format!("\r\n--{boundary}--\r\n").into_bytes()));
        request.timeout = UPLOAD;
        let response = self.with_token(request)?;
        match response.status {
            200..=299 => Ok(format!("{files}/{path}")),
            status => Err(Failure::answered("upload", status, &message(&response.body))),
        }
    }

    fn bearer(&self) -> String {
        match self.auth {
            Auth::Keys(_) => "Bearer {{kept:token}}".into(),
            Auth::Token => "Bearer {{secret:auth-token}}".into(),
        }
    }

    fn request(&self, action: &str, authorization: &str, body: Vec<u8>) -> Request {
        let version = if action == "auth.login" { String::new() } else { format!("/{VERSION}") };
        let post = Request::new("POST", &format!("{}{version}/{action}", self.api))
            .json(body)
            .header("authorization", authorization)
            .header("x-clearml-worker", crate::events::WORKER)
            .header("x-clearml-client", &self.tool);
        Request { timeout: PATIENCE, retry: Retry::Always, max_bytes: ANSWER, ..post }
    }

    fn authorised(&self, action: &str, request: Request) -> Result<Value, Failure> {
        let response = self.with_token(request)?;
        self.answer(action, response)
    }

    /// Sends, and once more with another token where this one has expired.
    fn with_token(&self, request: Request) -> Result<Response, Failure> {
        let response = self.send(request.clone())?;
        if response.status != 401 || self.auth == Auth::Token {
            return Ok(response);
        }
        self.sign_in()?;
        self.send(request)
    }

    fn send(&self, request: Request) -> Result<Response, Failure> {
        let action = request.url.rsplit('/').next().unwrap_or_default().to_owned();
        let sent = self.host.send(&[request]).pop();
        let sent = sent.unwrap_or_else(|| {
            Err(loadwright_plugin::Fault::Fatal("the host answered nothing".into()))
        });
        sent.map_err(|fault| Failure::unanswered(&action, fault))
    }

    /// What the envelope of an answer holds.
    fn answer(&self, action: &str, response: Response) -> Result<Value, Failure> {
        if !(200..300).contains(&response.status) {
            return Err(Failure::answered(action, response.status, &message(&response.body)));
        }
        let mut envelope: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let code = envelope.pointer("/meta/result_code").and_then(Value::as_u64);
        match code.and_then(|code| u16::try_from(code).ok()) {
            Some(200) => Ok(envelope.get_mut("data").map(Value::take).unwrap_or_default()),
            Some(code) => Err(Failure::answered(action, code, &message(&response.body))),
            None => {
                let text = format!(
                    "{action}: {} does not answer as ClearML's API does; api_host is that of the API \
                     (port 8008), not of the pages",
                    self.api
                );
                Err(Failure { status: Some(404), fault: loadwright_plugin::Fault::Fatal(text) })
            }
        }
    }
}

/// A task's status and what is said of it.
pub(crate) fn status_request(task: &str) -> Value {
    json!({ "id": [task], "only_fields": ["status", "status_message", "id"] })
}

/// What a refusal says, on one line.
fn message(body: &[u8]) -> String {
    let envelope: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = match envelope.pointer("/meta/result_msg").and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]).into_owned(),
    };
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    if line.is_empty() { "no reason".into() } else { line.chars().take(SHOWN).collect() }
}

#[cfg(test)]
mod tests;
