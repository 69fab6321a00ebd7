//! The contract as Rust, made from wit/ and from nothing else. Each exported interface has a world of
//! its own here, which `wit-component` joins into one: that of the plugin. Types are shared, so that a
//! message is one Rust type; imports that a plugin does not use are dropped when it is made a component.

pub mod plugin {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package loadwright:sdk;
            world plugin {
                import loadwright:plugin/log@0.1.0;
                export loadwright:plugin/plugin@0.1.0;
            }",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        generate_all,
    });
}

pub mod api {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package loadwright:sdk;
            world api {
                export loadwright:plugin/api@0.1.0;
            }",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: {
            "loadwright:plugin/types@0.1.0": crate::bindings::plugin::loadwright::plugin::types,
        },
    });
}

pub mod dataset {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package loadwright:sdk;
            world dataset {
                import loadwright:plugin/random@0.1.0;
                import loadwright:plugin/tokenizer@0.1.0;
                import loadwright:plugin/files@0.1.0;
                import loadwright:plugin/rows@0.1.0;
                export loadwright:plugin/dataset@0.1.0;
            }",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: {
            "loadwright:plugin/types@0.1.0": crate::bindings::plugin::loadwright::plugin::types,
        },
        generate_all,
    });
}

pub mod index {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package loadwright:sdk;
            world index {
                export loadwright:plugin/dataset-index@0.1.0;
            }",
        pub_export_macro: true,
        with: {
            "loadwright:plugin/types@0.1.0": crate::bindings::plugin::loadwright::plugin::types,
        },
    });
}

pub mod exporter {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package loadwright:sdk;
            world exporter {
                import loadwright:plugin/clock@0.1.0;
                import loadwright:plugin/artifacts@0.1.0;
                import loadwright:plugin/http@0.1.0;
                import loadwright:plugin/sqlite@0.1.0;
                export loadwright:plugin/exporter@0.1.0;
            }",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: {
            "loadwright:plugin/types@0.1.0": crate::bindings::plugin::loadwright::plugin::types,
        },
        generate_all,
    });
}

pub mod conventions {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package loadwright:sdk;
            world conventions {
                export loadwright:plugin/conventions@0.1.0;
            }",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: {
            "loadwright:plugin/types@0.1.0": crate::bindings::plugin::loadwright::plugin::types,
        },
    });
}
