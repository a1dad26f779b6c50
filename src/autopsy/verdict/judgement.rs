//! How each cause stands, for itself, and the order of all.
//!
//! A cause that is there is *found*, and *contributes* where it is found beside one that comes before it. *Ruled out* is only
//! what a check excludes that ran and could have shown it, above a stated size; another likely cause rules nothing out. The
//! causes that are found come first; these, and then the others, in the order of their probability of being the main cause.

use std::collections::BTreeMap;

use crate::autopsy::{Cause, account::Account};

use super::{
    Diagnosis, Hypothesis, Standing,
    presence::FOUND,
    shares::{LossShare, shares},
};

/// From this probability on, of being there or of being the main cause, a cause is possible.
const POSSIBLE: f64 = 0.1;

/// Beside a false alarm as the most probable verdict, a cause must be so sure to be found.
const AGAINST_ALL_ODDS: f64 = 0.9;

/// What is known of a cause for itself, whatever the others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    /// The probability that it is there at all; of `none`, that no other is.
    pub present: f64,
    /// Its share of the loss; none where the loss has no account or is not beyond noise.
    pub share: Option<LossShare>,
    /// Whether it is found beside a cause that comes before it.
    pub contributing: bool,
    /// The check that rules it out and the size that it excludes, in a sentence.
    pub excluded: Option<String>,
}

/// What the judgement rests on, beside the ranking by the whole picture.
pub(super) struct Grounds<'a> {
    /// The probability that each cause is there.
    pub(super) present: BTreeMap<Cause, f64>,
    /// The account of the loss, where there is one.
    pub(super) account: Option<&'a Account>,
    /// Sentences that rule causes out.
    pub(super) excluded: &'a BTreeMap<Cause, String>,
    /// Causes that nothing on this case can see.
    pub(super) undecidable: &'a [Cause],
}

/// Judges each cause for itself, orders all, and says how each stands.
pub(super) fn judge(mut hypotheses: Vec<Hypothesis>, grounds: &Grounds<'_>) -> Diagnosis {
    let named: BTreeMap<Cause, Vec<usize>> =
        hypotheses.iter().map(|h| (h.cause, h.features.clone())).collect();
    let shares = grounds.account.and_then(|account| shares(account, &grounds.present, &named));
    for hypothesis in &mut hypotheses {
        let present = grounds.present.get(&hypothesis.cause).copied().unwrap_or(0.0);
        let share = shares.as_ref().and_then(|shares| shares.get(&hypothesis.cause)).copied();
        hypothesis.judged = Judgement { present, share, ..Judgement::default() };
    }
    hypotheses.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.cause.cmp(&b.cause)));
    let first = hypotheses.first().map_or(Cause::None, |h| h.cause);
    let undecided = super::undecided(&hypotheses);
    let sure = if first == Cause::None { AGAINST_ALL_ODDS } else { FOUND };
    let settled = undecided.is_none();
    let is_found =
        |h: &Hypothesis| h.cause != Cause::None && (h.judged.present >= sure || settled && h.cause == first);
    // Stable: the found ones, and the others, stay in the order of the probabilities that are shown beside them.
    hypotheses.sort_by_key(|hypothesis| !is_found(hypothesis));
    let any = hypotheses.iter().any(is_found);
    let mut leads = true;
    for hypothesis in &mut hypotheses {
        let known_out = grounds.excluded.get(&hypothesis.cause);
        hypothesis.standing = if hypothesis.cause == Cause::None {
            match (any, settled && first == Cause::None) {
                (true, _) => Standing::RuledOut,
                (false, true) => Standing::Found,
                (false, false) => Standing::Possible,
            }
        } else if is_found(hypothesis) {
            hypothesis.judged.contributing = !std::mem::take(&mut leads);
            Standing::Found
        } else if hypothesis.judged.present >= POSSIBLE || hypothesis.probability >= POSSIBLE {
            Standing::Possible
        } else if known_out.is_some() {
            hypothesis.judged.excluded = known_out.cloned();
            Standing::RuledOut
        } else if grounds.undecidable.contains(&hypothesis.cause) {
            Standing::NotExamined
        } else {
            Standing::NotSeen
        };
    }
    // What is found is settled, even where it is not which of two is the main cause.
    Diagnosis { undecided: undecided.filter(|_| !any), hypotheses }
}
