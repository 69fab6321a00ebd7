//! What the variables `OTEL_…` say, read through a function, so that tests leave the process's
//! environment alone.

use super::options::{Histograms, Options};
use super::signal::{Protocol, Signal};
use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::Temporality;
use pem::Holds;
use percent_encoding::percent_decode_str;
use std::time::Duration;
use url::Url;

mod pem;
#[cfg(test)]
mod tests;

/// Looks variables up.
#[derive(Clone, Copy)]
pub(super) struct Environment<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

/// How one signal is sent.
#[derive(Clone, PartialEq)]
pub(super) struct Link {
    pub(super) endpoint: Url,
    pub(super) protocol: Protocol,
    /// Values may be secret.
    pub(super) headers: Vec<(String, String)>,
    /// Of one try.
    pub(super) timeout: Duration,
    pub(super) gzip: bool,
    /// PEM of the only authorities that are trusted.
    pub(super) authority: Option<Vec<u8>>,
    pub(super) identity: Option<Identity>,
}

/// A client's certificate and its key, in PEM.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
}

impl Environment<'_> {
    /// The value of `name`; an empty one counts as none.
    pub(super) fn value(self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The variable of `signal`, or else that of all, with its name.
    fn of(self, signal: Signal, key: &str) -> Option<(String, String)> {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{key}", signal.name().to_uppercase());
        let names = [own, format!("OTEL_EXPORTER_OTLP_{key}")];
        names.into_iter().find_map(|name| self.value(&name).map(|value| (name, value)))
    }

    /// `true`, in any case; everything else is false, as the specification has it.
    fn flag(value: &str) -> bool {
        value.eq_ignore_ascii_case("true")
    }

    pub(super) fn is_disabled(self) -> bool {
        self.value("OTEL_SDK_DISABLED").is_some_and(|value| Self::flag(&value))
    }

    /// The opt-in that conventions plugins are given.
    pub(super) fn opt_in(self) -> Option<String> {
        self.value("OTEL_SEMCONV_STABILITY_OPT_IN")
    }

    /// Attributes of the resource; `OTEL_SERVICE_NAME` comes last, since it wins.
    pub(super) fn resource(self) -> Result<Vec<KeyValue>, String> {
        let name = "OTEL_RESOURCE_ATTRIBUTES";
        let pairs = self.value(name).map_or(Ok(Vec::new()), |list| pairs(name, &list))?;
        let mut attributes: Vec<_> =
            pairs.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
        let service = self.value("OTEL_SERVICE_NAME");
        attributes.extend(service.map(|name| KeyValue::new("service.name", name)));
        Ok(attributes)
    }

    pub(super) fn temporality(self) -> Result<Temporality, String> {
        let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
        match self.value(name).map(|value| value.to_lowercase()).as_deref() {
            None | Some("cumulative") => Ok(Temporality::Cumulative),
            Some("delta") => Ok(Temporality::Delta),
            Some("lowmemory") => Ok(Temporality::LowMemory),
            Some(other) => Err(unknown(name, other, "cumulative, delta or lowmemory")),
        }
    }

    pub(super) fn histograms(self, options: &Options) -> Result<Histograms, String> {
        let name = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
        let named = match self.value(name).as_deref() {
            None | Some("base2_exponential_bucket_histogram") => Histograms::Exponential,
            Some("explicit_bucket_histogram") => Histograms::Explicit,
            Some(other) => {
                let known = "explicit_bucket_histogram or base2_exponential_bucket_histogram";
                return Err(unknown(name, other, known));
            }
        };
        Ok(options.histograms.unwrap_or(named))
    }

    /// Seconds between two metrics requests.
    pub(super) fn interval(self, options: &Options) -> Result<f64, String> {
        let name = "OTEL_METRIC_EXPORT_INTERVAL";
        let named = self.value(name).map(|value| millis(name, &value)).transpose()?;
        Ok(options.interval.or(named.map(|time| time.as_secs_f64())).unwrap_or(10.0))
    }

    /// Spans in one request.
    pub(super) fn batch(self) -> Result<usize, String> {
        let name = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
        let Some(value) = self.value(name) else { return Ok(512) };
        let size = value.parse().ok().filter(|size| (1..=8192).contains(size));
        size.ok_or_else(|| unknown(name, &value, "a number from 1 to 8192"))
    }

    /// How `signal` is sent.
    ///
    /// # Errors
    /// A variable or option is not valid; it is named.
    pub(super) fn link(self, signal: Signal, options: &Options) -> Result<Link, String> {
        let protocol = self.protocol(signal, options)?;
        let headers = self.of(signal, "HEADERS");
        let headers = headers.map_or(Ok(Vec::new()), |(name, list)| pairs(&name, &list))?;
        let timeout = self.of(signal, "TIMEOUT").map(|(name, value)| millis(&name, &value));
        Ok(Link {
            endpoint: self.endpoint(signal, protocol, options)?,
            protocol,
            headers,
            timeout: timeout.transpose()?.unwrap_or(Duration::from_secs(10)),
            gzip: self.gzip(signal)?,
            authority: self.file(signal, "CERTIFICATE", Holds::Certificates)?,
            identity: self.identity(signal)?,
        })
    }

    fn protocol(self, signal: Signal, options: &Options) -> Result<Protocol, String> {
        if let Some(protocol) = options.protocol {
            return Ok(protocol);
        }
        let Some((name, value)) = self.of(signal, "PROTOCOL") else {
            return Ok(Protocol::Protobuf);
        };
        match value.as_str() {
            "http/protobuf" => Ok(Protocol::Protobuf),
            "http/json" => Ok(Protocol::Json),
            "grpc" => Ok(Protocol::Grpc),
            other => Err(unknown(&name, other, "http/protobuf, http/json or grpc")),
        }
    }

    fn gzip(self, signal: Signal) -> Result<bool, String> {
        let Some((name, value)) = self.of(signal, "COMPRESSION") else { return Ok(false) };
        match value.as_str() {
            "gzip" => Ok(true),
            "none" => Ok(false),
            other => Err(unknown(&name, other, "gzip or none")),
        }
    }

    fn identity(self, signal: Signal) -> Result<Option<Identity>, String> {
        let certificate = self.file(signal, "CLIENT_CERTIFICATE", Holds::Certificates)?;
        match (certificate, self.file(signal, "CLIENT_KEY", Holds::Key)?) {
            (Some(certificate), Some(key)) => Ok(Some(Identity { certificate, key })),
            (None, None) => Ok(None),
            (Some(_), None) | (None, Some(_)) => Err("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and \
                OTEL_EXPORTER_OTLP_CLIENT_KEY: give both, or neither"
                .into()),
        }
    }

    fn file(self, signal: Signal, key: &str, holds: Holds) -> Result<Option<Vec<u8>>, String> {
        let named = self.of(signal, key);
        named.map(|(name, path)| pem::read(&name, &path, holds)).transpose()
    }

    fn endpoint(
        self,
        signal: Signal,
        protocol: Protocol,
        options: &Options,
    ) -> Result<Url, String> {
        let own = format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.name().to_uppercase());
        let given = options.endpoint.clone().map(|value| ("endpoint".to_owned(), value));
        let base = || {
            let name = "OTEL_EXPORTER_OTLP_ENDPOINT";
            self.value(name).map(|value| (name.to_owned(), value))
        };
        let is_own = given.is_none() && self.value(&own).is_some();
        let named =
            given.or_else(|| self.value(&own).map(|value| (own.clone(), value))).or_else(base);
        let port = if protocol == Protocol::Grpc { 4317 } else { 4318 };
        let (name, value) =
            named.unwrap_or_else(|| ("endpoint".into(), format!("http://localhost:{port}")));
        let text = match (protocol, value.contains("://")) {
            (Protocol::Grpc, false) => format!("{}://{value}", self.scheme(signal)),
            _ => value,
        };
        let mut url = parsed(&name, &text)?;
        if protocol != Protocol::Grpc && !is_own {
            let path = url.path().trim_end_matches('/');
            url.set_path(&format!("{path}/v1/{}", signal.name()));
        }
        Ok(url)
    }

    /// Of a gRPC endpoint without one.
    fn scheme(self, signal: Signal) -> &'static str {
        let insecure = self.of(signal, "INSECURE").is_some_and(|(_, value)| Self::flag(&value));
        if insecure { "http" } else { "https" }
    }
}

