//! The engine against the simulated server: what the server really saw and sent is the oracle of
//! every record. One module a theme.

mod rig;
mod speak;
mod wire;

mod arrivals;
mod child;
mod content;
mod load;
mod outcomes;
mod shapes;
mod turns;
