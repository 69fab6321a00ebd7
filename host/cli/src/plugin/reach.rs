//! What an exporter may reach and where its settings come from, by its manifest.

use loadwright_core::export::RequestFilter;
use loadwright_core::foreign::escaped;
use loadwright_core::manifest::{Need, Source};
use loadwright_wasm::Manifest;
use std::fmt::Write as _;

/// One line: what it needs.
pub(super) fn needs(manifest: &Manifest) -> Option<String> {
    let needs = &manifest.needs;
    let names = |needs: &[Need]| {
        needs.iter().map(|need| escaped(&need.name).into_owned()).collect::<Vec<_>>().join(", ")
    };
    let hosts = (!needs.hosts.is_empty()).then(|| format!("sends to {}", names(&needs.hosts)));
    let secrets = needs.secrets.iter().map(|secret| {
        format!("secret {} for {}", escaped(&secret.name), escaped(&secret.hosts.join(", ")))
    });
    let folders =
        (!needs.folders.is_empty()).then(|| format!("writes to {}", names(&needs.folders)));
    let stop = needs.stop.as_ref().map(|_| "may end the run".to_owned());
    let all: Vec<String> = hosts.into_iter().chain(secrets).chain(folders).chain(stop).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// All of it, a line each.
pub(super) fn reach(manifest: &Manifest) -> String {
    let needs = &manifest.needs;
    let requests = match manifest.exporter.filter() {
        RequestFilter::Nothing => "none: rows and summaries alone",
        RequestFilter::Failed => "failed ones",
        RequestFilter::Sampled => "sampled, failed and slow ones",
        RequestFilter::All => "all",
    };
    let mut text = format!("requests  {requests}\n");
    for host in &needs.hosts {
        line(&mut text, "sends to", &host.name, &host.reason);
    }
    for folder in &needs.folders {
        line(&mut text, "writes to", &folder.name, &folder.reason);
    }
    if let Some(reason) = &needs.stop {
        let _ = writeln!(text, "stops     the run: {}", escaped(reason));
    }
    let defaults = manifest.defaults();
    for (name, sources) in manifest.exporter.of_settings() {
        let _ = writeln!(text, "setting   {}, the first that has a value of", escaped(name));
        listed(&mut text, sources);
        if let Some(default) = defaults.get(name).filter(|default| *default != "") {
            let _ = writeln!(text, "    {} by default", escaped(&default.to_string()));
        }
    }
    for secret in &needs.secrets {
        let (name, hosts) = (escaped(&secret.name), secret.hosts.join(", "));
        let (reason, hosts) = (escaped(&secret.reason), escaped(&hosts));
        let _ = writeln!(
            text,
            "secret    {name}: {reason}; goes to {hosts} alone; the first that has a value of"
        );
        match manifest.exporter.of_secret(&secret.name) {
            [] => listed(&mut text, &[Source::Env(secret.variable())]),
            sources => listed(&mut text, sources),
        }
    }
    text
}

fn line(text: &mut String, what: &str, name: &str, reason: &str) {
    let _ = writeln!(text, "{what:<9} {}: {}", escaped(name), escaped(reason));
}

fn listed(text: &mut String, sources: &[Source]) {
    for source in sources {
        let _ = writeln!(text, "    {}", escaped(&source.to_string()));
    }
}
