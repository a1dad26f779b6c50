//! Copying via the terminal (OSC 52), which also works over SSH.

use std::{
    borrow::Cow,
    env,
    io::{self, Write as _, stdout},
};

use crossterm::{clipboard::CopyToClipboard, execute};

use crate::{app::Outcome, text::sanitize};

/// Above this many bytes, encoded in base64, some terminals drop the sequence.
const MOST_ENCODED: usize = 74_994;

/// Copies a text, or writes it to a file if it is too long for the clipboard.
///
/// Names and values in it come from data and may end up in a shell, so all characters with side effects
/// except line breaks are escaped.
pub(super) fn copy(text: &str) -> Outcome {
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(sanitize::terminal).collect();
    let text = lines.join("\n");
    let text = text.as_str();
    if text.len().div_ceil(3) * 4 > MOST_ENCODED {
        return write_instead(text)
            .unwrap_or_else(|error| Outcome::Failed(format!("could not copy: {error}")));
    }
    match execute!(stdout(), CopyToClipboard::to_clipboard_from(text)) {
        Ok(()) if env::var_os("TMUX").is_some() => {
            Outcome::Copied("copied; inside tmux this needs `set -g set-clipboard on`".to_owned())
        }
        Ok(()) => Outcome::Copied(String::new()),
        Err(error) => Outcome::Failed(format!("could not copy: {error}")),
    }
}

fn write_instead(text: &str) -> io::Result<Outcome> {
    // An unpredictable name and private permissions: others can write to this folder, too.
    let mut file = tempfile::Builder::new().prefix("coroner-copy-").suffix(".md").tempfile()?;
    file.write_all(text.as_bytes())?;
    let (_, path) = file.keep().map_err(|error| error.error)?;
    Ok(Outcome::Copied(format!("too long for the clipboard; written to {}", path.display())))
}
