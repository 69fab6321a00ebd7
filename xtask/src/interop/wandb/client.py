"""A short run by W&B's own client, to compare with: rows, a table, a histogram, a summary, an alert."""

import wandb

run = wandb.init(
    project="perf_benchmark",
    name="reference",
    group="sweep",
    job_type="load-test",
    notes="notes",
    tags=["a", "b"],
    config={"parallel": 1, "args": {"stream": True}},
    settings=wandb.Settings(console="off", x_disable_stats=True, x_disable_meta=True),
)
run.define_metric("request_rate", step_metric="time")
for step in range(3):
    run.log({"time": step + 1.0, "request_rate": 2.0 * step})
run.log({"percentiles": wandb.Table(columns=["metric", "p50"], data=[["ttft", 0.1]])})
run.log({"distribution/ttft": wandb.Histogram(np_histogram=([1, 2], [0.1, 0.15, 0.2]))})
run.alert("title", "text")
run.summary["ttft_p99"] = 0.4
run.finish(exit_code=0)
