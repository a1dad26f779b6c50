//! Ranks remedies and decides which to offer.
//!
//! The score of a remedy is its fit ([`super::fit`]) averaged over the probabilities of the causes, plus a
//! term for the measured gain, minus terms for effort and risk:
//!
//! ```text
//! score = Σ P(cause) fit(cause, remedy) + 0.2 share − 0.02 (effort + risk)
//! ```
//!
//! with `fit` 1 (addresses it), 0.4 (helps), 0 (does nothing for it) or −1 (makes it worse), and `share` the
//! lower end of the measured gain as a share of the loss, 0 if the gain is not significant. The causes are those
//! that were found, where any was. Our own construction.

use crate::{
    autopsy::{Diagnosis, Hypothesis, Standing},
    text::number,
};

use super::{
    catalogue::{Rating, Remedy},
    fit::{RemedyFit, fit, nothing},
    result::{Basis, Gain, Measured, Offer, OfferStatus},
};

/// Minimum score of an offered remedy, before effort and risk are subtracted.
const LEAST: f64 = 0.15;

/// A remedy is refused if the causes that it makes worse have at least this total probability.
const HARM: f64 = 0.5;

/// Maximum contribution of the measured gain.
const MEASURED: f64 = 0.2;

/// Maximum number of causes that a reason names.
const NAMED: usize = 2;

/// Penalty per level of effort and risk.
const COST: f64 = 0.02;

/// Returns the expected fit over the causes, and the fit that contributes most.
fn suits(hypotheses: &[Hypothesis], remedy: Remedy) -> (f64, RemedyFit) {
    let sum = hypotheses
        .iter()
        .map(|hypothesis| hypothesis.probability * fit(hypothesis.cause, remedy).value)
        .sum();
    let weighs = |hypothesis: &&Hypothesis| {
        let fit = fit(hypothesis.cause, remedy);
        hypothesis.probability * if fit.value == 0.0 { 0.01 } else { fit.value.abs() }
    };
    let decisive = hypotheses.iter().max_by(|a, b| weighs(a).total_cmp(&weighs(b)));
    let why = decisive.map_or(nothing("The diagnosis names no cause."), |h| fit(h.cause, remedy));
    (sum, why)
}

/// The probability of the causes that a remedy makes worse.
fn harmed(hypotheses: &[Hypothesis], remedy: Remedy) -> f64 {
    hypotheses.iter().filter(|h| fit(h.cause, remedy).value < 0.0).map(|h| h.probability).sum()
}

/// The causes that remedies are weighed by: those that the diagnosis found, where it decided, by what each costs where that is
/// known; else all of them by their probability. A cause that was not found may still be a probable one by itself, and a remedy
/// against it would contradict the diagnosis.
#[must_use]
pub(super) fn weighed(diagnosis: &Diagnosis) -> Vec<Hypothesis> {
    let found = diagnosis.hypotheses.iter().filter(|h| h.standing == Standing::Found);
    let cost = |h: &Hypothesis| h.judged.share.map(|share| share.value);
    let costs: Option<f64> = found.clone().map(cost).sum();
    let weight = |h: &Hypothesis| match costs {
        Some(costs) if costs > 0.0 => cost(h).unwrap_or(0.0),
        _ => h.probability,
    };
    let total: f64 = found.clone().map(weight).sum();
    if diagnosis.undecided.is_some() || total <= 0.0 {
        return diagnosis.hypotheses.clone();
    }
    found.map(|h| Hypothesis { probability: weight(h) / total, ..h.clone() }).collect()
}

/// Why the diagnosis alone speaks against a remedy, as a sentence; nothing where it does not. Whoever puts a price on a remedy
/// asks here first: on rows as they are, what is learnt from broken values looks like a gain.
#[must_use]
pub fn refused_because(diagnosis: &Diagnosis, remedy: Remedy) -> Option<String> {
    let hypotheses = weighed(diagnosis);
    if hypotheses.is_empty() {
        return None;
    }
    let (suited, why) = suits(&hypotheses, remedy);
    (harmed(&hypotheses, remedy) >= HARM || suited < LEAST)
        .then(|| if why.value > 0.0 { elsewhere(&hypotheses, remedy) } else { why.why.to_owned() })
}

/// A remedy before it is ranked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Proposal {
    pub(super) remedy: Remedy,
    pub(super) name: String,
    pub(super) features: Vec<usize>,
    pub(super) basis: Basis,
    /// Why the remedy does not apply to this case, whatever the cause; `None` if it does.
    pub(super) inapplicable_because: Option<&'static str>,
}

