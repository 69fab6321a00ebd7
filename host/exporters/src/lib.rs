//! Sends results: a thread an exporter, which reads the run from its store; what exporters may reach
//! over HTTP and on disk; and OTLP. Nothing here computes a metric.

#![forbid(unsafe_code)]
