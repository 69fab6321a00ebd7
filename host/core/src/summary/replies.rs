//! Successful replies that lack what metrics are made of: no text where tokens were counted, no
//! tokens where there is text, everything at one moment.

use crate::checks::Replies;
use crate::metrics::Row;
use crate::plan::Objectives;

/// Counts such replies among `rows`.
pub(super) fn count(rows: &[Row], objectives: &Objectives) -> Replies {
    let mut replies = Replies::default();
    for row in rows.iter().filter(|row| row.ok) {
        let one_token = row.output().is_some_and(|tokens| tokens <= 1);
        match row.first_output() {
            Some(first) if !one_token => {
                replies.of_several_tokens += 1;
                replies.one_piece += u64::from(first == row.last_output());
            }
            // One token may be one without text, such as the end of the sequence.
            None if row.streamed && row.output().is_some_and(|tokens| tokens > 1) => {
                replies.without_text += 1;
            }
            _ => {}
        }
        replies.zero_usage += u64::from(row.has_output() && row.output() == Some(0));
        replies.without_ttft += u64::from(objectives.ttft.is_some() && row.ttft().is_none());
        let judged = objectives.tpot.is_some() && row.single;
        replies.without_tpot += u64::from(judged && row.tpot_to_judge().is_none());
    }
    replies
}
