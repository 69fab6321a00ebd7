//! A page for authors as a program: its files, and its commands in order.

/// A part of a page that is done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A file, named by the line above the block that holds it.
    File { name: String, content: String },
    /// Commands for the shell.
    Commands(String),
}

/// The steps of a page: blocks after a line like "`app.py`:" are files, those of `sh` are commands,
/// except those that install toolchains (`sh install`).
pub(crate) fn steps(page: &str) -> Vec<Step> {
    let (mut steps, mut above) = (Vec::new(), "");
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: String = lines
                .by_ref()
                .take_while(|line| *line != "```")
                .flat_map(|line| [line, "\n"])
                .collect();
            let name = above.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:"));
            match (name, language) {
                (Some(name), _) => steps.push(Step::File { name: name.into(), content: block }),
                (None, "sh") => steps.push(Step::Commands(block)),
                (None, _) => {}
            }
        }
        if !line.is_empty() {
            above = line;
        }
    }
    steps
}

#[test]
fn a_page_is_files_and_commands() {
    let page = "Text\n\n```sh install\nget it\n```\n\n`a.c`:\n\n```c\nint a;\n\nint b;\n```\n\nThen:\n\n\
                ```sh\nbuild\nrun\n```\n\n```text\nshown\n```\n";
    let file = Step::File { name: "a.c".into(), content: "int a;\n\nint b;\n".into() };
    assert_eq!(steps(page), [file, Step::Commands("build\nrun\n".into())]);
}
