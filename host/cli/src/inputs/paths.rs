//! Paths that settings name: those that cannot be used are reported before anything is opened.

use crate::args::PerfArgs;
use crate::diagnostics::Diagnostics;
use loadwright_files::FileError;

/// Reports every path that cannot be used.
pub(super) fn check(args: &PerfArgs, diagnostics: &mut Diagnostics) {
    dataset(args, diagnostics);
    certificates(args, diagnostics);
    plugins(args, diagnostics);
    run_folder(args, diagnostics);
}

/// The dataset may read a folder, too.
fn dataset(args: &PerfArgs, diagnostics: &mut Diagnostics) {
    let Some(path) = &args.dataset.dataset_path else { return };
    match loadwright_files::open(path) {
        Ok(_) | Err(FileError::Folder) => {}
        Err(error) => {
            let text = format!("{} {error}; give the file to read", path.display());
            diagnostics.error("dataset-path", text);
        }
    }
}

fn certificates(args: &PerfArgs, diagnostics: &mut Diagnostics) {
    if let Some(path) = args.target.ca_cert.as_deref().filter(|path| !path.is_file()) {
        diagnostics.error("ca-cert", format!("{} is not a file; give a PEM file", path.display()));
    }
}

fn plugins(args: &PerfArgs, diagnostics: &mut Diagnostics) {
    for path in args.plugins.plugin.iter().filter(|path| !path.exists()) {
        let text =
            format!("{} does not exist; give a component or a folder of them", path.display());
        diagnostics.error("plugin", text);
    }
}

/// The folder of `--run-dir` must be new or empty.
fn run_folder(args: &PerfArgs, diagnostics: &mut Diagnostics) {
    let Some(dir) = &args.output.run_dir else { return };
    let text = match dir.read_dir().map(|mut entries| entries.next().is_none()) {
        Ok(false) => "is not empty",
        Err(_) if dir.exists() => "is not a folder, or cannot be read",
        Ok(true) | Err(_) => return,
    };
    let text = format!("{} {text}; give a new or an empty folder", dir.display());
    diagnostics.error("run-dir", text);
}
