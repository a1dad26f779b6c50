//! Which remedy answers which cause, and in which order they are offered.
//!
//! The table is the one of the field's own guides: drift is answered with new data, a changed feature at its source, a
//! skew in the pipelines, new inputs with labels for them, a moved outcome with a new prior, a bad model with the one
//! before it. How much a remedy is worth on a case adds the table up over the probabilities of the causes, then what was
//! measured, then effort and risk:
//!
//! ```text
//! worth = Σ P(cause) fit(cause, remedy) + 0.2 share − 0.02 (effort + risk)
//! ```
//!
//! with `fit` 1 (answers it), 0.4 (helps), 0 (does nothing for it) or −1 (makes it worse), and `share` the lower end of
//! the measured gain as a share of the loss, 0 where nothing is beyond noise. Own construction.

use crate::{
    autopsy::{Cause, Hypothesis},
    text::number,
};

use super::bench::{Basis, Level, Measured, Offer, Remedy, Standing};

/// A remedy is offered from this worth on.
const WORTH: f64 = 0.15;

/// A remedy that makes the leading causes worse is refused when they hold this probability together.
const HARM: f64 = 0.5;

/// What a measured gain adds at most.
const MEASURED: f64 = 0.2;

/// Causes that a reason names.
const NAMED: usize = 2;

/// What each level of effort and risk takes away.
const TOIL: f64 = 0.02;

/// How a remedy fits a cause, and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fit {
    /// 1 answers it, 0.4 helps, 0 does nothing for it, −1 makes it worse.
    pub(super) value: f64,
    /// Why, as a sentence.
    pub(super) why: &'static str,
}

const fn answers(why: &'static str) -> Fit {
    Fit { value: 1.0, why }
}

const fn helps(why: &'static str) -> Fit {
    Fit { value: 0.4, why }
}

const fn nothing(why: &'static str) -> Fit {
    Fit { value: 0.0, why }
}

const fn harms(why: &'static str) -> Fit {
    Fit { value: -1.0, why }
}

/// Whether the fault of a cause lies in what the model is given.
const fn of_inputs(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::FeatureRecalibration
            | Cause::FeatureUnavailable
            | Cause::TrainingServingSkew
            | Cause::UpstreamPipeline
    )
}

/// How a remedy fits a cause.
pub(super) const fn fit(cause: Cause, remedy: Remedy) -> Fit {
    use Cause as C;
    use Remedy as R;
    match (remedy, cause) {
        (R::Close, C::None) => answers("Nothing is beyond noise: close it and tune the alert that rang."),
        (R::Close, _) => harms("The loss is real; closing would leave it."),

        (R::RollBack, C::ModelRegression) => {
            answers("The model itself got worse: the one of launch day still answers as it did.")
        }
        (R::RollBack, C::ServingHealth) => nothing("The model answers as before; the service does not."),
        (R::RollBack, _) => {
            nothing("The deployed model answers as at launch, so going back changes nothing.")
        }

        (R::MendInputs, C::FeatureRecalibration) => {
            answers("The feature changed its scale or meaning: map it back, or serve its old version.")
        }
        (R::MendInputs, C::FeatureUnavailable) => answers(
            "The feature is not delivered: mend its computation and replay what was served without it.",
        ),
        (R::MendInputs, C::TrainingServingSkew) => {
            answers("Serving computes the feature otherwise than training: patch the pipeline that differs.")
        }
        (R::MendInputs, C::UpstreamPipeline) => {
            answers("A source delivers broken rows: mend it, replay the window, validate at ingestion.")
        }
        (R::MendInputs, _) => nothing("No input is broken, so there is none to mend."),

        (R::RelieveService, C::ServingHealth) => {
            answers("Late, cached or fallback answers carry the loss: give capacity, and a better fallback.")
        }
        (R::RelieveService, _) => nothing("The service answers in time and by the model."),

        (R::MovePrior, C::LabelShift) => {
            answers("Only the outcome's frequency moved: Bayes' rule corrects the scores, without a retrain.")
        }
        (R::MoveThreshold, C::LabelShift) => {
            answers("Only the outcome's frequency moved: the decision's threshold must follow.")
        }
        (R::Platt | R::Isotonic, C::LabelShift) => {
            helps("The scores' level is off and their order is not: re-calibration takes the level back.")
        }
        (
            R::MovePrior | R::Platt | R::Isotonic | R::MoveThreshold,
            C::DataDrift | C::ConceptDrift | C::FeatureDrift,
        ) => helps(
            "It takes the level of the answers back until a retrained model is ready, and not their order.",
        ),
        (R::MovePrior | R::Platt | R::Isotonic | R::MoveThreshold, C::LabelBias) => nothing(
            "The loss sits in inputs that training never held; a correction of all answers can't tell them.",
        ),
        (R::MovePrior | R::Platt | R::Isotonic | R::MoveThreshold, cause) if of_inputs(cause) => harms(
            "The fault is in the inputs: what is fitted to broken values is wrong again when they are mended.",
        ),
        (R::MovePrior | R::Platt | R::Isotonic | R::MoveThreshold, C::None) => {
            nothing("Nothing is beyond noise, so there is no level to correct.")
        }
        (R::MovePrior | R::Platt | R::Isotonic | R::MoveThreshold, _) => {
            harms("The answers are broken, not their level: a correction would hide the fault.")
        }

        (R::DropFeatures, cause) if of_inputs(cause) => {
            helps("A model without the broken feature answers until the feature is mended.")
        }
        (R::DropFeatures, _) => nothing("No input is broken, so there is none to drop."),

        (R::Retrain, C::ConceptDrift) => {
            answers("The relation of the outcome to the inputs changed: only new labels tell the new one.")
        }
        (R::Retrain, C::DataDrift) => {
            answers("The population moved: fine-tune on the rows that training hardly held.")
        }
        (R::Retrain, C::FeatureDrift) => {
            answers("What a feature says about the outcome changed: only new labels tell the new relation.")
        }
        (R::Retrain, C::LabelBias) => {
            answers("Users ask what training never held: learn from labels of the new inputs.")
        }
        (R::Retrain, C::LabelShift) => {
            nothing("Only the outcome's frequency moved; a new prior does what a retrain would, at once.")
        }
        (R::Retrain, cause) if of_inputs(cause) => harms(
            "The fault is upstream: a retrain would learn broken values, and break again when they are mended.",
        ),
        (R::Retrain, C::ModelRegression) => {
            harms("The model of launch day still does it: go back first, and retrain on clean data in peace.")
        }
        (R::Retrain, C::ServingHealth) => {
            harms("The answers come late or from a fallback: a new model would be served no better.")
        }
        (R::Retrain, _) => harms("Nothing is beyond noise: a retrain would chase it."),

        (R::Review, C::LabelBias) => helps(
            "Until the model has learnt the new inputs, people should answer them, and their labels teach it.",
        ),
        (R::Review, C::ConceptDrift | C::FeatureDrift | C::DataDrift) => helps(
            "Doubtful rows answered by people keep the harm small, and their labels teach the next model.",
        ),
        (R::Review, _) => nothing("People would answer rows that a quicker remedy mends."),

        (R::SimpleRule, C::None) => nothing("The model does as well as before."),
        (R::SimpleRule, _) => nothing(
            "A rule of one question gives up the model: it is the last resort while no other remedy works.",
        ),
    }
}

