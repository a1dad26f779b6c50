//! `coroner report`: writes the report of an investigation, for a wiki or for programs.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Ending, Failure, Global, choice::Chosen, output};
use crate::{
    autopsy::Investigation,
    case::{self, Case, input},
    engine::{
        Inputs,
        export::{self, Cells, Written},
    },
    journal::Journal,
    remedy::golden_refresh,
    report::{Analyst, Report, figure::Face},
    text::sanitize::terminal,
    work::JournalFile,
};

/// File names of the proposed rows for the golden set.
const REFRESH: [&str; 2] = ["golden-refresh.parquet", "golden-refresh.csv"];

/// Write the report of a case
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder of a case, or its coroner.toml
    case: PathBuf,
    #[command(flatten)]
    chosen: Chosen,
    /// The folder that the report is written to; without it only the text is printed
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What is written
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// Leave out what the analyst pinned, noted and chose in the console
    #[arg(long)]
    without_journal: bool,
    /// Also propose N production rows for the golden set, as golden-refresh.parquet and .csv in DIR
    #[arg(long, value_name = "N", requires = "out")]
    golden: Option<usize>,
    /// Draw the figures as PNG on light paper, for wikis and mail that show no SVG
    #[arg(long)]
    png: bool,
    /// Also hold the studies that fit models: importance, columns
    #[arg(long)]
    studies: bool,
    /// A template in place of the program's, for markdown and HTML
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum ReportFormat {
    /// report.md with its figures beside it
    #[default]
    Md,
    /// One page that holds its figures
    Html,
    /// Everything as one JSON object
    Json,
    /// The checks for a CI server
    Junit,
    /// Ten lines for a chat channel
    Chat,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    // Read the template first: an unreadable one should not cost a pass over the data.
    let template = arguments.template.as_deref().map(read).transpose()?;
    let case = super::load(&arguments.case, global)?;
    let journal = if arguments.without_journal { Journal::default() } else { journal(&case) };
    let mut inputs = Inputs::of(&case);
    if let Some(template) = &arguments.template {
        inputs.add(template, "template");
    }
    if let Some(folder) = &arguments.out {
        // Check before the work begins, for every possible output file.
        for name in ["report.md", "report.html", "report.json", "report.xml", "report.txt"]
            .into_iter()
            .chain(arguments.golden.map(|_| REFRESH).into_iter().flatten())
        {
            inputs.refuse(&folder.join(name))?;
        }
    }
    // A choice made in the console applies here as well, unless the command overrides it.
    let choice = arguments.chosen.choice().unwrap_or(journal.marks().choice);
    let cache = super::cache_of(&case, global);
    let investigation = super::diagnose::investigate(&case, choice, &cache)?;
    let analyst = Analyst::from(&journal);
    let backtests = super::remedy::measure(&investigation, &cache)?;
    let face = if arguments.png { Face::Png } else { Face::Svg };
    let report = Report::drawn(&investigation, &analyst, face)
        .with_remedies(&investigation, &backtests)
        .with_studies(super::study::all(&investigation, arguments.studies, &cache));
    let markdown = || match &template {
        Some((name, template)) => {
            let _watched = super::memory::watch_template(name, global.ascii || output::is_dumb());
            report.markdown_by(name, template)
        }
        None => Ok(report.markdown()),
    };
    let one = |name: &str, text: String| vec![(name.to_owned(), text.into_bytes())];
    let files = match arguments.format {
        ReportFormat::Md => report.files(markdown()?),
        ReportFormat::Html => one("report.html", report.html(&markdown()?)),
        ReportFormat::Json => one("report.json", report.json()),
        ReportFormat::Junit => one("report.xml", report.junit()),
        ReportFormat::Chat => one("report.txt", report.chat()),
    };
    match &arguments.out {
        Some(folder) => {
            write(folder, &files, &inputs)?;
            let named: Vec<String> = files
                .iter()
                .take(1)
                .map(|(path, _)| format!("{}\n", terminal(&folder.join(path).display().to_string())))
                .collect();
            output::print(named.concat().as_bytes())?;
            if let Some(most) = arguments.golden {
                golden_refresh(folder, &case, &investigation, most)?;
            }
        }
        None => output::print(files.first().map_or(&[], |(_, bytes)| bytes))?,
    }
    Ok(Ending::Done)
}

/// Returns what the analyst did in the console, if anything.
fn journal(case: &Case) -> Journal {
    let file = case.contract.as_deref().and_then(JournalFile::of);
    let (journal, told) = file.as_ref().map(super::open::replayed).unwrap_or_default();
    output::complain(&told.iter().map(|message| terminal(message).into_owned()).collect::<Vec<_>>());
    journal
}

/// Writes the proposed rows for the golden set, with the reason for each.
fn golden_refresh(
    folder: &Path,
    case: &Case,
    investigation: &Investigation,
    most: usize,
) -> Result<(), Failure> {
    let dossier = &investigation.dossier;
    let proposals = golden_refresh::propose(dossier, &investigation.framing, most);
    let rows: Vec<usize> = proposals.iter().map(|proposal| proposal.row).collect();
    let reason = |proposal: &golden_refresh::GoldenProposal| {
        let name = proposal.reason.name();
        let reason = proposal
            .feature
            .map_or_else(|| name.to_owned(), |feature| format!("{name}: {}", dossier.feature_name(feature)));
        Some(reason)
    };
    let mut proposed = dossier.production.sample.take(&rows);
    let by_people = dossier.labelled_by_people();
    if proposed.label.is_empty() && !by_people.is_empty() {
        proposed.label = vec![f64::NAN; rows.len()];
    }
    for (place, row) in rows.iter().enumerate() {
        if let Ok(found) = by_people.binary_search_by_key(row, |(row, _)| *row) {
            proposed.label[place] = by_people[found].1;
        }
    }
    let mut columns = export::of_table(case, &dossier.plan, &proposed);
    columns
        .push(Written::new(export::PROPOSED_BECAUSE, Cells::Texts(proposals.iter().map(reason).collect())));
    for name in REFRESH {
        export::write(&folder.join(name), &columns)?;
    }
    Ok(())
}

/// Reads a template, with a limit on its size.
fn read(path: &Path) -> Result<(String, String), Failure> {
    /// Maximum size of a template in bytes; the built-in one has a few thousand.
    const MOST: u64 = 1_000_000;
    let name = path.display().to_string();
    let refused = |why: String| {
        Failure::plain(
            "E302",
            format!("{name} cannot be read: {why}"),
            &["name a file of at most 1 MB that can be read as text"],
        )
    };
    let text = input::read_text(path, MOST).map_err(|error| refused(error.to_string()))?;
    Ok((name.clone(), text))
}

/// Writes the files of a report to a folder.
fn write(folder: &Path, files: &[(String, Vec<u8>)], inputs: &Inputs) -> Result<(), Failure> {
    for (name, _) in files {
        inputs.refuse(&folder.join(name))?;
    }
    case::output::write_together(folder, files).map_err(|(file, error)| {
        Failure::plain(
            "E303",
            format!("{file} cannot be written: {error}"),
            &["choose another folder with -o"],
        )
    })
}
