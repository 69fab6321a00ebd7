//! What code may not contain: ways round exhaustive matches and round the limit on parameters,
//! plugins on engine threads, and unit tests in the file that they test.

use crate::none;
use crate::tree::rust;
use syn::visit::Visit;
use syn::{FnArg, Pat, Signature};

/// The sources of the host's crates, without their tests: path and text.
fn sources() -> Vec<(String, String)> {
    let is_source = |path: &str| {
        path.starts_with("host/") && path.contains("/src/") && !path.split('/').any(is_tests)
    };
    let files = rust().into_iter().filter(|file| is_source(&file.path));
    files.map(|file| (file.path, file.text)).collect()
}

fn is_tests(part: &str) -> bool {
    part == "tests" || part == "tests.rs"
}

/// The numbers of the lines of `text` that `holds`.
fn lines(text: &str, holds: impl Fn(&str) -> bool) -> Vec<usize> {
    text.lines().enumerate().filter(|(_, line)| holds(line)).map(|(index, _)| index + 1).collect()
}

fn claims_unreachable(line: &str) -> bool {
    line.contains("unreachable!(")
}

fn makes_plugin_instance(line: &str) -> bool {
    line.contains(".instance()")
}

/// `mod tests {`, where `mod tests;` belongs.
fn opens_inline_tests(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("mod tests {") || line.starts_with("mod test {")
}

/// The functions that take parameters apart in their signature, by name.
#[derive(Default)]
struct TupleParameters(Vec<String>);

impl TupleParameters {
    fn of(text: &str) -> Vec<String> {
        let mut found = Self::default();
        found.visit_file(&syn::parse_file(text).expect("the project's sources parse"));
        found.0
    }
}

impl Visit<'_> for TupleParameters {
    fn visit_signature(&mut self, signature: &Signature) {
        let is_tuple = |input: &FnArg| match input {
            FnArg::Typed(parameter) => {
                matches!(&*parameter.pat, Pat::Tuple(tuple) if !tuple.elems.is_empty())
            }
            FnArg::Receiver(_) => false,
        };
        if signature.inputs.iter().any(is_tuple) {
            self.0.push(signature.ident.to_string());
        }
        syn::visit::visit_signature(self, signature);
    }
}

#[test]
fn no_code_claims_to_be_unreachable() {
    let mut violations = Vec::new();
    for (path, text) in sources() {
        for line in lines(&text, claims_unreachable) {
            violations.push(format!(
                "{path}:{line}: match every case, so that the compiler names one that is added \
                 later, or `expect` with the reason"
            ));
        }
    }
    none(violations);
}

#[test]
fn parameters_are_not_bundled_in_tuples() {
    let mut violations = Vec::new();
    for (path, text) in sources() {
        for name in TupleParameters::of(&text) {
            violations.push(format!(
                "{path}: {name} takes a tuple apart in its parameters: give it a struct with named \
                 fields, or separate parameters"
            ));
        }
    }
    none(violations);
}

#[test]
fn engine_threads_run_no_plugin() {
    let mut violations = Vec::new();
    for (path, text) in sources() {
        let stage = path.strip_prefix("host/engine/src/").unwrap_or_default();
        if stage.starts_with("schedule") || stage.starts_with("exchange") {
            for line in lines(&text, makes_plugin_instance) {
                violations.push(format!(
                    "{path}:{line}: a plugin would delay sends and timestamps; call it in prepare or \
                     interpret"
                ));
            }
        }
    }
    none(violations);
}

#[test]
fn unit_tests_have_a_file_of_their_own() {
    let mut violations = Vec::new();
    for file in rust() {
        for line in lines(&file.text, opens_inline_tests) {
            violations.push(format!(
                "{}:{line}: move the tests of `x.rs` to `x/tests.rs`, with `#[cfg(test)] mod \
                 tests;` in `x.rs`",
                file.path
            ));
        }
    }
    none(violations);
}

#[test]
fn the_rules_see_what_they_forbid() {
    assert_eq!(lines("a\n    unreachable!(\"no\")\n", claims_unreachable), [2]);
    assert_eq!(lines("#[cfg(test)]\nmod tests {\n}\nmod tests;\n", opens_inline_tests), [2]);
    assert_eq!(lines("let a = b.instance()?;\n", makes_plugin_instance), [1]);
    let code =
        "impl A { fn a(&self, (b, c): (u8, u8)) {} } fn d(e: (u8, u8), (): ()) { |(f, g)| f; }";
    assert_eq!(TupleParameters::of(code), ["a"]);
    assert!(sources().iter().any(|(path, _)| path == "host/core/src/plan.rs"));
    assert!(!sources().iter().any(|(path, _)| path.contains("tests")));
}
