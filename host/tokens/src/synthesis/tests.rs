//! Lengths are exact for any seed, index, length and prefix, with every kind of vocabulary; the
//! oracle is the tokenizer's own count of the whole text.

use super::{CONFIRM_EVERY, Synthesizer};
use crate::model::Model;
use crate::model::tests::{metaspace, qwen3, undelimited, without_template, word_piece};
use crate::template::ChatTemplate;
use crate::{builtin, config, file};
use loadwright_core::ports::{Fault, MAX_PROMPT_TOKENS, Synthesis, Tokenizer};
use loadwright_core::stop::StopFlag;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::{Arc, LazyLock};

const TRIMMING: &str = "{% for m in messages %}[INST] {{ m.content | trim }} [/INST]{% endfor %}";

fn with_template(file: &Value, template: &str) -> Model {
    let config = config::parse(&json!({ "chat_template": template })).unwrap();
    Model::new(file::read(&file.to_string()).unwrap(), ChatTemplate::compile(config).unwrap())
}

fn request(index: u32, tokens: u32, in_chat: bool) -> Synthesis<'static> {
    Synthesis { seed: 7, label: "prompt", index, prefix: "", tokens, in_chat, stop: None }
}

fn assert_exact(model: &Model, request: &Synthesis<'_>) -> String {
    let made = model.synthesize(request).unwrap();
    assert_eq!(made.tokens, request.tokens, "{request:?}");
    assert_eq!(
        model.encoder().count(&made.text, request.in_chat).unwrap(),
        request.tokens,
        "{request:?}"
    );
    assert!(made.text.starts_with(request.prefix));
    made.text
}

static BUILTIN: LazyLock<Model> = LazyLock::new(builtin::model);
static METASPACE: LazyLock<Model> = LazyLock::new(|| with_template(&metaspace(), TRIMMING));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_length_is_exact(
        seed: u64,
        index: u32,
        label in "[a-z]{0,8}",
        more in 0_u32..600,
        prefix in prop_oneof![Just(String::new()), "[a-z]{1,6}( [a-z]{1,6}){0,5}", "\\PC{0,12}"],
        in_chat: bool,
    ) {
        let least = BUILTIN.encoder().count(&prefix, in_chat).unwrap();
        let request =
            Synthesis { seed, label: &label, index, prefix: &prefix, tokens: least + more, in_chat, stop: None };
        assert_exact(&BUILTIN, &request);
    }

    #[test]
    fn any_length_is_exact_with_spaces_as_marks(
        seed: u64, index: u32, more in 0_u32..200, in_chat: bool, prefixed: bool,
    ) {
        let prefix = if prefixed { "quiet river" } else { "" };
        let least = METASPACE.encoder().count(prefix, in_chat).unwrap();
        let tokens = least + more;
        let request = Synthesis { seed, label: "p", index, prefix, tokens, in_chat, stop: None };
        assert_exact(&METASPACE, &request);
    }
}

#[test]
fn short_texts_are_exact_over_every_vocabulary() {
    let models = [
        builtin::model(),
        with_template(&metaspace(), TRIMMING),
        with_template(&word_piece(), TRIMMING),
        with_template(&undelimited(), "<{{ messages[0].content }}>\n"),
    ];
    for model in &models {
        for in_chat in [false, true] {
            let least = model.encoder().count("", in_chat).unwrap();
            for index in 0..40 {
                assert_exact(model, &request(index, least + index % 5, in_chat));
            }
            assert_exact(model, &request(0, least + 700, in_chat));
        }
    }
}

#[test]
fn the_real_tokenizer_is_exact() {
    let Some(model) = qwen3() else { return };
    let prefix = assert_exact(&model, &request(9, 200, false));
    for index in 0..120 {
        let tokens = 9 + index * index % 2039;
        let in_chat = index % 2 == 0;
        assert_exact(&model, &request(index, tokens, in_chat));
        assert_exact(
            &model,
            &Synthesis { prefix: &prefix, ..request(index, tokens + 210, in_chat) },
        );
    }
    assert!(Synthesizer::new(model.encoder()).pieces.delimited());
}

#[test]
fn the_same_askedgives_the_same_text_on_any_thread_and_in_any_order() {
    let first = Arc::new(builtin::model());
    let indices: Vec<u32> = (0..32).collect();
    let made: Vec<String> =
        indices.iter().map(|i| first.synthesize(&request(*i, 90, true)).unwrap().text).collect();
    let second = Arc::new(builtin::model());
    let threads: Vec<_> = indices
        .iter()
        .rev()
        .map(|i| {
            let (model, i) = (Arc::clone(&second), *i);
            std::thread::spawn(move || (i, model.synthesize(&request(i, 90, true)).unwrap().text))
        })
        .collect();
    for thread in threads {
        let (index, text) = thread.join().unwrap();
        assert_eq!(text, made[index as usize]);
    }
    assert_eq!(made.iter().collect::<HashSet<_>>().len(), made.len());
}

#[test]
fn seed_label_and_index_each_change_the_text() {
    let base = request(3, 60, false);
    let texts: HashSet<String> = [
        base,
        Synthesis { seed: 8, ..base },
        Synthesis { label: "prefix", ..base },
        Synthesis { index: 4, ..base },
    ]
    .iter()
    .map(|request| assert_exact(&BUILTIN, request))
    .collect();
    assert_eq!(texts.len(), 4);
}

