//! What command lines mean: loads, names, items, targets, generation settings.

mod manifests;

use super::Run;
use crate::testing::{errors, run as read, stamped};
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::plan::{
    CpuPinning, FailurePolicy, Limits, Load, Objectives, ReplyLimits, TimestampSource,
};
use serde_json::json;
use std::time::Duration;

/// A line that lacks nothing.
const WHOLE: &str = "--model org/m --url http://h:1/v1/chat/completions --max-prompt-length 64 \
                     --tokenizer-path t";

/// An API plugin that is not bundled, whose manifest says nothing of its URLs.
fn other_api() -> String {
    let other = stamped("other", &json!({ "prompts": ["messages", "text"] }));
    format!("--plugin {} --api other", other.display())
}

fn whole(line: &str) -> Run {
    read(&format!("{WHOLE} {line}"))
}

fn names(line: &str) -> Vec<String> {
    whole(line).points.into_iter().map(|point| point.name).collect()
}

#[test]
fn lists_are_walked_together_and_single_values_stretched() {
    let cases: [(&str, &[&str]); 10] = [
        ("", &["parallel_1_number_1000"]),
        ("--parallel 1 10 --number 10 20", &["parallel_1_number_10", "parallel_10_number_20"]),
        ("--parallel 1 10 --number 20", &["parallel_1_number_20", "parallel_10_number_20"]),
        ("--parallel 4 --number 10 20", &["parallel_4_number_10", "parallel_4_number_20"]),
        (
            "--parallel 2 --rate 1 2.50 -n 9",
            &["parallel_2_rate_1_number_9", "parallel_2_rate_2.5_number_9"],
        ),
        ("--rate -1 -n 9", &["parallel_1_number_9"]),
        ("--open-loop --rate 5 0.1 -n 9", &["rate_5_number_9", "rate_0.1_number_9"]),
        ("--duration 30", &["parallel_1_duration_30s"]),
        ("--duration 2.5 --open-loop --rate 3", &["rate_3_duration_2.5s"]),
        ("--parallel 1 1 -n 5 --duration 9", &["parallel_1_number_5", "parallel_1_number_5_2"]),
    ];
    for (line, wanted) in cases {
        assert_eq!(names(line), wanted, "{line}");
    }
}

#[test]
fn simulate_alone_is_a_demo() {
    let run = read("--simulate");
    let names: Vec<&str> = run.points.iter().map(|point| point.name.as_str()).collect();
    assert_eq!(names, ["parallel_1_number_20", "parallel_4_number_80", "parallel_16_number_160"]);
    assert!(
        run.points.iter().all(|point| point.request.model == "simulated" && point.request.in_chat)
    );
    assert_eq!(run.dataset_settings["max_prompt_length"], 128);
    assert_eq!(run.api_settings["generation"]["max_tokens"], 32);
    assert_eq!(run.sleep_interval, Duration::from_secs(1));
    assert_eq!(read("--simulate --parallel 8").points[0].name, "parallel_8_number_1000");
}

#[test]
fn simulate_bounds_only_prompts_that_are_made_up() {
    let longest = |line: &str| read(line).dataset_settings["max_prompt_length"].clone();
    assert_eq!(longest("--simulate --dataset random_vl"), json!(128));
    assert_eq!(longest("--simulate --dataset random --min-prompt-length 200"), json!(200));
    assert_eq!(longest("--simulate --dataset line_by_line --dataset-path Cargo.toml"), json!(null));
    assert_eq!(
        longest(
            "--simulate --dataset line_by_line --dataset-path Cargo.toml --max-prompt-length 9"
        ),
        json!(9)
    );
    assert_eq!(longest("--simulate --prompt hi"), json!(null));
}

#[test]
fn loads() {
    let closed = |workers, pace| Load::Closed { workers, ramp_up: Duration::ZERO, pace };
    let poisson = Arrival { rate: 3.0, process: Process::Poisson };
    let even = Arrival { rate: 3.0, process: Process::Constant };
    let bursty = Arrival { rate: 3.0, process: Process::Gamma { burstiness: 0.5 } };
    let cases = [
        ("--parallel 4", closed(4, None)),
        ("--parallel 4 --rate 3", closed(4, Some(poisson))),
        ("--parallel 4 --rate 3 --arrival constant", closed(4, Some(even))),
        ("--open-loop --rate 3", Load::Open { arrival: poisson, max_in_flight: None }),
        (
            "--open-loop --rate 3 --arrival gamma --burstiness 0.5 --max-in-flight 9",
            Load::Open { arrival: bursty, max_in_flight: Some(9) },
        ),
        (
            "--parallel 2 --ramp-up 1.5",
            Load::Closed { workers: 2, ramp_up: Duration::from_millis(1500), pace: None },
        ),
    ];
    for (line, load) in cases {
        assert_eq!(whole(line).points[0].load, load, "{line}");
    }
}

