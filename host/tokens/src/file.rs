//! Reads tokenizer.json into a `tokenizers` pipeline. The `tokenizers` crate's own reader builds a
//! tree of JSON values, several times the size of the file for a large vocabulary; here a BPE model,
//! the common case, is read straight into the builder. Stops at the pipeline.

use ahash::AHashMap;
use loadwright_core::words::counted;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokenizers::models::ModelWrapper;
use tokenizers::models::bpe::BPE;
use tokenizers::{
    AddedToken, DecoderWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper,
    Tokenizer,
};

/// The parts of tokenizer.json that determine ids. Truncation and padding are ignored: a server
/// counts every token of a prompt, and no padding.
#[derive(Deserialize)]
struct Pipeline<'a> {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    normalizer: Option<NormalizerWrapper>,
    pre_tokenizer: Option<PreTokenizerWrapper>,
    post_processor: Option<PostProcessorWrapper>,
    decoder: Option<DecoderWrapper>,
    #[serde(borrow)]
    model: &'a RawValue,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct BytePairs<'a> {
    vocab: AHashMap<String, u32>,
    #[serde(borrow)]
    merges: &'a RawValue,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    fuse_unk: bool,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
}

/// The pipeline that a tokenizer.json describes; otherwise what is wrong with it.
pub(crate) fn read(json: &str) -> Result<Tokenizer, String> {
    let file: Pipeline<'_> = serde_json::from_str(json).map_err(|error| damage(&error, json))?;
    let mut tokenizer = Tokenizer::new(read_model(file.model)?);
    // The normalizer comes first: added tokens are matched in normalized text.
    tokenizer
        .with_normalizer(file.normalizer)
        .with_pre_tokenizer(file.pre_tokenizer)
        .with_post_processor(file.post_processor)
        .with_decoder(file.decoder);
    tokenizer.add_tokens(&file.added_tokens);
    Ok(tokenizer)
}

/// What is wrong with a JSON file.
pub(crate) fn damage(error: &serde_json::Error, json: &str) -> String {
    if error.is_eof() {
        return format!("it is truncated after {}", counted(json.len() as u64, "byte"));
    }
    error.to_string()
}

fn read_model(model: &RawValue) -> Result<ModelWrapper, String> {
    let kind: Kind = serde_json::from_str(model.get()).map_err(|error| error.to_string())?;
    if kind.kind.as_deref() == Some("BPE") {
        return read_byte_pairs(model.get());
    }
    serde_json::from_str(model.get()).map_err(|error| format!("its model: {error}"))
}

/// Ignores dropout: it is for training, and a server encodes without it.
fn read_byte_pairs(json: &str) -> Result<ModelWrapper, String> {
    let model: BytePairs<'_> =
        serde_json::from_str(json).map_err(|error| format!("its model: {error}"))?;
    let mut builder = BPE::builder()
        .vocab_and_merges(model.vocab, read_merges(model.merges)?)
        .fuse_unk(model.fuse_unk)
        .byte_fallback(model.byte_fallback)
        .ignore_merges(model.ignore_merges);
    if let Some(unknown) = model.unk_token {
        builder = builder.unk_token(unknown);
    }
    if let Some(prefix) = model.continuing_subword_prefix {
        builder = builder.continuing_subword_prefix(prefix);
    }
    if let Some(suffix) = model.end_of_word_suffix {
        builder = builder.end_of_word_suffix(suffix);
    }
    builder.build().map(ModelWrapper::BPE).map_err(|error| format!("its model: {error}"))
}

/// Merges are pairs, or in older files strings of two words.
fn read_merges(merges: &RawValue) -> Result<Vec<(String, String)>, String> {
    if let Ok(pairs) = serde_json::from_str::<Vec<(String, String)>>(merges.get()) {
        return Ok(pairs);
    }
    let lines: Vec<String> =
        serde_json::from_str(merges.get()).map_err(|error| format!("its merges: {error}"))?;
    lines
        .iter()
        .filter(|line| !line.starts_with("#version"))
        .map(|line| match line.split_once(' ') {
            Some((left, right)) => Ok((left.to_owned(), right.to_owned())),
            None => Err(format!("its merges: `{line}` is not a pair")),
        })
        .collect()
}
