use super::{alert, create_files, find_run, message, upload_headers, upload_names, viewer};
use crate::fixture::settings;
use crate::naming::Path;
use serde_json::{Value, json};

fn body(operation: &super::Operation) -> Value {
    serde_json::from_slice(&operation.body()).unwrap()
}

const PATH: Path<'_> = Path { entity: "team", project: "p", id: "r" };

#[test]
fn a_document_declares_the_variables_that_it_is_sent_with() {
    let settings = settings();
    let run = crate::fixture::description();
    for operation in [
        viewer(),
        find_run(&settings, "r"),
        super::upsert(&settings, &run),
        create_files(PATH, &["a"]),
        alert(PATH, "title", "text"),
    ] {
        let body = body(&operation);
        let document = body["query"].as_str().unwrap();
        let declared: Vec<&str> = document
            .split('{')
            .next()
            .unwrap()
            .split('$')
            .skip(1)
            .map(|rest| rest.split(':').next().unwrap())
            .collect();
        let mut sent: Vec<&str> =
            body["variables"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut used = declared.clone();
        used.sort_unstable();
        sent.sort_unstable();
        assert_eq!(used, sent, "{document}");
        for variable in declared {
            let places = document.matches(&format!("${variable}")).count();
            assert!(places >= 2, "${variable} is not used: {document}");
        }
        assert_eq!(document.matches('{').count(), document.matches('}').count());
        assert!(document.contains(body["operationName"].as_str().unwrap()));
    }
}

#[test]
fn a_message_is_found_wherever_it_is() {
    for body in [
        json!({"errors": [{"message": "no"}]}),
        json!({"error": "no"}),
        json!({"error": {"message": "no"}}),
        json!({"message": "no"}),
    ] {
        assert_eq!(message(&body), Some("no"), "{body}");
    }
    assert_eq!(message(&json!({"errors": []})), None);
    assert_eq!(message(&json!("no")), None);
}

#[test]
fn headers_of_uploads_are_split_at_the_first_colon() {
    let data = json!({"createRunFiles": {
        "uploadHeaders": ["x-a: 1", "x-b:https://c", "none", 3],
        "files": [{"name": "b"}, {}, {"name": "a"}],
    }});
    let headers = [("x-a", "1"), ("x-b", "https://c")];
    assert_eq!(upload_headers(&data), headers.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(upload_names(&data), ["b", "", "a"]);
    assert!(upload_names(&json!({"createRunFiles": {"files": 3}})).is_empty());
}
