//! Events in batches that a server takes.

use crate::failure::{Failure, text};
use serde_json::Value;

/// The most bytes of a batch; servers take 15 MiB.
const MOST: usize = 4 << 20;

/// Sends events as lines of JSON, and returns what was not taken. A batch that is refused for its size
/// is sent again in halves.
pub(super) fn send(
    events: &[Value],
    mut add: impl FnMut(Vec<u8>) -> Result<Value, Failure>,
) -> Result<Vec<String>, Failure> {
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let mut batches = split(&lines);
    let mut losses = Vec::new();
    while let Some(batch) = batches.pop() {
        match add(join(batch)) {
            Ok(answer) => losses.extend(refused(&answer)),
            Err(failure) if failure.status == Some(413) && batch.len() > 1 => {
                let (first, second) = batch.split_at(batch.len() / 2);
                batches.extend([second, first]);
            }
            Err(failure) if failure.is_refusal() => {
                losses.push(format!("{}: {}", counted(batch.len()), text(&failure.fault)));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(losses)
}

/// Batches, the last one first.
fn split(lines: &[String]) -> Vec<&[String]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, line) in lines.iter().enumerate() {
        if at > start && bytes + line.len() + 1 > MOST {
            batches.push(&lines[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += line.len() + 1;
    }
    if start < lines.len() {
        batches.push(&lines[start..]);
    }
    batches.reverse();
    batches
}

fn join(lines: &[String]) -> Vec<u8> {
    let mut body = lines.join("\n").into_bytes();
    body.push(b'\n');
    body
}

/// What an answer says that was not stored.
fn refused(answer: &Value) -> Option<String> {
    let errors = answer.get("errors").and_then(Value::as_u64).filter(|errors| *errors > 0)?;
    let why: String = answer.get("errors_info").map(Value::to_string).unwrap_or_default();
    let why: String = why.chars().take(200).collect();
    let errors = usize::try_from(errors).unwrap_or(usize::MAX);
    Some(format!("{}: ClearML did not store them: {why}", counted(errors)))
}

fn counted(events: usize) -> String {
    if events == 1 { "1 event".into() } else { format!("{events} events") }
}

#[cfg(test)]
mod tests;
