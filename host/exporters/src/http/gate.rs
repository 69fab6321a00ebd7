//! Looks names up and checks each address before a connection is opened to it. What is checked is what
//! is connected to, so a name that changes its addresses meanwhile gains nothing.

use crate::address::{Reach, reach};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most hosts of one exporter.
const MOST: usize = 1024;

/// Finds the addresses of a name.
pub trait Lookup: Send + Sync {
    /// The addresses of `host`.
    ///
    /// # Errors
    /// It has none, or they cannot be found.
    fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
    }
}

/// Why an address may not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Denied(pub(super) String);

/// The resolver of one exporter.
#[derive(Clone)]
pub(super) struct Gate(Arc<Inner>);

struct Inner {
    lookup: Arc<dyn Lookup>,
    /// Names of proxies, which the user chose.
    proxies: Vec<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The host of the request that goes on, and how close it may be.
    permitted: Option<(String, Reach)>,
    /// How close the hosts were that were connected to.
    seen: HashMap<String, Reach>,
}

impl Gate {
    pub(super) fn new(lookup: Arc<dyn Lookup>, proxies: Vec<String>) -> Self {
        Self(Arc::new(Inner { lookup, proxies, state: Mutex::default() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the next connections go to `host`. A connection that is open already must not be closer
    /// than this request may go.
    pub(super) fn permit(&self, host: &str, most: Reach) -> Result<(), Denied> {
        let mut state = self.state();
        if state.seen.get(host).is_some_and(|seen| *seen > most) {
            return Err(too_close(host));
        }
        if state.seen.len() >= MOST && !state.seen.contains_key(host) {
            return Err(Denied(format!("more than {MOST} hosts were requested")));
        }
        state.permitted = Some((host.to_owned(), most));
        Ok(())
    }

    /// How close `host` was; public where it was reached through a proxy.
    pub(super) fn seen(&self, host: &str) -> Reach {
        let literal = host.trim_matches(['[', ']']).parse().ok().and_then(reach);
        literal.or_else(|| self.state().seen.get(host).copied()).unwrap_or(Reach::Public)
    }

    /// The addresses of `host` that were found, if each of them may be reached.
    fn admit(&self, host: &str, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, Denied> {
        let mut closest = Reach::Public;
        for address in &found {
            let reach = reach(*address).ok_or_else(|| {
                Denied(format!("{host} has the address {address}, which exporters never reach"))
            })?;
            closest = closest.max(reach);
        }
        if self.0.proxies.iter().any(|proxy| proxy == host) {
            return Ok(found);
        }
        let mut state = self.state();
        match &state.permitted {
            Some((permitted, most)) if permitted == host && closest <= *most => {}
            _ => return Err(too_close(host)),
        }
        state
            .seen
            .entry(host.to_owned())
            .and_modify(|at| *at = closest.max(*at))
            .or_insert(closest);
        Ok(found)
    }
}

fn too_close(host: &str) -> Denied {
    Denied(format!(
        "{host} is on this machine or a private network; only a grant that names it leads there"
    ))
}

impl Resolve for Gate {
    fn resolve(&self, name: Name) -> Resolving {
        let gate = self.clone();
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let (lookup, name) = (Arc::clone(&gate.0.lookup), host.clone());
            let found = tokio::task::spawn_blocking(move || lookup.lookup(&name)).await??;
            let addresses = gate.admit(&host, found)?;
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
