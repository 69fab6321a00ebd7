//! Requests against scripted servers.
