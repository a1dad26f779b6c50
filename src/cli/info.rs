//! `coroner info`: which program this is, what it found out about the terminal, and where it keeps things.

use std::{fmt::Write as _, io::IsTerminal as _};

use etcetera::BaseStrategy as _;

use super::{Ending, Failure, Global, output};
use crate::{text::sanitize::terminal, tui::ColorChoice};

/// Show the version, the terminal as coroner sees it, and every path it uses
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments, global: &Global) -> Result<Ending, Failure> {
    let mut text = format!("coroner {}\n", env!("CARGO_PKG_VERSION"));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:12} {}", terminal(value));
    };
    line(
        "system",
        &format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    );
    line("threads", &rayon::current_num_threads().to_string());
    let color = match global.color {
        ColorChoice::Auto => "auto",
        ColorChoice::Indexed => "256",
        ColorChoice::Sixteen => "16",
        ColorChoice::Never => "never",
    };
    line("color", color);
    line(
        "stdout",
        if std::io::stdout().is_terminal() {
            "terminal"
        } else {
            "no terminal"
        },
    );
    for name in ["TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL"] {
        line(
            name,
            &std::env::var(name).unwrap_or_else(|_| "not set".to_owned()),
        );
    }
    match etcetera::choose_base_strategy() {
        Ok(folders) => {
            line(
                "config",
                &folders
                    .config_dir()
                    .join("coroner/config.toml")
                    .display()
                    .to_string(),
            );
            let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
            line("journals", &state.join("coroner").display().to_string());
        }
        Err(_) => line("config", "none: there is no home folder"),
    }
    line(
        "formats",
        "Parquet, CSV and TSV (plain, gzip, zstd), JSON lines, Arrow IPC",
    );
    output::print(text.as_bytes())?;
    Ok(Ending::Done)
}
