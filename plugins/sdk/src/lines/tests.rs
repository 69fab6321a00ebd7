//! Lines of a host that gives a few at a time.

use super::*;

struct File {
    lines: &'static [&'static str],
    at_once: usize,
}

impl Host for File {
    fn lines(&self, name: &str, first: u32, count: u32) -> Result<Vec<Vec<u8>>, Fault> {
        assert_eq!(name, "dataset-path");
        let left = self.lines.iter().skip(first as usize).take(count as usize);
        match left.clone().next() {
            Some(&"too long") => Err(Fault::Input("too long".into())),
            Some(&"gone") => Err(Fault::Fatal("gone".into())),
            _ => {
                let left = left.take_while(|line| **line != "too long" && **line != "gone");
                Ok(left.take(self.at_once).map(|line| line.as_bytes().to_vec()).collect())
            }
        }
    }
}

fn read(lines: &'static [&'static str], at_once: usize, first: u32) -> Vec<(u32, Option<String>)> {
    let file = File { lines, at_once };
    let text = |line: Vec<u8>| String::from_utf8(line).unwrap();
    let lines = Lines::new(&file, "dataset-path", first);
    lines.map(|(number, line)| (number, line.ok().map(text))).collect()
}

fn some(number: u32, text: &str) -> (u32, Option<String>) {
    (number, Some(text.into()))
}

#[test]
fn lines_come_in_order_whatever_the_batches() {
    for at_once in 1..5 {
        let wanted = [some(1, "b"), some(2, ""), some(3, "d")];
        assert_eq!(read(&["a", "b", "", "d"], at_once, 1), wanted);
    }
    assert_eq!(read(&[], 9, 0), []);
}

#[test]
fn a_line_that_is_too_long_is_one_fault() {
    let wanted = [some(0, "a"), (1, None), (2, None), some(3, "d")];
    assert_eq!(read(&["a", "too long", "too long", "d"], 9, 0), wanted);
}

#[test]
fn a_file_that_cannot_be_read_ends() {
    assert_eq!(read(&["a", "gone", "gone"], 9, 0), [some(0, "a"), (1, None)]);
}
