//! Descriptions that cannot be used.

use super::*;

fn span(start: &str) -> SpanShape {
    SpanShape {
        name: vec![Value::Text("x".into())],
        kind: SpanKind::Client,
        start: start.into(),
        end: "end".into(),
        failed: Vec::new(),
        attributes: Vec::new(),
    }
}

#[test]
fn unknown_fields_and_too_much_of_anything_are_refused() {
    let of = |spans| Compiled::new(Shapes { spans, ..Shapes::default() }).err();
    assert_eq!(of(vec![span("sent")]), None);
    assert_eq!(of(vec![span("nothing")]).unwrap(), "`nothing` is no field of a request");
    assert_eq!(of(vec![span("model")]).unwrap(), "`model` is no time of a request");
    assert_eq!(of(vec![span("sent"); 17]).unwrap(), "17 spans are more than 16");
    let mut long = span("sent");
    long.name = vec![Value::Text("x".repeat(1_025))];
    assert!(of(vec![long]).unwrap().contains("1024"));
}
