//! Fields: each is documented, and no other.

use super::*;

#[test]
fn the_documentation_lists_every_field() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/exporters/otlp.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (name, _) in FIELDS {
        assert!(page.contains(&format!("`{name}`")), "`{name}` is not in docs/exporters/otlp.md");
    }
}

#[test]
fn names_are_found_once_or_refused() {
    assert!(Field::named("first_output").unwrap().is_time());
    assert!(!Field::named("ttft").unwrap().is_time());
    assert!(matches!(Field::named("itl"), Ok(Field::Gaps)));
    assert!(matches!(Field::named("labels.kind"), Ok(Field::Label(_))));
    for unknown in ["", "nothing", "failed", "sent_ns"] {
        assert!(Field::named(unknown).is_err(), "{unknown}");
    }
}

#[test]
fn operations_are_known_by_their_paths() {
    let cases = [
        ("/v1/chat/completions", "chat"),
        ("/v1/completions/", "text_completion"),
        ("/v1/embeddings", "embeddings"),
        ("/v1/messages", "chat"),
    ];
    for (path, expected) in cases {
        assert_eq!(operation(path), expected, "{path}");
    }
}
