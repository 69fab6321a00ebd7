use super::*;

#[test]
fn metrics_are_read_from_the_files() {
    let outputs = tempfile::tempdir().unwrap();
    let point = outputs.path().join(NAME).join("parallel_1_number_2");
    fs::create_dir_all(&point).unwrap();
    let summary = r#"{"Success Requests": 2, "Req Throughput (req/s)": 4.5,
        "Avg TTFT (ms)": 51.5, "Avg ITL (ms)": null,
        "loadwright": {"metrics": {"dispatch_delay_ms": {"mean": 0.25, "99%": 0.5}}}}"#;
    let rows = r#"[{"Percentiles": "50%", "TTFT (ms)": 51.0, "ITL (ms)": null},
        {"Percentiles": "99%", "TTFT (ms)": 60.5, "ITL (ms)": null}]"#;
    fs::write(point.join("benchmark_summary.json"), summary).unwrap();
    fs::write(point.join("benchmark_percentile.json"), rows).unwrap();
    let expected = Metrics {
        requests: 2,
        requests_per_s: 4.5,
        ttft_ms: Some(Spread { mean: 51.5, p99: 60.5 }),
        itl_ms: None,
        dispatch_delay_ms: Some(Spread { mean: 0.25, p99: 0.5 }),
    };
    assert_eq!(metrics(outputs.path()).unwrap(), expected);
}
