//! The contract with guests as Rust, generated from wit/ alone.
//!
//! One world holds every bulk interface, so that a type shared by two of them is one Rust type, and
//! arguments are borrowed: a prompt is copied once, into the guest's memory. Which interfaces a
//! component may import and must export is decided in `inspect`, not here.

/// Bulk interfaces: API and dataset, and what the host offers.
pub(crate) mod bulk {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package loadwright:host;
            world bulk {
                import loadwright:plugin/log@0.1.0;
                import loadwright:plugin/random@0.1.0;
                import loadwright:plugin/tokenizer@0.1.0;
                import loadwright:plugin/files@0.1.0;
                import loadwright:plugin/rows@0.1.0;
                export loadwright:plugin/api@0.1.0;
                export loadwright:plugin/dataset@0.1.0;
            }
        ",
        world: "loadwright:host/bulk",
        imports: { default: trappable },
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

/// The optional export of datasets. Separate because a component need not have it.
pub(crate) mod index {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package loadwright:host;
            world index {
                export loadwright:plugin/dataset-index@0.1.0;
            }
        ",
        world: "loadwright:host/index",
    });
}

/// What every plugin exports. Separate because borrowed arguments of an aliased type (`json`) do not
/// compile in this version of bindgen.
pub(crate) mod identity {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package loadwright:host;
            world identity {
                export loadwright:plugin/plugin@0.1.0;
            }
        ",
        world: "loadwright:host/identity",
    });
}

/// Exporters, and what the host offers them.
pub(crate) mod export {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package loadwright:host;
            world exporting {
                import loadwright:plugin/clock@0.1.0;
                import loadwright:plugin/http@0.1.0;
                import loadwright:plugin/artifacts@0.1.0;
                import loadwright:plugin/sqlite@0.1.0;
                export loadwright:plugin/exporter@0.1.0;
            }
        ",
        world: "loadwright:host/exporting",
        imports: { default: trappable },
    });
}

/// Names of telemetry.
pub(crate) mod conventions {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package loadwright:host;
            world conventions {
                export loadwright:plugin/conventions@0.1.0;
            }
        ",
        world: "loadwright:host/conventions",
    });
}
