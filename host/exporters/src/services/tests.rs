//! The services as an exporter has them.
