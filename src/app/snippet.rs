//! Code that reproduces a number of the screen from the case's files: polars for Python, or SQL as `DuckDB` reads it.
//!
//! The code counts all rows; where a number rests on the sample of rows, the two agree within noise.

use std::fmt::Write as _;

use super::{
    Language, LogFiles, Model,
    screen::{self, drift},
};
use crate::{
    autopsy::{Investigation, Step},
    stats::distance::PSEUDO_COUNT,
    summary::{Bins, Feature, Micros, Span, Task},
    text::time,
};

/// The code for what the cursor is on.
///
/// # Errors
///
/// Why there is none, as a clause.
pub(super) fn of(model: &Model, language: Language) -> Result<String, String> {
    let investigation = model.investigation.as_ref().ok_or_else(|| model.not_yet())?;
    let files = &model.head.log;
    if files.production.is_empty() {
        return Err("the files of this case are not known".to_owned());
    }
    let writer = Writer { files, language, period: period(model, investigation) };
    let feature = model.features.current().map(|at| &investigation.dossier.plan.features[at]);
    let what = screen::selection(model).map_or_else(|| "the headline metric".to_owned(), |on| on.title);
    let body = match (model.screen, feature) {
        (Step::Drift | Step::Feature, Some(feature)) => writer.drift(feature)?,
        (Step::Pipeline, Some(feature)) => writer.nulls(&feature.name),
        _ => writer.metric(investigation)?,
    };
    Ok(format!("{} {}: {what}\n{body}", writer.comment(), model.head.title.replace('\n', " ")))
}

/// The rows that the number is about: a window under the cursor, else those since the onset; all without a clock.
fn period(model: &Model, investigation: &Investigation) -> Option<(Micros, Option<Micros>)> {
    let chosen = model.at.and_then(|_| {
        let (grid, window) = model.drift()?.grid.zip(drift::window(model))?;
        let Span { from, to } = grid.span(window);
        (model.screen == Step::Drift).then_some((from, Some(to)))
    });
    let framing = &investigation.framing;
    chosen.or_else(|| framing.split().map(|onset| (onset, framing.ended())))
}

struct Writer<'a> {
    files: &'a LogFiles,
    language: Language,
    period: Option<(Micros, Option<Micros>)>,
}

