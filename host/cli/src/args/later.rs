//! Flags of EvalScope that are known here but do nothing yet, or nothing any more.
//!
//! They are taken by a hidden catcher, so that a script written for it gets an answer that says
//! what to do instead of a parser's "unexpected argument".

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// What is answered to a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// An error: the flag is not there yet. Holds the nearest one and what it does.
    NotYet(&'static str),
    /// A notice: the flag tunes something that Loadwright does not have. Holds why.
    Nothing(&'static str),
}

/// A flag that is known but not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its long name, without dashes.
    pub name: &'static str,
    /// What is answered to it.
    pub answer: Answer,
}

const LOCAL: Answer =
    Answer::NotYet("no model is served in-process; start the server and name it with --url");
const SEARCH: Answer =
    Answer::NotYet("walk a list of loads with --parallel or --rate, and set limits with --goodput");
const TURNS: Answer = Answer::NotYet(
    "conversations of several turns come later; --dataset \
     line_by_line sends recorded messages as one turn",
);
const TRACKER: Answer =
    Answer::NotYet("results are in the folder named by --outputs-dir, as JSON and SQLite");

/// Every such flag.
pub const KNOWN: &[Known] = &[
    not_used("port", LOCAL),
    not_used("attn-implementation", LOCAL),
    not_used("multi-turn", TURNS),
    not_used("min-turns", TURNS),
    not_used("max-turns", TURNS),
    not_used("multi-turn-args", TURNS),
    not_used(
        "scenario",
        Answer::NotYet("describe the load with --open-loop, --rate and --arrival"),
    ),
    not_used(
        "enable-pd-metrics",
        Answer::NotYet("the gaps of every request are in records.db, under --outputs-dir"),
    ),
    not_used("visualizer", TRACKER),
    not_used("wandb-api-key", TRACKER),
    not_used("swanlab-api-key", TRACKER),
    not_used("swanlab-host", TRACKER),
    not_used("sla-auto-tune", SEARCH),
    not_used("sla-variable", SEARCH),
    not_used("sla-params", SEARCH),
    not_used("sla-num-runs", SEARCH),
    not_used("sla-upper-bound", SEARCH),
    not_used("sla-lower-bound", SEARCH),
    not_used("sla-fixed-parallel", SEARCH),
    not_used("sla-number-multiplier", SEARCH),
    not_used("num-workers", Answer::Nothing("prompts are made on threads, ahead of their slots")),
    not_used("log-every-n-query", Answer::Nothing("progress is shown all the time")),
    not_used("enable-progress-tracker", Answer::Nothing("progress is shown all the time")),
    not_used("db-commit-interval", Answer::Nothing("records are committed every second")),
    not_used("queue-size-multiplier", Answer::Nothing("queues are sized by the engine")),
    not_used("in-flight-task-multiplier", Answer::Nothing("no more requests are started than run")),
    not_used(
        "image-patch-size",
        Answer::Nothing("tokens of images are taken from the server's usage, not estimated"),
    ),
];

const fn not_used(name: &'static str, answer: Answer) -> Known {
    Known { name, answer }
}

/// The flags of [`KNOWN`] that were given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LaterArgs {
    /// In the order of the table.
    pub given: Vec<&'static Known>,
}

impl Args for LaterArgs {
    fn augment_args(command: Command) -> Command {
        command.args(KNOWN.iter().map(|known| {
            Arg::new(known.name)
                .long(known.name)
                .hide(true)
                .num_args(0..)
                .action(ArgAction::Append)
                .allow_negative_numbers(true)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for LaterArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = KNOWN.iter().filter(|known| matches.contains_id(known.name)).collect();
        Ok(Self { given })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
