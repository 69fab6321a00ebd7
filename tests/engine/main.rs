//! The engine against the simulated server: what the server really saw and sent is the oracle of
//! every record. One module a theme.

mod rig;
mod speak;

mod arrivals;
mod content;
mod load;
mod turns;
