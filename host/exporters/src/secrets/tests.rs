//! Where placeholders are filled in, where they are refused, and what is masked.

use super::{Kept, Piece, Secret, To, Vault, pieces, whole_kept};
use crate::address::Reach;
use crate::grants::Grants;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use loadwright_core::ports::Fault;
use proptest::prelude::*;
use std::collections::BTreeMap;
use url::Url;

const VALUE: &str = "s3cr3t value/+with~marks";

fn vault() -> Vault {
    let hosts = Grants::parse(&["https://api.example"]).expect("grants");
    let secret = Secret { value: VALUE.into(), hosts };
    Vault::new(BTreeMap::from([("api-key".to_owned(), secret)]), &["proxy-password".into()])
}

fn fill(vault: &mut Vault, template: &str, url: &str, granted: bool) -> Result<String, Fault> {
    let url = Url::parse(url).expect("a URL");
    vault.fill(template, To { url: &url, granted }, str::to_owned).map(|filled| filled.text)
}

fn kept(value: &str, from: &str) -> Kept {
    let origin = Url::parse(from).expect("a URL").origin();
    Kept { value: value.into(), origin, reach: Reach::Public }
}

#[test]
fn secrets_are_filled_in_for_their_hosts_alone() {
    let mut vault = vault();
    let at = "https://api.example/x";
    assert_eq!(
        fill(&mut vault, "Bearer {{secret:api-key}}!", at, true),
        Ok(format!("Bearer {VALUE}!"))
    );
    let basic = fill(&mut vault, "Basic {{basic:api:api-key}}", at, true).expect("filled");
    let decoded = STANDARD.decode(basic.strip_prefix("Basic ").expect("a scheme")).expect("base64");
    assert_eq!(decoded, format!("api:{VALUE}").as_bytes());
    assert!(!vault.masked(&basic).contains(&basic[6..]));
    for (url, granted) in
        [("https://other.example/", true), ("http://api.example/", true), (at, false)]
    {
        for template in ["{{secret:api-key}}", "{{basic:u:api-key}}"] {
            let fault = fill(&mut vault, template, url, granted).expect_err("refused");
            assert!(fault.to_string().contains("is bound to https://api.example"), "{fault}");
        }
    }
    let fault = fill(&mut vault, "{{secret:other}}", at, true).expect_err("unknown");
    assert!(fault.to_string().contains("{{secret:other}} has no value"), "{fault}");
}

#[test]
fn values_are_not_searched_for_placeholders_again() {
    let mut vault = vault();
    vault.keep("t", kept("{{secret:api-key}}", "https://api.example")).expect("kept");
    let text = fill(&mut vault, "{{kept:t}}", "https://api.example/", true);
    assert_eq!(text, Ok("{{secret:api-key}}".into()));
}

#[test]
fn kept_values_go_back_to_where_they_came_from_and_where_secrets_may_go() {
    let mut vault = vault();
    vault.keep("token", kept("token-value", "https://login.example")).expect("kept");
    for url in ["https://login.example/y", "https://api.example/"] {
        assert_eq!(fill(&mut vault, "{{kept:token}}", url, true), Ok("token-value".into()));
        assert!(fill(&mut vault, "{{kept:token}}", url, false).is_err(), "{url}");
    }
    let fault = fill(&mut vault, "{{kept:token}}", "https://other.example/", true);
    assert!(
        fault.expect_err("refused").to_string().contains("may not go to https://other.example")
    );
    let fault = fill(&mut vault, "{{kept:none}}", "https://api.example/", true);
    assert!(fault.expect_err("refused").to_string().contains("nothing is kept as `none`"));
    assert!(vault.kept_url("token").is_err());
    for value in ["ftp://x/", "data:,x", "javascript:x"] {
        vault.keep("u", kept(value, "https://api.example")).expect("kept");
        assert!(vault.kept_url("u").is_err(), "{value}");
    }
}