fn parsed(name: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.filter(Url::has_host).ok_or_else(|| {
        let shown = loadwright_core::secret::masked_url(text);
        format!("{name}: `{shown}` is no URL of a receiver; write http://HOST:PORT")
    })
}

/// A list `k=v,k2=v2`, percent-encoded as W3C baggage. Values may be secret: errors do not show them.
fn pairs(name: &str, list: &str) -> Result<Vec<(String, String)>, String> {
    let broken = || format!("{name}: must be KEY=VALUE pairs with commas between");
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').ok_or_else(broken)?;
        let decoded = percent_decode_str(value.trim()).decode_utf8().map_err(|_| broken())?;
        let key = key.trim();
        if key.is_empty() { Err(broken()) } else { Ok((key.to_owned(), decoded.into_owned())) }
    };
    list.split(',').filter(|part| !part.trim().is_empty()).map(pair).collect()
}

fn millis(name: &str, value: &str) -> Result<Duration, String> {
    let number = value.parse().ok().filter(|&millis: &u64| (1..=86_400_000).contains(&millis));
    let wanted = "a number of milliseconds, 1 to 86400000";
    number.map(Duration::from_millis).ok_or_else(|| unknown(name, value, wanted))
}

fn unknown(name: &str, value: &str, known: &str) -> String {
    format!("{name}: `{value}` is not {known}")
}
