use super::SettingFault;

#[test]
fn a_text_is_split_at_the_colon_behind_a_name() {
    let named = |name: &str, text: &str| SettingFault::of(name, text);
    let bare = |text: &str| SettingFault { name: None, text: text.into() };
    let cases = [
        ("top_k: 0 is too small", named("top_k", "0 is too small")),
        (
            "settings.ids[1]: is a text: not a number",
            named("settings.ids[1]", "is a text: not a number"),
        ),
        ("dataset-path: give it", named("dataset-path", "give it")),
        ("it is empty", bare("it is empty")),
        ("the file: it is empty", bare("the file: it is empty")),
        (": no name", bare(": no name")),
        ("http://h", bare("http://h")),
    ];
    for (text, wanted) in cases {
        let fault = SettingFault::from(text);
        assert_eq!(fault, wanted, "{text}");
        assert_eq!(fault.to_string(), text, "what a guest said is passed on to a guest as it was");
    }
}
