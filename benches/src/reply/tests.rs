use super::*;

#[test]
fn a_count_does_not_depend_on_the_parts() {
    let body = b"data: a\n\ndata:data: b\n\nda: data";
    for first in 0..=body.len() {
        for second in first..=body.len() {
            let mut count = Count::default();
            let parts = [&body[..first], &body[first..second], &body[second..]];
            let counted: u32 = parts.into_iter().map(|part| count.feed(part)).sum();
            assert_eq!(counted, 3, "{first} {second}");
        }
    }
}

#[test]
fn frames_and_end_are_found_wherever_they_are_split() {
    let reply = b"HTTP/1.1 200 OK\r\n\r\n9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n0\r\n\r\n";
    for first in 0..reply.len() {
        for second in first..reply.len() {
            let reader = Reader::new();
            let mut kept = vec![0; KEPT];
            let (mut frames, mut ends) = (0, Vec::new());
            for part in [&reply[..first], &reply[first..second], &reply[second..]] {
                let bytes = [&kept[..], part].concat();
                let found = reader.read(&bytes);
                frames += found.frames;
                ends.push(found.end);
                kept = bytes[bytes.len() - KEPT..].to_vec();
            }
            assert_eq!((frames, ends), (2, vec![false, false, true]), "{first} {second}");
        }
    }
}
