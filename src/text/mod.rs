//! Numbers and times as people read them, and untrusted text made harmless.

pub mod number;
pub mod sanitize;
pub mod time;
