use super::*;

#[test]
fn a_mark_is_the_whole_frame_except_white_space() {
    let plan = ReadingPlan { done: vec!["[DONE]".into(), "end".into()], ..Default::default() };
    let marks = EndMarks::of(Some(&plan));
    for frame in ["[DONE]", " [DONE]\t", "end"] {
        assert!(marks.matches(frame.as_bytes()), "{frame}");
    }
    for frame in ["", "[DONE]x", "DONE", "ends", "{\"text\":\"[DONE]\"}"] {
        assert!(!marks.matches(frame.as_bytes()), "{frame}");
    }
    for none in [EndMarks::of(None), EndMarks::of(Some(&ReadingPlan::default()))] {
        assert!(!none.matches(b"") && !none.matches(b"[DONE]"));
    }
}
