//! Texts that a spreadsheet would take for a formula.
//!
//! A review queue goes through people's spreadsheets, and a name or a value from data may be
//! `=HYPERLINK("http://…","see here")` or `@SUM(…)`. Quotes do not help: the spreadsheet takes them away first.
//! Source: OWASP, "CSV Injection".

use std::borrow::Cow;

/// What makes a text harmless, and a spreadsheet shows as text.
const ESCAPE: char = '\'';

/// Makes a text harmless for a spreadsheet: one that begins like a formula gets an apostrophe before it. Numbers stay as
/// they are. [`plain`] takes exactly that away again.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    if begins_like_a_formula(text) { Cow::Owned(format!("{ESCAPE}{text}")) } else { Cow::Borrowed(text) }
}

/// The text that [`escaped`] was given.
#[must_use]
pub fn plain(text: &str) -> &str {
    text.strip_prefix(ESCAPE).filter(|rest| begins_like_a_formula(rest)).unwrap_or(text)
}

/// Whether a text begins like a formula behind any number of apostrophes. Those count so that a text that has one of
/// its own comes back with it.
fn begins_like_a_formula(text: &str) -> bool {
    let begins = |c: char| {
        matches!(c, '=' | '+' | '-' | '@' | '|' | '%' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠')
    };
    // Blanks before a formula are skipped by some programs.
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
