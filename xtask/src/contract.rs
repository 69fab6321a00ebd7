//! `cargo xtask contract` writes docs/plugins/contract.md, the page of the contract, from wit/ and its
//! comments.

use crate::plugins::{XtaskError, root};
use std::fmt::Write as _;
use std::path::Path;
use wit_parser::{
    Docs, Function, InterfaceId, PackageId, Resolve, Type, TypeDef, TypeDefKind, WorldItem,
    WorldKey,
};

/// The page, from the repository's root.
const PAGE: &str = "docs/plugins/contract.md";

/// The order of a reader: what every plugin has, the kinds, then what the host provides.
const INTERFACES: [&str; 16] = [
    "plugin",
    "types",
    "api",
    "dataset",
    "dataset-index",
    "log",
    "random",
    "tokenizer",
    "files",
    "rows",
    "exporter",
    "clock",
    "http",
    "artifacts",
    "sqlite",
    "conventions",
];

const HEAD: &str = "\
# The contract

<!-- Written by `cargo xtask contract` from the comments in wit/: edit those. -->

The contract between the host and its plugins, `loadwright:plugin@0.1.0`, as the files in
[wit/](../../wit) define it; `loadwright plugin wit DIR` writes them. [PLUGINS.md](../PLUGINS.md) says
how plugins are used, limited and described by their manifests.
";

/// Writes the page.
pub(crate) fn write() -> Result<(), XtaskError> {
    let path = root().join(PAGE);
    let text = page(&root().join("wit"))?;
    std::fs::write(&path, text).map_err(|cause| XtaskError::File { path, cause })
}

/// The page for the contract in the folder `wit`.
fn page(wit: &Path) -> Result<String, XtaskError> {
    let mut resolve = Resolve::default();
    let wrong = |error: &dyn std::fmt::Debug| XtaskError::Contract(format!("{error:?}"));
    let (package, _) = resolve.push_dir(wit).map_err(|error| wrong(&error))?;
    let mut page = String::from(HEAD);
    documented(&mut page, &resolve.packages[package].docs);
    page.push_str(&worlds(&resolve, package));
    let interfaces = &resolve.packages[package].interfaces;
    let unlisted = interfaces.keys().filter(|name| !INTERFACES.contains(&name.as_str()));
    if let Some(name) = unlisted.into_iter().next() {
        return Err(XtaskError::Contract(format!("its interface {name} has no place on the page")));
    }
    for name in INTERFACES {
        let id = interfaces.get(name);
        let id = *id.ok_or_else(|| XtaskError::Contract(format!("it has no interface {name}")))?;
        page.push_str(&interface(&resolve, id));
    }
    Ok(page)
}

fn worlds(resolve: &Resolve, package: PackageId) -> String {
    let mut text =
        String::from("\n## Worlds\n\n| world | imports | exports | for |\n|---|---|---|---|\n");
    for (name, id) in &resolve.packages[package].worlds {
        let world = &resolve.worlds[*id];
        let _ = writeln!(
            text,
            "| `{name}` | {} | {} | {} |",
            named(resolve, world.imports.iter()),
            named(resolve, world.exports.iter()),
            world.docs.contents.as_deref().unwrap_or_default().trim().replace('\n', " ")
        );
    }
    text
}

