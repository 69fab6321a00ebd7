//! The built binary on a terminal: what it draws there, and what it does not where the terminal
//! cannot. The terminal is Python's, which the project needs anyway.

use super::{Place, server};
use loadwright_sim::Model;
use std::process::Command;

/// Runs the words after the first three on a terminal of the first's columns, which gets the third's
/// when the second appears; writes what the terminal was sent.
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, subprocess, sys, termios
columns, mark, later = int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3])
ours, theirs = pty.openpty()
def resize(columns):
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
resize(columns)
child = subprocess.Popen(sys.argv[4:], stdin=theirs, stdout=theirs, stderr=theirs)
watched = os.dup(theirs)
os.close(theirs)
theirs = watched
seen, resized = b"", False
os.set_blocking(ours, False)
import select
while True:
    ready, _, _ = select.select([ours], [], [], 0.1)
    if ready:
        seen += os.read(ours, 65536)
        if mark in seen and not resized:
            resize(later)
            resized = True
    elif child.poll() is not None:
        break
sys.stdout.buffer.write(seen)
sys.exit(child.returncode)
"#;

struct Screen {
    columns: usize,
    /// When this text appears, the terminal is resized to this many columns.
    resize: (&'static str, usize),
    term: &'static str,
}

/// What `run` sends to a terminal, with plain line ends.
fn shown(screen: &Screen, run: &Command, wanted: i32) -> String {
    let mut python = Command::new("python3");
    python
        .args(["-c", TERMINAL, &screen.columns.to_string(), screen.resize.0])
        .arg(screen.resize.1.to_string())
        .arg(run.get_program())
        .args(run.get_args())
        .envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("TERM", screen.term)
        .env_remove("NO_COLOR")
        .current_dir(run.get_current_dir().expect("it has one"));
    let output = super::ends(python, wanted);
    String::from_utf8(output.stdout).expect("text").replace("\r\n", "\n")
}

const NEVER: (&str, usize) = ("never to be seen", 0);

#[test]
fn a_dumb_terminal_gets_neither_bars_nor_colours() {
    for (term, plain) in [("dumb", true), ("xterm-256color", false)] {
        let place = Place::new();
        let run = place.perf("--simulate --parallel 1 2 -n 20 --max-tokens 8 --sleep-interval 0");
        let shown = shown(&Screen { columns: 140, resize: NEVER, term }, &run, 0);
        assert_eq!(!shown.contains('\u{1b}'), plain, "{term}: {shown}");
        assert_eq!(!shown.contains("points, "), plain, "{term}: {shown}");
        assert!(shown.contains("Verdict: "), "{term}: {shown}");
    }
}

#[test]
fn tables_follow_the_terminal() {
    let place = Place::new();
    let run = place.perf("--simulate --parallel 1 2 -n 4 --max-tokens 4 --sleep-interval 5");
    let screen = Screen { columns: 140, resize: ("Verdict:", 80), term: "dumb" };
    let shown = shown(&screen, &run, 0);
    let second = shown.find("parallel_2_number_4\nVerdict:").expect("the second point's report");
    let widest = |text: &str| {
        let tables = text.lines().filter(|line| line.starts_with(['+', '|']));
        tables.map(|line| line.chars().count()).max().unwrap_or(0)
    };
    assert!(widest(&shown[..second]) > 100, "{shown}");
    assert!(widest(&shown[second..]) <= 80, "{shown}");
}

#[test]
fn a_server_that_is_not_there_is_counted_down_for() {
    let place = Place::new();
    let mut gone = server(Model::Unpaced);
    let run = place.against(&gone, "-n 1 --wait-for-server 3");
    gone.stop();
    let shown = shown(&Screen { columns: 140, resize: NEVER, term: "xterm" }, &run, 1);
    assert!(shown.contains("Connection refused"), "{shown}");
    let counted = |left: u8| shown.contains(&format!("trying again: refused, {left} s left"));
    assert!((0..=3).any(counted), "{shown}");
    assert!(shown.contains("--wait-for-server SECONDS waits longer"), "{shown}");
}
