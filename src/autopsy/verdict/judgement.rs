//! How each cause stands, and the order of all.
//!
//! A cause that is present and has a part of the loss of its own is *found* ([`super::rounds`]), and *contributes* where it is
//! found beside a costlier one. *Ruled out* requires a check that ran, could have shown the cause, and excludes an effect above
//! a stated size; another likely cause rules nothing out. Found causes come first, in the order of cost; the others follow in
//! the order of their probability of being the main cause.

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Cause,
        account::{Account, Place},
    },
    cached::cached,
    summary::Micros,
};

use super::{
    Diagnosis, Hypothesis, Remainder, Standing,
    presence::{FOUND, Presence},
    rounds::{self, Remaining, SMALLEST_SHARE},
    shares::{Division, LossShare},
};

/// From this probability on, of being there or of being the main cause, a cause is possible.
pub(super) const POSSIBLE: f64 = 0.1;

/// Where a false alarm is the most probable verdict, or the measured loss may be none at all, a cause is found from this probability
/// on.
const AGAINST_ALL_ODDS: f64 = 0.9;

/// What is known of a cause for itself, whatever the others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    /// The probability that it is there at all, at least that of being the main cause; of `none`, that no other is the main cause.
    pub present: f64,
    /// Its share of the loss; none where the loss has no account, is within noise, or arose where the cause does not act.
    pub share: Option<LossShare>,
    /// Whether it is found beside a cause that comes before it.
    pub contributing: bool,
    /// The check that rules it out and the size that it excludes, in a sentence.
    pub excluded: Option<String>,
}

cached!(struct Judgement { present, share, contributing, excluded });

/// What the judgement rests on, beside the ranking by the whole picture.
pub(super) struct Grounds<'a> {
    /// The arguments, and which causes produce loss where.
    pub(super) presence: &'a Presence,
    /// The probability that each cause is there.
    pub(super) present: BTreeMap<Cause, f64>,
    /// The account of the loss, where there is one.
    pub(super) account: Option<&'a Account>,
    /// Sentences that rule causes out.
    pub(super) excluded: &'a BTreeMap<Cause, String>,
    /// Whether the loss was measured: then a sentence excludes that there is none, or it may be chance.
    pub(super) measured: bool,
    /// Causes that nothing on this case can see.
    pub(super) undecidable: &'a [Cause],
    /// What is left without one of the causes, where that was examined.
    pub(super) remainder: Option<&'a Remainder>,
}

impl Grounds<'_> {
    /// Whether the loss was measured and may be none at all.
    fn may_be_chance(&self) -> bool {
        self.measured && !self.excluded.contains_key(&Cause::None)
    }
}

