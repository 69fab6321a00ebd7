//! Files within the folder, and all that leads out of it.
