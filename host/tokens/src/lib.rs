//! Tokenizers and chat templates behind core's port.
