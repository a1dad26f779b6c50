//! `coroner gen`: the documents that are printed from the program's own tables.

use super::{Ending, Failure, output};
use crate::app::keys;

/// Print a document that is made from the program's own tables
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Which one
    #[arg(value_enum)]
    document: Document,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Document {
    /// docs/keys.md
    Keys,
}

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    let text = match arguments.document {
        Document::Keys => keys::markdown(),
    };
    output::print(text.as_bytes())?;
    Ok(Ending::Done)
}
