//! Statements that work, and those that are refused.
