//! Secrets of a run, by their values: none is in a file of an exporter, in the results, or in what is
//! printed. Options, which are stored, take none.

use super::{Place, ends, paced, server, stderr, stdout};
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// In each of the secrets, and nowhere else.
const MARK: &str = "hunter2";

/// Every file below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(|entry| below(entry.path())).collect()
}

fn holds(file: &Path, text: &str) -> bool {
    let bytes = std::fs::read(file).expect("a file");
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn no_secret_reaches_what_exporters_write_or_the_results() {
    let server = server(paced(5, 1));
    let address = server.url();
    let address = address.strip_prefix("http://").expect("it is plain");
    let url = |user: &str| {
        format!("--url 'http://{user}{address}/v1/chat/completions?api_key=query-{MARK}'")
    };
    let header = format!("'Authorization=Bearer header-{MARK}'");
    assert_hidden(&format!("{} --api-key sk-{MARK}-key", url("")), "");
    assert_hidden(&url(""), &header);
    assert_hidden(&url(&format!("me:url-{MARK}@")), "");
}

/// Runs with these credentials of the service and all others that there are, and looks for them.
fn assert_hidden(credentials: &str, header: &str) {
    let place = Place::new();
    let line = format!(
        "--model model-that-is-found {credentials} --headers 'X-Own=own-{MARK}' \
         'Cookie=session=cookie-{MARK}' {header} --wandb-api-key wandb-{MARK}-0123456789 \
         --swanlab-api-key swanlab-{MARK}-0123 --exporter wandb,swanlab,clearml,otlp --exporter-option wandb.mode=offline \
         --exporter-option wandb.base_url=http://u:base-{MARK}@127.0.0.1:9 \
         --exporter-option swanlab.mode=offline --exporter-option clearml.mode=offline \
         --exporter-option otlp.mode=offline --debug --parallel 1 -n 4 --max-tokens 3 --no-test-connection"
    );
    let mut run = place.perf(&line);
    run.env("HOME", place.path())
        .env("CLEARML_API_SECRET_KEY", format!("clearml-{MARK}"))
        .env("CLEARML_AUTH_TOKEN", format!("token-{MARK}"))
        .env("OTEL_EXPORTER_OTLP_HEADERS", format!("authorization=Bearer%20otlp-{MARK}"))
        .env("LOADWRIGHT_SECRET_OTHER", format!("other-{MARK}"))
        .env("HTTPS_PROXY", format!("http://u:proxy-{MARK}@127.0.0.1:9"));
    let output = ends(run, 0);
    let files = files(&place.run());
    for exporter in ["wandb", "swanlab", "clearml", "otlp"] {
        let own = place.run().join("exports").join(exporter);
        let mut own = files.iter().filter(|file| file.starts_with(&own));
        assert!(
            own.any(|file| holds(file, "model-that-is-found")),
            "{exporter} wrote the settings"
        );
    }
    let base64 = ["aHVudGVyMg", "h1bnRlcj", "odW50ZXIy"];
    for text in [MARK].into_iter().chain(base64) {
        let found: Vec<&PathBuf> = files.iter().filter(|file| holds(file, text)).collect();
        assert_eq!(found, Vec::<&PathBuf>::new(), "{text}");
    }
    let said = stdout(&output) + &stderr(&output);
    assert!(!said.contains(MARK), "{said}");
}

#[test]
fn a_setting_that_is_refused_is_quoted_without_its_password() {
    let place = Place::new();
    let line = format!(
        "--simulate -n 1 --exporter swanlab --swanlab-host http://u:host-{MARK}@127.0.0.1:9 \
         --exporter-option swanlab.mode=offline --debug"
    );
    let said = stderr(&ends(place.perf(&line), 2));
    assert!(said.contains("http://**********@127.0.0.1:9") && !said.contains(MARK), "{said}");
}

#[test]
fn an_option_that_names_a_secret_is_refused_with_what_takes_it() {
    let plugin = format!("{ROOT}/plugins/fixtures/dist/misbehave_exporter.wasm");
    let third =
        format!("misbehave_exporter --plugin {plugin} --exporter-option misbehave_exporter");
    let table = [
        (
            "wandb --exporter-option wandb.api_key",
            "`api_key` is a secret",
            "--wandb-api-key or WANDB_API_KEY",
        ),
        (
            "wandb --exporter-option wandb.API-KEY",
            "`API-KEY` is a secret",
            "--wandb-api-key or WANDB_API_KEY",
        ),
        ("clearml --exporter-option clearml.secret_key", "`secret_key`", "CLEARML_API_SECRET_KEY"),
        (&format!("{third}.key"), "`key` is a secret", "LOADWRIGHT_SECRET_KEY"),
    ];
    for (option, named, instead) in table {
        let place = Place::new();
        let line = format!("--simulate -n 1 --exporter {option}={MARK}");
        let said = stderr(&ends(place.perf(&line), 2));
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(named) && said.contains(instead), "{option}: {said}");
        assert!(said.contains("stored with the results") && !said.contains(MARK), "{said}");
        assert!(!place.run().exists(), "nothing is left");
    }
}
