//! The account of the loss: at which step, from the inputs to the delivered answer, the loss since the onset arose.
//!
//! The world determines inputs and outcome, pipelines serve the inputs, a model answers, a service delivers the answer. The
//! loss since the onset, `T`, is decomposed in that order. Let `l` be the logged loss of a row, `f` the launch model, `x′` the
//! row with its inputs repaired, and `a` its answer after the first two steps:
//!
//! ```text
//! answers     l − L(y, f(x))                        model and service, apart where the artefact or answer times tell
//! inputs      L(y, f(x)) − L(y, f(x′))              by feature: Shapley values over the mended features
//! relation    L(y, a) − E′L(a)                      E′: E moved by a constant
//! constant    E′L(a) − E L(a)                       E: the outcome as predicted from the rows before the onset
//! population  E L(a) − L(before)                    rows inside the training data of f
//! outside     L(y, a) − L(before)                   rows outside of it
//! ```
//!
//! The lines add up to `T` row by row. A step is taken only where there is evidence for it besides its own size: answers
//! only where rows like those before are predicted differently; inputs only where a map, an offline value, a swap or a jump of
//! missing or repeated values shows that they were altered. Altered rows that can't be repaired are *unexplained*.
//!
//! Every line is a mean over the rows since the onset plus one over the rows before it, so its standard error is that of the
//! two means; days are clusters where they vary by more than their rows do. Shares have Fieller's interval, and none is
//! given where `T` is below three standard errors.
//!
//! Own construction, after interventional attribution (Budhathoki, Janzing, Bloebaum and Ng 2021) and the decomposition of
//! a difference in losses by conditional distributions (Cai, Namkoong and Yadlowsky 2023).

mod answers;
mod expected;
mod filling;
mod headline;
mod inputs;
mod jumps;
mod known;
mod line;
mod measured;
mod mending;
mod observed;
mod period;
mod undoing;

/// Whether a metric is the mean of a loss over the rows, so that its parts are those of the loss.
const fn is_mean_of(kind: LossKind, metric: Metric) -> bool {
    matches!(
        (kind, metric),
        (LossKind::Log, Metric::LogLoss)
            | (LossKind::Wrong, Metric::Accuracy)
            | (LossKind::Absolute, Metric::Mae)
    )
}

#[cfg(test)]
mod tests;

use crate::{
    autopsy::exam::yardstick::Launch, cached::cached, model::loss::LossKind, stats::metric::Metric,
    summary::Table, text::number,
};

pub use headline::HeadlineParts;
pub use inputs::AlteredInput;
pub use known::Known;
pub use line::{Line, Place};
pub use measured::Measured;
pub use undoing::Undoing;

pub(super) use observed::observed;
use period::Periods;

/// A loss below this many standard errors has no shares.
pub(super) const SURE: f64 = 3.0;

/// If a larger share of the rows is altered, no rows are left that distinguish changed answers from changed inputs.
const NO_OVERLAP: f64 = 0.95;

/// The decomposition of the loss since the onset.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// What the loss is: `log loss`, `share of wrong answers` or `absolute error`.
    pub loss: &'static str,
    /// The mean loss before the onset.
    pub before: Measured,
    /// The mean loss since.
    pub since: Measured,
    /// The difference.
    pub total: Measured,
    /// The lines, in the order of the steps; they add up to the total.
    pub lines: Vec<Line>,
    /// The inputs that were altered, with their parts of what all of them cost together.
    pub inputs: Vec<AlteredInput>,
    /// The parts of the headline metric's loss; none where it is no worse, or no step was taken.
    pub headline: Option<HeadlineParts>,
    /// What is left of the headline metric's loss without some of the faults; none where nothing can be undone.
    pub undoing: Option<Undoing>,
    /// Number of judged rows before the onset and since.
    pub rows: (usize, usize),
    /// The substitute for the launch model, with its fidelity; none if there is none.
    pub by: Option<String>,
    /// What could not be determined, and why; sentences.
    pub notes: Vec<String>,
}

cached!(struct Account { loss, before, since, total, lines, inputs, headline, undoing, rows, by, notes });

impl Account {
    /// Whether the loss is large enough for shares.
    #[must_use]
    pub fn has_shares(&self) -> bool {
        self.total.z() > SURE
    }

    /// An account of a loss of 1 with these shares, each far beyond noise.
    #[cfg(test)]
    pub(crate) fn with_shares(shares: &[(Place, f64)]) -> Self {
        let measured = |value| Measured { value, error: 0.01 };
        let line = |&(place, share)| Line { place, amount: measured(share), share: Some((share, None)) };
        Self {
            loss: "log loss",
            before: measured(0.3),
            since: measured(1.3),
            total: measured(1.0),
            lines: shares.iter().map(line).collect(),
            inputs: Vec::new(),
            headline: None,
            undoing: None,
            rows: (1000, 1000),
            by: None,
            notes: Vec::new(),
        }
    }
}

