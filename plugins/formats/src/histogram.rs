//! A distribution as bins without gaps, for those who draw it.

#[cfg(test)]
mod tests;

use loadwright_plugin::exporter::Distribution;

/// How far a bucket of the host reaches down, as a share of its upper bound: 2 significant digits.
const WIDTH: f64 = 0.01;

/// Bins and what is in them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// Ascending: one more than there are bins; none where there are no values.
    pub bounds: Vec<f64>,
    /// Of each bin.
    pub counts: Vec<f64>,
}

impl Histogram {
    /// The bins of a distribution. Buckets without values are not given: one bin stands for those
    /// between.
    pub fn new(distribution: &Distribution) -> Self {
        let mut bins = Self::default();
        for bucket in &distribution.buckets {
            let lower = bucket.upper_bound * (1.0 - WIDTH);
            match bins.bounds.last() {
                None if distribution.min < bucket.upper_bound => bins.bounds.push(distribution.min),
                None => bins.bounds.push(lower),
                Some(last) if *last < lower => {
                    bins.bounds.push(lower);
                    bins.counts.push(0.0);
                }
                Some(_) => {}
            }
            bins.bounds.push(bucket.upper_bound);
            bins.counts.push(bucket.count);
        }
        bins
    }

    /// At most `most` bins: neighbours as one.
    #[must_use]
    pub fn within(mut self, most: usize) -> Self {
        while self.counts.len() > most.max(1) {
            self = self.halved();
        }
        self
    }

    fn halved(&self) -> Self {
        let counts: Vec<f64> = self.counts.chunks(2).map(|pair| pair.iter().sum()).collect();
        let mut bounds: Vec<f64> = self.bounds.iter().step_by(2).copied().collect();
        if self.counts.len() % 2 == 1 {
            bounds.extend(self.bounds.last());
        }
        Self { bounds, counts }
    }
}
