//! What was measured beyond the two tables: load, from-schedule metrics, steady window, the client
//! itself, connections, goodput, tokens.

use crate::number::{grid, millis, percent, significant};
use crate::style::{Style, one_line};
use loadwright_core::metrics::Metric;
use loadwright_core::percentile::Distribution;
use loadwright_core::plan::{Load, Objectives, PluginVersion};
use loadwright_core::record::TokenSource;
use loadwright_core::service::ServiceMetric;
use loadwright_core::summary::{Steady, Summary};
use loadwright_core::words::counted;
use std::collections::BTreeMap;

/// One wrapped paragraph per topic; topics without metrics are left out.
pub(super) fn details(summary: &Summary, style: &Style) -> String {
    let topics = [
        ("Load", load(summary)),
        ("From schedule", from_schedule(summary)),
        ("First answer", first_answer(summary)),
        ("Steady", summary.steady.as_ref().map(|steady| steady_window(steady, summary))),
        ("Goodput", goodput(summary)),
        ("Tokens", tokens(summary)),
        ("Client", client(summary)),
        ("Connections", connections(summary)),
        ("Proxy", summary.point.proxy.clone()),
    ];
    let lines: String = topics
        .into_iter()
        .filter_map(|(topic, words)| Some(style.wrap(&format!("  {topic:<15}"), &words?) + "\n"))
        .collect();
    if lines.is_empty() {
        return lines;
    }
    format!("\n{}\n{lines}", style.bold("Also measured:"))
}

/// The plugins that were used. Digests are cut to what tells them apart; all of them is in the JSON.
pub(super) fn plugins(summary: &Summary, style: &Style) -> String {
    let line = |plugin: &PluginVersion| {
        let PluginVersion { kind, name, version, sha256 } = plugin;
        let digest = sha256.get(..12).unwrap_or(sha256);
        let words = format!("{name} {version} (sha256 {digest})");
        style.wrap(&format!("  {kind:<15}"), &one_line(&words, 400)) + "\n"
    };
    let lines: String = summary.point.plugins.iter().map(line).collect();
    if lines.is_empty() {
        return lines;
    }
    format!("\n{}\n{lines}", style.bold("Plugins:"))
}

fn load(summary: &Summary) -> Option<String> {
    let mean = summary.concurrency.mean?;
    let peak = summary.concurrency.peak;
    let mut words = format!("{} in flight on average, {peak} at most", grid(mean));
    let arrivals = &summary.arrivals;
    if let Some(sent) = arrivals.sent_rate.filter(|_| summary.point.load.is_planned()) {
        words += &format!("; {} req/s sent", grid(sent));
        if let Some(target) = arrivals.target_rate {
            words += &format!(", target {}", grid(target));
        }
        // The rate at which the sent slots were scheduled is the draw's only where none is missing.
        if let Some(scheduled) = arrivals.scheduled_rate.filter(|_| summary.counts.dropped == 0) {
            words += &format!(", {} scheduled", grid(scheduled));
        }
        words += &format!("; {} of {} over 1 ms late", arrivals.late, arrivals.sent);
        words += &format!(", {} dropped", summary.counts.dropped);
    }
    Some(words)
}

/// Only where the load is paced: without, a request is scheduled when its worker is free.
fn from_schedule(summary: &Summary) -> Option<String> {
    if matches!(summary.point.load, Load::Closed { pace: None, .. }) {
        return None;
    }
    let metrics = &summary.metrics;
    let latency = spread_of("latency", metrics.get(Metric::LatencyFromSchedule)?);
    Some(match metrics.get(Metric::TtftFromSchedule) {
        Some(ttft) => format!("{}; {latency}", spread_of("TTFT", ttft)),
        None => latency,
    })
}

/// Only where reasoning came before the answer.
fn first_answer(summary: &Summary) -> Option<String> {
    let answer = summary.metrics.get(Metric::FirstAnswer)?;
    let ttft = summary.metrics.get(Metric::Ttft);
    let differs = ttft.is_none_or(|ttft| ttft.rows != answer.rows);
    differs.then(|| spread_of("after reasoning", answer))
}

fn spread_of(name: &str, metric: &Distribution) -> String {
    format!(
        "{name} {} avg, {} P50, {} P99",
        millis(metric.mean),
        millis(metric.median() as f64),
        millis(metric.p99() as f64)
    )
}