/// What the table says on a case: the sum over the causes, and the cause that decides for the remedy.
fn suits(hypotheses: &[Hypothesis], remedy: Remedy) -> (f64, Fit) {
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

/// What is known of a remedy before its place is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Proposal {
    pub(super) remedy: Remedy,
    pub(super) name: String,
    pub(super) features: Vec<usize>,
    pub(super) basis: Basis,
    /// Why there is nothing of the kind on this case, whatever its cause; none where there is.
    pub(super) void: Option<&'static str>,
}

/// Puts proposals in order: those that are offered by their worth, then those that are not.
pub(super) fn rank(proposals: Vec<Proposal>, hypotheses: &[Hypothesis]) -> Vec<Offer> {
    let mut offers: Vec<(f64, Offer)> = proposals
        .into_iter()
        .map(|proposal| {
            let (suited, why) = suits(hypotheses, proposal.remedy);
            let harmed: f64 = hypotheses
                .iter()
                .filter(|h| fit(h.cause, proposal.remedy).value < 0.0)
                .map(|h| h.probability)
                .sum();
            let measured = proposal.basis.measured();
            let worse = measured.is_some_and(|m| judged(m).is_worse());
            // What only helps, and by the measurement does not, is not worth its effort.
            let idle = why.value < 1.0 && measured.is_some_and(|m| judged(m).value <= 0.0);
            let refused = proposal.void.is_some() || harmed >= HARM || worse || idle || suited < WORTH;
            let why = if refused && why.value > 0.0 && !idle {
                elsewhere(hypotheses, proposal.remedy)
            } else {
                why.why.to_owned()
            };
            let because = because(&why, &proposal, worse);
            let toil = TOIL * (level(proposal.remedy.effort()) + level(proposal.remedy.risk()));
            let worth = suited + MEASURED * measured.map_or(0.0, certain_share) - toil;
            let offer = Offer {
                remedy: proposal.remedy,
                name: proposal.name,
                features: proposal.features,
                basis: proposal.basis,
                effort: proposal.remedy.effort(),
                risk: proposal.remedy.risk(),
                standing: if refused { Standing::Refused } else { Standing::Offered },
                because,
            };
            (worth, offer)
        })
        .collect();
    offers.sort_by(|(a, x), (b, y)| {
        x.standing
            .cmp(&y.standing)
            .then(b.total_cmp(a))
            .then(x.remedy.cmp(&y.remedy))
            .then(x.name.cmp(&y.name))
    });
    let mut offers: Vec<Offer> = offers.into_iter().map(|(_, offer)| offer).collect();
    if let Some(first) = offers.first_mut().filter(|offer| offer.standing == Standing::Offered) {
        first.standing = Standing::First;
    }
    offers
}

