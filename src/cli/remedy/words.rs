//! How the text of a bench may look.

use unicode_width::UnicodeWidthStr as _;

use super::super::{Global, output};
use crate::text::sanitize::terminal;

/// Lines are not longer than this.
const WIDTH: usize = 100;

/// How the text may look.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Words {
    /// Plain characters only.
    ascii: bool,
    /// Bold text is understood.
    bold: bool,
}

impl Words {
    pub(super) fn of(global: &Global) -> Self {
        Self {
            ascii: global.ascii || output::is_dumb(),
            bold: output::is_styled(global.color),
        }
    }

    pub(super) fn strong(self, text: &str) -> String {
        if self.bold {
            format!("\u{1b}[1m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Replaces what ASCII does not have.
    pub(super) fn plain(self, text: String) -> String {
        if !self.ascii {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '→' => out.push_str("->"),
                '−' | '–' => out.push('-'),
                '±' => out.push_str("+-"),
                '≤' => out.push_str("<="),
                '\n' | '\u{1b}' => out.push(c),
                c if c.is_ascii() => out.push(c),
                c => out.extend(c.escape_unicode()),
            }
        }
        out
    }

    /// A sentence over as many lines as it takes, the first one with a lead.
    #[expect(clippy::unused_self, reason = "the look decides how lines are broken")]
    pub(super) fn wrapped(self, lead: &str, text: &str) -> Vec<String> {
        let text = terminal(text);
        let indent = " ".repeat(lead.width());
        let mut lines = Vec::new();
        let mut line = lead.to_owned();
        let mut is_empty = true;
        for word in text.split(' ') {
            if !is_empty && line.width() + 1 + word.width() > WIDTH {
                lines.push(std::mem::replace(&mut line, indent.clone()));
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        lines.push(line);
        lines
    }
}
