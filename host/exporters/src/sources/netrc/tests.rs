//! Entries in all spellings, and damaged files.

use super::{Entry, entries, find};
use proptest::prelude::*;

fn entry(machine: &str, login: &str, password: &str) -> Entry {
    Entry { machine: machine.into(), login: login.into(), password: password.into() }
}

#[test]
fn entries_are_read_on_one_line_or_many_with_comments_quotes_and_macros() {
    let text = "# a comment\nmachine a.example login u password p#1 # behind\n\n\
                machine b.example:8080\n\tlogin \"name with \\\"quotes\\\"\"\n  password #x\n\
                macdef init\n machine no.example password no\n\n\
                machine https://c.example/api user u account x password \"\"\n\
                default login d password secret\nmachine d.example password after\\ default";
    assert_eq!(
        entries(text),
        Ok(vec![
            entry("a.example", "u", "p#1"),
            entry("b.example:8080", "name with \"quotes\"", "#x"),
            entry("https://c.example/api", "u", ""),
            entry("d.example", "", "after default"),
        ])
    );
}

#[test]
fn machines_are_found_by_host_and_port() {
    let text = "machine a.example password 1 machine a.example:81 password 2 machine https://B.example/api password 3";
    let password = |machine| find(text, machine).expect("entries").map(|entry| entry.password);
    for (machine, expected) in [
        ("https://a.example", Some("1")),
        ("https://a.example/x?y", Some("1")),
        ("http://A.EXAMPLE:81/", Some("2")),
        ("a.example:81", Some("2")),
        ("https://a.example:82", None),
        ("https://x.a.example", None),
        ("https://b.example", Some("3")),
        ("https://user@b.example", Some("3")),
        ("", Some("1")),
    ] {
        assert_eq!(password(machine).as_deref(), expected, "{machine}");
    }
    assert_eq!(find("default password x", ""), Ok(None));
}

#[test]
fn damaged_files_name_the_line_and_nothing_else() {
    for (text, named) in [
        ("machine", "line 1: `machine` has no value"),
        ("machine a\nlogin", "line 2: `login` has no value"),
        ("\nlogin secret", "line 2: `login` stands before"),
        ("machine a password \"secret\n", "line 1: a quote is not closed"),
        ("machine a\nsecret-word", "line 2: a word is not known"),
    ] {
        let error = entries(text).expect_err(named);
        assert!(error.starts_with(named) && !error.contains("secret"), "{error}");
    }
}

proptest! {
    #[test]
    fn reading_never_panics(text in "(machine |login |password |macdef |default |\"|\\\\|#|\\n|\\PC){0,30}") {
        let _ = entries(&text);
    }

    #[test]
    fn quoted_words_come_back(machine in "[a-z]{1,9}(:[0-9]{1,4})?", login in "[^\\n\\r]{0,12}", password in "[^\\n\\r]{0,12}") {
        let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let text = format!("machine {machine} login {} password {}\n", quote(&login), quote(&password));
        prop_assert_eq!(entries(&text), Ok(vec![entry(&machine, &login, &password)]));
    }
}