/// Ranks proposals: offered ones by score, then the refused ones.
pub(super) fn rank(proposals: Vec<Proposal>, hypotheses: &[Hypothesis]) -> Vec<Offer> {
    let mut offers: Vec<(f64, Offer)> = proposals
        .into_iter()
        .map(|proposal| {
            let spec = proposal.remedy.spec();
            let (suited, why) = suits(hypotheses, proposal.remedy);
            let harmed = harmed(hypotheses, proposal.remedy);
            let measured = proposal.basis.measured();
            let worse = measured.is_some_and(|m| judged(m).is_worse());
            // A remedy that only helps, and shows no gain when measured, is not worth its effort.
            let idle = why.value < 1.0 && measured.is_some_and(|m| judged(m).value <= 0.0);
            let refused =
                proposal.inapplicable_because.is_some() || harmed >= HARM || worse || idle || suited < LEAST;
            let why = if refused && why.value > 0.0 && !idle {
                elsewhere(hypotheses, proposal.remedy)
            } else {
                why.why.to_owned()
            };
            let because = because(&why, &proposal, worse);
            let cost = COST * (points(spec.effort) + points(spec.risk));
            let score = suited + MEASURED * measured.map_or(0.0, certain_share) - cost;
            let offer = Offer {
                remedy: proposal.remedy,
                name: proposal.name,
                features: proposal.features,
                basis: proposal.basis,
                effort: spec.effort,
                risk: spec.risk,
                status: if refused { OfferStatus::Refused } else { OfferStatus::Offered },
                because,
            };
            (score, offer)
        })
        .collect();
    offers.sort_by(|(a, x), (b, y)| {
        x.status.cmp(&y.status).then(b.total_cmp(a)).then(x.remedy.cmp(&y.remedy)).then(x.name.cmp(&y.name))
    });
    let mut offers: Vec<Offer> = offers.into_iter().map(|(_, offer)| offer).collect();
    if let Some(first) = offers.first_mut().filter(|offer| offer.status == OfferStatus::Offered) {
        first.status = OfferStatus::First;
    }
    offers
}

const fn points(rating: Rating) -> f64 {
    match rating {
        Rating::Low => 0.0,
        Rating::Medium => 1.0,
        Rating::High => 2.0,
    }
}

/// Returns the gain to rank by: in loss if it changes, else in decisions.
fn judged(measured: &Measured) -> Gain {
    match measured.decision {
        Some(decision) if measured.loss.value == 0.0 && measured.loss.error == 0.0 => decision,
        _ => measured.loss,
    }
}

/// Returns the share of the loss that is recovered with certainty.
fn certain_share(measured: &Measured) -> f64 {
    if !judged(measured).is_better() {
        return 0.0;
    }
    let certain = measured
        .share
        .map_or(0.0, |share| share * measured.loss.interval.0 / measured.loss.value.max(f64::MIN_POSITIVE));
    certain.clamp(0.0, 1.0)
}

/// Explains why a remedy that fits some causes is not offered: they are too unlikely.
fn elsewhere(hypotheses: &[Hypothesis], remedy: Remedy) -> String {
    let mut fitting: Vec<&Hypothesis> =
        hypotheses.iter().filter(|hypothesis| fit(hypothesis.cause, remedy).value > 0.0).collect();
    fitting.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let belief: f64 = fitting.iter().map(|hypothesis| hypothesis.probability).sum();
    let name = |hypothesis: &&Hypothesis| hypothesis.cause.name();
    let names: Vec<&str> = fitting.iter().take(NAMED).map(name).collect();
    let more = match fitting.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let holds = if fitting.len() > 1 { "which together make up" } else { "which makes up" };
    format!(
        "It would help against {}{more} only, {holds} {} of the diagnosis.",
        names.join(", "),
        number::share(belief)
    )
}