#[test]
fn what_is_kept_is_bounded() {
    let mut vault = vault();
    for number in 0..256 {
        vault.keep(&format!("n{number}"), kept("value", "https://a.example")).expect("kept");
    }
    assert!(vault.keep("n256", kept("value", "https://a.example")).is_err());
    assert!(vault.keep("n255", kept("other", "https://a.example")).is_ok());
    let long = "x".repeat((16 << 10) + 1);
    assert!(vault.keep("n0", kept(&long, "https://a.example")).is_err());
    for name in ["", "a b", "a}}", "a:b", &"x".repeat(65)] {
        assert!(vault.keep(name, kept("value", "https://a.example")).is_err(), "{name}");
    }
}

#[test]
fn every_spelling_of_a_value_is_masked() {
    let mut vault = vault();
    vault.keep("t", kept("first-token", "https://a.example")).expect("kept");
    vault.keep("t", kept("second-token", "https://a.example")).expect("kept");
    let spelled = [
        VALUE.to_owned(),
        STANDARD.encode(VALUE),
        URL_SAFE.encode(VALUE),
        url::form_urlencoded::Serializer::new(String::new()).append_pair("k", VALUE).finish(),
        "s3cr3t%20value%2F%2Bwith~marks".into(),
        "first-token".into(),
        "second-token".into(),
        "proxy-password".into(),
    ];
    for text in spelled {
        let masked = vault.masked(&format!("before {text} behind"));
        assert!(masked.starts_with("before ") && masked.ends_with(" behind"), "{masked}");
        assert!(masked.contains("**********"), "{text}: {masked}");
    }
    for before in ["u:", "us:", "use:"] {
        let text = STANDARD.encode(format!("{before}{VALUE}"));
        assert!(vault.masked(&text).contains("**********"), "{text}");
    }
    assert_eq!(vault.masked_bytes(b"\xff first-token".to_vec()), b"\xff first-token");
    assert_eq!(vault.masked_bytes(b"a first-token".to_vec()), b"a **********");
    assert!(!format!("{vault:?}").contains("token\""), "{vault:?}");
    assert!(!format!("{vault:?}").contains(VALUE));
}

#[test]
fn what_is_no_placeholder_is_refused() {
    for text in ["{{", "{{}}", "{{x}}", "{{secret:}}", "{{secret:a", "{{basic:u}}", "{{basic:u:}}"]
    {
        assert!(pieces(text).is_err(), "{text}");
    }
    assert!(pieces(&"{{kept:a}}".repeat(17)).is_err());
    assert_eq!(pieces("a{b}c}}"), Ok(vec![Piece::Text("a{b}c}}")]));
    assert_eq!(whole_kept("{{kept:url}}"), Some("url"));
    for text in ["{{kept:url}}/x", " {{kept:url}}", "{{secret:url}}", "{{kept:a}}{{kept:b}}"] {
        assert_eq!(whole_kept(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn pieces_give_the_text_again(text in "(\\PC|\\{\\{|\\}\\}|secret:|basic:u:|kept:|n){0,20}") {
        if let Ok(pieces) = pieces(&text) {
            let again: String = pieces.iter().map(|piece| match piece {
                Piece::Text(text) => (*text).to_owned(),
                Piece::Secret(name) => format!("{{{{secret:{name}}}}}"),
                Piece::Basic { user, name } => format!("{{{{basic:{user}:{name}}}}}"),
                Piece::Kept(name) => format!("{{{{kept:{name}}}}}"),
            }).collect();
            prop_assert_eq!(again, text);
        }
    }

    #[test]
    fn no_value_is_left_in_a_masked_text(before in "[ -~]{0,12}", behind in "[ -~]{0,12}") {
        let vault = vault();
        let masked = vault.masked(&format!("{before}{VALUE}{behind}"));
        prop_assert!(!masked.contains(VALUE), "{}", masked);
    }
}
