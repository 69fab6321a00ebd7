//! In which order the turns of a conversation start: each once every turn that it follows has ended.
//! Pure: what a turn says, and when it is sent, is decided elsewhere.

use crate::conversation::Turn;

/// The order of a conversation's turns, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnOrder {
    /// The turns that each one follows directly.
    before: Lists,
    /// The turns that follow each one directly.
    following: Lists,
    /// How many of the turns that each one follows have not ended.
    missing: Vec<u32>,
}

/// A turn follows one that does not come before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("turn {turn} follows turn {after}, which is not before it")]
pub struct BadOrder {
    /// The turn.
    pub turn: u32,
    /// What it follows.
    pub after: u32,
}

impl TurnOrder {
    /// The order that `turns` ask for by their `after`; where that is empty, a turn follows the one
    /// before.
    ///
    /// # Errors
    /// A turn follows itself or a later one.
    pub fn new(turns: &[Turn]) -> Result<Self, BadOrder> {
        let mut before = Lists::default();
        for (turn, after) in (0..).zip(turns.iter().map(|turn| &turn.after)) {
            if let Some(&after) = after.iter().find(|after| **after >= turn) {
                return Err(BadOrder { turn, after });
            }
            let mut after = after.clone();
            if after.is_empty() {
                after.extend(turn.checked_sub(1));
            }
            after.sort_unstable();
            after.dedup();
            before.push(&after);
        }
        let missing = (0..turns.len()).map(|turn| before.of(turn).len() as u32).collect();
        Ok(Self { following: before.reversed(), before, missing })
    }

    /// Takes note that `turn`, which had started, has ended. Returns the turns that may start now, in
    /// order.
    pub fn end(&mut self, turn: u32) -> Vec<u32> {
        let Self { following, missing, .. } = self;
        let mut started = Vec::new();
        for &next in following.of(turn as usize) {
            let missing = &mut missing[next as usize];
            *missing = missing.saturating_sub(1);
            if *missing == 0 {
                started.push(next);
            }
        }
        started
    }

    /// Whether any turn follows `turn`.
    pub fn is_followed(&self, turn: u32) -> bool {
        !self.following.of(turn as usize).is_empty()
    }

    /// The turns that `turn` follows directly, in order.
    pub fn before(&self, turn: u32) -> &[u32] {
        self.before.of(turn as usize)
    }

    /// All turns that `turn` follows, directly or not, in order.
    pub fn ancestors(&self, turn: u32) -> Vec<u32> {
        let mut found = vec![false; turn as usize];
        let mark = |turns: &[u32], found: &mut [bool]| {
            turns.iter().for_each(|&before| found[before as usize] = true);
        };
        mark(self.before(turn), &mut found);
        for earlier in (0..turn).rev() {
            if found[earlier as usize] {
                mark(self.before(earlier), &mut found);
            }
        }
        (0..turn).filter(|&earlier| found[earlier as usize]).collect()
    }
}

/// A list of turns for each turn, all in one allocation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Lists {
    turns: Vec<u32>,
    /// Where each list ends in `turns`.
    ends: Vec<usize>,
}

impl Lists {
    fn push(&mut self, list: &[u32]) {
        self.turns.extend_from_slice(list);
        self.ends.push(self.turns.len());
    }

    fn of(&self, turn: usize) -> &[u32] {
        let start = turn.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.turns[start..self.ends[turn]]
    }

    /// For each turn, those in whose lists it is.
    fn reversed(&self) -> Self {
        let mut ends = vec![0; self.ends.len()];
        self.turns.iter().for_each(|&turn| ends[turn as usize] += 1);
        let mut total = 0;
        for end in &mut ends {
            total += *end;
            *end = total;
        }
        let mut turns = vec![0; self.turns.len()];
        let mut free = ends.clone();
        // Backwards, so that each list is filled from its end and is in order.
        for turn in (0..self.ends.len()).rev() {
            for &listed in self.of(turn) {
                free[listed as usize] -= 1;
                turns[free[listed as usize]] = turn as u32;
            }
        }
        Self { turns, ends }
    }
}

#[cfg(test)]
mod tests;
