//! The contract's own files, for authors of plugins.

/// Name and text of each file of the contract.
pub const CONTRACT: [(&str, &str); 6] = [
    ("types.wit", include_str!("../../../wit/types.wit")),
    ("api.wit", include_str!("../../../wit/api.wit")),
    ("dataset.wit", include_str!("../../../wit/dataset.wit")),
    ("exporter.wit", include_str!("../../../wit/exporter.wit")),
    ("conventions.wit", include_str!("../../../wit/conventions.wit")),
    ("world.wit", include_str!("../../../wit/world.wit")),
];
