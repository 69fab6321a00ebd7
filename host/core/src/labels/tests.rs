//! Labels within their limits are read and written back; beyond them, the error names what is wrong.

use super::*;
use proptest::prelude::*;

fn refused(json: &str) -> String {
    Labels::parse(json).expect_err(json).to_string()
}

#[test]
fn texts_and_numbers_are_kept_sorted_by_name() {
    let labels =
        Labels::parse(r#"{"tenant":"b\nc","class":"chat","turns":3,"share":0.1}"#).unwrap();
    let names: Vec<&str> = labels.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["class", "share", "tenant", "turns"]);
    assert_eq!(labels.texts().collect::<Vec<_>>(), [("class", "chat"), ("tenant", "b\nc")]);
    assert_eq!(labels.to_json(), r#"{"class":"chat","share":0.1,"tenant":"b\nc","turns":3}"#);
}

#[test]
fn nothing_is_no_labels() {
    for json in ["", "{}", " { } "] {
        assert!(Labels::parse(json).unwrap().is_empty(), "{json}");
    }
    assert_eq!(Labels::default().to_json(), "{}");
}

#[test]
fn limits_are_inclusive() {
    let longest = "x".repeat(MAX_LABEL_BYTES);
    let most = (0..MAX_LABELS).map(|n| format!("\"{n:0>128}\":\"{longest}\""));
    let json = format!("{{{}}}", most.collect::<Vec<_>>().join(","));
    assert_eq!(Labels::parse(&json).unwrap().iter().count(), MAX_LABELS);
    // At their longest in JSON: every byte of names and texts as an escape of six characters.
    let byte = |n: usize| format!("{}{n:02}", "\\u0001".repeat(MAX_LABEL_BYTES - 2));
    let all = (0..MAX_LABELS).map(|n| format!("\"{}\":\"{}\"", byte(n), byte(n)));
    let json = format!("{{{}}}", all.collect::<Vec<_>>().join(","));
    let labels = Labels::parse(&json).unwrap();
    assert_eq!(labels.iter().count(), MAX_LABELS);
    assert_eq!(Labels::parse(&labels.to_json()), Ok(labels));
}

#[test]
fn what_is_beyond_a_limit_or_of_another_type_is_refused_by_name() {
    let long = "x".repeat(MAX_LABEL_BYTES + 1);
    let many: Vec<String> = (0..=MAX_LABELS).map(|n| format!("\"{n}\":1")).collect();
    let cases = [
        (format!("{{{}}}", many.join(",")), "there are 17 labels, the limit is 16"),
        (format!("{{\"{long}\":1}}"), "a label's name has 129 bytes; it must have 1 to 128"),
        ("{\"\":1}".into(), "a label's name has 0 bytes; it must have 1 to 128"),
        (
            format!("{{\"class\":\"{long}\"}}"),
            "the label `class` has a text of 129 bytes, the limit is 128",
        ),
        ("{\"a\":null}".into(), "the label `a` is null; it must be a text or a number"),
        ("{\"a\":true}".into(), "the label `a` is a boolean; it must be a text or a number"),
        ("{\"a\":[1]}".into(), "the label `a` is an array; it must be a text or a number"),
        ("{\"a\":{}}".into(), "the label `a` is an object; it must be a text or a number"),
        ("[1]".into(), "the labels are not a JSON object"),
        (" ".repeat(MAX_JSON + 1), "the labels have 24833 bytes of JSON, the limit is 24832"),
    ];
    for (json, said) in cases {
        assert_eq!(refused(&json), said);
    }
    for json in ["{\"a\":1e999}", "{\"a\":NaN}", "{", &"[".repeat(20_000)] {
        assert!(refused(json).starts_with("the labels are not JSON: "), "{}", refused(json));
    }
}

proptest! {
    #[test]
    fn labels_survive_json(
        texts in prop::collection::btree_map("\\PC{1,20}", ".{0,20}", 0..8),
        numbers in prop::collection::btree_map("[a-z]{1,9}", any::<f64>(), 0..8),
    ) {
        let mut members: Map<String, Value> =
            texts.into_iter().map(|(name, text)| (name, text.into())).collect();
        members.extend(numbers.into_iter().map(|(name, number)| (name, number.into())));
        members.retain(|_, value| !value.is_null());
        let labels = Labels::parse(&Value::Object(members.clone()).to_string()).unwrap();
        prop_assert_eq!(labels.iter().count(), members.len());
        prop_assert_eq!(Labels::parse(&labels.to_json()).unwrap(), labels);
    }
}
