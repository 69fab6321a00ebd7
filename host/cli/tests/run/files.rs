//! The files of a run, and the same files made again.

use super::{Place, ends, server, stderr, stdout};
use loadwright_sim::Model;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Content by path, of everything but the records and the log.
pub(super) fn made_again(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("inside").display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if !name.starts_with("records.db") && name != "benchmark.log" {
                files.insert(name, std::fs::read(&path).expect("readable"));
            }
        }
    }
    files
}

#[test]
fn a_sweep_writes_every_file_and_report_makes_the_same_bytes() {
    let place = Place::new();
    let output =
        ends(place.perf("--simulate --parallel 1 3 --number 4 6 --warmup-num 1 --seed 7"), 0);
    let shown = stdout(&output);
    for wanted in [
        "Benchmarking summary:",
        "Average inter-token latency (s)",
        "Percentile results:",
        "Performance report",
        "Best configuration:",
    ] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "colours in a file");
    for (point, number) in [("parallel_1_number_4", 4), ("parallel_3_number_6", 6)] {
        let summary = place.summary(point);
        assert_eq!(summary["Total Requests"], number);
        assert_eq!(summary["Success Requests"], number);
        assert_eq!(summary["Avg Output Tokens"], 32.0);
        let args = place.json(point, "benchmark_args.json");
        assert_eq!((args["number"].as_u64(), args["seed"].as_u64()), (Some(number), Some(7)));
        let rows = place.json(point, "benchmark_percentile.json");
        assert_eq!(rows.as_array().expect("rows").len(), 15);
    }
    let log = place.text("benchmark.log");
    assert!(log.contains("loadwright - INFO - parallel_3_number_6"), "{log}");
    let before = made_again(&place.run());
    assert_eq!(before.len(), 7, "{:?}", before.keys());

    for name in before.keys() {
        std::fs::remove_file(place.run().join(name)).expect("removable");
    }
    std::fs::rename(place.run(), place.path().join("elsewhere")).expect("movable");
    let again = ends(place.loadwright("report elsewhere"), 0);
    assert_eq!(made_again(&place.path().join("elsewhere")), before);
    assert!(stdout(&again).contains("Performance report"));
}

#[test]
fn a_single_point_has_no_sweep_report() {
    let place = Place::new();
    let output = ends(place.perf("--simulate -n 2 --max-tokens 2 --alias 'ours, int8'"), 0);
    assert!(!stdout(&output).contains("Performance report"));
    assert!(stderr(&output).contains("measuring ours, int8 at "), "{}", stderr(&output));
    assert!(place.text("performance_summary.txt").starts_with("== ours, int8 ==\n"));
    assert!(stderr(&output).contains("repeat the run with --seed"));
    assert!(place.text("performance_summary.txt").contains("Benchmarking summary:"));
}

#[test]
fn a_folder_that_exists_is_left_alone() {
    let place = Place::new();
    let run = || place.perf("--simulate -n 1 --max-tokens 1");
    ends(run(), 0);
    let before = made_again(&place.run());
    ends(run(), 0);
    assert_eq!(made_again(&place.run()), before);
    assert!(place.path().join("run_2/records.db").is_file());
}

#[test]
fn a_run_that_cannot_begin_leaves_no_folder() {
    let place = Place::new();
    let output = ends(place.perf("--simulate --api nope"), 2);
    assert!(stderr(&output).contains("--api: unknown API plugin `nope`; choose from openai"));
    assert!(!place.run().exists());
}

#[test]
fn plugins_names_and_settings_are_told_at_once() {
    let place = Place::new();
    // The hub would be asked for the tokenizer, and not have it.
    let line = "perf --model m --url http://h --max-prompt-length 9 --tokenizer-path no/such";
    let output = ends(place.loadwright(&format!("{line} --api nope --dataset openqa")), 2);
    let said = stderr(&output);
    assert!(said.contains("2 settings cannot be used:"), "{said}");
    assert!(said.contains("API plugin `nope`") && said.contains("dataset `openqa`"), "{said}");
    let line = "perf --simulate --api-args '{\"x\": 1}' --dataset-args '{\"y\": 1}'";
    let said = stderr(&ends(place.loadwright(line), 2));
    assert!(said.contains("--api-args: openai: ") && said.contains("--dataset-args: "), "{said}");
    let said = stderr(&ends(place.loadwright("perf --simulate --max-prompt-length 3"), 2));
    assert!(said.contains("  --max-prompt-length: 3 is too short"), "{said}");
}