/// Judges each cause, orders all, and determines how each stands.
pub(super) fn judge(mut hypotheses: Vec<Hypothesis>, grounds: &Grounds<'_>) -> Diagnosis {
    for hypothesis in &mut hypotheses {
        hypothesis.judged.present = grounds.present.get(&hypothesis.cause).copied().unwrap_or(0.0);
    }
    hypotheses.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.cause.cmp(&b.cause)));
    if let Some(remainder) = grounds.remainder {
        settle_features(&mut hypotheses, remainder);
    }
    let first = hypotheses.first().map_or(Cause::None, |h| h.cause);
    let undecided = super::undecided(&hypotheses);
    let settled = undecided.is_none();
    let left = remaining(&hypotheses, grounds, settled);
    let place = |cause: Cause| left.found.iter().position(|found| *found == cause);
    // Stable: the causes that are not found stay in the order of the probabilities that are shown beside them.
    hypotheses.sort_by_key(|hypothesis| place(hypothesis.cause).unwrap_or(usize::MAX));
    let any = !left.found.is_empty();
    for hypothesis in &mut hypotheses {
        let known_out = grounds.excluded.get(&hypothesis.cause);
        hypothesis.judged.share = share(hypothesis.cause, &left);
        hypothesis.would_settle.extend(left.doubts.get(&hypothesis.cause).cloned());
        hypothesis.standing = if hypothesis.cause == Cause::None {
            hypothesis.judged.excluded = known_out.filter(|_| any).cloned();
            match (any, settled && first == Cause::None) {
                (true, _) if known_out.is_some() => Standing::RuledOut,
                (true, _) => Standing::NotSeen,
                (false, true) => Standing::Found,
                (false, false) => Standing::Possible,
            }
        } else if let Some(place) = place(hypothesis.cause) {
            hypothesis.judged.contributing = place > 0;
            hypothesis.onset =
                grounds.account.and_then(|account| began(hypothesis, account)).or(hypothesis.onset);
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
    let chance = || {
        (grounds.may_be_chance() && first != Cause::None).then(|| {
            format!("The loss may be chance; if it is not, {} is the likeliest cause.", first.name())
        })
    };
    for hypothesis in &mut hypotheses {
        // The main cause is there, and that no cause is the main one means that none is there.
        hypothesis.judged.present = match hypothesis.cause {
            Cause::None => hypothesis.probability,
            _ => hypothesis.judged.present.max(hypothesis.probability),
        };
    }
    // What is found is settled, even where it is not known which of two costs more.
    Diagnosis { undecided: undecided.or_else(chance).filter(|_| !any), hypotheses }
}

/// The features that two rounds name: those undone, and those of what is left. Where the second round settles nothing, what was
/// undone is none of a wider fault's features.
fn settle_features(hypotheses: &mut [Hypothesis], remainder: &Remainder) {
    let second = remainder.second();
    for hypothesis in
        hypotheses.iter_mut().filter(|h| !remainder.features.is_empty() || h.cause != remainder.without)
    {
        if hypothesis.cause == remainder.without {
            if second.is_some() || remainder.altered {
                hypothesis.features.clone_from(&remainder.features);
            }
        } else if let Some(second) = second {
            if hypothesis.cause == second.cause {
                hypothesis.features.clone_from(&second.features);
                hypothesis.onset = second.onset.or(hypothesis.onset);
                hypothesis.judged.present = hypothesis.judged.present.max(second.judged.present);
                if hypothesis.evidence_for.is_empty() {
                    hypothesis.evidence_for.clone_from(&second.evidence_for);
                }
            }
        } else if remainder.altered && hypothesis.cause.is_of_inputs() {
            let rest = |feature: &usize| !remainder.features.contains(feature);
            if hypothesis.features.iter().any(rest) {
                hypothesis.features.retain(rest);
            }
        }
    }
}

/// The causes that the second round confirms; none where it settles nothing.
fn confirmed(hypotheses: &[Hypothesis], present: &[Cause], remainder: &Remainder) -> Option<Vec<Cause>> {
    // Undone inputs are answered anew, so a fault of the answers that the account did not find goes with them.
    let is_hidden =
        |cause: Cause| cause.is_of_answers() && remainder.without.is_of_inputs() && !remainder.answered;
    if let Some(second) = remainder.second() {
        let stays = |cause: &Cause| {
            [remainder.without, second.cause].contains(cause) || present.contains(cause) && is_hidden(*cause)
        };
        return Some(hypotheses.iter().map(|h| h.cause).filter(stays).collect());
    }
    // Nothing is left for a second cause: the one that was undone is the whole incident.
    let whole =
        if present.contains(&remainder.without) { Some(remainder.without) } else { present.first().copied() };
    let stays = |cause: &Cause| Some(*cause) == whole || is_hidden(*cause);
    remainder.is_nothing().then(|| present.iter().copied().filter(stays).collect())
}

/// When a fault of inputs began, if all its altered inputs were altered later than the loss began.
fn began(hypothesis: &Hypothesis, account: &Account) -> Option<Micros> {
    let own = account.inputs.iter().filter(|input| hypothesis.features.contains(&input.feature));
    let own: Vec<Option<Micros>> = own.map(|input| input.began).collect();
    if !hypothesis.cause.is_of_inputs() || own.contains(&None) {
        return None;
    }
    own.into_iter().flatten().min()
}

/// The causes that are present, and what remains of them.
fn remaining(hypotheses: &[Hypothesis], grounds: &Grounds<'_>, settled: bool) -> Remaining {
    let first = hypotheses.first().map_or(Cause::None, |h| h.cause);
    let may_be_chance = grounds.may_be_chance();
    let sure = if first == Cause::None || may_be_chance { AGAINST_ALL_ODDS } else { FOUND };
    // The relation was not examined where inputs that nothing repairs leave the loss unexplained.
    let is_unexamined =
        |cause: Cause| cause.is_of_relation() && grounds.account.is_some_and(hides_the_relation);
    let is_there = |h: &&Hypothesis| h.judged.present >= sure && !is_unexamined(h.cause);
    let present: Vec<Cause> = hypotheses
        .iter()
        .filter(|h| h.cause != Cause::None && (is_there(h) || settled && h.cause == first && !may_be_chance))
        .map(|h| h.cause)
        .collect();
    let confirmed = grounds.remainder.and_then(|remainder| confirmed(hypotheses, &present, remainder));
    let named: BTreeMap<Cause, Vec<usize>> =
        hypotheses.iter().map(|h| (h.cause, h.features.clone())).collect();
    let division = grounds.account.filter(|account| account.has_shares()).map(|account| Division {
        account,
        presence: grounds.presence,
        present: &grounds.present,
        named: &named,
    });
    rounds::remaining(hypotheses, &present, confirmed.as_deref(), division.as_ref())
}

/// Whether inputs that nothing repairs leave a part of the loss unexplained, and none is found at the relation.
fn hides_the_relation(account: &Account) -> bool {
    let is_found = |place: Place| account.lines.iter().any(|line| line.place == place && line.is_found());
    is_found(Place::Unexplained) && !is_found(Place::Relation) && !is_found(Place::Constant)
}

/// A cause's share; none for a found cause at whose places the account puts nothing beyond noise. Then nobody knows how the loss
/// divides, and no other cause has a share either.
fn share(cause: Cause, left: &Remaining) -> Option<LossShare> {
    let shares = left.shares.as_ref()?;
    let is_noise = |cause: &Cause| {
        shares.get(cause).is_none_or(|share| share.value < SMALLEST_SHARE || share.interval.0 <= 0.0)
    };
    let unknown =
        if left.found.contains(&cause) { is_noise(&cause) } else { left.found.iter().any(is_noise) };
    shares.get(&cause).copied().filter(|_| !unknown)
}
