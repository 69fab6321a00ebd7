//! English for what the reports and errors say: a number and its noun agree.

/// `1 request`, `2 requests`, `0 requests`: `noun` is one whose plural ends in a plain s.
pub fn counted(count: u64, noun: &str) -> String {
    let suffix = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{suffix}")
}

/// As [`counted`], for how often something happened: `once`, `twice`, `3 times`.
pub fn times(count: u64) -> String {
    match count {
        1 => "once".into(),
        2 => "twice".into(),
        count => format!("{count} times"),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub fn either<T: AsRef<str>>(choices: &[T]) -> String {
    let mut text = String::new();
    for (index, choice) in choices.iter().enumerate() {
        let before = match index {
            0 => "",
            _ if index + 1 == choices.len() => " or ",
            _ => ", ",
        };
        text += before;
        text += choice.as_ref();
    }
    text
}

/// A statement with its capital and its full stop.
pub fn sentence(statement: &str) -> String {
    let mut letters = statement.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests;
