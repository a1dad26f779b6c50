//! A challenger that the analyst asks for: which learner, and how much of the time since the onset it learns from.
//!
//! The exam's own challengers learn from all rows since the onset and are judged out of fold. This one learns from a
//! stretch only, so it can also be judged on what came later: a relation that was learnt and still holds is a new
//! one, a relation that already fails is still on the move.

use crate::{
    autopsy::{Framing, Investigation, OnsetKind, exam::concept::ChallengerCourse},
    model::{
        challenger::{Challenge, FEWEST_ROWS, challenge},
        folds::thin,
        learner::{Family, Learner, RowReader},
        loss::LossKind,
    },
    stats::{Undefined, testing::paired},
    summary::{Grid, Micros, Table},
};

/// The learner looks at this many rows at most, evenly spread, and is judged on as many later ones.
const MOST_ROWS: usize = 4000;

/// Fewer compared rows than this in a window and the course has a hole there.
const WINDOW_ROWS: usize = 20;

const HOUR: Micros = 3_600_000_000;

/// The learners that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Logistic regression, or ridge where the target is a number.
    Regression,
    /// Boosted trees.
    Trees,
}

impl Kind {
    /// The words that people type for the learners, the first of each kind to show.
    pub const WORDS: [(&str, Self); 4] = [
        ("logistic", Self::Regression),
        ("trees", Self::Trees),
        ("linear", Self::Regression),
        ("boosted", Self::Trees),
    ];

    /// The learner that a word names.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find_map(|(known, kind)| (known == word).then_some(kind))
    }

    const fn family(self) -> Family {
        match self {
            Self::Regression => Family::Linear,
            Self::Trees => Family::Boosted,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The learner.
    pub kind: Kind,
    /// How long after the onset it learns; none for all rows since.
    pub span: Option<Micros>,
}

impl Asked {
    /// What it learns from, in few words: `14 d after onset`.
    #[must_use]
    pub fn learns(&self) -> String {
        self.span.map_or_else(|| "all since onset".to_owned(), |span| format!("{} after onset", length(span)))
    }

    /// In words: `regularised regression, 14 d after the onset`.
    #[must_use]
    pub fn message(&self) -> String {
        let span = self.span.map_or_else(|| "all rows".to_owned(), length);
        format!("{}, {span} after the onset", self.kind.family().name())
    }
}

/// A length in whole days, or in hours where it is none: `14 d`, `36 h`.
fn length(span: Micros) -> String {
    if span % (24 * HOUR) == 0 { format!("{} d", span / (24 * HOUR)) } else { format!("{} h", span / HOUR) }
}

/// Reads a length of time: `36h`, `14d`, `2 w`; none where it is none, or nothing.
#[must_use]
pub fn span(text: &str) -> Option<Micros> {
    let text = text.replace(' ', "").to_lowercase();
    let unit = text.chars().last()?;
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        _ => return None,
    };
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    // No log runs for a century, and none of an hour teaches anything.
    (1..=100 * 366 * 24 / hours).contains(&number).then(|| number * hours * HOUR)
}

/// How it does on the rows after those that it learnt from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Later {
    /// The rows.
    pub rows: usize,
    /// Mean loss of the deployed model less the challenger's: above 0, the challenger is better.
    pub gain: f64,
    /// The standard error of the gain; the rows are paired.
    pub error: f64,
}

/// The challenger that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Refitted {
    /// Its losses out of fold on the rows that it learnt from, and its course over all windows since the onset.
    pub course: ChallengerCourse,
    /// The end of what it learnt from; none where that is all.
    pub until: Option<Micros>,
    /// How it does on the rows after that; none where there are too few.
    pub later: Option<Later>,
}

/// What came of asking for one: the challenger, or why there is none.
pub type Came = Result<Box<Refitted>, String>;

/// Refits the challenger that was asked for.
///
/// # Errors
///
/// Why it cannot be refitted, in words.
pub fn refit(investigation: &Investigation, asked: Asked) -> Result<Refitted, String> {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let (plan, table) = (&*dossier.plan, &dossier.production.sample);
    let kind = LossKind::of(plan);
    let judged: Vec<usize> =
        framing.after.iter().copied().filter(|&row| kind.of_row(table, row).is_finite()).collect();
    let until = match asked.span {
        None => None,
        Some(span) => Some(
            begin(framing, table, &judged).ok_or("production has no timestamp to measure a span by")? + span,
        ),
    };
    let learnt = |row: &usize| until.is_none_or(|until| table.time.get(*row).is_some_and(|&at| at < until));
    let (own, later): (Vec<usize>, Vec<usize>) = judged.into_iter().partition(learnt);
    let found = own.len();
    let (own, later) = (thin(&own, MOST_ROWS), thin(&later, MOST_ROWS));
    let family = asked.kind.family();
    let challenge = challenge(plan, table, &own, family, plan.seed).map_err(|why| match why {
        Undefined::TooFew => format!("{found} labelled rows lie there, and {FEWEST_ROWS} are needed"),
        other => other.to_string(),
    })?;
    let reader = RowReader::fit(family, plan, table, &own);
    let label: Vec<f64> = own.iter().map(|&row| table.label[row]).collect();
    let answers = Learner::fit(plan, &reader.read(table, &own), &label)
        .map(|learner| learner.answers(&reader.read(table, &later), kind))
        .unwrap_or_default();
    let losses: Vec<(usize, f64, f64)> = later
        .iter()
        .zip(&answers)
        .map(|(&row, &answer)| (row, kind.of_row(table, row), kind.of_answer(table.label[row], answer)))
        .filter(|(_, _, loss)| loss.is_finite())
        .collect();
    let course = course(investigation.concept.grid, table, kind, &challenge, &losses);
    Ok(Refitted { course: ChallengerCourse { challenge, course }, until, later: judge(&losses) })
}