#[test]
fn warmup_is_a_count_or_a_share() {
    let limits = |line: &str| whole(line).points[0].limits;
    let counted = |warmup| Limits { number: Some(30), duration: None, warmup };
    assert_eq!(limits("-n 30 --warmup-num 7"), counted(7));
    assert_eq!(limits("-n 30 --warmup-num 0.25"), counted(7));
    assert_eq!(limits("-n 30 --warmup-num 0.001"), counted(1));
    assert_eq!(limits("-n 30 --warmup-num 0"), counted(0));
}

#[test]
fn points_are_numbered_and_the_first_item_is_the_offset() {
    let run = whole("--parallel 1 2 3 -n 10 20 30 --warmup-num 5 --dataset-offset 100");
    assert_eq!(run.first_item, 100);
    assert!(run.points.iter().map(|point| point.index).eq(0..3));
    let last = u64::from(u32::MAX);
    assert_eq!(whole(&format!("-n 5 7 --dataset-offset {}", last - 12)).points.len(), 2);
    let errors = errors(&format!("{WHOLE} -n 5 7 --dataset-offset {}", last - 11));
    assert!(errors.contains(&format!("the sweep uses {} dataset items", last + 1)), "{errors}");
}

#[test]
fn endpoints_are_completed_with_a_notice() {
    let other = other_api();
    let cases = [
        ("http://h:1", "", "http://h:1/v1/chat/completions", true),
        ("http://h:1/v1/", "", "http://h:1/v1/chat/completions", true),
        ("http://h/v1?k=1", "", "http://h/v1/chat/completions?k=1", true),
        ("http://h/v1", "--no-apply-chat-template", "http://h/v1/completions", true),
        ("http://h/v1/completions", "", "http://h/v1/completions", false),
        ("http://h/v1/chat/completions/", "", "http://h/v1/chat/completions/", false),
        ("http://h/v1/chat/completions", "--tokenize-prompt", "http://h/v1/completions", true),
        ("http://h/v1/embeddings", "--tokenize-prompt", "http://h/v1/embeddings", false),
        ("http://h/v1/responses", "", "http://h/v1/responses", false),
        ("http://h/x", &other, "http://h/x", false),
    ];
    for (url, more, wanted, notice) in cases {
        let run = read(&format!(
            "--model m --tokenizer-path t --max-prompt-length 9 --url '{url}' {more}"
        ));
        assert_eq!(run.points[0].target.url, wanted, "{url} {more}");
        assert_eq!(run.api_settings["url"], wanted);
        assert_eq!(!run.notices.is_empty(), notice, "{url} {more}: {:?}", run.notices);
    }
}

#[test]
fn chat_is_read_off_the_url_and_the_flags_decide_where_it_does_not_say() {
    let line = |url: &str, more: &str| {
        format!("--model m --tokenizer-path t --max-prompt-length 9 --url http://h/{url} {more}")
    };
    let other = other_api();
    let other_in_chat = format!("{other} --apply-chat-template");
    let cases = [
        ("v1/chat/completions", "", true),
        ("v1/chat/completions/", "--apply-chat-template", true),
        ("v1/completions", "", false),
        ("v1/completions", "--no-apply-chat-template", false),
        ("v1/chat/completions", "--tokenize-prompt --no-apply-chat-template", false),
        ("generate", &other, false),
        ("generate", &other_in_chat, true),
        ("v1", "--no-apply-chat-template", false),
        ("v1", "", true),
    ];
    for (url, more, chat) in cases {
        let run = read(&line(url, more));
        assert_eq!(run.points[0].request.in_chat, chat, "{url} {more}");
        assert_eq!(run.dataset_settings["apply_chat_template"], chat, "{url} {more}");
    }
    for (url, flag) in [
        ("v1/chat/completions", "no-apply-chat-template"),
        ("v1/completions", "apply-chat-template"),
    ] {
        let said = errors(&line(url, &format!("--{flag}")));
        assert!(said.contains(&format!("--{flag}: contradicts --url")), "{said}");
    }
}

