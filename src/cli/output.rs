//! What the commands print.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use super::Failure;
use crate::tui::ColorChoice;

/// Writes to stdout.
///
/// # Errors
///
/// [`Failure::ClosedPipe`] when nobody reads any more.
pub(super) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text)
        .and_then(|()| out.flush())
        .map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::plain(
                "E201",
                format!("stdout cannot be written: {error}"),
                &["check the space left on the disk that it is sent to"],
            ),
        })
}

/// Writes lines to stderr. Where that fails, there is nobody left to tell.
pub(super) fn complain(lines: &[String]) {
    let mut err = std::io::stderr().lock();
    for line in lines {
        let _ = writeln!(err, "{line}");
    }
}

/// Whether the terminal says that it can show nothing but ASCII.
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether stdout takes bold text.
pub(super) fn is_styled(color: ColorChoice) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match color {
        ColorChoice::Never => false,
        ColorChoice::Auto => std::io::stdout().is_terminal() && !refused && !is_dumb(),
        ColorChoice::Indexed | ColorChoice::Sixteen => true,
    }
}