/// The interfaces among a world's items; `types` has no functions, so importing it gives nothing.
fn named<'a>(
    resolve: &'a Resolve,
    items: impl Iterator<Item = (&'a WorldKey, &'a WorldItem)>,
) -> String {
    let names = items.filter_map(|(_, item)| match item {
        WorldItem::Interface { id, .. } => resolve.interfaces[*id].name.as_deref(),
        _ => None,
    });
    let names: Vec<_> = names.filter(|name| *name != "types").collect();
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn interface(resolve: &Resolve, id: InterfaceId) -> String {
    let interface = &resolve.interfaces[id];
    let name = interface.name.as_deref().unwrap_or_default();
    let mut text = format!("\n## Interface `{name}`\n");
    documented(&mut text, &interface.docs);
    // In the order of the files: functions stand behind the types that they use.
    for (name, id) in &interface.types {
        let definition = &resolve.types[*id];
        if !is_borrowed(resolve, definition) {
            text.push_str(&type_definition(resolve, name, definition));
        }
    }
    for function in interface.functions.values() {
        let _ = write!(text, "\n### `{}`\n", signature(resolve, function));
        documented(&mut text, &function.docs);
    }
    text
}

/// Whether it is another interface's type, named by `use`.
fn is_borrowed(resolve: &Resolve, definition: &TypeDef) -> bool {
    match definition.kind {
        TypeDefKind::Type(Type::Id(id)) => resolve.types[id].owner != definition.owner,
        _ => false,
    }
}

fn type_definition(resolve: &Resolve, name: &str, definition: &TypeDef) -> String {
    let typed = |ty: &Type| format!(": `{}`", spelled(resolve, ty));
    let (word, members): (&str, Vec<(&str, String, &Docs)>) = match &definition.kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter();
            ("record", fields.map(|it| (it.name.as_str(), typed(&it.ty), &it.docs)).collect())
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter();
            let typed = |ty: &Option<Type>| ty.as_ref().map(typed).unwrap_or_default();
            ("variant", cases.map(|it| (it.name.as_str(), typed(&it.ty), &it.docs)).collect())
        }
        TypeDefKind::Enum(definition) => {
            let cases = definition.cases.iter();
            ("enum", cases.map(|it| (it.name.as_str(), String::new(), &it.docs)).collect())
        }
        _ => ("type", Vec::new()),
    };
    let alias = match &definition.kind {
        TypeDefKind::Type(ty) => format!(" = `{}`", spelled(resolve, ty)),
        _ => String::new(),
    };
    let mut text = format!("\n### {word} `{name}`{alias}\n");
    documented(&mut text, &definition.docs);
    if !members.is_empty() {
        text.push('\n');
    }
    for (name, ty, docs) in members {
        let docs = docs.contents.as_deref().unwrap_or_default().trim();
        let is_prose = !docs.is_empty() && !docs.starts_with("- ");
        let line_break = if is_prose { "\\" } else { "" };
        let _ = writeln!(text, "- `{name}`{ty}{line_break}");
        for line in docs.lines() {
            let _ = writeln!(text, "{}", format!("  {line}").trim_end());
        }
    }
    text
}

fn documented(text: &mut String, docs: &Docs) {
    if let Some(docs) = &docs.contents {
        let _ = write!(text, "\n{}\n", docs.trim());
    }
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters = function.params.iter();
    let parameters: Vec<_> =
        parameters.map(|it| format!("{}: {}", it.name, spelled(resolve, &it.ty))).collect();
    let result = function.result.as_ref();
    let result = result.map(|ty| format!(" -> {}", spelled(resolve, ty))).unwrap_or_default();
    format!("{}({}){result}", function.name, parameters.join(", "))
}

/// A type as the files spell it.
fn spelled(resolve: &Resolve, ty: &Type) -> String {
    let name = match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(id) => return defined(resolve, &resolve.types[*id]),
    };
    name.into()
}

fn defined(resolve: &Resolve, definition: &TypeDef) -> String {
    if let Some(name) = &definition.name {
        return name.clone();
    }
    let of = |ty: &Option<Type>| ty.as_ref().map_or("_".into(), |ty| spelled(resolve, ty));
    match &definition.kind {
        TypeDefKind::List(ty) => format!("list<{}>", spelled(resolve, ty)),
        TypeDefKind::Option(ty) => format!("option<{}>", spelled(resolve, ty)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", of(&result.ok), of(&result.err)),
        // The contract has no other types without a name.
        other => other.as_str().into(),
    }
}

#[cfg(test)]
mod tests;
