//! `coroner man`: the manual page.

use super::{Ending, Failure, output};

/// Print the manual page
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: coroner man | man -l -")]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments, command: clap::Command) -> Result<Ending, Failure> {
    output::print(&page(command))?;
    Ok(Ending::Done)
}

/// Returns the page of the program, followed by the pages of its commands.
fn page(command: clap::Command) -> Vec<u8> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    // Writing to memory can't fail.
    let _ = clap_mangen::Man::new(command.clone()).render(&mut page);
    for sub in command.get_subcommands() {
        let _ = clap_mangen::Man::new(sub.clone()).render_synopsis_section(&mut page);
        let _ = clap_mangen::Man::new(sub.clone()).render_description_section(&mut page);
        let _ = clap_mangen::Man::new(sub.clone()).render_options_section(&mut page);
    }
    page
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn every_command_is_in_the_manual() {
        let command = crate::cli::Arguments::command();
        let page = String::from_utf8(super::page(command.clone())).expect("text");
        for sub in command.get_subcommands() {
            assert!(
                page.contains(&format!("coroner {}", sub.get_name()).replace('-', "\\-")),
                "{}",
                sub.get_name()
            );
        }
        assert!(page.contains("Exit codes"), "{page}");
    }
}
