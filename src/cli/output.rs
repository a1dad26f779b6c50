//! Output of the commands.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use clap::ValueEnum;
use unicode_width::UnicodeWidthStr as _;

use super::Failure;
use crate::{
    text::{message::Message, phrase, sanitize::terminal},
    tui::ColorChoice,
};

/// The output format: for people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object for programs
    Json,
}

/// Writes to stdout.
///
/// # Errors
///
/// [`Failure::ClosedPipe`] when the reader has closed the pipe.
pub(super) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::ClosedPipe,
        _ => Failure::Explained(Box::new(unwritable(&error))),
    })
}

/// That stdout cannot be written.
pub(super) fn unwritable(error: &std::io::Error) -> Message {
    Message {
        code: "E201",
        message: format!("stdout cannot be written: {error}"),
        place: None,
        label: String::new(),
        hints: vec!["check the free space on the disk that it is written to, and  ulimit -f".to_owned()],
    }
}

/// Writes lines to stderr. If that fails, nothing more can be done.
pub(super) fn complain(lines: &[String]) {
    let mut err = std::io::stderr().lock();
    for line in lines {
        let _ = writeln!(err, "{line}");
    }
}

/// Whether the terminal declares that it can only show ASCII.
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether stdout supports bold text.
pub(super) fn is_styled(color: ColorChoice) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match color {
        ColorChoice::Never => false,
        ColorChoice::Auto => std::io::stdout().is_terminal() && !refused && !is_dumb(),
        ColorChoice::Indexed | ColorChoice::Sixteen => true,
    }
}

/// Maximum line length of text output.
pub(super) const WIDTH: usize = 100;

/// Wraps an external text into lines; the first begins with `lead`, the others with as many blanks.
pub(super) fn wrapped(lead: &str, text: &str) -> Vec<String> {
    let text = terminal(text);
    let indent = " ".repeat(lead.width());
    let mut lines = Vec::new();
    let mut line = lead.to_owned();
    let mut is_empty = true;
    for word in phrase::unbroken(&text) {
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
