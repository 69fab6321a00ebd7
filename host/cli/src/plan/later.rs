//! Answers to flags that are known but not used.

use super::Shared;
use crate::args::later::Answer;

impl Shared<'_> {
    pub(super) fn answer_known_flags(&mut self) {
        for known in &self.args.later.given {
            match known.answer {
                Answer::NotYet(nearest) => self.findings.mistake(
                    known.name,
                    format!("is a flag that Loadwright does not have yet; {nearest}"),
                ),
                Answer::Nothing(why) => {
                    self.findings.notice(format!("--{} has no effect here: {why}", known.name));
                }
            }
        }
        let source = &self.args.dataset.data_source;
        if source != "local" {
            let text = format!("`{source}` cannot be had yet; give the file with --dataset-path");
            self.findings.mistake("data-source", text);
        }
    }
}
