//! What grants cover, and what is none.

use super::{Cover, Grant, Grants};
use proptest::prelude::*;
use serde_json::json;
use url::Url;

fn cover(grant: &str, url: &str) -> Option<Cover> {
    let grants = Grants::parse(&[grant]).expect("a grant");
    grants.cover(&Url::parse(url).expect("a URL"))
}

#[test]
fn a_grant_covers_its_scheme_host_and_port_alone() {
    let table = [
        ("https://a.example", "https://a.example/x?y", true),
        ("https://a.example/", "https://A.EXAMPLE:443/", true),
        ("a.example", "https://a.example/", true),
        ("https://a.example", "http://a.example/", false),
        ("https://a.example", "https://a.example:8443/", false),
        ("https://a.example", "https://b.a.example/", false),
        ("https://a.example", "https://a.example.evil.org/", false),
        ("https://a.example", "https://evil.org/a.example", false),
        ("https://a.example", "https://a.example@evil.org/", false),
        ("https://a.example", "https://a.example./", false),
        ("http://a.example", "https://a.example/", true),
        ("http://a.example:80", "http://a.example/", true),
        ("http://a.example:8080", "https://a.example:8080/", false),
        ("http://a.example:8080", "http://a.example/", false),
        ("http://127.0.0.1:9", "http://2130706433:9/", true),
        ("http://127.0.0.1:9", "http://[::ffff:127.0.0.1]:9/", false),
        ("http://[::1]:9", "http://[0:0:0:0:0:0:0:1]:9/", true),
        ("https://bücher.example", "https://xn--bcher-kva.example/", true),
    ];
    for (grant, url, covered) in table {
        assert_eq!(cover(grant, url).is_some(), covered, "{grant} {url}");
    }
}

#[test]
fn a_suffix_covers_names_below_it_and_does_not_name_them() {
    assert_eq!(cover("*.a.example", "https://b.a.example/"), Some(Cover::Suffix));
    assert_eq!(cover("*.a.example", "https://c.b.a.example/"), Some(Cover::Suffix));
    assert_eq!(cover("https://b.a.example", "https://b.a.example/"), Some(Cover::Named));
    let neither = ["https://a.example/", "https://ba.example/", "http://b.a.example/"];
    let nor = ["https://b.a.example:8443/", "https://.a.example.org/", "https://[::1]/"];
    for url in neither.into_iter().chain(nor) {
        assert_eq!(cover("*.a.example", url), None, "{url}");
    }
    assert_eq!(cover("http://*.a.example:81", "http://b.a.example:81/"), Some(Cover::Suffix));
    let both = Grants::parse(&["*.a.example", "https://b.a.example"]).expect("grants");
    let url = Url::parse("https://b.a.example/").expect("a URL");
    assert_eq!(both.cover(&url), Some(Cover::Named), "the name counts for more");
}

#[test]
fn what_is_no_grant_is_refused_and_shown_without_secrets() {
    let none = [
        "",
        "*",
        "*.",
        "*.com",
        "*.127.0.0.1",
        "**.a.example",
        "a.*.example",
        "ftp://a.example",
        "file:///etc",
        "https://",
        "https://a.example/path",
        "https://a.example?x",
        "https://a.example#x",
        "https://u:p@a.example",
        "https://a.example:99999",
        "https://a b",
        "https://a.example\n",
        "a.example\\x",
        "javascript:alert(1)",
    ];
    for text in none {
        let error = text.parse::<Grant>().expect_err(text);
        assert!(error.contains("names no host") && !error.contains("u:p"), "{error}");
    }
    assert!("a".repeat(600).parse::<Grant>().is_err());
    assert!(Grants::parse(&vec!["https://a.example"; 257]).is_err());
}

#[test]
fn a_grant_that_leads_nowhere_is_known_before_anything_is_sent() {
    let nowhere = [
        "http://169.254.169.254",
        "http://[fe80::1]:8080",
        "http://[::ffff:169.254.169.254]",
        "http://2852039166",
        "https://metadata.google.internal",
    ];
    for text in nowhere {
        let grants = Grants::parse(&["https://a.example", text]).expect("grants");
        assert!(grants.never_reached().is_some_and(|why| why.contains("never reach")), "{text}");
    }
    let somewhere = ["https://a.example", "*.a.example", "http://127.0.0.1:9", "http://[::1]"];
    assert_eq!(Grants::parse(&somewhere).expect("grants").never_reached(), None);
}

#[test]
fn settings_are_filled_in_by_the_origin_of_their_url() {
    let settings =
        json!({"base": " https://h.example:8443/api/ ", "none": "", "null": null, "n": 3});
    let names = ["{setting:base}", "{setting:none}", "{setting:null}", "{setting:gone}", "*.x.org"];
    let grants = Grants::resolve(&names, &settings).expect("grants");
    assert_eq!(grants.to_string(), "https://h.example:8443, https://*.x.org");
    assert!(Grants::resolve(&["{setting:n}"], &settings).is_err());
    let bare = Grants::resolve(&["{setting:base}"], &json!({"base": "h.example:81/api"}));
    assert_eq!(bare.expect("https is meant").to_string(), "https://h.example:81");
    for text in ["ftp://h", "u:secret@", "data:,x", "not a url", "file:///x"] {
        let error = Grants::resolve(&["{setting:base}"], &json!({"base": text})).expect_err(text);
        assert!(error.contains("setting `base`") && !error.contains("secret@"), "{error}");
    }
}

proptest! {
    #[test]
    fn reading_never_panics_and_what_is_shown_reads_as_the_same(text in "\\PC{0,40}") {
        if let Ok(grant) = text.parse::<Grant>() {
            prop_assert_eq!(grant.to_string().parse::<Grant>(), Ok(grant));
        }
    }

    #[test]
    fn only_the_granted_name_is_covered(one in "[a-z]{1,8}", other in "[a-z]{1,8}", port in 1u16..) {
        let grant = format!("http://{one}.example:{port}");
        let url = format!("http://{other}.example:{port}/");
        prop_assert_eq!(cover(&grant, &url).is_some(), one == other);
        let below = format!("http://{other}.{one}.example:{port}/");
        prop_assert_eq!(cover(&grant, &below), None);
    }
}