/// Explains the rank of a remedy, including the measurement.
fn because(why: &str, proposal: &Proposal, worse: bool) -> String {
    if let Some(why) = proposal.inapplicable_because {
        return format!("{}.", crate::text::capital(why));
    }
    let Some(measured) = proposal.basis.measured() else {
        return why.to_owned();
    };
    let gain = judged(measured);
    if worse {
        "Measured, it is worse than doing nothing.".to_owned()
    } else if gain.is_better() {
        why.to_owned()
    } else {
        format!("{why} Measured, it is not better than doing nothing beyond chance.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::Cause;

    fn hypotheses(of: &[(Cause, f64)]) -> Vec<Hypothesis> {
        of.iter()
            .map(|&(cause, probability)| Hypothesis {
                cause,
                probability,
                judged: crate::autopsy::Judgement::default(),
                standing: crate::autopsy::Standing::Found,
                features: Vec::new(),
                onset: None,
                onset_kind: None,
                evidence_for: Vec::new(),
                evidence_against: Vec::new(),
                observed: false,
                would_settle: Vec::new(),
            })
            .collect()
    }

    fn all() -> Vec<Proposal> {
        Remedy::ALL
            .into_iter()
            .map(|remedy| Proposal {
                remedy,
                name: remedy.name().to_owned(),
                features: Vec::new(),
                basis: Basis::Unmeasured("not tried".to_owned()),
                inapplicable_because: None,
            })
            .collect()
    }

    #[test]
    fn every_cause_has_its_remedy() {
        for (cause, wanted) in [
            (Cause::ModelRegression, Remedy::RollBack),
            (Cause::DataDrift, Remedy::Retrain),
            (Cause::FeatureDrift, Remedy::Retrain),
            (Cause::ConceptDrift, Remedy::Retrain),
            (Cause::FeatureRecalibration, Remedy::RepairInputs),
            (Cause::FeatureUnavailable, Remedy::RepairInputs),
            (Cause::TrainingServingSkew, Remedy::RepairInputs),
            (Cause::LabelBias, Remedy::Retrain),
            (Cause::LabelShift, Remedy::MovePrior),
            (Cause::UpstreamPipeline, Remedy::RepairInputs),
            (Cause::ServingHealth, Remedy::RelieveService),
            (Cause::None, Remedy::Close),
        ] {
            let offers = rank(all(), &hypotheses(&[(cause, 0.9), (Cause::None, 0.1)]));
            assert_eq!((offers[0].remedy, offers[0].status), (wanted, OfferStatus::First), "{cause:?}");
            assert_eq!(offers.len(), Remedy::ALL.len());
        }
    }

    #[test]
    fn what_a_case_does_not_have_is_never_offered() {
        let mut proposals = all();
        for proposal in &mut proposals {
            proposal.inapplicable_because =
                (proposal.remedy == Remedy::MoveThreshold).then_some("numbers have no threshold");
        }
        let offers = rank(proposals, &hypotheses(&[(Cause::ConceptDrift, 0.9)]));
        let moved = offers.iter().find(|offer| offer.remedy == Remedy::MoveThreshold).expect("it is listed");
        assert_eq!(moved.status, OfferStatus::Refused);
        assert_eq!(moved.because, "Numbers have no threshold.");
    }

    #[test]
    fn a_fault_of_the_inputs_refuses_a_retrain_and_says_why() {
        let offers = rank(all(), &hypotheses(&[(Cause::UpstreamPipeline, 0.6), (Cause::ConceptDrift, 0.4)]));
        let retrain = offers.iter().find(|offer| offer.remedy == Remedy::Retrain).expect("it is listed");
        assert_eq!(retrain.status, OfferStatus::Refused);
        assert!(retrain.because.contains("upstream"), "{}", retrain.because);
    }

    #[test]
    fn a_price_is_put_only_on_what_the_diagnosis_does_not_refuse() {
        let of = |causes: &[(Cause, f64)]| Diagnosis { hypotheses: hypotheses(causes), undecided: None };
        let broken = of(&[(Cause::FeatureRecalibration, 0.9), (Cause::ConceptDrift, 0.1)]);
        let why = refused_because(&broken, Remedy::Retrain).expect("a retrain learns broken values");
        assert!(why.contains("broken values"), "{why}");
        assert_eq!(refused_because(&broken, Remedy::RepairInputs), None);
        let moved = of(&[(Cause::ConceptDrift, 0.9), (Cause::FeatureRecalibration, 0.1)]);
        assert_eq!(refused_because(&moved, Remedy::Retrain), None);
        let quiet = of(&[(Cause::None, 0.97), (Cause::ConceptDrift, 0.03)]);
        assert!(refused_because(&quiet, Remedy::Review).is_some());
        // As in the ranking, whatever else is measured.
        for diagnosis in [&broken, &moved, &quiet] {
            for offer in rank(all(), &weighed(diagnosis)) {
                let refused = refused_because(diagnosis, offer.remedy).is_some();
                assert_eq!(refused, offer.status == OfferStatus::Refused, "{:?}", offer.remedy);
            }
        }
    }

    #[test]
    fn remedies_follow_the_causes_that_were_found() {
        // A missing feature would be the likelier main cause, but it was not found.
        let mut causes = hypotheses(&[(Cause::FeatureDrift, 0.3), (Cause::FeatureUnavailable, 0.7)]);
        causes[1].standing = Standing::Possible;
        let mut diagnosis = Diagnosis { hypotheses: causes, undecided: None };
        assert_eq!(refused_because(&diagnosis, Remedy::Retrain), None);
        assert!(refused_because(&diagnosis, Remedy::RepairInputs).is_some());
        diagnosis.undecided = Some("the evidence is thin".to_owned());
        assert!(refused_because(&diagnosis, Remedy::Retrain).is_some());
    }

    #[test]
    fn a_remedy_of_unlikely_causes_says_so() {
        let offers =
            rank(all(), &hypotheses(&[(Cause::FeatureUnavailable, 0.97), (Cause::ServingHealth, 0.03)]));
        let relieve =
            offers.iter().find(|offer| offer.remedy == Remedy::RelieveService).expect("it is listed");
        assert_eq!(relieve.status, OfferStatus::Refused);
        assert_eq!(
            relieve.because,
            "It would help against serving health only, which makes up 3.0 % of the diagnosis."
        );
    }
}
