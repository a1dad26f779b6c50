//! Copying through the terminal (OSC 52), which works over SSH as well.

use std::{
    env, fs,
    io::{self, stdout},
};

use crossterm::{clipboard::CopyToClipboard, execute};

use crate::app::Outcome;

/// More bytes than this, once encoded in base64, and terminals begin to drop the sequence.
const MOST_ENCODED: usize = 74_994;

/// Copies a text, or writes it to a file where it is too long for the clipboard.
pub(super) fn copy(text: &str) -> Outcome {
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
    let path = env::temp_dir().join(format!("coroner-copy-{}.md", std::process::id()));
    fs::write(&path, text)?;
    Ok(Outcome::Copied(format!("too long for the clipboard; written to {}", path.display())))
}
