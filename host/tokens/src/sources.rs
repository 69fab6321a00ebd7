//! Sources of tokenizers: the caches and hubs that the environment names. Reads the environment once;
//! `resolve` searches them and `fetch` downloads.

use std::path::PathBuf;

/// Caches and hubs, in the order in which they are tried.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// Hugging Face caches: models are in `models--<org>--<name>`.
    pub(crate) hugging_face: Vec<PathBuf>,
    /// `ModelScope` caches: models are in `<org>/<name>`.
    pub(crate) model_scope: Vec<PathBuf>,
    /// Our own cache of fetched tokenizers; `None` without a home folder.
    pub(crate) own: Option<PathBuf>,
    /// The hubs, unless offline.
    pub(crate) hubs: Hubs,
}

/// The hubs to fetch from.
#[derive(Debug, Clone, Default)]
pub(crate) enum Hubs {
    /// `HF_HUB_OFFLINE` is set.
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
    /// The path in front of the id.
    pub(crate) path: &'static str,
    /// The default branch's name there.
    pub(crate) revision: &'static str,
    /// Bearer token: gated models need one.
    pub(crate) token: Option<String>,
}

impl Sources {
    /// From the environment variables that the hubs' own clients use.
    pub(crate) fn from_env() -> Self {
        let own = loadwright_files::cache_dir().map(|cache| cache.join("tokenizers"));
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self { own, ..Self::read(&var) }
    }

    /// From the variables `var`, without our own cache.
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

/// `HF_HUB_CACHE` is the cache itself, `HF_HOME` its parent (`hub`), and without either it is
/// `<caches>/huggingface/hub`.
fn hugging_face(var: &dyn Fn(&str) -> Option<String>, caches: Option<&PathBuf>) -> Vec<PathBuf> {
    let named = var("HF_HUB_CACHE")
        .or_else(|| var("HUGGINGFACE_HUB_CACHE"))
        .map(PathBuf::from)
        .or_else(|| var("HF_HOME").map(|home| PathBuf::from(home).join("hub")));
    let usual = caches.map(|caches| caches.join("huggingface").join("hub"));
    named.or(usual).into_iter().collect()
}

/// Newer versions of `ModelScope` store models in `<cache>/models/<org>/<name>`, older ones in
/// `<cache>/<org>/<name>`. The default cache is `~/.cache/modelscope/hub`; `MODELSCOPE_CACHE` may
/// name the cache or its parent.
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
