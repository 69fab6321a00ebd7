use super::*;
use loadwright_plugin::Part;

fn prompt_of(json: &str) -> Prompt {
    let mut items = OnePrompt::configure(json).unwrap().generate(5, 2).unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items[0], items[1]);
    items.remove(0).unwrap().turns.remove(0).prompt
}

#[test]
fn a_chat_endpoint_gets_one_user_message() {
    let Prompt::Messages(messages) = prompt_of(r#"{"prompt":"hi","apply_chat_template":true}"#)
    else {
        panic!("not messages")
    };
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].role, "user");
    assert_eq!(messages[0].parts, [Part::Text("hi".into())]);
}

#[test]
fn a_completions_endpoint_gets_text() {
    let prompt = prompt_of(r#"{"prompt":"hi","apply_chat_template":false}"#);
    assert_eq!(prompt, Prompt::Text("hi".into()));
}

#[test]
fn no_prompt_is_a_fault_that_names_it() {
    for json in ["{}", r#"{"prompt":null}"#, r#"{"prompt":""}"#] {
        let Err(Fault::Settings(fault)) = OnePrompt::configure(json) else {
            panic!("{json} was taken")
        };
        assert_eq!(fault.name, "prompt");
        assert!(fault.text.contains("--prompt"), "{}", fault.text);
    }
}
