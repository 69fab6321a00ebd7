//! Elements of a JSON array as they come, against the whole array parsed at once.

use super::*;
use serde_json::Value;

fn elements(body: &str) -> Vec<String> {
    whole(Framing::Elements, body)
}

#[test]
fn each_element_is_a_frame() {
    let cases: [(&str, &[&str]); 14] = [
        (r#"[{"a":1},{"b":[2,{"c":"]"}]}]"#, &[r#"{"a":1}"#, r#"{"b":[2,{"c":"]"}]}"#]),
        ("[\n{\"a\": 1}\n,\r\n{\"b\": 2}\n]\n", &["{\"a\": 1}", "{\"b\": 2}"]),
        ("\u{feff} [1]", &["1"]),
        (r#"["a,]\"","\\",[","]]"#, &[r#""a,]\"""#, r#""\\""#, r#"[","]"#]),
        ("[1, 2.5 ,true,null]", &["1", "2.5", "true", "null"]),
        ("[]", &[]),
        ("[ ]", &[]),
        ("", &[]),
        // What is no array, or goes on after it.
        (r#" {"error":{"message":"no"}}"#, &[r#"{"error":{"message":"no"}}"#]),
        ("busy", &["busy"]),
        ("[1] [2]", &["1", "[2]"]),
        // An array that is not closed, and one that is damaged.
        (r#"[{"a":1},{"b":"#, &[r#"{"a":1}"#, r#"{"b":"#]),
        ("[}{]}", &["}{]", "}"]),
        ("[,,1,]", &["1"]),
    ];
    for (body, expected) in cases {
        assert_eq!(elements(body), expected, "{body}");
        for size in 1..=body.len() {
            let parts = body.as_bytes().chunks(size);
            let split = frames(Framing::Elements, parts, true);
            let split: Vec<_> = split.iter().map(|it| String::from_utf8_lossy(it)).collect();
            assert_eq!(split, expected, "{body} by {size}");
        }
    }
}

#[test]
fn an_element_is_complete_with_its_last_byte() {
    for (body, ends) in
        [(r#"[{"a":[1]},"x" ,[] ,7 ]"#, vec![10, 14, 18, 23]), (r#"[ {"a":"}"} ]"#, vec![11])]
    {
        let complete =
            |fed: usize| frames(Framing::Elements, [&body.as_bytes()[..fed]], false).len();
        let found: Vec<usize> =
            (1..=body.len()).filter(|&fed| complete(fed) > complete(fed - 1)).collect();
        assert_eq!(found, ends, "{body}");
    }
}

#[test]
fn only_an_array_is_a_stream() {
    for (body, streams) in [("[", true), (" [1]", true), ("{}", false), ("", false), ("  ", false)]
    {
        let mut framer = Framer::new(Framing::Elements, false, NO_LIMIT);
        feed(&mut framer, body.as_bytes(), &mut Vec::new()).unwrap();
        assert_eq!(framer.streams(), streams, "{body}");
        framer.finish(&mut |_| ());
        assert_eq!(framer.streams(), streams, "{body} at its end");
    }
}

#[test]
fn an_element_over_the_limit_is_an_error() {
    for body in ["[1,\"0123456789\"]", "[1,[[[[[[[[[[[[", "[1] 012345678"] {
        for size in 1..body.len() {
            let mut framer = Framer::new(Framing::Elements, false, 8);
            let mut frames = Vec::new();
            let failed = body
                .as_bytes()
                .chunks(size)
                .any(|part| feed(&mut framer, part, &mut frames).is_err());
            assert!(failed, "{body} by {size}");
            assert_eq!(frames, [b"1"], "{body} by {size}");
            assert!(framer.held() <= 64, "{body} by {size}");
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[\\[\\]{},\"\\\\é ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a\"\\]]{0,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_array_gives_its_elements_however_it_is_split(
        array in prop::collection::vec(value(), 0..6),
        is_pretty in any::<bool>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let body = match is_pretty {
            true => serde_json::to_vec_pretty(&array).unwrap(),
            false => serde_json::to_vec(&array).unwrap(),
        };
        let frames = frames(Framing::Elements, split(&body, &cuts), false);
        let parsed: Vec<Value> =
            frames.iter().map(|frame| serde_json::from_slice(frame).unwrap()).collect();
        prop_assert_eq!(parsed, array);
    }
}
