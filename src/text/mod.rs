//! Numbers and times as people read them, untrusted text made harmless, and messages that end in advice.

pub mod fault;
pub mod formula;
pub mod message;
pub mod nearest;
pub mod number;
pub mod phrase;
pub mod sanitize;
pub mod time;
pub mod toml;

/// The text with a capital first letter.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
