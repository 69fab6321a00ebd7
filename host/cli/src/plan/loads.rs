//! The points of a run. Whether a dataset is timed, only the dataset itself can say, once it is
//! opened: where it may be, the points are made either way, each with what is wrong with it.

use super::exporters::Exporters;
use super::settings;
use super::{sweep, trace, traceparent};
use crate::args::PerfArgs;
use crate::config::MergedSettings;
use crate::diagnostics::{Diagnostics, SettingErrors};
use loadwright_core::plan::Plan;

/// The points of a sweep, and what the user is told about them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sweep {
    /// The points, in order.
    pub points: Vec<Plan>,
    /// A line for each setting: its value and where it came from.
    pub resolved: Vec<String>,
    /// What the user should know.
    pub notices: Vec<String>,
    /// Settings that cannot be used.
    pub errors: SettingErrors,
}

/// What the points are, depending on what the dataset says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Loads {
    /// For a dataset that is not timed.
    pub untimed: Sweep,
    /// For one that is, by its name.
    pub timed: Sweep,
}

impl Loads {
    /// The sweep for a dataset that is `timed` or not.
    pub fn settled(self, timed: bool) -> Sweep {
        if timed { self.timed } else { self.untimed }
    }

    /// The one that can be used, if only one can: until the dataset has said what it is, its points
    /// stand for both.
    pub(super) fn likely(&self) -> &Sweep {
        let Self { untimed, timed } = self;
        if untimed.errors.0.is_empty() || !timed.errors.0.is_empty() { untimed } else { timed }
    }
}

/// What points are made of.
pub(super) struct LoadSettings<'a> {
    given: &'a MergedSettings,
    /// What all points have in common.
    shared: &'a Plan,
    first_item: u64,
    /// Where results are sent.
    exporters: &'a Exporters,
    /// Whether the dataset may be timed.
    may_be_timed: bool,
}

impl<'a> LoadSettings<'a> {
    pub(super) fn of(
        given: &'a MergedSettings,
        shared: &'a Plan,
        first_item: u64,
        exporters: &'a Exporters,
        may_be_timed: bool,
    ) -> Self {
        Self { given, shared, first_item, exporters, may_be_timed }
    }
}

/// The points. What is wrong with them is reported now, unless that depends on the dataset.
pub(super) fn loads(settings: &LoadSettings<'_>, diagnostics: &mut Diagnostics) -> Loads {
    let mut untimed = settings.sweep(sweep::points, diagnostics);
    let mut timed = if settings.may_be_timed {
        settings.sweep(trace::points, diagnostics)
    } else {
        untimed.clone()
    };
    let is_common = |found: &_| timed.errors.0.contains(found);
    let common: Vec<_> = untimed.errors.0.iter().filter(|it| is_common(it)).cloned().collect();
    let is_notice = |notice: &_| timed.notices.contains(notice);
    let notices: Vec<_> = untimed.notices.iter().filter(|it| is_notice(it)).cloned().collect();
    for sweep in [&mut untimed, &mut timed] {
        sweep.errors.0.retain(|found| !common.contains(found));
        sweep.notices.retain(|notice| !notices.contains(notice));
    }
    diagnostics.errors.0.extend(common);
    diagnostics.notices.extend(notices);
    if !untimed.errors.0.is_empty() && !timed.errors.0.is_empty() {
        // Neither can be used, whatever the dataset is.
        diagnostics.errors.0.append(&mut untimed.errors.0.clone());
    }
    Loads { untimed, timed }
}

impl LoadSettings<'_> {
    fn sweep(
        &self,
        points: fn(&PerfArgs, &Plan, &mut Diagnostics) -> Vec<Plan>,
        outer: &Diagnostics,
    ) -> Sweep {
        let mut diagnostics =
            Diagnostics { origins: outer.origins.clone(), ..Diagnostics::default() };
        let mut points = points(&self.given.args, self.shared, &mut diagnostics);
        traceparent::settle(&mut points, self.exporters, &mut diagnostics);
        sweep::check_items(self.first_item, &points, &mut diagnostics);
        let resolved = settings::lines(&points, &self.given.sources);
        let Diagnostics { errors, notices, .. } = diagnostics;
        Sweep { points, resolved, notices, errors }
    }
}

#[cfg(test)]
mod tests;
