//! `coroner info`: the program's version, the detected terminal, and the paths in use.

use std::io::IsTerminal as _;

use etcetera::BaseStrategy as _;

use super::{Ending, Failure, Global, config, output};
use crate::{text::sanitize::terminal, tui::ColorChoice};

/// Show the version, the terminal as coroner sees it, and every path it uses
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments, global: &Global) -> Result<Ending, Failure> {
    output::print(format!("{}\n", lines(global).join("\n")).as_bytes())?;
    Ok(Ending::Done)
}

/// Returns the information, one line each; the console shows the same.
pub(super) fn lines(global: &Global) -> Vec<String> {
    let mut lines = vec![format!("coroner {}", env!("CARGO_PKG_VERSION"))];
    let mut line = |name: &str, value: &str| lines.push(format!("{name:12} {}", terminal(value)));
    line("system", &format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    line("threads", &rayon::current_num_threads().to_string());
    let color = match global.color {
        ColorChoice::Auto => "auto",
        ColorChoice::Indexed => "256",
        ColorChoice::Sixteen => "16",
        ColorChoice::Never => "never",
    };
    line("color", color);
    line("stdout", if std::io::stdout().is_terminal() { "terminal" } else { "no terminal" });
    for name in ["TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL"] {
        line(name, &std::env::var(name).unwrap_or_else(|_| "not set".to_owned()));
    }
    match etcetera::choose_base_strategy() {
        Ok(folders) => {
            let path = config::path().unwrap_or_default();
            let standing = match config::load() {
                Ok(_) if path.exists() => "",
                Ok(_) => "   (absent; every setting has its default)",
                Err(_) => "   (has a mistake: any other command explains it)",
            };
            line("config", &format!("{}{standing}", path.display()));
            let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
            line("journals", &state.join("coroner").display().to_string());
        }
        Err(_) => line("config", "none: there is no home folder"),
    }
    line("formats", "Parquet, CSV and TSV (plain, gzip, zstd), JSON lines, Arrow IPC");
    lines
}
