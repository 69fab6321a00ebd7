use super::{PAGE, page, root};

#[test]
fn the_page_is_that_of_the_contract() {
    let written = std::fs::read_to_string(root().join(PAGE)).unwrap();
    let wanted = page(&root().join("wit")).unwrap();
    assert_eq!(written, wanted, "run `cargo xtask contract` and commit {PAGE}");
}

#[test]
fn the_page_says_what_the_comments_say() {
    let page = page(&root().join("wit")).unwrap();
    let rule = page.split("### record `rule`").nth(1).unwrap();
    for wanted in [
        "- `at`: `string`\\\n  JSON pointer (RFC 6901), in which `*` is every element of an array",
        "- `when`: `list<guard>`\\\n  All must hold.\n",
        "  - `every`: all rules of the kind that find a value are used, not only the first",
    ] {
        assert!(rule.contains(wanted), "{wanted}\n{rule}");
    }
    let generate = "### `generate(first: u32, count: u32) -> \
                    result<list<result<conversation, fault>>, fault>`\n";
    assert!(page.contains(generate), "{page}");
    assert!(page.contains("| `dataset-plugin` | `log`, `random` | `plugin`, `dataset` |"));
}
