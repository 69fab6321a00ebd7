//! Error texts, reviewed like code: each `.args` file under tests/golden holds a command line of
//! `perf`, and the `.err` file beside it the answer. `BLESS=1 cargo test` updates them.

use loadwright_cli::parse::{self, UsageError};
use std::ffi::OsString;
use std::path::Path;

#[test]
fn errors_read_as_they_were_reviewed() {
    let folder = Path::new("tests/golden");
    let mut seen = 0;
    for entry in folder.read_dir().expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_some_and(|extension| extension == "args") {
            check(&path);
            seen += 1;
        }
    }
    assert!(seen >= 8, "only {seen} command lines were found");
}

fn check(path: &Path) {
    let line = std::fs::read_to_string(path).expect("it can be read");
    let words: Vec<OsString> =
        shlex::split(&line).expect("well quoted").into_iter().map(OsString::from).collect();
    let address = ([127, 0, 0, 1], 1).into();
    let run = parse::perf(&words, &[]).and_then(|request| Ok(request.convert(Some(address))?));
    let said = match run {
        Err(UsageError::Settings(errors)) => format!("{errors}\n"),
        Err(UsageError::Parser(error)) => error.to_string(),
        Ok(_) => panic!("{}: no error", path.display()),
    };
    let golden = path.with_extension("err");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, &said).expect("it can be written");
    }
    let wanted = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(said, wanted, "{}", path.display());
}
