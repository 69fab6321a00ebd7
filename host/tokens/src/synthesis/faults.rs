//! Why a prompt of a length cannot be synthesized, and the flag to change.

use loadwright_core::ports::{Fault, Synthesis};
use loadwright_core::setting::SettingFault;
use loadwright_core::words::counted;

/// The length exceeds the maximum.
pub(super) fn too_long(tokens: u32, most: u32) -> Fault {
    Fault::Settings(SettingFault::from(format!(
        "a prompt of {tokens} tokens exceeds the maximum of {most} with this tokenizer; lower \
         --max-prompt-length or --prefix-length"
    )))
}

/// The length is below that of prefix, template and special tokens.
pub(super) fn too_short(request: &Synthesis<'_>, least: u32) -> Fault {
    let around = match (request.in_chat, request.prefix.is_empty()) {
        (true, true) => "chat template",
        (true, false) => "chat template and prefix",
        (false, true) => "special tokens",
        (false, false) => "prefix",
    };
    Fault::Settings(SettingFault::from(format!(
        "a prompt of {} is too short: its {around} alone count {least}; raise --min-prompt-length \
         so that prefix and prompt have at least {least} tokens",
        counted(u64::from(request.tokens), "token")
    )))
}

/// The vocabulary has no usable pieces.
pub(super) fn unusable() -> Fault {
    Fault::Unsupported(
        "the tokenizer's vocabulary has no entries that encode to themselves, so prompts of an \
         exact length cannot be synthesized; choose another --dataset or --tokenizer-path"
            .to_owned(),
    )
}
