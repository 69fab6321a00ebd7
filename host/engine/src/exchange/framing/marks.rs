//! Recognizes frames that mark the end of a reply, so that the connection knows when a reply is
//! complete. What frames mean otherwise is for `reading`.

use loadwright_core::reading::ReadingPlan;

/// The end marks of an API plugin; none if it has no reading plan.
#[derive(Debug, Default)]
pub(crate) struct EndMarks {
    marks: Vec<Vec<u8>>,
    /// Longer frames are not compared.
    longest: usize,
}

/// White space around a mark that is ignored, at most.
const BLANKS: usize = 16;

impl EndMarks {
    /// The marks of `plan`.
    pub(crate) fn of(plan: Option<&ReadingPlan>) -> Self {
        let marks: Vec<Vec<u8>> = plan
            .map(|plan| plan.done.iter().map(|mark| mark.as_bytes().to_vec()).collect())
            .unwrap_or_default();
        let longest = marks.iter().map(|mark| mark.len() + BLANKS).max().unwrap_or(0);
        Self { marks, longest }
    }

    /// Whether `frame` is an end mark. Nearly every frame is too long to be one.
    #[inline]
    pub(crate) fn matches(&self, frame: &[u8]) -> bool {
        frame.len() <= self.longest && self.find(frame)
    }

    #[cold]
    fn find(&self, frame: &[u8]) -> bool {
        let frame = frame.trim_ascii();
        self.marks.iter().any(|mark| mark == frame)
    }
}

#[cfg(test)]
mod tests;
