//! Where requests go: the URL and its endpoint, headers, and what is secret in them.

use super::Shared;
use base64::Engine as _;
use loadwright_core::head::{BadHead, check_header, check_headers, check_url};
use loadwright_core::plan::Target;
use loadwright_core::secret::masked_url;
use url::Url;

/// Path endings that name an endpoint; anything else gets one appended.
const ENDPOINTS: &[&str] = &[
    "/chat/completions",
    "/completions",
    "/responses",
    "/embeddings",
    "/reranks",
    "/rerank",
    "/systemone",
    "/decide",
];

/// Takes the place of the simulated server's address until that is known.
const UNKNOWN_YET: &str = "http://127.0.0.1:1";

impl Shared<'_> {
    /// The URL as it was given; nothing where it cannot be used.
    pub(super) fn endpoint(&mut self) -> Option<Url> {
        let target = &self.args.target;
        let text = match (&target.url, target.simulate) {
            (Some(_), true) => {
                self.findings.mistake("url", "cannot stand beside --simulate; give one of them");
                return None;
            }
            (None, true) => UNKNOWN_YET,
            (Some(text), false) => text,
            (None, false) => {
                let text = "is required; give the server's address, or try --simulate";
                self.findings.mistake("url", text);
                return None;
            }
        };
        if let Err(why) = check_url(text) {
            self.findings.mistake("url", why.to_string());
            return None;
        }
        let shown = masked_url(text);
        let wrong = match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                return Some(url);
            }
            Ok(url) if url.cannot_be_a_base() => {
                format!("`{shown}` names no scheme; write http://{shown}")
            }
            Ok(url) => format!("the scheme `{}` is not http or https", url.scheme()),
            Err(url::ParseError::RelativeUrlWithoutBase) => {
                format!("`{shown}` names no scheme; write http://{shown}")
            }
            Err(error) => format!("`{shown}` is not a URL: {error}"),
        };
        self.findings.mistake("url", wrong);
        None
    }

    /// Every header, the key's and the URL's own included.
    pub(super) fn headers(&mut self) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        for given in self.args.target.headers.iter().flatten() {
            match header(given) {
                Ok(header) => headers.push(header),
                Err(why) => self.findings.mistake("headers", why),
            }
        }
        if let Err(why) = check_headers(&headers) {
            self.findings.mistake("headers", why.to_string());
        }
        let Some(key) = self.api_key() else { return headers };
        if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
            self.findings.notice("--headers sets Authorization, so --api-key is not used");
        } else if check_header("Authorization", key).is_err() {
            self.findings
                .mistake("api-key", "cannot be sent in a header; check it for line breaks");
        } else {
            headers.push(("Authorization".into(), format!("Bearer {key}")));
        }
        headers
    }

    /// The key; an empty one is none, as an unset variable of a script leaves it.
    pub(super) fn api_key(&self) -> Option<&str> {
        self.args.target.api_key.as_deref().filter(|key| !key.is_empty())
    }

    /// The target, and whether prompts are chat messages there.
    pub(super) fn target(
        &mut self,
        endpoint: Option<Url>,
        mut headers: Vec<(String, String)>,
    ) -> (Target, bool) {
        let mut url = endpoint.unwrap_or_else(|| Url::parse(UNKNOWN_YET).expect("it is a URL"));
        if let Some(credentials) = take_credentials(&mut url) {
            if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
                let text = "its user and password are sent as Authorization, which --api-key or \
                            --headers sets too; give one of them";
                self.findings.mistake("url", text);
            }
            headers.push(("Authorization".into(), credentials));
        }
        self.complete_path(&mut url);
        let target = &self.args.target;
        if target.unix_socket.is_some() && url.scheme() == "https" {
            let text = "carries no TLS; give an http:// URL, or leave the socket out";
            self.findings.mistake("unix-socket", text);
        }
        if target.simulate && target.unix_socket.is_some() {
            self.findings
                .mistake("unix-socket", "cannot stand beside --simulate; give one of them");
        }
        if let Some(path) = target.ca_cert.as_deref().filter(|path| !path.is_file()) {
            let text = format!("{} is not a file; give a PEM file", path.display());
            self.findings.mistake("ca-cert", text);
        }
        let in_chat = self.in_chat(&url);
        let target = Target {
            url: url.into(),
            unix_socket: target.unix_socket.clone(),
            http2: target.http2,
            headers,
            insecure: target.insecure,
            ca_cert: target.ca_cert.clone(),
        };
        (target, in_chat)
    }

    /// Appends the endpoint where the path names none, and moves token ids to completions.
    fn complete_path(&mut self, url: &mut Url) {
        if self.args.target.api != "openai" {
            return;
        }
        let path = url.path().trim_end_matches('/').to_owned();
        let known = ENDPOINTS.iter().any(|endpoint| path.ends_with(endpoint));
        let tokens = self.args.prompt.tokenize_prompt;
        if let Some(root) = path.strip_suffix("/chat/completions").filter(|_| tokens) {
            url.set_path(&format!("{root}/completions"));
            let url = masked_url(url.as_str());
            self.findings.notice(format!("--tokenize-prompt sends token ids, so to {url}"));
        } else if !known {
            let root = if path.is_empty() { "/v1" } else { &path };
            let bare = tokens || self.args.prompt.no_apply_chat_template;
            let endpoint = if bare { "completions" } else { "chat/completions" };
            url.set_path(&format!("{root}/{endpoint}"));
            if !self.args.target.simulate {
                let url = masked_url(url.as_str());
                self.findings.notice(format!("--url names no endpoint, so requests go to {url}"));
            }
        }
    }

    /// Whether prompts are chat messages. The endpoint decides, because it does so for what is
    /// sent; the flags do where the URL names neither of the two.
    fn in_chat(&mut self, url: &Url) -> bool {
        let prompt = &self.args.prompt;
        if prompt.tokenize_prompt && prompt.apply_chat_template {
            let text = "cannot stand beside --tokenize-prompt, which sends bare token ids; \
                        give one of them";
            self.findings.mistake("apply-chat-template", text);
            return false;
        }
        match chat_endpoint(url) {
            Some(true) if prompt.no_apply_chat_template => {
                self.findings.mistake(
                    "no-apply-chat-template",
                    "contradicts --url, whose endpoint takes chat messages; leave the flag out, \
                     or give a URL that ends in /completions",
                );
                true
            }
            Some(false) if prompt.apply_chat_template => {
                self.findings.mistake(
                    "apply-chat-template",
                    "contradicts --url, whose endpoint takes bare text; leave the flag out, or \
                     give a URL that ends in /chat/completions",
                );
                false
            }
            Some(chat) => chat,
            None => prompt.apply_chat_template,
        }
    }
}

