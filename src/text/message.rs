//! Error messages: what failed, where, and what to do, in that order.
//!
//! Errors of every module become a [`Message`]. The command line prints it and the console draws it, with the
//! same text.

use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use super::sanitize;

/// Maximum width of a source line that is shown.
const SHOWN: usize = 80;

/// A location in a text file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Place {
    /// The file, as named by the user.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The character position in the line, from 1.
    pub column: usize,
    /// Number of characters, at least 1.
    pub width: usize,
    /// The source line, sanitized for a terminal; a long line is cut around the location.
    pub source_line: String,
    /// Start of the location in [`Place::source_line`], in terminal cells from 0.
    pub offset: usize,
}

impl Place {
    /// Returns the location of a byte range in a file's text. A range beyond the text is placed at its end.
    #[must_use]
    pub fn of(file: impl Into<String>, text: &str, range: &Range<usize>) -> Self {
        let start = boundary(text, range.start);
        let end = boundary(text, range.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = &text[line_start..line_end];
        let before = text[line_start..start].chars().count();
        let width = text[start..end.min(line_end).max(start)].chars().count().max(1);
        // A line that is longer than the screen is shown from shortly before the location.
        let cut = if before + width > SHOWN { before.saturating_sub(20) } else { 0 };
        let line = without_secrets(line);
        let shown: String = line.chars().skip(cut).take(SHOWN).collect();
        let lead: String = line.chars().skip(cut).take(before - cut).collect();
        Self {
            file: file.into(),
            line: text[..start].matches('\n').count() + 1,
            column: before + 1,
            width,
            source_line: harmless(shown.trim_end()),
            offset: harmless(&lead).width(),
        }
    }
}

/// Returns the last character boundary at or before a byte position.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Sanitizes a line and shows a tab as one blank, so that the marker below is aligned.
fn harmless(text: &str) -> String {
    sanitize::terminal(&text.replace('\t', " ")).into_owned()
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", sanitize::terminal(&self.file), self.line)
    }
}

/// What failed, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Message {
    /// A stable code to look up: `E012`.
    pub code: &'static str,
    /// One sentence.
    #[serde(rename = "says")]
    pub message: String,
    /// The location, if it is in a text file.
    pub place: Option<Place>,
    /// What is wrong there; a few words below the marker.
    pub label: String,
    /// What to do, best first.
    pub hints: Vec<String>,
}

impl Message {
    /// Returns the location with its source line and a marker below it; empty without a location.
    ///
    /// * `ascii`: draw the marker with plain characters.
    #[must_use]
    pub fn place_lines(&self, ascii: bool) -> Vec<String> {
        let Some(place) = &self.place else {
            return Vec::new();
        };
        let head = format!("{place}   ");
        let indent = head.width() + place.offset;
        let marker = if ascii { "^--" } else { "╰──" };
        let label = sanitize::terminal(&self.label);
        vec![
            format!("{head}{}", place.source_line),
            format!("{:indent$}{marker} {label}", "").trim_end().to_owned(),
        ]
    }

    /// Returns the sentence; if too long for a screen, its middle is cut, since names and paths come from
    /// outside.
    fn sentence(&self) -> String {
        /// Maximum number of characters of a sentence.
        const MOST: usize = 600;
        shortened(&sanitize::terminal(&self.message), MOST)
    }

    /// Returns the lines below the sentence: the location with its marker, then the hints.
    ///
    /// * `ascii`: draw the marker with plain characters.
    #[must_use]
    pub fn details(&self, ascii: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for block in [
            self.place_lines(ascii),
            self.hints
                .iter()
                .map(|hint| format!("hint   {}", shortened(&sanitize::terminal(hint), 600)))
                .collect(),
        ] {
            if !block.is_empty() {
                lines.push(String::new());
            }
            lines.extend(block.iter().map(|line| format!("   {line}")));
        }
        lines
    }

    /// Returns the complete message as lines, the sentence first.
    #[must_use]
    pub fn lines(&self, ascii: bool) -> Vec<String> {
        let mut lines = vec![format!("coroner: {} [{}]", self.sentence(), self.code)];
        lines.extend(self.details(ascii));
        lines
    }
}

/// A line of a contract in which no token can be read; as long as before, so that a marker below stands where it should.
fn without_secrets(line: &str) -> String {
    const NAME: &str = "token=";
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.to_ascii_lowercase().find(NAME) {
        let (before, secret) = rest.split_at(at + NAME.len());
        let end = secret.find(|c: char| matches!(c, ';' | '"' | '\'') || c.is_whitespace());
        let (secret, after) = secret.split_at(end.unwrap_or(secret.len()));
        shown.push_str(before);
        shown.extend(secret.chars().map(|_| '*'));
        rest = after;
    }
    shown + rest
}

/// Cuts the middle of a text with more than `most` characters.
fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let end = most / 3;
    let head: String = text.chars().take(most - end).collect();
    let tail: String = text.chars().skip(length - end).collect();
    format!("{head}… ({} characters left out) …{tail}", length - most)
}

/// An error that can explain itself and suggest what to do.
pub trait Explain: std::error::Error {
    /// Converts the error to a message for people.
    fn message(&self) -> Message;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown() {
        let line = "engine = \"sc://host/;Token=h\u{fc}sh;user_id=ada\" # token=again";
        let shown = without_secrets(line);
        assert_eq!(shown, "engine = \"sc://host/;Token=****;user_id=ada\" # token=*****");
        assert_eq!(shown.chars().count(), line.chars().count());
        assert_eq!(without_secrets("token=\"\""), "token=\"\"");
    }

    #[test]
    fn the_marker_stands_under_its_word() {
        let text = "[columns]\n\ttimestamp = \"ts\"\n";
        let at = text.find("\"ts\"").expect("it is there");
        let message = Message {
            code: "E012",
            message: "production.parquet has no column named \"ts\"".to_owned(),
            place: Some(Place::of("coroner.toml", text, &(at..at + 4))),
            label: "not found".to_owned(),
            hints: vec!["set  timestamp = \"event_ts\"".to_owned()],
        };
        let lines = message.lines(false);
        assert_eq!(
            lines.join("\n"),
            "coroner: production.parquet has no column named \"ts\" [E012]\n\
             \n   coroner.toml:2    timestamp = \"ts\"\
             \n                                 ╰── not found\n\
             \n   hint   set  timestamp = \"event_ts\""
        );
        assert_eq!(lines[2].find("\"ts\""), lines[3].find('╰'));
        assert_eq!(message.details(true)[2].trim(), "^-- not found");
    }

    #[test]
    fn places_survive_any_range() {
        let long = format!("x = \"{}\" # end", "ä".repeat(5000));
        for (text, range) in
            [("", 0..0), ("a", 5..9), ("a\n", 2..2), ("ä = 1", 1..1), (long.as_str(), 6000..6010)]
        {
            let place = Place::of("f", text, &range);
            assert!(place.line >= 1 && place.column >= 1 && place.width >= 1);
            assert!(place.source_line.chars().count() <= SHOWN);
        }
    }

    #[test]
    fn escapes_do_not_reach_the_terminal() {
        let place = Place::of("a\u{1b}b", "k = \"\u{1b}[2J\"", &(4..5));
        assert!(!format!("{place}{}", place.source_line).contains('\u{1b}'));
    }
}
