//! The plugins that come with the program: every component in plugins/dist, embedded.

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Bundled {
    /// What it is called.
    pub name: &'static str,
    /// The component.
    pub bytes: &'static [u8],
}

/// All of them, by name.
pub fn bundled() -> &'static [Bundled] {
    include!(concat!(env!("OUT_DIR"), "/bundled.rs"))
}
