//! The `loadwright` command: hands the arguments to the library and ends with its exit code.

fn main() -> std::process::ExitCode {
    loadwright_cli::main(std::env::args_os().collect())
}
