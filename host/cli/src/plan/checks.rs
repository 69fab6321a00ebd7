//! Checks of settings against what the run will be: limits of `--goodput` and `--fail-if` must be on
//! metrics that it will have, and the folder of `--run-dir` must be free.

use super::Shared;
use loadwright_core::condition::Condition;
use loadwright_core::plan::Plan;

impl Shared<'_> {
    /// Reports limits on metrics that `plan` will not have.
    pub(super) fn check_metrics(&mut self, plan: &Plan) {
        if !plan.request.stream {
            let objectives = [("ttft", plan.objectives.ttft), ("tpot", plan.objectives.tpot)];
            for (name, _) in objectives.into_iter().filter(|(_, limit)| limit.is_some()) {
                let text = format!(
                    "{name} exists for streamed replies only, so no request would meet it; limit \
                     latency, or ask for streams"
                );
                self.findings.mistake("goodput", text);
            }
        }
        for given in &self.args.output.fail_if {
            match given.parse::<Condition>() {
                Err(bad) => self.findings.mistake("fail-if", bad),
                Ok(condition) if condition.needs_stream() && !plan.request.stream => {
                    let text = format!(
                        "`{condition}` is on a metric of streamed replies; limit the latency, or \
                         ask for streams"
                    );
                    self.findings.mistake("fail-if", text);
                }
                Ok(condition) if condition.needs_objectives() && !plan.objectives.any() => {
                    let text = format!("`{condition}` needs objectives; give --goodput");
                    self.findings.mistake("fail-if", text);
                }
                Ok(_) => {}
            }
        }
    }

    /// Reports a folder for the run that holds something already.
    pub(super) fn check_run_dir(&mut self) {
        let Some(dir) = &self.args.output.run_dir else { return };
        let text = match dir.read_dir().map(|mut entries| entries.next().is_none()) {
            Ok(false) => "is not empty",
            Err(_) if dir.exists() => "is not a folder, or cannot be read",
            Ok(true) | Err(_) => return,
        };
        let text = format!("{} {text}; give a new or an empty folder", dir.display());
        self.findings.mistake("run-dir", text);
    }
}
