//! A simulated inference server.
