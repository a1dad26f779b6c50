//! Text from data, made harmless for terminals and markdown.
//!
//! Column names, category values and event titles come from outside. On a terminal a control character may move the
//! cursor, change the title or write to the clipboard, and a bidirectional override may show another name than the one
//! that is stored. In markdown a value may become a link, a heading, HTML or a cell of its own.

use std::borrow::Cow;

/// Makes text harmless for a terminal: control characters (C0, C1), bidirectional marks, zero-width characters and
/// line separators are written as escapes, such as `\n` and `\u{202e}`. Everything else stays.
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

/// Whether a character does something else than showing a glyph in its place.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control() // C0, delete, C1
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // bidirectional
            | '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' // without width
            | '\u{2028}' | '\u{2029}') // line and paragraph separator
}

/// Makes text harmless as running text of a markdown document: in a paragraph, a heading, a list or a table cell it
/// shows as itself and formats nothing.
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
            // Inside a word an underscore formats nothing, and column names are full of them.
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '#' => first || before.is_whitespace() || before == '#',
            '-' | '+' | '=' => first,
            '!' => after == '[',
            // `http://` and `www.` become links without any bracket.
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

/// Makes text a markdown code span, for running text. Empty text becomes the word `(empty)`.
#[must_use]
pub fn markdown_code(text: &str) -> String {
    let text = terminal(text);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A space at both ends is taken away by the reader, which keeps backticks and spaces at the ends as they are.
    let ends = |c: char| c == '`' || c == ' ';
    let pad = if text.starts_with(ends) || text.ends_with(ends) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Makes text a markdown code span inside a table, where a pipe ends the cell even in code.
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
