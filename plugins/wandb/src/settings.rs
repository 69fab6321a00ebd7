//! What the user chose, checked before the first request.

#[cfg(test)]
mod tests;

use loadwright_plugin::Fault;
use loadwright_plugin::settings::{fault, parse};
use serde::Deserialize;

/// The secret with the API key, as the manifest names it.
pub(crate) const KEY: &str = "api-key";

/// What `configure` gets.
#[derive(Deserialize)]
struct Configured {
    settings: Settings,
    /// Names of the secrets that have a value.
    secrets: Vec<String>,
}

/// The settings of the manifest, filled in by the host.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) base_url: String,
    pub(crate) app_url: String,
    pub(crate) entity: String,
    pub(crate) project: String,
    pub(crate) mode: Mode,
    pub(crate) group: String,
    pub(crate) job_type: String,
    pub(crate) name: String,
    pub(crate) notes: String,
    /// With commas between.
    pub(crate) tags: String,
    pub(crate) run_id: String,
    pub(crate) resume: Resume,
    /// Not supported, and so refused.
    pub(crate) identity_token_file: String,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) alerts: bool,
    pub(crate) files: bool,
    /// Seconds between two requests of a live run.
    pub(crate) interval: f64,
}

/// Where results go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// To the service.
    #[default]
    #[serde(alias = "run")]
    Online,
    /// To a folder that `wandb sync` takes.
    #[serde(alias = "dryrun")]
    Offline,
    /// Nowhere.
    Disabled,
}

/// What to do with a run that exists already under `run_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Resume {
    /// It is written again from its beginning.
    #[default]
    #[serde(alias = "")]
    Overwrite,
    /// It goes on if there is one.
    #[serde(alias = "auto")]
    Allow,
    /// It goes on, and must exist.
    Must,
    /// There must be none.
    Never,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "https://api.wandb.ai".into(),
            app_url: String::new(),
            entity: String::new(),
            project: "perf_benchmark".into(),
            mode: Mode::default(),
            group: String::new(),
            job_type: "load-test".into(),
            name: String::new(),
            notes: String::new(),
            tags: String::new(),
            run_id: String::new(),
            resume: Resume::default(),
            identity_token_file: String::new(),
            username: String::new(),
            email: String::new(),
            alerts: true,
            files: true,
            interval: 15.0,
        }
    }
}

impl Settings {
    /// Reads and checks what `configure` got.
    ///
    /// # Errors
    /// A setting that cannot be used, by its name.
    pub(crate) fn read(json: &str) -> Result<Self, Fault> {
        let Configured { mut settings, secrets } = parse(json)?;
        settings.base_url = settings.base_url.trim_end_matches('/').into();
        settings.app_url = settings.app_url.trim_end_matches('/').into();
        if settings.mode == Mode::Online && !settings.identity_token_file.is_empty() {
            return Err(fault(
                "identity_token_file",
                "is not supported: unset WANDB_IDENTITY_TOKEN_FILE, and give an API key by \
                 --wandb-api-key or WANDB_API_KEY",
            ));
        }
        if settings.mode == Mode::Online && !secrets.iter().any(|name| name == KEY) {
            return Err(fault(
                "mode",
                "there is no API key: give --wandb-api-key, set WANDB_API_KEY or run `wandb login`; \
                 or keep the run in a folder with `--exporter-option wandb.mode=offline`",
            ));
        }
        check_name("project", &settings.project)?;
        check_name("run_id", &settings.run_id)?;
        match settings.resume {
            Resume::Must if settings.run_id.is_empty() => {
                return Err(fault("resume", "`must` needs the run's id: set WANDB_RUN_ID too"));
            }
            // The id is the run's own, so that there is nothing of someone else to go on with.
            Resume::Allow if settings.run_id.is_empty() => settings.resume = Resume::Overwrite,
            _ => {}
        }
        Ok(settings)
    }

    /// The tags, without blanks around them.
    pub(crate) fn tags(&self) -> Vec<String> {
        let tags = self.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
        tags.map(str::to_owned).collect()
    }
}

/// Weights & Biases refuses these in names that stand in addresses.
fn check_name(setting: &str, name: &str) -> Result<(), Fault> {
    if name.len() > 128 {
        return Err(fault(setting, "has more than 128 characters"));
    }
    match name.chars().find(|c| "/\\#?%:".contains(*c) || c.is_control()) {
        Some(c) => Err(fault(setting, format!("`{name}` contains {c:?}: use another name"))),
        None => Ok(()),
    }
}
