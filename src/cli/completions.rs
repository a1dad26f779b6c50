//! `coroner completions`: prints a shell completion script.

use clap_complete::Shell;

use super::{Ending, Failure, output};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: coroner completions bash > ~/.local/share/bash-completion/completions/coroner"
)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, mut command: clap::Command) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "coroner", &mut script);
    output::print(&script)?;
    Ok(Ending::Done)
}
