//! Formatting of numbers and times, sanitizing of untrusted text, and messages that include advice.

pub mod fault;
pub mod formula;
pub mod json;
pub mod message;
pub mod nearest;
pub mod number;
pub mod phrase;
pub mod sanitize;
pub mod time;
pub mod toml;

/// Capitalises the first letter.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Bytes as lower-case hexadecimal digits, two a byte.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |text, byte| text + &format!("{byte:02x}"))
}
