//! The names, against those of the release, and what opts in to the newest.

use super::*;
use loadwright_plugin::conventions::MetricShape;

fn told(settings: &str) -> Shapes {
    GenAi::configure(settings).unwrap().telemetry().unwrap()
}

fn metric_names(shapes: &Shapes) -> Vec<&str> {
    shapes.metrics.iter().map(|metric| metric.name.as_str()).collect()
}

#[test]
fn the_released_names_are_the_default() {
    let shapes = told(r#"{"settings":{},"secrets":[]}"#);
    let expected = [
        "gen_ai.client.operation.duration",
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.client.operation.time_per_output_chunk",
        "gen_ai.client.token.usage",
        "gen_ai.client.token.usage",
        "loadwright.requests",
        "loadwright.tpot",
        "loadwright.dispatch_delay",
        "loadwright.in_flight",
    ];
    assert_eq!(metric_names(&shapes), expected);
    let keys: Vec<_> = shapes.spans[0].attributes.iter().map(|one| one.key.as_str()).collect();
    for key in ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.usage.output_tokens"] {
        assert!(keys.contains(&key), "{key}");
    }
    assert!(keys.contains(&"gen_ai.response.time_to_first_chunk"));
}

#[test]
fn the_documented_switch_asks_for_the_newest() {
    let shapes = told(r#"{"settings":{"semconv":"http, gen_ai_latest_experimental"}}"#);
    let names = metric_names(&shapes);
    assert!(names.contains(&"gen_ai.client.inference.duration"));
    assert!(names.contains(&"gen_ai.client.inference.usage.input_tokens"));
    assert!(!names.contains(&"gen_ai.client.token.usage"));
    let spans = &shapes.spans;
    assert_eq!(*spans, told("{}").spans, "those of spans are the same");
    let other = told(r#"{"settings":{"semconv":"http/dup"}}"#);
    assert_eq!(metric_names(&other), metric_names(&told("{}")));
}

#[test]
fn an_unknown_setting_is_named() {
    let Err(Fault::Settings(fault)) = GenAi::configure(r#"{"settings":{"semcov":"x"}}"#) else {
        panic!("it is refused");
    };
    assert!(fault.text.contains("semcov") || fault.name.contains("semcov"), "{fault:?}");
}

/// An operation that failed has a duration as well, told apart by its error.
#[test]
fn durations_are_of_failures_too() {
    for settings in ["{}", r#"{"settings":{"semconv":"gen_ai_latest_experimental"}}"#] {
        let shapes = told(settings);
        let [duration, others @ ..] = shapes.metrics.as_slice() else { panic!("no metrics") };
        assert!(duration.name.ends_with(".duration") && duration.value == "duration");
        let has_error =
            |metric: &MetricShape| metric.attributes.iter().any(|one| one.key == "error.type");
        assert!(has_error(duration));
        let with_error: Vec<_> = others.iter().filter(|metric| has_error(metric)).collect();
        assert_eq!(with_error.len(), 1, "{with_error:?}");
        assert_eq!(with_error[0].name, "loadwright.requests");
    }
}
