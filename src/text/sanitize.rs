//! Sanitizes text from data for terminals and markdown.
//!
//! Column names, category values and event titles come from outside. On a terminal, a control character may
//! move the cursor, change the title or write to the clipboard, and a bidirectional override may display a
//! name other than the stored one. In markdown, a value may become a link, a heading, HTML or a separate
//! cell.

use std::borrow::Cow;

use icu_properties::{
    CodePointSetData,
    props::{BidiControl, DefaultIgnorableCodePoint},
};

/// Sanitizes text for a terminal: control characters (C0, C1), bidirectional marks, characters without a
/// glyph and line separators are written as escapes, such as `\n` and `\u{202e}`. Everything else is
/// unchanged.
#[must_use]
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether a character does anything other than show a glyph in its place.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    if c.is_ascii() {
        return c.is_control();
    }
    let noncharacter =
        matches!(u32::from(c) & 0xffff, 0xfffe | 0xffff) || ('\u{fdd0}'..='\u{fdef}').contains(&c);
    c.is_control()
        // XML forbids some of these, and none has a glyph.
        || noncharacter
        // Annotation marks, the Braille blank, line and paragraph separators.
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{2800}' | '\u{2028}' | '\u{2029}')
        // Invisible by their Unicode property: joiners, variation selectors, fillers, tags, direction marks.
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<BidiControl>().contains(c)
}

/// Escapes text for a markdown document: in a paragraph, a heading, a list or a table cell it is displayed
/// literally.
#[must_use]
pub fn markdown(text: &str) -> String {
    let text = terminal(text);
    let text = text.trim();
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    let mut only_digits_so_far = true;
    while let Some(c) = chars.next() {
        let first = out.is_empty();
        let after = chars.peek().copied().unwrap_or(' ');
        let special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '$' | '@' | '&' => true,
            // An underscore inside a word has no effect, and column names are full of them.
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '#' => first || before.is_whitespace() || before == '#',
            '-' | '+' | '=' => first,
            '!' => after == '[',
            // `http://` and `www.` become links without any brackets.
            ':' => after == '/',
            // A list needs a blank after its number.
            '.' => (!first && only_digits_so_far && after.is_whitespace()) || ends_with_www(&out),
            ')' => !first && only_digits_so_far && after.is_whitespace(),
            _ => false,
        };
        only_digits_so_far = only_digits_so_far && c.is_ascii_digit();
        if special {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

fn ends_with_www(text: &str) -> bool {
    text.len()
        .checked_sub(3)
        .and_then(|from| text.get(from..))
        .is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// Formats text as a markdown code span. Empty text becomes the word `(empty)`.
#[must_use]
pub fn markdown_code(text: &str) -> String {
    let text = terminal(text);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A renderer strips one space from both ends; adding one preserves backticks and spaces there.
    let ends = |c: char| c == '`' || c == ' ';
    let pad = if text.starts_with(ends) || text.ends_with(ends) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Formats text as a markdown code span inside a table, where a pipe ends the cell even in code.
#[must_use]
pub fn markdown_cell_code(text: &str) -> String {
    markdown_code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn terminal_shows_what_is_there() {
        for (text, want) in [
            ("income", "income"),
            ("Größe 身長", "Größe 身長"),
            ("a\nb\tc", "a\\nb\\tc"),
            ("\x1b[31mred", "\\u{1b}[31mred"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\x1b]52;c;aGk=\x07", "\\u{1b}]52;c;aGk=\\u{7}"),
            ("user\u{202e}gnp.exe", "user\\u{202e}gnp.exe"),
            ("pay\u{200b}pal", "pay\\u{200b}pal"),
            ("a\u{2028}b", "a\\u{2028}b"),
            ("a\u{fe0f}b\u{3164}c\u{34f}", "a\\u{fe0f}b\\u{3164}c\\u{34f}"),
            (
                "a\u{e0100}\u{115f}\u{17b4}\u{180b}\u{2800}\u{ffa0}",
                "a\\u{e0100}\\u{115f}\\u{17b4}\\u{180b}\\u{2800}\\u{ffa0}",
            ),
            ("a\u{ffff}\u{fffe}", "a\\u{ffff}\\u{fffe}"),
            ("\u{feff}id", "\\u{feff}id"),
        ] {
            assert_eq!(terminal(text), want);
        }
        assert!(matches!(terminal("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn markdown_shows_what_is_there() {
        for (text, want) in [
            ("loan_amount", "loan_amount"),
            ("_private", "\\_private"),
            ("a|b", "a\\|b"),
            ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
            ("[x](javascript:1)", "\\[x\\](javascript:1)"),
            ("![x](http://e.org)", "\\!\\[x\\](http\\://e.org)"),
            ("see www.example.org", "see www\\.example.org"),
            ("# heading", "\\# heading"),
            ("heading #", "heading \\#"),
            ("- item", "\\- item"),
            ("1. item", "1\\. item"),
            ("1) item", "1\\) item"),
            ("0.25", "0.25"),
            ("credit-default 0.25", "credit-default 0.25"),
            ("a\n\n# b", "a\\\\n\\\\n# b"),
            ("&lt; @team `x` ~~y~~", "\\&lt; \\@team \\`x\\` \\~\\~y\\~\\~"),
            ("  indented", "indented"),
        ] {
            assert_eq!(markdown(text), want);
        }
    }

    #[test]
    fn code_keeps_backticks_and_pipes() {
        assert_eq!(markdown_code("income"), "`income`");
        assert_eq!(markdown_code("a`b"), "``a`b``");
        assert_eq!(markdown_code("`"), "`` ` ``");
        assert_eq!(markdown_code(" a"), "`  a `");
        assert_eq!(markdown_code(""), "(empty)");
        assert_eq!(markdown_code("a|b\n"), "`a|b\\n`");
        assert_eq!(markdown_cell_code("a|b"), "`a\\|b`");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in any::<String>()) {
            prop_assert!(!terminal(&text).contains(is_unsafe));
            prop_assert!(!markdown(&text).contains(is_unsafe));
            prop_assert!(!markdown_cell_code(&text).contains(is_unsafe));
        }

        #[test]
        fn every_pipe_and_bracket_is_escaped(text in "[a-z|<>`\\[\\]\\\\]{0,20}") {
            let out = markdown(&text);
            let mut escaped = false;
            for c in out.chars() {
                prop_assert!(escaped || !matches!(c, '|' | '<' | '>' | '`' | '[' | ']'), "{out}");
                escaped = c == '\\' && !escaped;
            }
        }
    }
}