fn steady_window(steady: &Steady, summary: &Summary) -> String {
    let length = steady.end - steady.start;
    let share = summary.duration.filter(|&all| all > 0).map(|all| length as f64 / all as f64);
    let mut words = format!(
        "{} s ({}) at {} in flight: {} req/s",
        grid(length as f64 / 1e9),
        percent(share.unwrap_or(1.0)),
        grid(steady.concurrency),
        grid(steady.requests)
    );
    if let Some(output) = steady.output {
        words += &format!(", {} output tok/s", grid(output));
    }
    let mean = |metric: Metric| steady.metrics.get(metric).map(|all| all.mean);
    let means = [
        (Metric::Latency, mean(Metric::Latency)),
        (Metric::Ttft, mean(Metric::Ttft)),
        (Metric::Tpot, mean(Metric::Tpot)),
        (Metric::Itl, steady.mean_itl),
    ];
    for (metric, mean) in means {
        if let Some(mean) = mean {
            words += &format!(", {} {}", metric.label(), millis(mean));
        }
    }
    for values in steady.metrics.service() {
        if let Some(all) = &values.distribution {
            let ServiceMetric { label, unit, .. } = &values.metric;
            let mean = significant(all.mean);
            words += &one_line(&format!(", {label} {mean} {unit}"), 100);
        }
    }
    words
}

fn goodput(summary: &Summary) -> Option<String> {
    let good = summary.counts.good?;
    let Objectives { ttft, tpot, latency } = summary.point.objectives;
    let limits = [(Metric::Ttft, ttft), (Metric::Tpot, tpot), (Metric::Latency, latency)];
    let limits: Vec<String> = limits
        .into_iter()
        .filter_map(|(metric, limit)| Some(format!("{} {}", metric.label(), millis(limit? as f64))))
        .collect();
    let rate = summary.throughput.goodput.map_or("-".into(), grid);
    let all = counted(summary.counts.total + summary.counts.dropped, "request");
    let share = summary.counts.good_share().map_or("-".into(), percent);
    Some(format!("{rate} req/s: {good} of {all} ({share}) within {}", limits.join(", ")))
}

fn tokens(summary: &Summary) -> Option<String> {
    let tokens = &summary.tokens;
    let mut words = vec![format!("output counted by {}", sources(&tokens.output_sources)?)];
    words.extend(sources(&tokens.input_sources).map(|by| format!("input by {by}")));
    if let (Some(cached), Some(of)) = (tokens.cached, tokens.cached_of.filter(|&of| of > 0)) {
        words.push(format!("{} of the input from a cache", percent(cached as f64 / of as f64)));
    }
    words.extend(tokens.reasoning.map(|n| format!("{n} spent on reasoning")));
    words.extend(tokens.accepted.map(|n| format!("{n} accepted from predictions")));
    words.extend(tokens.rejected.map(|n| format!("{n} rejected")));
    Some(words.join("; "))
}

/// Sources by name; with counts where there are several.
fn sources(by: &BTreeMap<TokenSource, u64>) -> Option<String> {
    let name = |source: &TokenSource| match source {
        TokenSource::None => "nothing",
        TokenSource::Usage => "the service",
        TokenSource::Frames => "token ids in the frames",
        TokenSource::Tokenizer => "the tokenizer",
        TokenSource::Dataset => "the dataset",
    };
    let mut names = by.iter();
    match (names.next()?, names.next()) {
        ((only, _), None) => Some(name(only).into()),
        _ => {
            let all = by.iter().map(|(source, n)| format!("{} ({n})", name(source)));
            Some(all.collect::<Vec<_>>().join(", "))
        }
    }
}

fn client(summary: &Summary) -> Option<String> {
    let delay = summary.metrics.get(Metric::DispatchDelay)?;
    let mut words = format!(
        "dispatch delay {} P50, {} P99",
        millis(delay.median() as f64),
        millis(delay.p99() as f64)
    );
    if let Some(read) = summary.metrics.get(Metric::ReadLag) {
        words += &format!(
            "; read lag {} P50, {} P99, {} max",
            millis(read.median() as f64),
            millis(read.p99() as f64),
            millis(read.max() as f64)
        );
    }
    Some(words)
}

fn connections(summary: &Summary) -> Option<String> {
    let connections = &summary.connections;
    if connections.opened + connections.reused == 0 {
        return None;
    }
    let reused = counted(connections.reused, "request");
    let mut words = format!("{} opened, {reused} on open ones", connections.opened);
    if connections.reopened > 0 {
        words += &format!(", {} sent again because an idle one had died", connections.reopened);
    }
    let phases = [
        ("DNS", &connections.dns),
        ("connect", &connections.tcp),
        ("TLS", &connections.tls),
        ("pool wait", &connections.pool_wait),
    ];
    for (name, phase) in phases {
        if let Some(phase) = phase {
            words += &format!("; {name} {} P50", millis(phase.median() as f64));
        }
    }
    Some(words)
}
