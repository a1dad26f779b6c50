//! `coroner gen`: prints the documents that are generated from the program's tables.

use super::{Ending, Failure, output};
use crate::{
    app::{
        config::{self, Config},
        keys,
    },
    autopsy::catalogue,
    case::keys as contract,
};

/// Print a document that is made from the program's own tables
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Which one
    #[arg(value_enum)]
    document: Document,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Document {
    /// docs/keys.md, with the keys that are in force
    Keys,
    /// The configuration that changes nothing, with every setting explained
    Config,
    /// The table of settings in docs/config.md
    Settings,
    /// The example and the tables of keys in docs/contract.md
    Contract,
    /// docs/checks.md: all checks, measures and signals
    Checks,
    /// The table of signals in docs/method.md
    Signals,
    /// The JSON schema of `coroner report --format json`
    ReportSchema,
    /// The JSON schema of what `coroner profile` writes
    ProfileSchema,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Ending, Failure> {
    let text = match arguments.document {
        Document::Keys => keys::markdown(&config.keymap),
        Document::Config => config::example(),
        Document::Settings => config::markdown(),
        Document::Contract => contract::markdown(),
        Document::Checks => catalogue::document::checks(),
        Document::Signals => catalogue::document::groups(),
        Document::ReportSchema => include_str!("../../docs/schema/report.schema.json").to_owned(),
        Document::ProfileSchema => include_str!("../../docs/schema/profile.schema.json").to_owned(),
    };
    output::print(text.as_bytes())?;
    Ok(Ending::Done)
}