/// Uniform over the vocabulary: of 40,000 draws from `n` words each word is expected `40,000/n`
/// times, and chi squared stays within five standard deviations of its mean.
#[test]
fn words_are_drawn_uniformly_and_not_in_a_row() {
    let model = builtin::model();
    let text = assert_exact(&model, &request(1, 40_000, false));
    let ids = model.encode(&text[text.find(' ').unwrap()..]).unwrap();
    let mut counts = std::collections::HashMap::<u32, f64>::new();
    for id in &ids {
        *counts.entry(*id).or_default() += 1.0;
    }
    let classes = Synthesizer::new(model.encoder()).pieces.len() as f64;
    let expected = ids.len() as f64 / classes;
    let seen: f64 = counts.values().map(|count| (count - expected).powi(2) / expected).sum();
    let unseen = (classes - counts.len() as f64) * expected;
    assert!((seen + unseen - classes).abs() < 5.0 * (2.0 * classes).sqrt());
    let rows = ids.windows(2).filter(|pair| pair[1] == pair[0] + 1).count();
    assert!(rows < ids.len() / 500, "{rows} consecutive ids");
}

#[test]
fn a_length_below_the_surroundings_is_a_settings_fault_with_the_minimum() {
    let least = BUILTIN.encoder().count("", true).unwrap();
    let Err(Fault::Settings(fault)) = BUILTIN.synthesize(&request(0, least - 1, true)) else {
        panic!("accepted");
    };
    let text = fault.text;
    assert!(text.contains("--min-prompt-length") && text.contains(&format!("least {least}")));
    let prefixed = Synthesis { prefix: "time and tide", ..request(0, 1, false) };
    let fault = BUILTIN.synthesize(&prefixed).unwrap_err().to_string();
    assert!(fault.contains("prefix"), "{fault}");
}

/// A wrong proof: told that the vocabulary is delimited, the synthesizer finds out at the next
/// confirmation, repairs that text, and confirms every one from then on.
#[test]
fn a_wrong_proof_is_noticed_and_every_text_confirmed_after() {
    let model = without_template(&undelimited());
    let mut synthesizer = Synthesizer::new(model.encoder());
    assert!(!synthesizer.pieces.delimited());
    let asked = request(1, 3_000, false);
    synthesizer.pieces = synthesizer.pieces.assume_delimited();
    *synthesizer.trusted.get_mut() = true;
    synthesizer.assume_additive(&asked, 0);
    let wrong = synthesizer.synthesize(model.encoder(), &asked).unwrap();
    assert_ne!(model.count_text(&wrong.text).unwrap(), 3_000);
    let confirmed =
        synthesizer.synthesize(model.encoder(), &request(CONFIRM_EVERY, 3_000, false)).unwrap();
    assert_eq!(model.count_text(&confirmed.text).unwrap(), 3_000);
    let repaired = synthesizer.synthesize(model.encoder(), &asked).unwrap();
    assert_eq!((model.count_text(&repaired.text).unwrap(), repaired.tokens), (3_000, 3_000));
}

impl Synthesizer {
    fn assume_additive(&self, request: &Synthesis<'_>, alone: u32) {
        let key = (self.hasher.hash_one(request.prefix), request.prefix.len(), request.in_chat);
        self.known.lock().unwrap().insert(key, super::Surroundings { alone, additive: true });
    }
}

#[test]
fn lengths_above_the_maximum_are_rejected() {
    let fault = BUILTIN.synthesize(&request(0, u32::MAX, false)).unwrap_err();
    let Fault::Settings(fault) = fault else { panic!("{fault:?}") };
    let text = fault.text;
    assert!(text.contains("4294967295") && text.contains("--max-prompt-length"), "{text}");
}

#[test]
fn a_text_that_is_counted_in_parts_is_exact() {
    for in_chat in [false, true] {
        let text = assert_exact(&BUILTIN, &request(0, 80_000, in_chat));
        assert!(text.len() > 1 << 18, "it has several parts");
        assert_exact(&BUILTIN, &Synthesis { prefix: &text, ..request(1, 80_100, in_chat) });
    }
}

#[test]
fn synthesis_ends_when_the_run_stops() {
    let stop = StopFlag::default();
    let asked = Synthesis { stop: Some(&stop), ..request(0, 50, true) };
    assert_exact(&BUILTIN, &asked);
    stop.raise();
    let stopped = Err(Fault::Transient("the run was stopped".into()));
    assert_eq!(BUILTIN.synthesize(&asked), stopped);
    let endless = Synthesis { tokens: MAX_PROMPT_TOKENS, ..asked };
    assert_eq!(BUILTIN.synthesize(&endless), stopped, "none of it was synthesized");
}

/// Without a proof a text is encoded whole, repeatedly, and encoding cannot be interrupted.
#[test]
fn without_a_proof_texts_are_shorter() {
    let model = without_template(&undelimited());
    let fault = model.synthesize(&request(0, (1 << 20) + 1, false)).unwrap_err().to_string();
    assert!(fault.contains("1048577") && fault.contains("maximum of 1048576"), "{fault}");
}