/// Whether the endpoint takes chat messages, where the URL says so.
fn chat_endpoint(url: &Url) -> Option<bool> {
    let path = url.path().trim_end_matches('/');
    path.ends_with("/completions").then(|| path.ends_with("/chat/completions"))
}

/// `url` on the server at `base`.
pub(super) fn moved(url: &str, base: &str) -> String {
    let path = Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default();
    format!("{}{path}", base.trim_end_matches('/'))
}

/// One `name=value`, split at the first `=`.
fn header(given: &str) -> Result<(String, String), String> {
    let Some((name, value)) = given.split_once('=') else {
        return Err(format!("`{}` has no `=`; write NAME=VALUE", shown(given)));
    };
    // Blanks alone: a line break is a mistake, wherever it stands.
    let (name, value) = (name.trim_matches([' ', '\t']), value.trim_matches([' ', '\t']));
    check_header(name, value).map_err(|error| match error {
        BadHead::Name(_) => format!("{error}; write NAME=VALUE"),
        error => error.to_string(),
    })?;
    Ok((name.into(), value.into()))
}

/// A word that may be half of a secret header is not repeated on the terminal in full.
fn shown(given: &str) -> String {
    let start: String = given.chars().take(12).collect();
    if start == given { start } else { format!("{start}…") }
}

/// Takes user and password out of the URL, as the header that stands for them.
fn take_credentials(url: &mut Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pair = format!("{}:{}", decode(url.username()), decode(url.password().unwrap_or_default()));
    url.set_username("").expect("a URL with a host takes a user");
    url.set_password(None).expect("a URL with a host takes a password");
    Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
}
