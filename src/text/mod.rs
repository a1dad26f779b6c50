//! Numbers and times as people read them, untrusted text made harmless, and messages that end in advice.

pub mod message;
pub mod nearest;
pub mod number;
pub mod sanitize;
pub mod time;
