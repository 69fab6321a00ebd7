//! The engine against the simulated server: what the server really saw and sent is the oracle of
//! every record. One module a theme.

#![expect(clippy::unwrap_used, reason = "all of this is tests: a panic is how they fail")]

mod rig;
mod speak;
mod wire;

mod arrivals;
mod certificates;
mod child;
mod connections;
mod content;
mod control;
mod heads;
mod limits;
mod load;
mod outcomes;
mod paced;
mod pressure;
mod probe;
mod proxies;
mod shapes;
mod stamps;
mod turns;
mod unasked;
mod unending;
mod waits;