impl Writer<'_> {
    const fn comment(&self) -> &'static str {
        match self.language {
            Language::Polars => "#",
            Language::Sql => "--",
        }
    }

    /// What reads a file, by the ending of its name.
    fn scan(path: &str) -> String {
        let lower = path.to_lowercase();
        let bare = lower.trim_end_matches(".gz").trim_end_matches(".zst");
        let reader = match bare.rsplit('.').next() {
            Some("csv" | "tsv" | "txt") => "scan_csv",
            Some("ndjson" | "jsonl" | "json") => "scan_ndjson",
            Some("arrow" | "feather" | "ipc") => "scan_ipc",
            _ => "scan_parquet",
        };
        format!("pl.{reader}({})", python(path))
    }

    /// The rows of the period, under the name `rows`.
    fn rows(&self) -> String {
        let mut code = format!("import polars as pl\n\nrows = {}", Self::scan(&self.files.production));
        if let (Some((from, to)), Some(clock)) = (self.period, &self.files.timestamp) {
            let at = |at: Micros| format!("pl.lit({}).str.to_datetime()", python(&iso(at)));
            let _ = write!(code, ".filter(pl.col({}) >= {})", python(clock), at(from));
            if let Some(to) = to {
                let _ = write!(code, ".filter(pl.col({}) < {})", python(clock), at(to));
            }
        }
        code.push('\n');
        code
    }

    /// The condition of the period, beginning with `WHERE`; empty without one.
    fn condition(&self, more: &str) -> String {
        let mut conditions = Vec::new();
        if let (Some((from, to)), Some(clock)) = (self.period, &self.files.timestamp) {
            conditions.push(format!("{} >= TIMESTAMP '{}'", quoted(clock), iso(from)));
            conditions.extend(to.map(|to| format!("{} < TIMESTAMP '{}'", quoted(clock), iso(to))));
        }
        conditions.extend((!more.is_empty()).then(|| more.to_owned()));
        if conditions.is_empty() { String::new() } else { format!("\nWHERE {}", conditions.join("\n  AND ")) }
    }

    /// The mean of the headline: accuracy of classes, mean size of the error of numbers.
    fn metric(&self, investigation: &Investigation) -> Result<String, String> {
        let label = self.files.label.as_ref().ok_or("the case has no label")?;
        let prediction = self.files.prediction.as_ref().ok_or("the log holds no answers")?;
        let numbers = investigation.dossier.task() == Task::Regression;
        Ok(match self.language {
            Language::Polars => {
                let (label, answer) = (python(label), python(prediction));
                let of = if numbers {
                    format!("(pl.col({answer}) - pl.col({label})).abs().mean().alias(\"MAE\")")
                } else {
                    // As text, so that 1, 1.0 and "1" are the same class.
                    format!(
                        "(pl.col({answer}).cast(pl.String).str.strip_suffix(\".0\") == \
                         pl.col({label}).cast(pl.String).str.strip_suffix(\".0\")).mean().alias(\"accuracy\")"
                    )
                };
                format!(
                    "{}judged = rows.filter(pl.col({label}).is_not_null())\nprint(judged.select(pl.len(), {of}).collect())\n",
                    self.rows()
                )
            }
            Language::Sql => {
                let (name, answer) = (quoted(label), quoted(prediction));
                let of = if numbers {
                    format!("avg(abs({answer} - {name})) AS mae")
                } else {
                    format!(
                        "avg((regexp_replace({answer}::VARCHAR, '\\.0$', '') = \
                         regexp_replace({name}::VARCHAR, '\\.0$', ''))::INT) AS accuracy"
                    )
                };
                let condition = self.condition(&format!("{name} IS NOT NULL"));
                format!("SELECT count(*) AS rows, {of}\nFROM {}{condition};\n", text(&self.files.production))
            }
        })
    }

    /// The share of missing values of a column.
    fn nulls(&self, column: &str) -> String {
        match self.language {
            Language::Polars => {
                let column = python(column);
                format!(
                    "{}print(rows.select(pl.len(), pl.col({column}).is_null().mean()).collect())\n",
                    self.rows()
                )
            }
            Language::Sql => {
                let (column, condition) = (quoted(column), self.condition(""));
                format!(
                    "SELECT count(*) AS rows, avg(({column} IS NULL)::INT) AS nulls\nFROM {}{condition};\n",
                    text(&self.files.production)
                )
            }
        }
    }

    /// The PSI of a feature over the bins of training.
    fn drift(&self, feature: &Feature) -> Result<String, String> {
        let edges = match &feature.bins {
            Bins::Numeric(bins) => Some(
                // A coarse bin ends where the next fine one belongs to another.
                bins.coarse_of
                    .windows(2)
                    .zip(&bins.edges)
                    .filter(|(pair, _)| pair[0] != pair[1])
                    .map(|(_, edge)| edge.to_string())
                    .collect::<Vec<String>>(),
            ),
            Bins::Categorical(_) => None,
            Bins::None => return Err(format!("{} is an embedding, which has no bins", feature.name)),
        };
        Ok(match self.language {
            Language::Polars => {
                let name = python(&feature.name);
                let bin = match &edges {
                    Some(edges) => format!(
                        "pl.col({name}).cast(pl.Float64).cut([{}], left_closed=True).cast(pl.String)",
                        edges.join(", ")
                    ),
                    None => format!("pl.col({name}).cast(pl.String)"),
                };
                format!(
                    "{}training = {}\nbin = {bin}.fill_null(\"missing\").alias(\"bin\")\n\
                     count = lambda frame, name: frame.group_by(bin).agg(pl.len().alias(name))\n\
                     both = count(training, \"training\").join(count(rows, \"rows\"), on=\"bin\", how=\"full\", \
                     coalesce=True).fill_null(0)\n\
                     share = lambda name: (pl.col(name) + {PSEUDO_COUNT}) / (pl.col(name) + {PSEUDO_COUNT}).sum()\n\
                     psi = ((share(\"rows\") - share(\"training\")) * (share(\"rows\") / \
                     share(\"training\")).log()).sum().alias(\"PSI\")\nprint(both.collect())\nprint(both.select(psi).collect())\n",
                    self.rows(),
                    Self::scan(&self.files.training)
                )
            }
            Language::Sql => {
                let name = quoted(&feature.name);
                let bin = match &edges {
                    // The number of edges at or below a value is the number of its bin.
                    Some(edges) => {
                        let steps: Vec<String> =
                            edges.iter().map(|edge| format!("({name} >= {edge})::INT")).collect();
                        let sum = if steps.is_empty() { "0".to_owned() } else { steps.join(" + ") };
                        format!("coalesce(({sum})::VARCHAR, 'missing')")
                    }
                    None => format!("coalesce({name}::VARCHAR, 'missing')"),
                };
                let count = |file: &str, condition: &str| {
                    format!(
                        "SELECT {bin} AS bin, count(*) AS n\n  FROM {}{condition}\n  GROUP BY 1",
                        text(file)
                    )
                };
                format!(
                    "WITH training AS (\n  {}\n), rows AS (\n  {}\n), both AS (\n  \
                     SELECT coalesce(t.n, 0) + {PSEUDO_COUNT} AS t, coalesce(r.n, 0) + {PSEUDO_COUNT} AS r\n  \
                     FROM training t FULL JOIN rows r USING (bin)\n), whole AS (\n  \
                     SELECT sum(t) AS t, sum(r) AS r FROM both\n)\n\
                     SELECT sum((b.r / w.r - b.t / w.t) * ln((b.r / w.r) / (b.t / w.t))) AS psi\n\
                     FROM both b, whole w;\n",
                    count(&self.files.training, ""),
                    count(&self.files.production, &self.condition(""))
                )
            }
        })
    }
}

