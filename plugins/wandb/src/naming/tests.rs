use super::{Path, display, folder, group, id, page, stream};
use crate::fixture::{run, settings};
use crate::settings::Settings;

#[test]
fn an_id_is_that_of_the_run_and_the_point() {
    let run = run(&["1", "2"]);
    assert_eq!(id(&settings(), &run, 1), "0123456789ab-1");
    let own = Settings { run_id: "mine".into(), ..settings() };
    assert_eq!(id(&own, &run, 1), "mine-1");
    assert_eq!(id(&own, &crate::fixture::run(&["1"]), 0), "mine");
}

#[test]
fn runs_of_a_sweep_are_grouped_and_name_their_point() {
    let sweep = run(&["parallel 1", "parallel 2"]);
    assert_eq!(display(&settings(), &sweep, "parallel 2"), "model_20260101 / parallel 2");
    assert_eq!(group(&settings(), &sweep).as_deref(), Some("model_20260101"));
    let single = run(&["parallel 1"]);
    assert_eq!(display(&settings(), &single, "parallel 1"), "model_20260101");
    assert_eq!(group(&settings(), &single), None);
    let own = Settings { group: "nightly".into(), name: "mine".into(), ..settings() };
    assert_eq!(group(&own, &sweep).as_deref(), Some("nightly"));
    assert_eq!(display(&own, &sweep, "p"), "mine / p");
}

#[test]
fn pages_are_where_the_server_shows_them() {
    let place = Path { entity: "team", project: "a project", id: "r-0" };
    let at = |base_url: &str, app_url: &str| {
        let settings =
            Settings { base_url: base_url.into(), app_url: app_url.into(), ..settings() };
        page(&settings, place)
    };
    assert_eq!(at("https://api.wandb.ai", ""), "https://wandb.ai/team/a%20project/runs/r-0");
    assert_eq!(
        at("https://api.example.com", ""),
        "https://app.example.com/team/a%20project/runs/r-0"
    );
    assert_eq!(at("http://box:8080", ""), "http://box:8080/team/a%20project/runs/r-0");
    assert_eq!(at("http://box:8080", "http://ui"), "http://ui/team/a%20project/runs/r-0");
    let local = Settings { base_url: "http://box:8080".into(), ..settings() };
    assert_eq!(stream(&local, place), "http://box:8080/files/team/a%20project/r-0/file_stream");
}

#[test]
fn folders_are_dated_in_utc() {
    assert_eq!(folder(1_767_323_045.5, "x"), "offline-run-20260102_030405-x");
}