const fn level(level: Level) -> f64 {
    match level {
        Level::Low => 0.0,
        Level::Medium => 1.0,
        Level::High => 2.0,
    }
}

/// The gain that decides: in loss where it moves, else in decisions.
fn judged(measured: &Measured) -> super::bench::Gain {
    match measured.decision {
        Some(decision) if measured.loss.value == 0.0 && measured.loss.error == 0.0 => decision,
        _ => measured.loss,
    }
}

/// The part of the loss that is won back beyond doubt.
fn certain_share(measured: &Measured) -> f64 {
    if !judged(measured).is_better() {
        return 0.0;
    }
    let certain = measured
        .share
        .map_or(0.0, |share| share * measured.loss.interval.0 / measured.loss.value.max(f64::MIN_POSITIVE));
    certain.clamp(0.0, 1.0)
}

/// Why a remedy that fits some causes is not offered: they are too unlikely.
fn elsewhere(hypotheses: &[Hypothesis], remedy: Remedy) -> String {
    let mut fitting: Vec<&Hypothesis> =
        hypotheses.iter().filter(|hypothesis| fit(hypothesis.cause, remedy).value > 0.0).collect();
    fitting.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let belief: f64 = fitting.iter().map(|hypothesis| hypothesis.probability).sum();
    let name = |hypothesis: &&Hypothesis| hypothesis.cause.id().replace('_', " ");
    let names: Vec<String> = fitting.iter().take(NAMED).map(name).collect();
    let more = match fitting.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let holds = if fitting.len() > 1 { "which together hold" } else { "which holds" };
    format!(
        "It would help against {}{more} only, {holds} {} of the belief.",
        names.join(", "),
        number::share(belief)
    )
}

/// Why a remedy stands where it stands, with what was measured.
fn because(why: &str, proposal: &Proposal, worse: bool) -> String {
    if let Some(void) = proposal.void {
        return format!("{}.", crate::text::capital(void));
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

    fn hypotheses(of: &[(Cause, f64)]) -> Vec<Hypothesis> {
        of.iter()
            .map(|&(cause, probability)| Hypothesis {
                cause,
                probability,
                standing: crate::autopsy::Standing::Found,
                features: Vec::new(),
                onset: None,
                onset_kind: None,
                evidence_for: Vec::new(),
                evidence_against: Vec::new(),
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
                void: None,
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
            (Cause::FeatureRecalibration, Remedy::MendInputs),
            (Cause::FeatureUnavailable, Remedy::MendInputs),
            (Cause::TrainingServingSkew, Remedy::MendInputs),
            (Cause::LabelBias, Remedy::Retrain),
            (Cause::LabelShift, Remedy::MovePrior),
            (Cause::UpstreamPipeline, Remedy::MendInputs),
            (Cause::ServingHealth, Remedy::RelieveService),
            (Cause::None, Remedy::Close),
        ] {
            let offers = rank(all(), &hypotheses(&[(cause, 0.9), (Cause::None, 0.1)]));
            assert_eq!((offers[0].remedy, offers[0].standing), (wanted, Standing::First), "{cause:?}");
            assert_eq!(offers.len(), Remedy::ALL.len());
        }
    }

    #[test]
    fn what_a_case_does_not_have_is_never_offered() {
        let mut proposals = all();
        for proposal in &mut proposals {
            proposal.void = (proposal.remedy == Remedy::MoveThreshold).then_some("numbers have no threshold");
        }
        let offers = rank(proposals, &hypotheses(&[(Cause::ConceptDrift, 0.9)]));
        let moved = offers.iter().find(|offer| offer.remedy == Remedy::MoveThreshold).expect("it is listed");
        assert_eq!(moved.standing, Standing::Refused);
        assert_eq!(moved.because, "Numbers have no threshold.");
    }

    #[test]
    fn a_fault_of_the_inputs_refuses_a_retrain_and_says_why() {
        let offers = rank(all(), &hypotheses(&[(Cause::UpstreamPipeline, 0.6), (Cause::ConceptDrift, 0.4)]));
        let retrain = offers.iter().find(|offer| offer.remedy == Remedy::Retrain).expect("it is listed");
        assert_eq!(retrain.standing, Standing::Refused);
        assert!(retrain.because.contains("upstream"), "{}", retrain.because);
    }

    #[test]
    fn a_remedy_of_unlikely_causes_says_so() {
        let offers =
            rank(all(), &hypotheses(&[(Cause::FeatureUnavailable, 0.97), (Cause::ServingHealth, 0.03)]));
        let relieve =
            offers.iter().find(|offer| offer.remedy == Remedy::RelieveService).expect("it is listed");
        assert_eq!(relieve.standing, Standing::Refused);
        assert_eq!(
            relieve.because,
            "It would help against serving health only, which holds 3.0 % of the belief."
        );
    }
}
