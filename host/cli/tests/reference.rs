//! docs/CLI.md lists every flag as the parser knows it. `BLESS=1 cargo test` writes the list again.

use clap::{Arg, Command, CommandFactory};
use loadwright_cli::args::{Cli, unsupported};
use std::fmt::Write as _;
use std::path::Path;

const BEGIN: &str = "<!-- flags: written by the tests of host/cli -->\n";
const END: &str = "<!-- end of flags -->\n";

#[test]
fn the_reference_is_what_the_parser_knows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/CLI.md");
    let page = std::fs::read_to_string(&path).expect("docs/CLI.md is there");
    let (before, rest) = page.split_once(BEGIN).expect("the list's beginning is marked");
    let (listed, after) = rest.split_once(END).expect("the list's end is marked");
    let wanted = reference();
    if std::env::var_os("BLESS").is_some() {
        let page = format!("{before}{BEGIN}{wanted}{END}{after}");
        std::fs::write(&path, page).expect("docs/CLI.md can be written");
        return;
    }
    assert_eq!(listed, wanted, "run BLESS=1 cargo test -p loadwright --test reference");
}

fn reference() -> String {
    let mut cli = Cli::command();
    cli.build();
    let mut text = String::new();
    for command in cli.get_subcommands().filter(|command| command.get_name() != "help") {
        let mut inner = command.get_subcommands().filter(|it| it.get_name() != "help").peekable();
        if inner.peek().is_none() {
            section(&mut text, "", command);
        }
        inner.for_each(|it| section(&mut text, &format!("{} ", command.get_name()), it));
        if command.get_name() == "perf" {
            known(&mut text);
        }
    }
    text
}

fn section(text: &mut String, outer: &str, command: &Command) {
    let about = command.get_about().expect("every command says what it does");
    let _ = write!(text, "\n## `loadwright {outer}{}`\n\n{about}.\n", command.get_name());
    let mut heading = None;
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set() && arg.get_id() != "help") {
        if heading != Some(arg.get_help_heading()) {
            heading = Some(arg.get_help_heading());
            if let Some(title) = arg.get_help_heading() {
                let _ = write!(text, "\n### {title}\n");
            }
            text.push_str("\n| flag | meaning | default |\n|---|---|---|\n");
        }
        row(text, arg);
    }
}

fn row(text: &mut String, arg: &Arg) {
    let help = arg.get_help().expect("every flag has help").to_string().replace('|', "\\|");
    let (help, stated) = match help.rsplit_once(" [") {
        Some((help, bracket)) => (help.to_owned(), bracket.trim_end_matches(']').to_owned()),
        None => (help, String::new()),
    };
    let values: Vec<_> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let switch = !arg.get_action().takes_values();
    let default = if switch || values.is_empty() { stated } else { values.join(" ") };
    let default = default.strip_prefix("default: ").unwrap_or(&default);
    let _ = writeln!(text, "| `{}` | {help} | {default} |", name(arg).replace('|', "\\|"));
}

fn name(arg: &Arg) -> String {
    let mut name = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    if let Some(long) = arg.get_long() {
        let _ = write!(name, "--{long}");
    }
    if arg.get_action().takes_values() {
        for value in arg.get_value_names().expect("every value has a name") {
            let separator = if name.is_empty() { "" } else { " " };
            let _ = write!(name, "{separator}{value}");
        }
        if arg.get_num_args().is_some_and(|range| range.max_values() > 1) {
            name.push('…');
        }
    }
    name
}

fn known(text: &mut String) {
    text.push_str("\n### EvalScope flags without effect\n\n| flag | answer |\n|---|---|\n");
    for known in unsupported::KNOWN {
        let answer = match known.answer {
            unsupported::Answer::Unsupported(instead) => {
                format!("error: not supported yet; {instead}")
            }
            unsupported::Answer::NoEffect(why) => format!("notice: no effect; {why}"),
        };
        let _ = writeln!(text, "| `--{}` | {answer} |", known.name);
    }
}
