//! The engine against the simulated server, whose log of what it received and sent is the oracle of
//! every record. One module per topic.

#![expect(clippy::unwrap_used, reason = "all of this is tests: a panic is how they fail")]

mod fakes;
mod raw_server;
mod rig;

mod arrivals;
mod backoff;
mod certificates;
mod child;
mod connections;
mod content;
mod control;
mod endless;
mod graphs;
mod heads;
mod labels;
mod limits;
mod load;
mod outcomes;
mod paced;
mod plans;
mod pressure;
mod probe;
mod proxies;
mod shapes;
mod timestamps;
mod traceparent;
mod traces;
mod turns;
mod unsolicited;
