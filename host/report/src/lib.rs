//! Summaries rendered as tables and text.
