//! The contract as Rust, made from wit/ and from nothing else. Each kind of plugin has its world;
//! types and log are shared, so that a message is one Rust type. Imports that a plugin does not use
//! are dropped when it is made a component.

pub use loadwright_plugin_dataset as dataset;

pub mod protocol {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "loadwright:plugin/protocol-plugin",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: {
            "loadwright:plugin/types@0.1.0": loadwright_plugin_dataset::loadwright::plugin::types,
            "loadwright:plugin/log@0.1.0": loadwright_plugin_dataset::loadwright::plugin::log,
        },
    });
}
