//! `coroner study`: an analysis beside the diagnosis, made because somebody asks for it.

use std::{convert::Infallible, path::PathBuf};

use clap::{ValueEnum, builder::PossibleValuesParser};
use unicode_width::UnicodeWidthStr as _;

use super::{Ending, Failure, Global, choice::Chosen, diagnose, output, paper::Paper};
use crate::{
    autopsy::Investigation,
    report,
    study::{self, Format, Study, StudyTable, Topic},
    text::{formula, sanitize::terminal},
    work::{CaseCache, Kept},
};

/// Answer one question beside the diagnosis: class by class, by segment, by version, importance, …
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder of a case, or its coroner.toml
    case: PathBuf,
    /// What to study; all that the case has data for when absent
    #[arg(value_parser = PossibleValuesParser::new(Topic::ALL.map(Topic::id)))]
    topics: Vec<String>,
    #[command(flatten)]
    chosen: Chosen,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    format: StudyFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum StudyFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object for programs
    Json,
    /// The tables as comma-separated values, one below the other
    Csv,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Ending, Failure> {
    let case = super::load(&arguments.case, global)?;
    let cache = super::cache_of(&case, global);
    let investigation = diagnose::investigate(&case, arguments.chosen.choice().unwrap_or_default(), &cache)?;
    let topics: Vec<Topic> = arguments.topics.iter().filter_map(|word| Topic::named(word)).collect();
    let studies = if topics.is_empty() {
        all(&investigation, true, &cache)
    } else {
        let make = |topic: &Topic| {
            study::study(*topic, &investigation).map_err(|why| {
                Failure::plain(
                    "E305",
                    format!("the case holds nothing to study {} by: {why}", topic.id()),
                    &[
                        "coroner study CASE shows what it has data for",
                        "docs/studies.md says what each needs",
                    ],
                )
            })
        };
        topics.iter().map(make).collect::<Result<Vec<_>, _>>()?
    };
    let text = match arguments.format {
        StudyFormat::Text => {
            let paper = Paper::of(global);
            paper.plain(studies.iter().map(|study| text(study, paper)).collect::<Vec<_>>().join("\n"))
        }
        StudyFormat::Json => report::json::studies(&investigation, &studies),
        StudyFormat::Csv => {
            studies.iter().flat_map(|study| &study.tables).map(csv).collect::<Vec<_>>().join("\n")
        }
    };
    output::print(text.as_bytes())?;
    Ok(Ending::Done)
}

/// Makes the studies that the case has data for, unless the cache holds them.
///
/// * `long`: also those that fit models.
pub(super) fn all(investigation: &Investigation, long: bool, cache: &CaseCache) -> Vec<Study> {
    let kept = Kept::Studies { investigation, long };
    let Ok(studies) = cache.get_or(kept, || Ok::<_, Infallible>(study::all(investigation, long)));
    studies
}

/// Rows of a table that are printed at most; JSON and CSV hold all of them.
const LONGEST: usize = 40;

/// A study on a page.
fn text(study: &Study, paper: Paper) -> String {
    let mut lines = vec![paper.strong(study.title)];
    lines.extend(study.says.iter().flat_map(|said| output::wrapped("  ", said)));
    for table in &study.tables {
        lines.push(String::new());
        lines.extend(table_lines(table));
    }
    for limit in &study.limits {
        lines.push(String::new());
        lines.extend(output::wrapped("limit  ", limit));
    }
    lines.join("\n") + "\n"
}

/// A table in columns, numbers to the right; a table that is wider than a page is split below itself.
fn table_lines(table: &StudyTable) -> Vec<String> {
    let cells: Vec<Vec<String>> = table
        .texts()
        .into_iter()
        .map(|row| row.iter().map(|cell| terminal(cell).into_owned()).collect())
        .collect();
    let width = |column: usize| cells.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let mut lines = vec![format!("  {}", terminal(&table.title))];
    if table.rows.is_empty() {
        lines.push("    none".to_owned());
        return lines;
    }
    let mut from = 1;
    loop {
        // The first column stands before every part, since it names the rows.
        let mut used = 4 + widths[0];
        let fits = |at: &usize| {
            used += 2 + widths[*at];
            used <= output::WIDTH || *at == from
        };
        let part: Vec<usize> = (from..widths.len()).take_while(fits).collect();
        for row in cells.iter().take(LONGEST + 1) {
            let pad = |at: usize| " ".repeat(widths[at] - row[at].width());
            let mut line = format!("    {}{}", row[0], pad(0));
            for &at in &part {
                let is_text = table.columns[at].format == Format::Text;
                let cell = if is_text { row[at].clone() + &pad(at) } else { pad(at) + &row[at] };
                line.push_str("  ");
                line.push_str(&cell);
            }
            lines.push(line.trim_end().to_owned());
        }
        from += part.len();
        if part.is_empty() || from >= widths.len() {
            break;
        }
        lines.push(String::new());
    }
    if table.rows.len() > LONGEST {
        lines.push(format!("    {} more rows with --format csv", table.rows.len() - LONGEST));
    }
    lines
}

/// A table as comma-separated values, heads first, with its study's id before each row's cells.
fn csv(table: &StudyTable) -> String {
    let quoted = |cell: &str| format!("\"{}\"", formula::escaped(&terminal(cell)).replace('"', "\"\""));
    let mut lines = vec![table.columns.iter().map(|column| quoted(&column.id)).collect::<Vec<_>>().join(",")];
    lines.extend(table.rows.iter().map(|row| {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| match cell {
                study::Cell::Text(text) => quoted(text),
                other => other.plain(),
            })
            .collect();
        cells.join(",")
    }));
    lines.join("\n") + "\n"
}