/// The files below `folder` that hold `text`.
pub(crate) fn files_with(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else {
            let bytes = std::fs::read(&path).expect("it can be read");
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn secrets_are_in_no_file() {
    let place = Place::new();
    let server = server(Model::Unpaced);
    let line = "-n 1 --max-tokens 1 --api-key sk-secret --headers x-api-key=sk-secret --debug";
    let output = ends(place.against(&server, line), 0);
    assert!(!stdout(&output).contains("sk-secret") && !stderr(&output).contains("sk-secret"));
    assert_eq!(files_with(&place.run(), "sk-secret"), Vec::<PathBuf>::new());
    let masked = files_with(&place.run(), "**********");
    let names = ["benchmark.log", "benchmark_args.json", "records.db"];
    for name in names {
        assert!(masked.iter().any(|path| path.ends_with(name)), "{name} is not in {masked:?}");
    }
}

#[test]
fn secrets_of_the_url_are_in_no_file() {
    let place = Place::new();
    let server = server(Model::Unpaced);
    let url = format!("{}/v1/chat/completions?key=sk-secret", server.url());
    let line = format!("--parallel 1 2 -n 1 --max-tokens 1 --sleep-interval 0 --url '{url}'");
    let output = ends(place.perf(&format!("--model m --debug {line}")), 0);
    assert!(stdout(&output).contains("?key=**********"), "{}", stdout(&output));
    assert!(!stdout(&output).contains("sk-secret") && !stderr(&output).contains("sk-secret"));
    assert_eq!(files_with(&place.run(), "sk-secret"), Vec::<PathBuf>::new());
    let masked = files_with(&place.run(), "**********");
    let names = ["benchmark.log", "benchmark_args.json", "records.db"];
    for name in names {
        assert!(masked.iter().any(|path| path.ends_with(name)), "{name} is not in {masked:?}");
    }
    let before = made_again(&place.run());
    ends(place.loadwright("report run"), 0);
    assert_eq!(made_again(&place.run()), before);
}

#[test]
fn prompts_that_the_server_counts_otherwise_are_warned_of_live_and_in_a_replay() {
    let warned_of = |summary: &serde_json::Value| {
        let warnings = summary["loadwright"]["warnings"].as_array().expect("warnings");
        warnings.iter().any(|warning| warning["check"]["kind"] == "input_differs")
    };
    // The server is asked something longer than the prompts that the dataset made.
    let longer = r#"{"messages": [{"role": "user", "content": "a word "}]}"#
        .replace("a word ", &"a word ".repeat(40));
    let extra = format!("--extra-args '{longer}'");
    for (flag, differs) in [("", false), (extra.as_str(), true)] {
        let place = Place::new();
        let line = "perf --outputs-dir . --no-timestamp --name run --simulate --parallel 1 -n 5 \
                    --max-tokens 2 --max-prompt-length 40";
        ends(place.loadwright(&format!("{line} {flag}")), 0);
        let summary = place.summary("parallel_1_number_5");
        assert_eq!(warned_of(&summary), differs, "{flag}: {}", summary["loadwright"]["warnings"]);
        let before = made_again(&place.run());
        ends(place.loadwright("report run"), 0);
        assert_eq!(made_again(&place.run()), before);
    }
}

#[test]
fn report_takes_the_file_of_records_and_another_folder_to_write_to() {
    let place = Place::new();
    let line = "perf --outputs-dir . --no-timestamp --name run --prompt x --simulate";
    ends(
        place.loadwright(&format!("{line} --parallel 1 2 -n 2 --max-tokens 1 --sleep-interval 0")),
        0,
    );
    let before = made_again(&place.run());
    ends(place.loadwright("report run/records.db --outputs-dir fresh/made"), 0);
    assert_eq!(made_again(&place.path().join("fresh/made")), before);
    for name in before.keys() {
        std::fs::remove_file(place.run().join(name)).expect("removable");
    }
    let mut within = place.loadwright("report records.db");
    within.current_dir(place.run());
    ends(within, 0);
    assert_eq!(made_again(&place.run()), before);
    let missing = stderr(&ends(place.loadwright("report nowhere"), 2));
    assert!(missing.contains("`nowhere` does not exist: name a run's folder"), "{missing}");
}

#[test]
fn a_report_is_printed_even_where_nothing_can_be_written() {
    let place = Place::new();
    let line = "perf --outputs-dir . --no-timestamp --name run --prompt x --simulate";
    ends(place.loadwright(&format!("{line} -n 2 --max-tokens 1 --parallel 1")), 0);
    let text = place.text("performance_summary.txt");
    // What a read-only folder does to every user but root: no folder of the point can be made.
    std::fs::remove_dir_all(place.run().join("parallel_1_number_2")).expect("removable");
    std::fs::write(place.run().join("parallel_1_number_2"), "in the way").expect("writable");
    let output = ends(place.loadwright("report run"), 4);
    let printed = stdout(&output);
    assert!(printed.contains(text.trim_end()), "{printed}");
    let said = stderr(&output);
    assert!(said.contains("cannot write `run/parallel_1_number_2`: "), "{said}");
    assert!(said.contains("--outputs-dir"), "{said}");
    ends(place.loadwright("report run --outputs-dir elsewhere"), 0);
    assert!(place.path().join("elsewhere/performance_summary.txt").exists());
}
