//! Why a text of a length cannot be made, in words that name the flag to change.

use loadwright_core::ports::{Fault, Synthesis};
use loadwright_core::setting::SettingFault;
use loadwright_core::words::counted;

/// Longer than texts are made.
pub(super) fn too_long(tokens: u32, most: u32) -> Fault {
    Fault::Settings(SettingFault::from(format!(
        "a prompt of {tokens} tokens is longer than the {most} that are made with this tokenizer; \
         lower --max-prompt-length or --prefix-length"
    )))
}

/// Shorter than what stands around the text.
pub(super) fn too_short(request: &Synthesis<'_>, least: u32) -> Fault {
    let around = match (request.in_chat, request.prefix.is_empty()) {
        (true, true) => "chat template",
        (true, false) => "chat template and prefix",
        (false, true) => "special tokens",
        (false, false) => "prefix",
    };
    Fault::Settings(SettingFault::from(format!(
        "a prompt of {} is shorter than the {least} that its {around} alone count; give \
         --min-prompt-length so that prefix and prompt have at least {least}",
        counted(u64::from(request.tokens), "token")
    )))
}

/// No text can be made of this vocabulary.
pub(super) fn unusable() -> Fault {
    Fault::Unsupported(
        "the tokenizer's vocabulary has no entries that encode to themselves, so prompts of an \
         exact length cannot be made from it; choose another --dataset"
            .to_owned(),
    )
}