/// `2026-03-19T02:37:00`
fn iso(at: Micros) -> String {
    time::rfc3339(at).trim_end_matches('Z').to_owned()
}

/// A text as Python reads it.
fn python(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A column as SQL reads it; control characters are left out, they would end the line of a shell.
fn quoted(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL reads it.
fn text(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Effect, Msg, TerminalEffect, fixture, update};

    fn copied(model: &mut Model, language: Language) -> String {
        let effects = update(model, Msg::Do(Action::Snippet(language)));
        match effects.as_slice() {
            [Effect::Terminal(TerminalEffect::Copy(code))] => code.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_screen_has_code_for_its_number() {
        let mut model = fixture::model(120, 36);
        model.head.log = LogFiles {
            production: "log's.parquet".to_owned(),
            training: "train.csv.gz".to_owned(),
            timestamp: Some("ts".to_owned()),
            label: Some("y".to_owned()),
            prediction: Some("a \"b\"".to_owned()),
            score: None,
        };
        let code = copied(&mut model, Language::Polars);
        assert!(
            code.contains("scan_parquet(\"log's.parquet\")") && code.contains("pl.col(\"a \\\"b\\\"\")"),
            "{code}"
        );
        let code = copied(&mut model, Language::Sql);
        assert!(code.contains("FROM 'log''s.parquet'") && code.contains("\"a \"\"b\"\"\""), "{code}");
        let _ = update(&mut model, Msg::Do(Action::Go(Step::Drift)));
        let code = copied(&mut model, Language::Polars);
        assert!(code.contains("scan_csv(\"train.csv.gz\")") && code.contains("PSI"), "{code}");
        assert!(copied(&mut model, Language::Sql).contains("FULL JOIN"));
        let _ = update(&mut model, Msg::Do(Action::Go(Step::Pipeline)));
        assert!(copied(&mut model, Language::Sql).contains("IS NULL"));
    }

    #[test]
    fn a_case_without_files_says_so() {
        let mut model = fixture::model(120, 36);
        assert!(update(&mut model, Msg::Do(Action::Snippet(Language::Sql))).is_empty());
        assert!(model.toast.unwrap().message.contains("not known"));
    }
}
