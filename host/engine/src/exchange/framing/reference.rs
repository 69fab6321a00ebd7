//! A reference for the event stream framer: parses a whole body at once, line by line, with no state
//! between bytes. Slow and simple on purpose.

/// Payloads of the events in `body`. If the body has `ended`, an incomplete event counts too.
pub(crate) fn events(body: &[u8], ended: bool) -> Vec<Vec<u8>> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut lines = lines(body);
    let unfinished = lines.pop().unwrap_or_default();
    if ended {
        lines.extend([unfinished, Vec::new()]);
    }
    lines
        .split_inclusive(|line| line.is_empty())
        .filter(|event| event.last().is_some_and(|line| line.is_empty()))
        .filter_map(payload)
        .collect()
}

/// Lines of `body`, the last of which is unfinished.
fn lines(body: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = vec![Vec::new()];
    for (index, &byte) in body.iter().enumerate() {
        let ends_crlf = byte == b'\n' && index > 0 && body[index - 1] == b'\r';
        if ends_crlf {
            continue;
        }
        if byte == b'\n' || byte == b'\r' {
            lines.push(Vec::new());
        } else {
            lines.last_mut().expect("there is one from the start").push(byte);
        }
    }
    lines
}

fn payload(event: &[Vec<u8>]) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> = event.iter().filter_map(|line| data(line)).collect();
    (!values.is_empty()).then(|| values.join(&b'\n'))
}

fn data(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().position(|&byte| byte == b':');
    let (name, value) = colon.map_or((line, &b""[..]), |at| (&line[..at], &line[at + 1..]));
    (name == b"data").then(|| value.strip_prefix(b" ").unwrap_or(value))
}
