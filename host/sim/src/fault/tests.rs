//! Faults as users write them: docs/SIMULATE.md lists them all, and errors name what is missing.

use super::{FAULT_HEADER, Fault, Rule, Script, from_header};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../../docs/SIMULATE.md");

/// The rows of the table under the heading `title`.
fn rows(title: &str) -> Vec<Vec<&'static str>> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(title)).expect(title);
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The words in backquotes.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_page_lists_every_fault_with_its_parameters() {
    let listed: Vec<String> = rows("Faults").iter().map(|row| row[0].replace('`', "")).collect();
    // The error of an unknown name lists every known one.
    let known = serde_json::from_value::<Fault>(json!("?")).expect_err("no fault").to_string();
    let known = known.split_once("expected one of ").expect("it lists them").1;
    assert_eq!(listed, known.replace('`', "").split(", ").collect::<Vec<_>>());
    for row in rows("Faults") {
        let fault: Fault = serde_json::from_str(row[3].trim_matches('`')).expect(row[3]);
        let (name, parameters) = match serde_json::to_value(&fault).expect("it is JSON") {
            Value::String(name) => (name, BTreeSet::new()),
            Value::Object(object) => match object.into_iter().next().expect("its name") {
                (name, Value::Object(members)) => {
                    (name, members.into_iter().map(|m| m.0).collect())
                }
                (name, choice) => {
                    let known = json!({ name.as_str(): "?" });
                    let known = serde_json::from_value::<Fault>(known).expect_err("no choice");
                    let known = known.to_string();
                    let choices = quoted(known.split_once("expected").expect("it lists them").1);
                    assert!(choices.contains(choice.as_str().expect("a name")), "{choice}");
                    (name, choices)
                }
            },
            other => panic!("{other}"),
        };
        assert_eq!(row[0], format!("`{name}`"));
        assert_eq!(quoted(row[1]), parameters, "{name}");
    }
}

#[test]
fn the_page_documents_rules_and_the_header() {
    let listed: BTreeSet<String> =
        rows("A script of faults").iter().map(|row| row[0].replace('`', "")).collect();
    let Value::Object(known) = serde_json::to_value(Rule::default()).expect("it is JSON") else {
        panic!("a rule has members")
    };
    assert_eq!(listed, known.into_iter().map(|member| member.0).collect());
    let example = PAGE.split("```json\n").nth(1).expect("an example").split("```").next();
    assert_eq!(Script::parse(example.expect("its end")).expect("a script").0.len(), 2);
    assert!(PAGE.contains(&format!("`{FAULT_HEADER}`")));
}

#[test]
fn an_invalid_fault_is_named_with_what_is_missing() {
    let cases = [
        (r#"[{"faults": ["refuse"]}]"#, "rule 1: the fault `refuse`: missing field `ms`"),
        (
            r#"[{"faults": ["drop"]}, {"faults": [{"status": {}}]}]"#,
            "rule 2: the fault `status`: missing field `code`",
        ),
        (r#"[{"faults": ["lines"]}]"#, "expected one of `lf`, `crlf`, `cr`"),
        (r#"[{"faults": ["explode"]}]"#, "rule 1: unknown variant `explode`, expected one of"),
        (r#"[{"when": 1}]"#, "unknown field `when`"),
    ];
    for (script, wanted) in cases {
        let said = Script::parse(script).expect_err(script);
        assert!(said.contains(wanted), "{script}: {said}");
    }
    let said = from_header("stall").expect_err("`after` is missing");
    assert_eq!(said, "x-sim-fault: the fault `stall`: missing field `after`");
    assert_eq!(from_header("drop"), Ok(vec![Fault::Drop]));
}
