//! The dataset world of the contract and the types that every world shares, as Rust, made from wit/
//! and from nothing else. A crate of its own because two worlds that both export `plugin` cannot
//! have their export macros in one crate. Use `loadwright-plugin`, which brings it along.

#![expect(missing_docs, reason = "generated; wit/ documents what is not a type")]

wit_bindgen::generate!({
    path: "../../../wit",
    world: "loadwright:plugin/dataset-plugin-files",
    pub_export_macro: true,
    additional_derives: [PartialEq],
    generate_all,
});
