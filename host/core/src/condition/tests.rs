//! Conditions as users write them, held against points whose metrics are known by hand.

use super::*;
use crate::outcome::Outcome;
use crate::plan::{Objectives, Plan};
use crate::sample::PointEnd;
use crate::service::ServiceKind;
use crate::summary::SummaryBuilder;
use crate::summary::tests::build::{failed, reply};
use crate::testkit::{closed, quantity, service_metric};

const MS: u64 = 1_000_000;

/// Replies one after the other, each of 4 tokens 10 ms apart: the first token of request n, from 1
/// to 100, comes after n milliseconds. `failures` requests fail.
fn summary(plan: &Plan, failures: u64) -> Summary {
    let mut metrics = SummaryBuilder::new(plan);
    for n in 0..100 {
        let (sent, ttft) = (n * 200 * MS, (n + 1) * MS);
        metrics.record(&reply(sent, &[0, 10, 20, 30].map(|at| sent + ttft + at * MS)));
    }
    for n in 0..failures {
        metrics.record(&failed(Outcome::Status(503), Some(n * MS), (n + 1) * MS));
    }
    metrics.finish(&PointEnd { kernel_timestamps: true, ..PointEnd::default() })
}

fn condition(text: &str) -> Condition {
    text.parse().unwrap_or_else(|bad| panic!("{text}: {bad}"))
}

fn met(text: &str, summary: &Summary) -> Option<MetBy> {
    condition(text).met(summary).map(|met| met.by)
}

#[test]
fn distributions_are_compared_in_the_unit_written() {
    let point = summary(&closed(1), 0);
    // By nearest rank the 99th of 100 values is the 99th: 99 ms. Their mean is 50.5 ms.
    let ms = |value| Some(MetBy::Value(value, Unit::Milliseconds));
    assert_eq!(met("ttft_p99>98.9ms", &point), ms(99.0));
    assert_eq!(met("ttft_p99>99ms", &point), None);
    assert_eq!(met("ttft_p99>=99ms", &point), ms(99.0));
    assert_eq!(met("ttft_p99 < 100 ms", &point), ms(99.0));
    assert_eq!(met("ttft_mean<=0.0505s", &point), Some(MetBy::Value(0.0505, Unit::Seconds)));
    assert_eq!(met("ttft_max>99.5ms", &point), ms(100.0));
    assert_eq!(met("ttft_min<1.5ms", &point), ms(1.0));
    assert_eq!(met("tpot_p50>9ms", &point), ms(10.0));
    assert_eq!(met("latency_p99.9>129ms", &point), ms(130.0));
    assert_eq!(met("output_tokens_mean<5", &point), Some(MetBy::Value(4.0, Unit::Plain)));
    // (n - 1) / (last - first) = 3 tokens in 30 ms.
    assert_eq!(met("decode_tok_per_s_p50<=100", &point), Some(MetBy::Value(100.0, Unit::Plain)));
}

#[test]
fn counts_and_shares_of_the_requests() {
    let point = summary(&closed(1), 25);
    assert_eq!(met("failed>19%", &point), Some(MetBy::Value(20.0, Unit::Percent)));
    assert_eq!(met("failed>20%", &point), None);
    assert_eq!(met("failed>24", &point), Some(MetBy::Value(25.0, Unit::Plain)));
    assert_eq!(met("dropped>0", &point), None);
    assert_eq!(met("not-valid", &point), None);
    let most_failed = summary(&closed(1), 101);
    assert_eq!(met("not-valid", &most_failed), Some(MetBy::Verdict));
}

#[test]
fn goodput_is_a_share_of_all_requests_or_a_rate() {
    let objectives = Objectives { ttft: Some(80 * MS), ..Objectives::default() };
    let mut point = summary(&Plan { objectives, ..closed(1) }, 0);
    assert_eq!(met("goodput<95%", &point), Some(MetBy::Value(80.0, Unit::Percent)));
    assert_eq!(met("goodput<80%", &point), None);
    // The last request is sent at 19.8 s and ends 130 ms later: 80 in 19.93 s.
    let Some(MetBy::Value(rate, Unit::Plain)) = met("goodput<5", &point) else { panic!("met") };
    assert!((rate - 80.0 / 19.93).abs() < 1e-9, "{rate}");
    point.counts.dropped = 60;
    assert_eq!(met("goodput<95%", &point), Some(MetBy::Value(50.0, Unit::Percent)));
}

