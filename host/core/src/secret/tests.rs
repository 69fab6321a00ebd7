//! What counts as secret in URLs and headers, and that no text keeps it.

use super::{MASK, Secrets, filled, is_secret_header, masked_url};
use crate::plan::Target;
use proptest::prelude::*;

fn target(url: &str, headers: &[(&str, &str)]) -> Target {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Target { url: url.into(), headers, ..Target::default() }
}

fn masked(target: &Target, text: &str) -> String {
    Secrets::of(target).masked(text).into_owned()
}

#[test]
fn secrets_of_a_url_are_masked_and_nothing_else() {
    let cases = [
        ("http://h:1/v1", "http://h:1/v1"),
        ("http://h/a@b:c?d=e", "http://h/a@b:c?d=e"),
        ("http://me@h/v1", "http://**********@h/v1"),
        ("http://me:p@ss@h:1/v1", "http://**********@h:1/v1"),
        ("me:pass@h/v1", "**********@h/v1"),
        ("http://h/v1?a=1&KEY=s&n=2", "http://h/v1?a=1&KEY=**********&n=2"),
        ("http://h?Api_Key=s#key=t", "http://h?Api_Key=**********#key=t"),
        ("http://h?keys=1&monkey=2&token", "http://h?keys=1&monkey=2&token"),
        ("http://h?sig=a=b", "http://h?sig=**********"),
    ];
    for (url, wanted) in cases {
        assert_eq!(masked_url(url), wanted);
        assert_eq!(masked_url(wanted), wanted, "a plan that is read again is shown alike");
    }
}

#[test]
fn headers_are_secret_unless_they_are_known_to_be_harmless() {
    for name in ["Content-Type", "accept", "User-Agent", "anthropic-version", "HOST"] {
        assert!(!is_secret_header(name), "{name}");
    }
    for name in ["Authorization", "x-goog-api-key", "Ocp-Apim-Subscription-Key", "Cookie", "X-Mine"]
    {
        assert!(is_secret_header(name), "{name}");
    }
}

#[test]
fn an_echoed_secret_is_masked_however_it_is_spelled() {
    let bearer =
        target("http://h/v1", &[("Authorization", "Bearer sk-\"1/2\"x9"), ("accept", "text/html")]);
    let cases = [
        ("Incorrect API key: sk-\"1/2\"x9.", "Incorrect API key: **********."),
        ("got Bearer sk-\"1/2\"x9", "got **********"),
        (r#"{"m": "sk-\"1/2\"x9"}"#, r#"{"m": "**********"}"#),
        ("?key=sk-%221%2F2%22x9&a", "?key=**********&a"),
        ("xsk-\"1/2\"x9x sk-\"1/2\"x9", "x**********x **********"),
        ("no text/html, no key", "no text/html, no key"),
        ("cut off: sk-\"1/2\"x…", "cut off: **********…"),
        ("Bearer", "Bearer"),
    ];
    for (text, wanted) in cases {
        assert_eq!(masked(&bearer, text), wanted);
        assert_eq!(masked(&bearer, wanted), wanted, "masking twice changes nothing");
    }
}

#[test]
fn user_password_and_query_of_the_url_are_masked() {
    // `Basic` of opensesame:p%ss, as a URL's user and password are sent.
    let basic = target("http://h", &[("Authorization", "Basic b3BlbnNlc2FtZTpwJXNz")]);
    let text = "user opensesame, password p%ss, together opensesame:p%ss, b3BlbnNlc2FtZTpwJXNz";
    let wanted = "user **********, password **********, together **********, **********";
    assert_eq!(masked(&basic, text), wanted);
    let url = target("http://me:pass%21word@h/v1?key=a%2Fbcdefg&n=12345678", &[]);
    let text = "pass!word pass%21word a/bcdefg a%2Fbcdefg 12345678 me";
    assert_eq!(masked(&url, text), format!("{MASK} {MASK} {MASK} {MASK} 12345678 me"));
}

#[test]
fn short_secrets_are_masked_as_words_only() {
    let short =
        target("http://h", &[("x-tenant", "EMPTY"), ("x-priority", "1"), ("x-stars", "*****")]);
    let text = "EMPTY is not EMPTYING, 1 of 11 *****";
    assert_eq!(masked(&short, text), "********** is not EMPTYING, 1 of 11 *****");
}

#[test]
fn secrets_are_not_told_by_debugging() {
    let secrets = Secrets::of(&target("http://h", &[("x-key", "sk-secret-key")]));
    assert!(!format!("{secrets:?}").contains("secret-key"));
}

proptest! {
    #[test]
    fn no_text_keeps_a_secret(
        key in "[!-~]{8,40}",
        parts in proptest::collection::vec("[ -~é…]{0,12}", 1..6),
    ) {
        prop_assume!(key.bytes().any(|byte| byte != b'*'));
        let target = target("http://h", &[("Authorization", &format!("Bearer {key}"))]);
        let text = parts.join(&key);
        let shown = masked(&target, &text);
        prop_assert!(!shown.contains(&key), "{shown}");
        prop_assert_eq!(masked(&target, &shown), shown.clone());
    }
}

#[test]
fn placeholders_of_secrets_are_filled_once() {
    let secrets = [("api-key", "sk"), ("secret:aws", "{{api-key}}")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let fill = |value: &str| filled(value, &secrets).map(std::borrow::Cow::into_owned);
    assert_eq!(fill("Bearer {{api-key}}").unwrap(), "Bearer sk");
    assert_eq!(fill("{{secret:aws}}, {{api-key}}").unwrap(), "{{api-key}}, sk");
    for left in ["plain", "{{turn}}", "{{ api-key }}", "{{api-key", "}}{{", ""] {
        assert_eq!(fill(left).unwrap(), left);
    }
    assert_eq!(fill("{{turn}} {{{{api-key}}").unwrap(), "{{turn}} {{sk");
    assert_eq!(
        fill("{{secret:gcp}}").unwrap_err().to_string(),
        "{{secret:gcp}} is not declared; name it in needs.secrets of the manifest"
    );
    let none = filled("{{api-key}}", &[]).unwrap_err().to_string();
    assert_eq!(none, "{{api-key}} has no value; give --api-key");
}

#[test]
fn secrets_of_placeholders_are_masked() {
    let secrets = vec![("secret:aws".to_owned(), "0123456789".to_owned())];
    let secrets = Secrets::of(&Target { secrets, ..target("http://h/", &[]) });
    assert_eq!(secrets.masked("it said 0123456789"), format!("it said {MASK}"));
}