#[test]
fn generation_holds_what_was_given_and_two_defaults() {
    let run = whole("");
    let wanted = json!({"model": "org/m", "stream": true, "max_tokens": 2048, "temperature": 0.0});
    assert_eq!(run.api_settings["generation"], wanted);
    assert!(run.seed_drawn);
    let line = "--no-stream --max-tokens 9 --min-tokens 3 --temperature 1 --top-p .5 --top-k 4 \
                --frequency-penalty 0.1 --repetition-penalty 1.2 --logprobs --n-choices 2 --seed 5 \
                --stop a b --stop-token-ids 7 8";
    let run = whole(line);
    let wanted = json!({
        "model": "org/m", "stream": false, "max_tokens": 9, "min_tokens": 3, "temperature": 1.0,
        "top_p": 0.5, "top_k": 4, "frequency_penalty": 0.1, "repetition_penalty": 1.2,
        "logprobs": true, "n": 2, "seed": 5, "stop": ["a", "b"], "stop_token_ids": [7, 8],
    });
    assert_eq!(run.api_settings["generation"], wanted);
    assert_eq!((run.points[0].seed, run.seed_drawn), (5, false));
}

#[test]
fn an_output_range_is_drawn_by_the_engine() {
    let run = whole("--max-tokens 10 20 --min-tokens 10");
    assert_eq!(run.points[0].request.output_range, Some((10, 20)));
    assert_eq!(run.api_settings["generation"].get("max_tokens"), None);
    assert_eq!(run.points[0].settings["max_tokens"], json!([10, 20]));
}

#[test]
fn json_reaches_the_plugins_as_it_is() {
    let line = "--extra-args '{\"a\": null}' --api-args '{\"b\": 2}' --dataset-args '{\"c\": 3}' \
                --query-template '{\"m\": \"%m\"}' --prompt 'hi there'";
    let run = whole(line);
    assert_eq!(run.api_settings["extra_args"], json!({"a": null}));
    assert_eq!(run.api_settings["settings"], json!({"b": 2}));
    assert_eq!(run.api_settings["template"], json!({"m": "%m"}));
    assert_eq!(run.dataset_settings["settings"], json!({"c": 3}));
    assert_eq!(run.dataset_settings["prompt"], "hi there");
    assert_eq!(run.points[0].request.dataset, "prompt");
    assert_eq!(whole("").api_settings["template"], json!(null));
}

#[test]
fn a_template_is_stronger_than_defaults_and_weaker_than_flags() {
    let template =
        "--query-template '{\"max_tokens\": 7, \"temperature\": 0.5, \"stream\": false}'";
    let generation = |line: &str| whole(line).api_settings["generation"].clone();
    assert_eq!(generation(template), json!({"model": "org/m", "stream": false}));
    let typed = generation(&format!("{template} --max-tokens 9 --temperature 1 --stream"));
    let wanted = json!({"model": "org/m", "stream": true, "max_tokens": 9, "temperature": 1.0});
    assert_eq!(typed, wanted);
}

#[test]
fn a_default_limit_yields_to_extra_members_and_to_the_least_output() {
    let limit = |line: &str| {
        whole(line).api_settings["generation"].get("max_tokens").cloned().unwrap_or_default()
    };
    let cases = [
        ("--min-tokens 64", json!(2048)),
        ("--min-tokens 4096", json!(4096)),
        ("--extra-args '{\"max_tokens\": 7}'", json!(null)),
        ("--extra-args '{\"max_completion_tokens\": 7}'", json!(null)),
        ("--extra-args '{\"max_completion_tokens\": null}'", json!(null)),
        ("--extra-args '{\"a\": 7}'", json!(2048)),
        ("--extra-args '{\"max_completion_tokens\": 7}' --max-tokens 9", json!(9)),
        ("--query-template '{\"max_tokens\": 7}' --min-tokens 4096", json!(null)),
        ("--extra-args '{\"max_tokens\": 99}' --max-tokens 9 --min-tokens 20", json!(9)),
    ];
    for (line, wanted) in cases {
        assert_eq!(limit(line), wanted, "{line}");
    }
    let simulated = read("--simulate --min-tokens 64");
    assert_eq!(simulated.api_settings["generation"]["max_tokens"], 64);
    let said = errors(&format!("{WHOLE} --max-tokens 9 --min-tokens 10"));
    assert!(said.contains("--min-tokens: 10 is above --max-tokens 9"), "{said}");
}

