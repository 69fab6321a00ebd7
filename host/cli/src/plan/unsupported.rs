//! Answers to flags that are known but not supported.

use crate::args::PerfArgs;
use crate::args::unsupported::Answer;
use crate::diagnostics::Diagnostics;

/// Reports those that were given.
pub(super) fn check(args: &PerfArgs, diagnostics: &mut Diagnostics) {
    for flag in &args.unsupported.given {
        match flag.answer {
            Answer::Unsupported(instead) => {
                diagnostics.error(flag.name, format!("is not supported yet; {instead}"));
            }
            Answer::NoEffect(why) => {
                diagnostics.notice(format!("--{} has no effect: {why}", flag.name));
            }
        }
    }
    let source = &args.dataset.data_source;
    if source != "local" {
        let text = format!("`{source}` is not supported yet; give the file with --dataset-path");
        diagnostics.error("data-source", text);
    }
}
