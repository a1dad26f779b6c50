//! Writes JSON that may be shown as it is: on a terminal, in a wiki, in the log of a scheduled job.

use serde::Serialize;

use crate::text::sanitize::is_unsafe;

/// An object over several lines, with a line break at the end. Characters of the data that act rather than show
/// (direction marks, invisible signs, DEL) are written as `\uXXXX`, so a reader of JSON gets them back.
///
/// # Panics
///
/// Where `value` holds a map whose keys are not text. NaN and infinity are written as null.
#[must_use]
pub fn pretty(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("no map has keys that are not text");
    safe(text) + "\n"
}

/// An object on a single line, without a line break at the end; else as [`pretty`].
///
/// # Panics
///
/// Where `value` holds a map whose keys are not text.
#[must_use]
pub fn line(value: &impl Serialize) -> String {
    safe(serde_json::to_string(value).expect("no map has keys that are not text"))
}

/// JSON in which everything that acts rather than shows is written as RFC 8259 does (section 7: a pair of surrogates beyond U+FFFF).
///
/// Outside of texts JSON has line breaks alone; within them `serde_json` escapes every control character below a blank.
#[must_use]
pub fn safe(text: String) -> String {
    let acts = |c: char| c != '\n' && is_unsafe(c);
    if !text.contains(acts) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_is_escaped_and_comes_back() {
        let name = "income\u{202e}\u{7f}\u{9b}2J\u{e0041} \"é\"\n";
        let text = line(&name);
        assert_eq!(text, "\"income\\u202e\\u007f\\u009b2J\\udb40\\udc41 \\\"é\\\"\\n\"");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), name);
    }

    #[test]
    fn a_pretty_object_keeps_its_lines() {
        assert_eq!(pretty(&serde_json::json!({ "a": 1 })), "{\n  \"a\": 1\n}\n");
    }

    proptest! {
        #[test]
        fn any_text_is_safe_and_the_same(name: String) {
            let text = line(&name);
            prop_assert!(!text.contains(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&text).unwrap(), name);
        }
    }
}