#[test]
fn what_files_held_is_stored() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("writable");
        format!("@{}", path.display())
    };
    let (body, words) = (file("body", "{\"a\": [1]}"), file("words", "hello there"));
    let run = whole(&format!(
        "--extra-args {body} --query-template {body} --api-args {body} --dataset-args {body} \
         --prompt {words}"
    ));
    let stored = &run.points[0].settings;
    for name in ["extra_args", "query_template", "api_args", "dataset_args"] {
        assert_eq!(stored[name], json!({"a": [1]}), "{name}");
    }
    assert_eq!(stored["prompt"], "hello there");
    assert!(whole("").points[0].settings["extra_args"].is_null());
}

#[test]
fn flags_that_cannot_work_together_are_told() {
    let cases = [
        (
            "--tokenize-prompt --dataset random_vl",
            "--tokenize-prompt: cannot be combined with --dataset",
        ),
        ("--prefix-count 2", "--prefix-count: needs --prefix-length"),
        (
            "--prefix-count 2 --prefix-length 4 --dataset line_by_line",
            "--prefix-count: applies only to",
        ),
        ("--arrival constant --rate -1", "--arrival: needs --rate"),
    ];
    for (line, wanted) in cases {
        let said = errors(&format!("{WHOLE} {line}"));
        assert!(said.contains(wanted), "{line}: {said}");
    }
    for key in ["--api-key k", "--headers Authorization=k"] {
        let said = errors(&format!("--simulate {WHOLE} --url http://me:p@h/v1 {key}"));
        assert!(!said.contains("me:p@"), "{said}");
        let line = WHOLE.replace("http://", "http://me:pass@");
        let said = errors(&format!("{line} {key}"));
        assert!(said.contains("--url: its user and password are sent as Authorization"), "{said}");
    }
    let unused = whole("--prefix-length 4 --prompt hi").notices;
    assert!(unused[0].starts_with("--prefix-length has no effect"), "{unused:?}");
}

#[test]
fn secrets_of_a_url_are_sent_and_never_stored_or_shown() {
    let line = "--model m --tokenizer-path t --max-prompt-length 9 \
                --url 'http://h/v1?api_key=sk-1&Token=sk-2&v=3'";
    let run = read(line);
    let sent = "http://h/v1/chat/completions?api_key=sk-1&Token=sk-2&v=3";
    assert_eq!(run.points[0].target.url, sent);
    let masked = "http://h/v1/chat/completions?api_key=**********&Token=**********&v=3";
    assert_eq!(run.api_settings["url"], masked, "plugins get no secret");
    let stored = serde_json::to_string(&run.points[0]).expect("a plan is JSON");
    assert!(!stored.contains("sk-") && stored.contains("Token=**********&v=3"), "{stored}");
    assert!(run.notices[0].contains("v=3") && !run.notices[0].contains("sk-"), "{:?}", run.notices);
    let said = errors("--model m --url me:hush@h/v1?key=sk-1");
    assert!(!said.contains("sk-1") && !said.contains("hush"), "{said}");
}

