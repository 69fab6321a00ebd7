//! A capture returns what was pushed, also when its buffer is reused.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn frames_come_back_as_they_were_pushed(
        frames in prop::collection::vec(
            ("[a-zé]{0,5}", prop::collection::vec(any::<u8>(), 0..60), any::<u64>(), any::<u64>()),
            0..20,
        ),
    ) {
        let captures = CapturePool::default();
        for _ in 0..2 {
            // The second time, the buffer has held frames already.
            let mut capture = captures.take();
            for (event, payload, at, user) in &frames {
                capture.push(event.as_bytes(), payload, FrameStamp { at: *at, user: *user });
            }
            let read: Vec<_> = capture
                .iter()
                .map(|it| (it.event().into_owned(), it.payload.to_vec(), it.stamp.at, it.stamp.user))
                .collect();
            prop_assert_eq!(&read, &frames);
            prop_assert_eq!(capture.frames(), frames.len());
            captures.put_back(capture);
        }
    }
}

#[test]
fn a_large_buffer_is_not_pooled() {
    let captures = CapturePool::default();
    let mut capture = captures.take();
    capture.push(b"", &vec![0; MAX_POOLED_BYTES], FrameStamp { at: 0, user: 0 });
    captures.put_back(capture);
    assert_eq!(captures.take().log.capacity(), 0);
}
