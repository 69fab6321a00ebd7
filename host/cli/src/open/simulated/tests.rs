use super::{count_prompts, vocabulary};
use loadwright_sim::{PromptMessage, PromptText};

#[test]
fn replies_are_made_of_words_of_one_token() {
    let tokenizer = loadwright_tokens::builtin();
    let words = vocabulary(&*tokenizer);
    assert!(words.len() > 500, "{}", words.len());
    let reply: String = words.iter().rev().step_by(7).map(String::as_str).collect();
    let count = words.iter().rev().step_by(7).count();
    assert_eq!(tokenizer.encode(&reply).expect("it encodes").len(), count);
}

#[test]
fn prompts_are_counted_as_they_are_sent() {
    let tokenizer = loadwright_tokens::builtin();
    let count = count_prompts(tokenizer.clone());
    assert_eq!(count(&PromptText::Tokens(vec![vec![1, 2, 3], vec![4]])), 4);
    let text = "hello there";
    let bare = count(&PromptText::Text(vec![text.into()]));
    assert_eq!(bare, tokenizer.count_text(text).expect("it counts"));
    let message = PromptMessage { role: "user".into(), text: text.into(), images: 0 };
    assert!(count(&PromptText::Chat(vec![message])) > bare, "the chat template counts too");
}