#[test]
fn a_metric_that_is_absent_meets_every_condition() {
    let mut metrics = SummaryBuilder::new(&closed(1));
    metrics.record(&failed(Outcome::Status(503), Some(0), MS));
    let point = metrics.finish(&PointEnd::default());
    for text in ["ttft_p99>500ms", "ttft_p99<500ms", "goodput<95%", "output_throughput<1"] {
        assert_eq!(met(text, &point), Some(MetBy::Absent), "{text}");
    }
}

#[test]
fn every_point_is_checked_and_one_that_did_not_run_meets_all() {
    let conditions = [condition("failed>0"), condition("ttft_p99>1s")];
    let mut first = summary(&closed(1), 1);
    first.point.name = "one".into();
    let planned = ["one".to_owned(), "two".to_owned()];
    let found = check(&conditions, &[first], &planned);
    let found: Vec<(&str, &str, MetBy)> =
        found.iter().map(|at| (at.point.as_str(), at.met.condition.as_str(), at.met.by)).collect();
    assert_eq!(
        found,
        [
            ("one", "failed>0", MetBy::Value(1.0, Unit::Plain)),
            ("two", "failed>0", MetBy::Absent),
            ("two", "ttft_p99>1s", MetBy::Absent),
        ]
    );
}

#[test]
fn what_a_metric_needs_is_known_before_the_run() {
    assert!(condition("goodput<95%").needs_objectives());
    assert!(!condition("failed>1%").needs_objectives());
    assert!(condition("ttft_from_schedule_p99>1s").needs_stream());
    assert!(!condition("latency_p99>1s").needs_stream());
}

#[test]
fn an_unknown_metric_is_answered_with_all_there_are() {
    let said = "ttfft_p99>500ms".parse::<Condition>().expect_err("unknown").to_string();
    assert!(said.starts_with("unknown metric `ttfft_p99`; metrics are "), "{said}");
    for metric in Metric::ALL {
        let listed = said.split([' ', ',', ';']).any(|word| word == metric.key());
        assert!(listed, "{} is not in {said}", metric.key());
    }
}

#[test]
fn mistakes_name_the_remedy() {
    let said = |text: &str| text.parse::<Condition>().expect_err(text).to_string();
    let texts = [
        "valid",
        "ttft>500ms",
        "ttft_p97>500ms",
        "ttft_from_schedule>500ms",
        "ttft_p99>500",
        "ttft_p99>=500us",
        "ttft_p99>ms",
        "failed>-1%",
        "failed>1ms",
        "output_tokens_p50<5%",
        "metric:queue_time>5",
        "metric:p99>5",
        "metric:queue_time_p99>500ms",
        "metric:queue_time_p99>x",
        ">5",
    ];
    let words: String = texts.map(|text| format!("{text}\n  {}\n", said(text))).concat();
    insta::assert_snapshot!(words);
}

/// Requests of which the n-th, from 1 to 100, told a queue time of n / 100.
fn told() -> Summary {
    let mut plan = closed(1);
    plan.request.metrics = vec![
        service_metric("queue_p99_time", ServiceKind::Time),
        service_metric("silent", ServiceKind::Level),
    ];
    let mut metrics = SummaryBuilder::new(&plan);
    for n in 1..=100_u32 {
        let mut record = reply(u64::from(n) * MS, &[u64::from(n) * MS + 1]);
        record.metrics = vec![quantity("queue_p99_time", f64::from(n) / 100.0)];
        metrics.record(&record);
    }
    metrics.finish(&PointEnd::default())
}

#[test]
fn what_the_service_tells_of_itself_is_compared_in_its_own_unit() {
    let point = told();
    let plain = |value| Some(MetBy::Value(value, Unit::Plain));
    assert_eq!(met("metric:queue_p99_time_p99>0.98", &point), plain(0.99));
    assert_eq!(met("metric:queue_p99_time p99 > 0.98", &point), plain(0.99));
    assert_eq!(met("metric:queue_p99_time_p99>0.99", &point), None);
    assert_eq!(met("metric:queue_p99_time_max>=1", &point), plain(1.0));
    assert_eq!(met("metric:queue_p99_time_min>-1", &point), plain(0.01));
    assert_eq!(met("metric:silent_mean<5", &point), Some(MetBy::Absent));
    assert_eq!(met("metric:other_mean<5", &point), Some(MetBy::Absent));
    assert_eq!(condition("metric:queue_time p99 > 1").to_string(), "metric:queue_time_p99>1");
    assert_eq!(condition("metric:queue_time_p99>1").service_metric(), Some("queue_time"));
    assert_eq!(condition("ttft_p99>1s").service_metric(), None);
    assert!(!condition("metric:queue_time_p99>1").needs_stream());
}
