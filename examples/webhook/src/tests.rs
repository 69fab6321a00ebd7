//! The request, and the plugin's length.

use super::*;
use loadwright_plugin::exporter::Segment;

#[test]
fn a_post_is_sent_again_only_where_it_was_not_sent() {
    let request = post("http://h/hook", &json!({}));
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "http://h/hook"));
    assert_eq!(request.retry, Retry::Unsent);
    assert!(matches!(request.body.as_slice(), [Segment::Bytes(body)] if body == b"{}"));
}

/// The README says how long the plugin is.
#[test]
fn it_is_about_forty_lines_long() {
    let source = include_str!("lib.rs");
    let lines = source.lines().take_while(|line| !line.contains("cfg(test)"));
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    let readme = include_str!("../README.md");
    assert!(readme.contains(&format!("{code} lines of code")), "{code} lines");
}
