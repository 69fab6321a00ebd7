//! Flags of EvalScope that are known but not supported yet, or have nothing to act on.
//!
//! They are parsed by hidden arguments, so that a script written for EvalScope gets an answer that
//! says what to do instead of a parser's "unexpected argument".

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// The answer to a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// An error: the flag is not supported yet. Says what to use instead.
    Unsupported(&'static str),
    /// A notice: the flag tunes something that Loadwright does not have. Says why.
    NoEffect(&'static str),
}

/// A flag that is known but not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownFlag {
    /// Its long name, without dashes.
    pub name: &'static str,
    /// The answer to it.
    pub answer: Answer,
}

const LOCAL: &str = "models are not served in-process; start the server and give it with --url";
const SEARCH: &str = "sweep over a list of loads with --parallel or --rate, and set limits with \
                      --goodput";
const TURNS: &str = "--dataset line_by_line sends recorded messages as one turn";

/// Every such flag.
pub const KNOWN: &[KnownFlag] = &[
    unsupported("port", LOCAL),
    unsupported("attn-implementation", LOCAL),
    unsupported("multi-turn", TURNS),
    unsupported("min-turns", TURNS),
    unsupported("max-turns", TURNS),
    unsupported("multi-turn-args", TURNS),
    unsupported("scenario", "describe the load with --open-loop, --rate and --arrival"),
    unsupported(
        "enable-pd-metrics",
        "the inter-token gaps of every request are in records.db, under --outputs-dir",
    ),
    unsupported("sla-auto-tune", SEARCH),
    unsupported("sla-variable", SEARCH),
    unsupported("sla-params", SEARCH),
    unsupported("sla-num-runs", SEARCH),
    unsupported("sla-upper-bound", SEARCH),
    unsupported("sla-lower-bound", SEARCH),
    unsupported("sla-fixed-parallel", SEARCH),
    unsupported("sla-number-multiplier", SEARCH),
    no_effect("num-workers", "threads prepare requests ahead of time by default"),
    no_effect("log-every-n-query", "progress is always shown"),
    no_effect("enable-progress-tracker", "progress is always shown"),
    no_effect("db-commit-interval", "records are committed several times a second"),
    no_effect("queue-size-multiplier", "the engine sizes its queues"),
    no_effect("in-flight-task-multiplier", "no tasks are created beyond the requests in flight"),
    no_effect("image-patch-size", "image tokens are taken from the server's usage, not estimated"),
];

const fn unsupported(name: &'static str, instead: &'static str) -> KnownFlag {
    KnownFlag { name, answer: Answer::Unsupported(instead) }
}

const fn no_effect(name: &'static str, why: &'static str) -> KnownFlag {
    KnownFlag { name, answer: Answer::NoEffect(why) }
}

/// The flags of [`KNOWN`] that were given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnsupportedArgs {
    /// In the order of the table.
    pub given: Vec<&'static KnownFlag>,
}

impl Args for UnsupportedArgs {
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

impl FromArgMatches for UnsupportedArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = KNOWN.iter().filter(|known| matches.contains_id(known.name)).collect();
        Ok(Self { given })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
