//! Where tokenizers are looked for: the folders and hubs that the environment names. Reads the
//! environment once; looking is `locate`'s and fetching is `fetch`'s.

use std::path::PathBuf;

/// Folders and hubs, in the order in which they are tried.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// The Hugging Face hub's caches: each holds `models--<org>--<name>`.
    pub(crate) hugging_face: Vec<PathBuf>,
    /// `ModelScope` caches: each holds `<org>/<name>`.
    pub(crate) model_scope: Vec<PathBuf>,
    /// Our own cache of what was fetched; none: there is no home folder.
    pub(crate) own: Option<PathBuf>,
    /// The hubs, unless fetching is forbidden.
    pub(crate) hubs: Hubs,
}

/// The hubs that may be asked.
#[derive(Debug, Clone, Default)]
pub(crate) enum Hubs {
    /// `HF_HUB_OFFLINE` forbids it.
    #[default]
    Offline,
    /// In this order.
    Online(Vec<Hub>),
}

/// One hub: files are at `<endpoint>/<path><id>/resolve/<revision>/<file>`.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    /// Scheme and host, without a trailing slash.
    pub(crate) endpoint: String,
    /// What stands between host and id.
    pub(crate) path: &'static str,
    /// The default branch's name there.
    pub(crate) revision: &'static str,
    /// Sent as a bearer token: gated models need one.
    pub(crate) token: Option<String>,
}

impl Places {
    /// As the environment says, by the hubs' own variables.
    pub(crate) fn from_env() -> Self {
        let own = loadwright_files::cache_dir().map(|cache| cache.join("tokenizers"));
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self { own, ..Self::read(&var) }
    }

    /// The hubs' folders as `var` names them, without our own.
    pub(crate) fn read(var: &dyn Fn(&str) -> Option<String>) -> Self {
        let home = var("HOME").or_else(|| var("USERPROFILE")).map(PathBuf::from);
        let caches = var("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| home.as_ref().map(|home| home.join(".cache")));
        Self {
            hugging_face: hugging_face(var, caches.as_ref()),
            model_scope: model_scope(var, home.as_ref()),
            own: None,
            hubs: hubs(var),
        }
    }
}

/// `HF_HUB_CACHE` is the cache itself, `HF_HOME` holds it in `hub`, and without either it is
/// `<caches>/huggingface/hub`.
fn hugging_face(var: &dyn Fn(&str) -> Option<String>, caches: Option<&PathBuf>) -> Vec<PathBuf> {
    let named = var("HF_HUB_CACHE")
        .or_else(|| var("HUGGINGFACE_HUB_CACHE"))
        .map(PathBuf::from)
        .or_else(|| var("HF_HOME").map(|home| PathBuf::from(home).join("hub")));
    let usual = caches.map(|caches| caches.join("huggingface").join("hub"));
    named.or(usual).into_iter().collect()
}

/// Newer versions of `ModelScope` keep models in `<cache>/models/<org>/<name>`, older ones in
/// `<cache>/<org>/<name>`; the cache is `~/.cache/modelscope/hub` unless it is named, and a named
/// one may be its parent.
fn model_scope(var: &dyn Fn(&str) -> Option<String>, home: Option<&PathBuf>) -> Vec<PathBuf> {
    let root = match var("MODELSCOPE_CACHE") {
        Some(named) => PathBuf::from(named),
        None => match home {
            Some(home) => home.join(".cache").join("modelscope").join("hub"),
            None => return Vec::new(),
        },
    };
    ["models", "", "hub/models", "hub"].iter().map(|layout| root.join(layout)).collect()
}

fn hubs(var: &dyn Fn(&str) -> Option<String>) -> Hubs {
    let offline = var("HF_HUB_OFFLINE").is_some_and(|value| {
        ["1", "on", "yes", "true"].contains(&value.to_ascii_lowercase().as_str())
    });
    if offline {
        return Hubs::Offline;
    }
    let trim = |endpoint: String| endpoint.trim_end_matches('/').to_owned();
    Hubs::Online(vec![
        Hub {
            endpoint: trim(var("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into())),
            path: "",
            revision: "main",
            token: var("HF_TOKEN"),
        },
        Hub {
            endpoint: match var("MODELSCOPE_DOMAIN") {
                Some(domain) if domain.contains("://") => trim(domain),
                Some(domain) => format!("https://{}", trim(domain)),
                None => "https://modelscope.cn".into(),
            },
            path: "models/",
            revision: "master",
            token: None,
        },
    ])
}
