//! A reference for the event stream framer: parses a whole body at once, line by line, with no state
//! between bytes. Slow and simple on purpose.

/// Payloads of the events in `body`. If the body has `ended`, an incomplete event counts too.
pub(crate) fn events(body: &[u8], ended: bool) -> Vec<Vec<u8>> {
    named_events(body, ended).into_iter().map(|(_, payload)| payload).collect()
}

/// Names and payloads of the events in `body`.
pub(crate) fn named_events(body: &[u8], ended: bool) -> Vec<(Vec<u8>, Vec<u8>)> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut lines = lines(body);
    let unfinished = lines.pop().unwrap_or_default();
    if ended {
        lines.extend([unfinished, Vec::new()]);
    }
    lines
        .split_inclusive(|line| line.is_empty())
        .filter(|event| event.last().is_some_and(|line| line.is_empty()))
        .filter_map(|event| Some((name(event), payload(event)?)))
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
    let values: Vec<&[u8]> = event.iter().filter_map(|line| field(line, b"data")).collect();
    (!values.is_empty()).then(|| values.join(&b'\n'))
}

fn name(event: &[Vec<u8>]) -> Vec<u8> {
    event.iter().filter_map(|line| field(line, b"event")).next_back().unwrap_or_default().to_vec()
}

fn field<'l>(line: &'l [u8], wanted: &[u8]) -> Option<&'l [u8]> {
    let colon = line.iter().position(|&byte| byte == b':');
    let (name, value) = colon.map_or((line, &b""[..]), |at| (&line[..at], &line[at + 1..]));
    (name == wanted).then(|| value.strip_prefix(b" ").unwrap_or(value))
}
