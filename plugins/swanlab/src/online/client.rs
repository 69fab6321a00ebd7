//! Calls of SwanLab's API: where they go, the session that they carry, and what an answer means.

use crate::limits;
use formats::time;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::ExporterHost;
use loadwright_plugin::exporter::{Keep, Location, Request, Response, Retry, Segment};
use serde_json::Value;

/// The version of the SDK whose protocol this is: servers ask for it.
const SDK: &str = "0.10.3";
/// Seconds before its end at which a session is renewed.
const RENEW: i64 = 7 * 86_400;
/// Seconds for one try.
const TIMEOUT: f64 = 30.0;
const ANSWER: u32 = 4 << 20;
/// Characters of a server's message that are repeated.
const MESSAGE: usize = 200;

/// Logs in and sends.
#[derive(Debug)]
pub(crate) struct Client<H> {
    pub(crate) host: H,
    /// Scheme, host and port.
    origin: String,
    /// When the session ends, in seconds since the Unix epoch; none: there is no session.
    expires: Option<i64>,
}

/// A response, and what was asked for.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
    call: String,
    message: String,
}

impl<H: ExporterHost> Client<H> {
    pub(crate) fn new(host: H, origin: &str) -> Self {
        Self { host, origin: origin.into(), expires: None }
    }

    /// Exchanges the key for a session. Returns the user's name.
    pub(crate) fn log_in(&mut self) -> Result<String, Fault> {
        let keep = vec![Keep { at: Location::Pointer("/sid".into()), name: "sid".into() }];
        let request = self.request("POST", "/login/api_key", None);
        let request = Request { keep, ..request.header("authorization", "{{secret:api-key}}") };
        let json = self.send(request)?.done()?;
        let expires = json.get("expiredAt").and_then(Value::as_str).and_then(time::parse);
        self.expires = Some(expires.unwrap_or(i64::MAX));
        let text = |at: &str| json.pointer(at).and_then(Value::as_str).filter(|it| !it.is_empty());
        match (text("/userInfo/username"), text("/sid")) {
            (Some(user), Some(_)) => Ok(user.into()),
            _ => Err(Fault::Fatal(format!(
                "{}/api/login/api_key does not answer as SwanLab does: it names no user and no \
                 session; check --swanlab-host",
                self.origin
            ))),
        }
    }

    /// One call with the session.
    pub(crate) fn call(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Fault> {
        self.call_keeping(method, path, body, Vec::new())
    }

    /// One call with the session that keeps values of the answer in the host.
    pub(crate) fn call_keeping(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        keep: Vec<Keep>,
    ) -> Result<Answer, Fault> {
        let renew = (self.host.now() as i64).saturating_add(RENEW);
        if self.expires.is_none_or(|expires| expires < renew) {
            self.log_in()?;
        }
        let request = self.request(method, path, body);
        let request = Request { keep, ..request.header("cookie", "sid={{kept:sid}}") };
        let answer = self.send(request.clone())?;
        if answer.status != 401 {
            return Ok(answer);
        }
        // The session has ended before its time.
        self.log_in()?;
        self.send(request)
    }

    /// Puts contents to upload URLs that were kept, without the session. One answer each.
    pub(crate) fn upload(&self, contents: Vec<(String, &str, Vec<u8>)>) -> Vec<Result<u16, Fault>> {
        let requests = contents.into_iter().map(|(kept, mime, content)| {
            let put = twice("PUT", &format!("{{{{kept:{kept}}}}}")).header("content-type", mime);
            Request { body: vec![Segment::Bytes(content)], ..put }
        });
        let answers = self.host.send(&requests.collect::<Vec<_>>());
        answers.into_iter().map(|answer| answer.map(|answer| answer.status)).collect()
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Request {
        let url = format!("{}/api{path}", self.origin);
        let request = twice(method, &url).header("x-swanlab-sdk-version", SDK);
        match body {
            Some(body) => request.json(body.to_string()),
            None => request,
        }
    }

    fn send(&self, request: Request) -> Result<Answer, Fault> {
        let call = format!("{} {}", request.method, request.url);
        let response = self.host.send(&[request]).pop();
        let lost = || Err(Fault::Transient(format!("{call}: there is no response")));
        Ok(Answer::read(response.unwrap_or_else(lost)?, call))
    }
}

impl Answer {
    fn read(response: Response, call: String) -> Self {
        let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let message = json.get("message").and_then(Value::as_str).unwrap_or_default();
        let message = limits::cut(message, MESSAGE);
        Self { status: response.status, json, call, message }
    }

    /// What the server gave.
    pub(crate) fn done(self) -> Result<Value, Fault> {
        match self.status {
            200..300 => Ok(self.json),
            status => Err(self.fault(status)),
        }
    }

    /// Nothing: the server took it. A reason: it refused it, and will again. A fault: another try may
    /// succeed, or nothing will.
    pub(crate) fn taken(self) -> Result<Option<String>, Fault> {
        match self.status {
            200..300 => Ok(None),
            status @ (401 | 408 | 429 | 500..) => Err(self.fault(status)),
            status => Ok(Some(refusal(status, &self.message))),
        }
    }

    fn fault(&self, status: u16) -> Fault {
        let text = format!("{}: {}", self.call, refusal(status, &self.message));
        match status {
            401 => Fault::Fatal(format!(
                "{text}; check the API key: --swanlab-api-key, SWANLAB_API_KEY or `swanlab login`"
            )),
            403 => Fault::Fatal(format!(
                "{text}; check that the key may write to the workspace and project: \
                 SWANLAB_WORKSPACE, SWANLAB_PROJ_NAME"
            )),
            404 => Fault::Fatal(format!(
                "{text}; check the server, workspace and project: --swanlab-host, \
                 SWANLAB_WORKSPACE, SWANLAB_PROJ_NAME"
            )),
            408 | 429 | 500.. => Fault::Transient(text),
            _ => Fault::Fatal(text),
        }
    }
}

/// `HTTP 413`, with what the server says of it.
pub(crate) fn refusal(status: u16, message: &str) -> String {
    if message.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {message}") }
}

/// What may be sent twice: every call of the API that is used here does no harm then.
fn twice(method: &str, url: &str) -> Request {
    let request = Request::new(method, url);
    Request { timeout: TIMEOUT, retry: Retry::Always, max_bytes: ANSWER, ..request }
}
