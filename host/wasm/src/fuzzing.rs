//! What the fuzz targets call: values and files as a plugin could give them, made of any bytes, go
//! through the functions that take them, and what those accept is checked.

mod calls;
mod conversations;
mod exporters;
mod files;
mod given;
mod prompts;

pub use calls::{plan, reply, request};
pub use conversations::conversation;
pub use exporters::{ack, http_requests, shapes};
pub use files::{component, edited, manifest};

#[cfg(test)]
mod tests;
