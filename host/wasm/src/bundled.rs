//! The plugins embedded in the program: every component in plugins/dist.

/// A bundled plugin.
#[derive(Debug, Clone, Copy)]
pub struct Bundled {
    /// Its name.
    pub name: &'static str,
    /// The component.
    pub bytes: &'static [u8],
}

/// All bundled plugins, sorted by name.
pub fn bundled() -> &'static [Bundled] {
    include!(concat!(env!("OUT_DIR"), "/bundled.rs"))
}
