//! Proxies named by the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use loadwright_core::secret::masked_url;
use reqwest::{NoProxy, Proxy};
use url::Url;

/// Proxies, and what goes past them.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    found: Vec<Found>,
    none: Option<String>,
}

/// The proxy of one URL.
#[derive(Debug, Clone)]
pub(crate) struct Via {
    pub(crate) proxy: Uri,
    pub(crate) credentials: Option<HeaderValue>,
}

#[derive(Debug, Clone)]
struct Found {
    variable: String,
    url: Url,
    scheme: Scheme,
}

#[derive(Debug, Clone, Copy)]
enum Scheme {
    Http,
    Https,
    All,
}

const VARIABLES: [(&str, Scheme); 3] =
    [("HTTP_PROXY", Scheme::Http), ("HTTPS_PROXY", Scheme::Https), ("ALL_PROXY", Scheme::All)];

impl Proxies {
    /// Those of an environment; of a variable's two spellings, the one in lower case counts first.
    ///
    /// # Errors
    /// A value is no URL of a proxy that can be used; it names the variable.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let value = |name: &str| {
            [name.to_lowercase(), name.to_owned()].into_iter().find_map(|name| {
                variable(&name).filter(|value| !value.trim().is_empty()).map(|value| (name, value))
            })
        };
        let mut found: Vec<Found> = Vec::new();
        for (name, scheme) in VARIABLES {
            // HTTP_PROXY may be a header of a CGI script's client.
            let is_cgi = matches!(scheme, Scheme::Http) && variable("REQUEST_METHOD").is_some();
            let Some((variable, value)) =
                value(name).filter(|(name, _)| !is_cgi || name == "http_proxy")
            else {
                continue;
            };
            // With a proxy for each scheme, the one for all is not used.
            if matches!(scheme, Scheme::All) && found.len() == 2 {
                continue;
            }
            let url = read_url(&variable, value.trim())?;
            found.push(Found { variable, url, scheme });
        }
        Ok(Self { found, none: value("NO_PROXY").map(|(_, value)| value) })
    }

    /// Each as `VARIABLE=URL`, credentials masked, for the report.
    pub fn named(&self) -> Vec<String> {
        let masked =
            |found: &Found| format!("{}={}", found.variable, masked_url(found.url.as_str()));
        self.found.iter().map(masked).collect()
    }

    /// Their credentials, for masking.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let passwords = self.found.iter().filter_map(|found| found.url.password());
        passwords.map(str::to_owned).collect()
    }

    /// Their hosts.
    pub(super) fn hosts(&self) -> Vec<String> {
        self.found.iter().filter_map(|found| found.url.host_str()).map(str::to_owned).collect()
    }

    /// What the client is set up with.
    pub(crate) fn rules(&self) -> Result<Vec<Proxy>, String> {
        let no_proxy = self.none.as_deref().and_then(NoProxy::from_string);
        let rule = |found: &Found| {
            let url = found.url.clone();
            let proxy = match found.scheme {
                Scheme::Http => Proxy::http(url),
                Scheme::Https => Proxy::https(url),
                Scheme::All => Proxy::all(url),
            };
            proxy
                .map(|proxy| proxy.no_proxy(no_proxy.clone()))
                .map_err(|error| format!("{}: {error}", found.variable))
        };
        self.found.iter().map(rule).collect()
    }

    /// The proxy that requests to `url` go through, by the rules of the client; none: they go direct.
    pub(crate) fn via(&self, url: &Url) -> Option<Via> {
        let mut matcher = Matcher::builder().no(self.none.clone().unwrap_or_default());
        for found in &self.found {
            let proxy = found.url.to_string();
            matcher = match found.scheme {
                Scheme::Http => matcher.http(proxy),
                Scheme::Https => matcher.https(proxy),
                Scheme::All => matcher.all(proxy),
            };
        }
        let proxy = matcher.build().intercept(&url.as_str().parse().ok()?)?;
        Some(Via { proxy: proxy.uri().clone(), credentials: proxy.basic_auth().cloned() })
    }
}

fn read_url(variable: &str, value: &str) -> Result<Url, String> {
    let text = if value.contains("://") { value.into() } else { format!("http://{value}") };
    let url = Url::parse(&text).ok().filter(|url| url.host().is_some());
    url.filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| {
        let shown = masked_url(value);
        format!("{variable}: `{shown}` is no proxy that can be used; write http://HOST:PORT")
    })
}