/// Rows since the onset with the correct values of some inputs: which rows had others, and all rows as they should have been.
/// None where nothing tells.
///
/// * `rows`: the rows of the production sample, with labels or without.
pub(super) fn corrected(known: &Known<'_>, features: &[usize], rows: &[usize]) -> Option<(Vec<bool>, Table)> {
    let periods = Periods::new(known.dossier, known.framing).ok()?;
    let launch = known.launch.filter(|launch| launch.is_faithful())?;
    let lost = line::LineParts::new(&periods).total().value;
    Some(inputs::corrected(known, launch, &periods, lost, features, rows))
}

/// Decomposes the loss since the onset.
///
/// # Errors
///
/// Why there is nothing to decompose, or nothing to compare it with, as a clause.
pub fn account(known: &Known<'_>) -> Result<Account, String> {
    let periods = Periods::new(known.dossier, known.framing)?;
    let mut notes = Vec::new();
    let launch = match known.launch {
        Some(launch) if launch.is_faithful() => Some(&**launch),
        _ => {
            notes.push(
                "No substitute for the launch model is accurate enough, so changed answers or inputs can't be distinguished from a changed relation."
                    .to_owned(),
            );
            None
        }
    };
    let gap = launch.and_then(|launch| launch.gap(known.dossier));
    let mut parts = line::LineParts::new(&periods);
    let mut altered = inputs::Altered::none(&periods);
    let mut inputs = Vec::new();
    let (mut headline, mut undoing) = (None, None);
    if let (Some(launch), Some(gap)) = (launch, gap) {
        altered = inputs::find(known, launch, &periods, parts.total().value);
        let joint = altered.share() > NO_OVERLAP
            && !answers::are_known(known)
            && !answers::follow_altered(known.dossier, launch, &periods, &altered);
        let by_headline = headline::Headline::new(known, launch, &periods);
        let in_time = answers::take(known, launch, gap, &periods, &altered, &mut parts);
        let after_answers = by_headline.as_ref().and_then(|headline| headline.left(&parts));
        let step = inputs::Step { gap, joint, headline: by_headline.as_ref() };
        inputs = inputs::take(known.dossier, launch, &step, &periods, &altered, &mut parts);
        let after_inputs = by_headline.as_ref().and_then(|headline| headline.left(&parts));
        headline = after_answers
            .zip(after_inputs)
            .map(|(first, second)| HeadlineParts { answers: 1.0 - first, inputs: first - second });
        let changed =
            undoing::Changes { altered: &altered, inputs: &inputs, answers: parts.of_answers(), in_time };
        undoing = undoing::undo(known, launch, &periods, changed);
        if altered.beyond.contains(&true) {
            notes.push(
                "Some rows have altered inputs that no repair undoes; their loss is left unexplained."
                    .to_owned(),
            );
        }
        if joint {
            let golden = if known.dossier.lost_golden {
                "enough golden rows of this part of the case"
            } else {
                "a golden set"
            };
            notes.push(format!(
                "Every row's inputs were altered, and there is neither an artefact nor {golden} to show whether the answers changed as well: the line covers both."
            ));
        }
    }
    // Once inputs are repaired, rows that seemed inconsistent are consistent again.
    let unsettled = known.unsettled && altered.share() == 0.0;
    if unsettled {
        notes.push(
            "Other checks found inputs that do not belong together, or new combinations that carry the loss. No repair undoes them, so the remaining loss is left unexplained instead of being attributed to the relation."
                .to_owned(),
        );
    }
    expected::take(known.dossier, launch, &periods, &altered, unsettled, &mut parts)?;
    let kind = LossKind::of(&known.dossier.plan);
    let loss = match kind {
        LossKind::Log => "log loss",
        LossKind::Wrong => "share of wrong answers",
        LossKind::Absolute => "absolute error",
    };
    let total = parts.total();
    let beyond_noise = total.z() > SURE;
    let other_metric = known.headline.filter(|metric| beyond_noise && !is_mean_of(kind, *metric));
    if let Some((metric, parts)) = other_metric.zip(headline) {
        notes.push(format!(
            "These lines are of {loss}, causes' shares of the loss in {}: of that {} arose in the answers, {} in the inputs.",
            metric.name(),
            number::share(parts.answers.max(0.0)),
            number::share(parts.inputs.max(0.0))
        ));
    }
    Ok(Account {
        loss,
        before: periods.before.mean(),
        since: periods.since.mean(),
        total,
        inputs,
        headline,
        undoing,
        rows: (periods.before.loss.len(), periods.since.loss.len()),
        lines: parts.lines(beyond_noise),
        by: launch.map(Launch::name),
        notes,
    })
}
