//! Columns that are gone, new, or of another type.

use std::fmt::Write as _;

use crate::{
    autopsy::{
        Dossier, Finding, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
        exam::context::ExamContext,
    },
    summary::{Column, Kind},
    text::{
        number,
        phrase::{list, plural},
    },
};

use super::{facts::Facts, spelling::plain};

/// Minimum share of fractions in a column of whole numbers that is not an accident.
const SOME_FRACTIONS: f64 = 0.01;

/// The kind of content of a stored type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Numbers,
    Texts,
    Truths,
    Times,
    Lists,
    Unknown,
}

impl Holds {
    /// Type names differ between formats, so only their beginnings are compared.
    fn of(stored: &str) -> Self {
        let name = stored.to_lowercase();
        let is = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        if is(&["list", "array", "fixed"]) {
            Self::Lists
        } else if is(&[
            "int", "uint", "float", "double", "decimal", "i8", "i16", "i32", "i64", "u8", "u16", "u32",
            "u64", "f32", "f64",
        ]) {
            Self::Numbers
        } else if is(&["str", "utf", "cat", "enum", "large_utf"]) {
            Self::Texts
        } else if is(&["bool"]) {
            Self::Truths
        } else if is(&["date", "time", "duration"]) {
            Self::Times
        } else {
            Self::Unknown
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Texts => "text",
            Self::Truths => "true and false",
            Self::Times => "times",
            Self::Lists => "lists",
            Self::Unknown => "an unknown type",
        }
    }
}

pub(super) fn examine(context: &ExamContext<'_>, facts: &[Facts]) -> Observations {
    let dossier = context.dossier;
    let mut observations = Observations::default();
    let gone: Vec<usize> = facts.iter().filter(|f| !f.present).map(|f| f.feature).collect();
    observations.findings.extend(gone.iter().map(|&j| absent(dossier, &facts[j])));
    let changed: Vec<usize> = facts.iter().filter(|f| differs(f)).map(|f| f.feature).collect();
    observations.findings.extend(changed.iter().map(|&j| other_type(&facts[j])));
    let fractions: Vec<(usize, f64, f64)> = facts.iter().filter_map(|f| fractions(dossier, f)).collect();
    let (whole, broken): (Vec<_>, Vec<_>) = fractions.into_iter().partition(|f| f.2 - f.1 < SOME_FRACTIONS);
    observations.findings.extend(broken.iter().map(|&(j, was, is)| no_longer_whole(&facts[j], was, is)));
    let new = &dossier.production.new_columns;
    let fine = facts.len() - gone.len() - changed.len();
    let mut message = format!("{fine} of {} arrive with their type.", plural(facts.len(), "column"));
    if !new.is_empty() {
        let names: Vec<&str> = new.iter().map(|c| c.0.as_str()).collect();
        _ = write!(
            message,
            " Production holds {} that training does not: {}.",
            plural(names.len(), "column"),
            list(&names)
        );
    }
    let verdict = match (gone.is_empty(), changed.is_empty()) {
        (true, true) => Verdict::Clear,
        (true, false) => Verdict::Watch,
        (false, _) => Verdict::Alarm,
    };
    observations.findings.push(Finding {
        measure: measures::COLUMNS_WITH_TYPE.name,
        value: Some(fine as f64),
        threshold: Some(facts.len() as f64),
        ..Finding::new(&checks::PIPELINE_SCHEMA, verdict, message)
    });
    observations.signal(
        &signals::PIPELINE_ABSENT,
        (1.0 + gone.len() as f64).ln(),
        &gone,
        &checks::PIPELINE_SCHEMA,
    );
    if let Some(&(j, was, is)) = broken.iter().max_by(|a, b| (a.2 - a.1).total_cmp(&(b.2 - b.1))) {
        observations.signal(
            &signals::PIPELINE_FRACTIONS,
            is - was,
            &[j],
            checks::PIPELINE_FRACTIONS.of(&facts[j].name),
        );
    } else if !whole.is_empty() {
        observations.signal(&signals::PIPELINE_FRACTIONS, 0.0, &[], &checks::PIPELINE_SCHEMA);
    }
    observations
}

fn absent(dossier: &Dossier, fact: &Facts) -> Finding {
    let renamed = dossier
        .production
        .new_columns
        .iter()
        .map(|c| c.0.as_str())
        .find(|name| {
            let (new, old) = (plain(name), plain(&fact.name));
            new == old || (old.len() > 3 && new.contains(&old)) || (new.len() > 3 && old.contains(&new))
        })
        .map_or_else(String::new, |name| format!(" A new column is called {name}: renamed?"));
    Finding {
        subject: Subject::Feature(fact.feature),
        measure: measures::ABSENT.name,
        value: Some(1.0),
        ..Finding::new(
            checks::PIPELINE_ABSENT.of(&fact.name),
            Verdict::Alarm,
            format!(
                "{} is in training and nowhere in production: the model answers without it.{renamed}",
                fact.name
            ),
        )
    }
}

/// Whether the kind of content of the stored type differs from training.
fn differs(fact: &Facts) -> bool {
    let Some(production) = &fact.types.1 else {
        return false;
    };
    let (from, to) = (Holds::of(&fact.types.0), Holds::of(production));
    from != to && from != Holds::Unknown && to != Holds::Unknown
}

fn other_type(fact: &Facts) -> Finding {
    let production = fact.types.1.as_deref().unwrap_or_default();
    let (from, to) = (Holds::of(&fact.types.0), Holds::of(production));
    let readable = 1.0 - fact.unreadable.after.share();
    let mut message = format!(
        "{} arrives as {} ({production}); training holds {} ({}).",
        fact.name,
        to.name(),
        from.name(),
        fact.types.0,
    );
    if from == Holds::Numbers && to == Holds::Texts {
        _ = write!(message, " {} of the rows can be read as numbers or are empty.", number::share(readable));
    }
    Finding {
        subject: Subject::Feature(fact.feature),
        measure: measures::STORED_TYPE.name,
        ..Finding::new(checks::PIPELINE_TYPE.of(&fact.name), Verdict::Watch, message)
    }
}

/// For a column of whole numbers: the share of fractions in training and in the production sample.
fn fractions(dossier: &Dossier, fact: &Facts) -> Option<(usize, f64, f64)> {
    let description = &dossier.plan.features[fact.feature];
    if description.kind != Kind::Numeric || !description.integer {
        return None;
    }
    let share = |column: &Column| {
        let values = column.numbers()?;
        let present = values.iter().filter(|x| x.is_finite()).count();
        let odd = values.iter().filter(|x| x.is_finite() && x.fract() != 0.0).count();
        (present > 0).then(|| odd as f64 / present as f64)
    };
    let was = share(&dossier.training.sample.features[fact.feature]).unwrap_or(0.0);
    Some((fact.feature, was, share(&dossier.production.sample.features[fact.feature])?))
}

fn no_longer_whole(fact: &Facts, was: f64, is: f64) -> Finding {
    Finding {
        subject: Subject::Feature(fact.feature),
        measure: measures::FRACTIONS.name,
        value: Some(is),
        threshold: Some(SOME_FRACTIONS),
        ..Finding::new(
            checks::PIPELINE_FRACTIONS.of(&fact.name),
            Verdict::Watch,
            format!(
                "{} is a whole number in training and a fraction on {} of the sampled production rows ({} in training).",
                fact.name,
                number::share(is),
                number::share(was),
            ),
        )
    }
}
