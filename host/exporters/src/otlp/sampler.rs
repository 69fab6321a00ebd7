//! Which share of the traces is sampled by `OTEL_TRACES_SAMPLER`.

use super::environment::Environment;
use super::options::Options;

#[cfg(test)]
mod tests;

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SHARE: &str = "OTEL_TRACES_SAMPLER_ARG";

impl Options {
    /// These options with the share that the environment asks for, where none is given. `variable`
    /// looks variables up.
    ///
    /// # Errors
    /// A variable is not valid; it is named.
    pub fn sampled_by(mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        if self.sampling_ratio.is_none() && self.sampling_rate.is_none() {
            self.sampling_ratio = share(Environment(variable))?;
        }
        Ok(self)
    }
}

fn share(environment: Environment<'_>) -> Result<Option<f64>, String> {
    let Some(name) = environment.value(SAMPLER) else { return Ok(None) };
    // A trace begins with its request, so that no parent has decided.
    match name.strip_prefix("parentbased_").unwrap_or(&name) {
        "always_on" => Ok(Some(1.0)),
        "always_off" => Ok(Some(0.0)),
        "traceidratio" => {
            let Some(text) = environment.value(SHARE) else { return Ok(Some(1.0)) };
            let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
            let wrong = || format!("{SHARE}: `{text}` is not a number from 0 to 1");
            share.map(Some).ok_or_else(wrong)
        }
        _ => Err(format!(
            "{SAMPLER}: `{name}` is not always_on, always_off or traceidratio, nor one of them \
             behind parentbased_"
        )),
    }
}
