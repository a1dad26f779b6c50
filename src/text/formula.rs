//! Texts that a spreadsheet would interpret as a formula.
//!
//! Review queues are opened in spreadsheets, and a name or a value from the data may be
//! `=HYPERLINK("http://…","see here")` or `@SUM(…)`. Quotes do not help, because the spreadsheet removes them
//! first. Source: OWASP, "CSV Injection".

use std::borrow::Cow;

/// Prefix that makes a spreadsheet treat a cell as text.
const ESCAPE: char = '\'';

/// Escapes a text for a spreadsheet: one that begins like a formula gets a leading apostrophe. Numbers are
/// unchanged. [`plain`] reverses this exactly.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    if begins_like_a_formula(text) { Cow::Owned(format!("{ESCAPE}{text}")) } else { Cow::Borrowed(text) }
}

/// Reverses [`escaped`].
#[must_use]
pub fn plain(text: &str) -> &str {
    text.strip_prefix(ESCAPE).filter(|rest| begins_like_a_formula(rest)).unwrap_or(text)
}

/// Whether a text begins like a formula after any number of apostrophes. Leading apostrophes count so that a
/// text with its own apostrophe survives the round trip.
fn begins_like_a_formula(text: &str) -> bool {
    let begins = |c: char| {
        matches!(c, '=' | '+' | '-' | '@' | '|' | '%' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠')
    };
    // Some programs skip blanks before a formula.
    let bare = text.trim_start_matches([ESCAPE, ' ']);
    bare.starts_with(begins) && !text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_become_texts_and_numbers_stay() {
        for (text, want) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("\t=1", "'\t=1"),
            (" =1", "' =1"),
            ("'=1", "''=1"),
            ("-5", "-5"),
            ("+0.25", "+0.25"),
            ("-1e3", "-1e3"),
            ("north-east", "north-east"),
            ("'tis", "'tis"),
            ("", ""),
        ] {
            assert_eq!(escaped(text), want);
        }
    }

    proptest! {
        #[test]
        fn what_was_escaped_comes_back(text in "['= +@a0-]{0,6}|.{0,8}") {
            let written = escaped(&text).into_owned();
            prop_assert_eq!(plain(&written), text.as_str());
        }
    }
}
