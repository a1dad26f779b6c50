//! The account of the loss: where along the way of the data the loss since the onset arose.
//!
//! The world gives inputs and an outcome, pipelines serve the inputs, a model answers, a service delivers the answer. The
//! loss since the onset, `T`, is taken apart in that order. With `l` the logged loss of a row, `f` the launch model, `x′` the
//! row with its inputs mended, and `a` its answer after the first two steps:
//!
//! ```text
//! answers     l − L(y, f(x))                        model and service, apart where the artefact or answer times tell
//! inputs      L(y, f(x)) − L(y, f(x′))              by feature: Shapley values over the mended features
//! relation    L(y, a) − E′L(a)                      E′: the outcome as foretold before the onset, moved by a constant
//! constant    E′L(a) − E L(a)                       E: the outcome as it was foretold before the onset
//! population  E L(a) − L(before)                    rows inside of what was learnt
//! outside     L(y, a) − L(before)                   rows outside of it
//! ```
//!
//! The lines add up to `T` row by row. A step is taken only where something else than its own size speaks for it: answers
//! only where rows as before are answered in another way, inputs only where a map, an offline value or a jump of missing,
//! repeated or unknown values shows that they were altered. What is altered and can't be mended is *unexplained*.
//!
//! Every line is a mean over the rows since the onset and one over the rows before it, so its standard error is that of the
//! two means, of whole days where days vary by more than their rows do. Shares have Fieller's interval, and none is given
//! where `T` is below three standard errors.
//!
//! Own construction, after interventional attribution (Budhathoki, Janzing, Bloebaum and Ng 2021) and the decomposition of
//! a difference in losses by conditional distributions (Cai, Namkoong and Yadlowsky 2023).

mod answers;
mod expected;
mod inputs;
mod known;
mod line;
mod measured;
mod observed;
mod period;
#[cfg(test)]
mod tests;

use crate::{autopsy::exam::yardstick::Launch, model::loss::LossKind};

pub use known::Known;
pub use line::{Line, Place};
pub use measured::Measured;

pub(super) use observed::observed;
use period::Periods;

/// A loss below this many standard errors has no shares.
const SURE: f64 = 3.0;

/// What is altered wherever so large a share of the rows is leaves no rows that tell answers from inputs.
const NO_OVERLAP: f64 = 0.95;

/// The loss since the onset, taken apart.
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
    /// The lines in the order of the way; they add up to the total.
    pub lines: Vec<Line>,
    /// Judged rows before the onset and since that it rests on.
    pub rows: (usize, usize),
    /// What stands for the launch model, with its fidelity; none where nothing does.
    pub by: Option<String>,
    /// What could not be told, and why; sentences.
    pub notes: Vec<String>,
}

impl Account {
    /// Whether the loss is large enough for shares.
    #[must_use]
    pub fn has_shares(&self) -> bool {
        self.total.z() > SURE
    }
}

/// Takes the loss since the onset apart.
///
/// # Errors
///
/// Why there is nothing to take apart, or nothing to hold it against, as a clause.
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
    if let (Some(launch), Some(gap)) = (launch, gap) {
        altered = inputs::find(known, launch, &periods, parts.total().value);
        let joint = altered.share() > NO_OVERLAP && !answers::are_known(known);
        answers::take(known, launch, gap, &periods, &altered, &mut parts);
        inputs::take(known.dossier, launch, gap, &altered, joint, &mut parts);
        if altered.beyond.contains(&true) {
            notes.push(
                "Some rows have altered inputs that no repair undoes; their loss is left unexplained."
                    .to_owned(),
            );
        }
        if joint {
            notes.push(
                "Every row's inputs were altered, and there is neither an artefact nor a golden set to show whether the answers changed as well: the line covers both."
                    .to_owned(),
            );
        }
    }
    // Where inputs were mended, what seemed not to belong together does again.
    let unsettled = known.unsettled && altered.share() == 0.0;
    if unsettled {
        notes.push(
            "Other checks found inputs that do not belong together, or new combinations that carry the loss. No repair undoes them, so the remaining loss is left unexplained instead of being attributed to the relation."
                .to_owned(),
        );
    }
    expected::take(known.dossier, launch, &periods, &altered, unsettled, &mut parts)?;
    let loss = match LossKind::of(&known.dossier.plan) {
        LossKind::Log => "log loss",
        LossKind::Wrong => "share of wrong answers",
        LossKind::Absolute => "absolute error",
    };
    let total = parts.total();
    Ok(Account {
        loss,
        before: periods.before.mean(),
        since: periods.since.mean(),
        total,
        rows: (periods.before.loss.len(), periods.since.loss.len()),
        lines: parts.lines(total.z() > SURE),
        by: launch.map(Launch::name),
        notes,
    })
}
