//! Exporters of a run: opened before it begins, told how it ends, and reported.

mod grants;
mod live;
mod open;
mod otlp;
mod outcome;
mod run;

pub(crate) use live::LiveExports;
pub(crate) use open::{Opened, open};
pub(crate) use outcome::{exported, report};
pub(crate) use run::stored;

use crate::console::Console;
use loadwright_exporters::{Notice, Tell};
use std::sync::Arc;

/// Names the proxies on the way.
pub(crate) fn introduce(proxies: &[String], console: &Console) {
    for proxy in proxies {
        console.info(&format!("exporters use the proxy {proxy}"));
    }
}

/// Shows what exporters tell; `stop` ends the run.
pub(crate) fn tell(console: &Arc<Console>, stop: impl Fn() + Send + Sync + 'static) -> Tell {
    let console = Arc::clone(console);
    Arc::new(move |name, notice| match notice {
        Notice::Link(link) => console.info(&format!("{name}: {link}")),
        Notice::Loss(loss) => console.notice(&format!("exporter `{name}`: {loss}")),
        Notice::Retried(why) => console.debug(&format!("exporter `{name}` is tried again: {why}")),
        Notice::GivenUp(why) => console.notice(&format!("exporter `{name}` has ended: {why}")),
        Notice::Stop(why) => {
            console.notice(&format!("exporter `{name}` ends the run: {why}"));
            stop();
        }
    })
}