/// Where the span begins: at the onset; where a gradual change was complete; or at the first row where the change was
/// there from the start.
fn begin(framing: &Framing, table: &Table, rows: &[usize]) -> Option<Micros> {
    let first = rows.iter().filter_map(|&row| table.time.get(row).copied()).min()?;
    let gradual = framing.onset.is_some_and(|onset| onset.kind == OnsetKind::Gradual);
    Some(framing.split().filter(|_| !gradual).unwrap_or(first))
}

fn judge(losses: &[(usize, f64, f64)]) -> Option<Later> {
    let deployed: Vec<f64> = losses.iter().map(|(_, deployed, _)| *deployed).collect();
    let ours: Vec<f64> = losses.iter().map(|(_, _, ours)| *ours).collect();
    let difference = paired(&ours, &deployed).ok()?;
    (losses.len() >= WINDOW_ROWS).then_some(Later {
        rows: losses.len(),
        gain: difference.difference,
        error: difference.error,
    })
}

/// Per window: mean loss of the deployed model and of the challenger, out of fold first and as it was learnt after that.
fn course(
    grid: Option<Grid>,
    table: &Table,
    kind: LossKind,
    challenge: &Challenge,
    later: &[(usize, f64, f64)],
) -> Vec<Option<(f64, f64)>> {
    let own = challenge.rows.iter().zip(&challenge.answers);
    let own =
        own.map(|(&row, &answer)| (row, kind.of_row(table, row), kind.of_answer(table.label[row], answer)));
    let mut sums = vec![(0_usize, 0.0, 0.0); grid.map_or(1, |grid| grid.windows)];
    for (row, deployed, ours) in own.chain(later.iter().copied()) {
        let window = match (grid, table.time.get(row)) {
            (Some(grid), Some(&at)) => grid.window(at),
            _ => Some(0),
        };
        if let Some(sum) = window.and_then(|window| sums.get_mut(window)) {
            *sum = (sum.0 + 1, sum.1 + deployed, sum.2 + ours);
        }
    }
    sums.into_iter()
        .map(|(n, deployed, ours)| (n >= WINDOW_ROWS).then(|| (deployed / n as f64, ours / n as f64)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    const DAY: Micros = 24 * HOUR;

    #[test]
    fn spans_are_read() {
        for (text, length) in [("36h", 36 * HOUR), ("14d", 14 * DAY), ("2 w", 14 * DAY), ("1D", DAY)] {
            assert_eq!(span(text), Some(length), "{text}");
        }
        for text in ["", "d", "14", "0d", "-3d", "1.5d", "14 months", "99999999999h", "9999999w", "ж"] {
            assert_eq!(span(text), None, "{text}");
        }
    }

    #[test]
    fn it_learns_from_its_span_and_is_judged_on_what_came_later() {
        let investigation = fixture::investigation();
        let asked = |days: i64| Asked { kind: Kind::Regression, span: Some(days * DAY) };
        let refitted = refit(&investigation, asked(7)).unwrap();
        let table = &investigation.dossier.production.sample;
        let until = fixture::onset() + 7 * DAY;
        assert_eq!(refitted.until, Some(until));
        let own = &refitted.course.challenge.rows;
        assert!(own.iter().all(|&row| (fixture::onset()..until).contains(&table.time[row])));
        // The made-up score is 0.08 too high since the onset; a model that learns the share of positives does better.
        assert!(refitted.course.challenge.gain > 0.0);
        let later = refitted.later.unwrap();
        assert_eq!(own.len() + later.rows, investigation.framing.after.len());
        let grid = investigation.concept.grid.unwrap();
        let window = |at| grid.window(at).unwrap();
        let drawn = |at| refitted.course.course[window(at)].is_some();
        assert!(!drawn(fixture::onset() - DAY) && drawn(until - DAY) && drawn(until + 3 * DAY));
        let all = Asked { span: None, ..asked(1) };
        let all = refit(&investigation, all).unwrap();
        assert_eq!((all.until, all.later), (None, None));
        assert_eq!(all.course.challenge.rows.len(), investigation.framing.after.len());
    }

    #[test]
    fn a_gradual_change_is_learnt_once_it_is_complete() {
        let mut investigation = fixture::investigation();
        let complete = fixture::onset() + 9 * DAY;
        let time = investigation.dossier.production.sample.time.clone();
        let framing = &mut investigation.framing;
        let onset = framing.onset.as_mut().unwrap();
        (onset.kind, onset.complete) = (OnsetKind::Gradual, complete);
        framing.after.retain(|&row| time[row] >= complete);
        let asked = Asked { kind: Kind::Regression, span: Some(7 * DAY) };
        let refitted = refit(&investigation, asked).unwrap();
        let own = &refitted.course.challenge.rows;
        let until = refitted.until.unwrap();
        assert!(until >= complete + 7 * DAY);
        assert!(own.iter().all(|&row| (complete..until).contains(&time[row])));
    }

    #[test]
    fn what_cannot_be_refitted_says_why() {
        let mut investigation = fixture::investigation();
        let asked = Asked { kind: Kind::Trees, span: Some(DAY) };
        let why = refit(&investigation, asked).unwrap_err();
        assert_eq!(why, "100 labelled rows lie there, and 200 are needed");
        let dossier = std::sync::Arc::make_mut(&mut investigation.dossier);
        dossier.production.sample.time.clear();
        let why = refit(&investigation, asked).unwrap_err();
        assert_eq!(why, "production has no timestamp to measure a span by");
    }
}
