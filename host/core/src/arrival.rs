//! Arrival processes: when requests are scheduled, as offsets from the first. Pure and seeded; it reads
//! no clock.

use crate::{Nanos, SECOND};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Exp1, Gamma};
use serde::{Deserialize, Serialize};

/// An arrival process.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// Requests a second, on average; above 0.
    pub rate: f64,
    /// How the gaps are drawn.
    pub process: Process,
}

/// How the gaps between arrivals are drawn. None of them is rescaled to end on time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Process {
    /// Every gap is 1/rate.
    Constant,
    /// Gaps are exponential with mean 1/rate.
    Poisson,
    /// Gaps are gamma distributed with shape `burstiness` and mean 1/rate: below 1 burstier than
    /// Poisson, 1 Poisson, above 1 more even.
    Gamma {
        /// Shape of the distribution; above 0.
        burstiness: f64,
    },
}

impl Arrival {
    /// The offsets of successive arrivals from the first, in nanoseconds; the first is 0.
    ///
    /// The same seed gives the same offsets.
    pub fn offsets(&self, seed: u64) -> Offsets {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        rng.set_stream(ARRIVAL_STREAM);
        Offsets { arrival: *self, rng, count: 0, elapsed: 0.0 }
    }
}

/// Separates arrivals from every other use of the run's seed.
const ARRIVAL_STREAM: u64 = 0x6172_7269_7661_6c73;

/// An endless iterator over the offsets of arrivals.
#[derive(Debug, Clone)]
pub struct Offsets {
    arrival: Arrival,
    rng: ChaCha12Rng,
    count: u64,
    /// Nanoseconds of all gaps so far. f64 holds whole nanoseconds exactly for 104 days.
    elapsed: f64,
}

impl Iterator for Offsets {
    type Item = Nanos;

    fn next(&mut self) -> Option<Nanos> {
        let index = self.count;
        self.count += 1;
        let mean = SECOND as f64 / self.arrival.rate;
        let gap = match self.arrival.process {
            // From the index, so that rounding never accumulates.
            Process::Constant => return Some((index as f64 * mean).round() as Nanos),
            _ if index == 0 => 0.0,
            Process::Poisson => mean * self.exponential(),
            Process::Gamma { burstiness } => self.gamma(burstiness, mean / burstiness),
        };
        self.elapsed += gap;
        Some(self.elapsed.round() as Nanos)
    }
}

impl Offsets {
    fn exponential(&mut self) -> f64 {
        Exp1.sample(&mut self.rng)
    }

    fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        Gamma::new(shape, scale).expect("shape and scale are above 0").sample(&mut self.rng)
    }
}

#[cfg(test)]
mod tests;