#[test]
fn secrets_are_sent_and_never_stored() {
    let line = "--api-key sk-1 --headers accept=a/b x-mine=sk-2";
    let run = whole(line);
    let headers = [("accept", "a/b"), ("x-mine", "sk-2"), ("Authorization", "Bearer sk-1")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(run.points[0].target.headers, headers);
    let stored = serde_json::to_string(&run.points[0]).expect("a plan is JSON");
    assert!(!stored.contains("sk-"), "{stored}");
    let mask = "**********";
    let masked = json!({"accept": "a/b", "x-mine": mask, "Authorization": mask});
    assert_eq!(run.points[0].settings["headers"], masked);
    assert_eq!(run.points[0].settings["api_key"], mask);
}

#[test]
fn credentials_of_a_url_become_a_header() {
    let run = read(
        "--model m --tokenizer-path t --max-prompt-length 9 --url http://me:p%40ss@h/v1/completions",
    );
    assert_eq!(run.points[0].target.url, "http://h/v1/completions");
    // base64("me:p@ss")
    let wanted = ("Authorization".to_owned(), "Basic bWU6cEBzcw==".to_owned());
    assert_eq!(run.points[0].target.headers, [wanted]);
    let stored = serde_json::to_string(&run.points[0]).expect("a plan is JSON");
    assert!(!stored.contains("bWU6"), "{stored}");
}

#[test]
fn engine_settings() {
    let run = whole(
        "--retries 2 --timestamps user --threads 3 --on-plugin-failure fail-run --read-timeout 1.5 \
         --goodput ttft:500 e2el:2000.5 --plugin-timeout 9 --plugin-memory 2 --max-reply-size 3 \
         --max-reply-frames 4 --max-reply-memory 5 --cpu-pinning off",
    );
    let point = &run.points[0];
    assert_eq!(point.engine.cpu_pinning, CpuPinning::Off);
    assert_eq!(whole("").points[0].engine.cpu_pinning, CpuPinning::Auto);
    assert_eq!((point.request.retries, point.engine.threads), (2, 3));
    assert_eq!(point.engine.replies, ReplyLimits { bytes: 3 << 20, frames: 4, memory: 5 << 20 });
    assert_eq!(point.engine.timestamps, TimestampSource::User);
    assert_eq!(point.engine.on_plugin_failure, FailurePolicy::FailRun);
    assert_eq!(point.timeouts.read, Duration::from_millis(1500));
    assert_eq!(point.timeouts.connect, Duration::from_secs(30));
    let objectives =
        Objectives { ttft: Some(500_000_000), tpot: None, latency: Some(2_000_500_000) };
    assert_eq!(point.objectives, objectives);
    assert_eq!(run.plugins.timeout, Duration::from_secs(9));
    assert_eq!(run.plugins.memory, Some(2 << 20));
    assert_eq!(run.sleep_interval, Duration::from_secs(5));
}

#[test]
fn the_folder_is_named_after_the_model() {
    assert_eq!(whole("").outputs.name, "m");
    assert_eq!(whole("--name 'a:b/c'").outputs.name, "a:b/c");
    assert!(whole("").outputs.timestamp);
    assert!(!whole("--no-timestamp").outputs.timestamp);
}

#[test]
fn every_flag_is_stored_with_what_was_resolved() {
    let run = whole("--parallel 1 2 -n 10 --rate 3 --warmup-num .5");
    let settings = &run.points[1].settings;
    for flag in crate::args::perf_command().get_arguments().filter(|arg| !arg.is_hide_set()) {
        let name = flag.get_long().expect("every flag is long").replace('-', "_");
        let outside =
            ["help", "no_stream", "no_apply_chat_template", "config", "cache_dir", "json"];
        assert_eq!(settings.contains_key(&name), !outside.contains(&name.as_str()), "{name}");
    }
    let wanted = [
        ("parallel", json!(2)),
        ("number", json!(10)),
        ("rate", json!(3.0)),
        ("warmup_num", json!(5)),
        ("arrival", json!("poisson")),
        ("seed", json!(run.points[1].seed)),
        ("max_tokens", json!(2048)),
        ("apply_chat_template", json!(true)),
    ];
    for (name, value) in wanted {
        assert_eq!(settings[name], value, "{name}");
    }
}

#[test]
fn tuning_knobs_are_answered_by_a_notice() {
    let run = whole("--num-workers 4 --log-every-n-query 10");
    assert_eq!(run.notices.len(), 2);
    assert!(run.notices[0].starts_with("--num-workers has no effect: "));
}

#[test]
fn choices_are_those_of_the_body_that_is_sent() {
    let choices = |line: &str| whole(line).points[0].request.choices;
    assert_eq!(choices(""), 1);
    assert_eq!(choices("--n-choices 4"), 4);
    assert_eq!(choices("--n-choices 4 --extra-args '{\"n\": 2}'"), 2);
    assert_eq!(choices("--n-choices 4 --extra-args '{\"n\": null}'"), 1);
    assert_eq!(choices("--query-template '{\"n\": 3}'"), 3);
}

#[test]
fn the_chat_template_is_told_what_requests_tell_the_server() {
    let told = |line: &str| serde_json::Value::Object(whole(line).template_options);
    let silent = json!({"enable_thinking": false});
    assert_eq!(told(""), json!({}));
    assert_eq!(told(&format!("--extra-args '{{\"chat_template_kwargs\": {silent}}}'")), silent);
    let template = format!("--query-template '{{\"chat_template_kwargs\": {silent}}}'");
    assert_eq!(told(&template), silent);
    let deleted = format!("{template} --extra-args '{{\"chat_template_kwargs\": null}}'");
    assert_eq!(told(&deleted), json!({}));
}
