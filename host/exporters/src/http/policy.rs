//! Whether a request may go to a URL, before its name is looked up.

use crate::address::{Reach, never_reached, reach};
use crate::grants::{Cover, Grants, is_http};
use loadwright_core::ports::Fault;
use url::{Host, Url};

/// Where one exporter's requests may go.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    /// Of the exporter, for the flag that an error names.
    pub(super) name: String,
    pub(super) grants: Grants,
    /// Names of proxies.
    pub(super) proxies: Vec<String>,
}

/// What a request may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Permit {
    /// How close the host may be.
    pub(super) most: Reach,
    /// Whether its host was granted; otherwise it is a kept URL.
    pub(super) granted: bool,
}

impl Policy {
    /// Checks `url`; `kept`: it was kept, from a server this close.
    pub(super) fn check(&self, url: &Url, kept: Option<Reach>) -> Result<Permit, Fault> {
        let origin = url.origin().ascii_serialization();
        if !is_http(url) {
            return Err(refused(format!("{}: is no URL of HTTP", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused(format!("URL of {origin} holds credentials; use {{{{basic:…}}}}")));
        }
        // Before the grant: no flag would help.
        if let Some(why) = url.host().and_then(|host| never_reached(&host)) {
            return Err(refused(why));
        }
        let permit = match (self.grants.cover(url), kept) {
            (Some(Cover::Named), _) => Permit { most: Reach::Loopback, granted: true },
            (Some(Cover::Suffix), _) => Permit { most: Reach::Public, granted: true },
            (None, Some(most)) => Permit { most, granted: false },
            (None, None) => {
                let name = &self.name;
                let text = format!("{origin} is not granted; add --allow {name}:http={origin}");
                return Err(refused(text));
            }
        };
        self.check_host(url, permit.most)?;
        Ok(permit)
    }

    /// Whether a host that is reached at all may be as close as it is.
    fn check_host(&self, url: &Url, most: Reach) -> Result<(), Fault> {
        let address = match url.host() {
            None => return Err(refused("URL names no host".into())),
            Some(Host::Domain(name)) => {
                let is_proxy = self.proxies.iter().any(|proxy| proxy == name);
                if is_proxy && most < Reach::Loopback {
                    return Err(refused(format!("{name} is a proxy: only a grant may name it")));
                }
                return Ok(());
            }
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
        };
        if reach(address).is_none_or(|reach| reach > most) {
            return Err(refused(format!(
                "{address} is on this machine or a private network; only a grant that names it \
                 leads there"
            )));
        }
        Ok(())
    }
}

fn refused(text: String) -> Fault {
    Fault::Fatal(text)
}
