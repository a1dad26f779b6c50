use super::*;
use crate::autopsy::{Baseline, Framing, catalogue::signals};

fn framing() -> Framing {
    Framing {
        onset: None,
        baseline: Baseline::Training,
        before: vec![],
        after: vec![],
        choice: crate::autopsy::Choice::default(),
    }
}

fn signal(key: &'static SignalSpec, value: f64) -> Signal {
    let finding = (&checks::GOLDEN_PAIRED).into();
    Signal { key, value, features: vec![3], onset: None, finding }
}

fn weights() -> Weights {
    let curve = Curve {
        edges: vec![3.0],
        weights: BTreeMap::from([(Cause::ModelRegression, vec![-2.0, 3.0]), (Cause::None, vec![0.5, -1.0])]),
    };
    Weights {
        origin: String::new(),
        prior: BTreeMap::new(),
        signals: BTreeMap::from([("golden.z".to_owned(), curve)]),
    }
}

/// The order by the whole picture alone: nothing is known of any cause for itself.
fn by_picture() -> Presence {
    Presence { origin: String::new(), causes: BTreeMap::new(), affinity: BTreeMap::new() }
}

fn decided(weights: &Weights, presence: &Presence, signals: &[Signal]) -> Diagnosis {
    weights.decide(presence, signals, &[], &framing(), None, &BTreeMap::new(), None)
}

#[test]
fn probabilities_add_up_and_evidence_moves_them() {
    let diagnosis = decided(&weights(), &by_picture(), &[signal(&signals::GOLDEN_Z, 9.0)]);
    let total: f64 = diagnosis.hypotheses.iter().map(|h| h.probability).sum();
    assert!((total - 1.0).abs() < 1e-12);
    let top = diagnosis.top().unwrap();
    assert_eq!(top.cause, Cause::ModelRegression);
    // A weight of 3 against ten causes at 0 and one at -1.
    let [most, least] = [3.0, -1.0].map(|weight: f64| (BY_PICTURE * weight).exp());
    let want = most / (most + 10.0 + least);
    assert!((top.probability - want).abs() < 1e-12);
}

#[test]
fn what_is_believed_beforehand_is_a_line_of_evidence() {
    let mut weights = weights();
    weights.prior = BTreeMap::from([(Cause::None, 2_f64.ln())]);
    let diagnosis = decided(&weights, &by_picture(), &[]);
    let top = diagnosis.top().unwrap();
    assert_eq!(top.cause, Cause::None);
    assert!((top.probability - 2.0 / 13.0).abs() < 1e-12);
    let [prior] = top.evidence_for.as_slice() else {
        panic!("{top:?}");
    };
    assert!(prior.message.contains("2.0 times"), "{}", prior.message);
    assert!((prior.weight - 2_f64.ln()).abs() < 1e-12);
}

#[test]
fn a_cause_with_a_close_second_is_possible_and_not_found() {
    let standings = |second: f64| {
        let mut weights = weights();
        weights.prior = BTreeMap::from([(Cause::ModelRegression, 6.0), (Cause::DataDrift, second)]);
        let diagnosis = decided(&weights, &by_picture(), &[]);
        let standing = |place: usize| diagnosis.hypotheses[place].standing;
        (standing(0), standing(1), diagnosis.undecided.is_some())
    };
    // e^6 against e^5.75: 56 % and 43 %.
    assert_eq!(standings(5.75), (Standing::Possible, Standing::Possible, true));
    assert_eq!(standings(4.0), (Standing::Found, Standing::Possible, false));
}

#[test]
fn two_causes_that_are_there_are_both_found_and_the_second_contributes() {
    let pleading = |signal: &SignalSpec| presence::Pleading {
        prior: -3.0,
        arguments: vec![presence::Argument {
            signal: signal.key.to_owned(),
            silent: 1.0,
            sure: 2.0,
            weight: 6.0,
        }],
        unseen: BTreeMap::new(),
    };
    let presence = Presence {
        causes: BTreeMap::from([
            (Cause::ModelRegression, pleading(&signals::GOLDEN_Z)),
            (Cause::TrainingServingSkew, pleading(&signals::PARITY_SHARE)),
        ]),
        ..by_picture()
    };
    let seen = [signal(&signals::GOLDEN_Z, 9.0), signal(&signals::PARITY_SHARE, 3.0)];
    let excluded = BTreeMap::from([
        (Cause::TrainingServingSkew, "never".to_owned()),
        (Cause::None, "the loss is beyond noise".to_owned()),
    ]);
    let diagnosis = weights().decide(&presence, &seen, &[], &framing(), None, &excluded, None);
    let of = |cause| diagnosis.hypotheses.iter().find(|h| h.cause == cause).unwrap();
    let (first, second) = (of(Cause::ModelRegression), of(Cause::TrainingServingSkew));
    assert_eq!((first.standing, first.judged.contributing), (Standing::Found, false));
    assert_eq!((second.standing, second.stands()), (Standing::Found, "contributing"));
    assert!(second.judged.excluded.is_none(), "what is found is not ruled out");
    let none = of(Cause::None);
    assert_eq!(none.standing, Standing::RuledOut);
    assert_eq!(none.judged.excluded.as_deref(), Some("the loss is beyond noise"));
    assert!(diagnosis.undecided.is_none());
    let unmeasured = weights().decide(&presence, &seen, &[], &framing(), None, &BTreeMap::new(), None);
    let none = unmeasured.hypotheses.iter().find(|h| h.cause == Cause::None).unwrap();
    assert_eq!(none.standing, Standing::NotSeen, "no check excludes that there is no loss");
}

#[test]
fn a_loss_that_may_be_chance_names_a_cause_only_beyond_all_doubt() {
    let mut weights = weights();
    weights.prior = BTreeMap::from([(Cause::ModelRegression, 6.0)]);
    let measured = [signal(&signals::PERFORMANCE_Z, 0.7)];
    let judged = |excluded: &BTreeMap<Cause, String>| {
        let diagnosis = weights.decide(&by_picture(), &measured, &[], &framing(), None, excluded, None);
        (diagnosis.found().len(), diagnosis.undecided)
    };
    let (found, undecided) = judged(&BTreeMap::new());
    assert_eq!(found, 0);
    assert!(undecided.is_some_and(|why| why.contains("may be chance")));
    let lost = BTreeMap::from([(Cause::None, "the loss is beyond noise".to_owned())]);
    assert_eq!(judged(&lost), (1, None));
}

#[test]
fn only_a_check_rules_out() {
    let without = decided(&weights(), &by_picture(), &[signal(&signals::GOLDEN_Z, 9.0)]);
    let standing = |diagnosis: &Diagnosis, cause| {
        diagnosis.hypotheses.iter().find(|h| h.cause == cause).map(|h| h.standing)
    };
    assert_ne!(standing(&without, Cause::TrainingServingSkew), Some(Standing::RuledOut));
    let excluded = BTreeMap::from([(Cause::TrainingServingSkew, "no row differs".to_owned())]);
    let seen = [signal(&signals::GOLDEN_Z, 9.0)];
    let with = weights().decide(&by_picture(), &seen, &[], &framing(), None, &excluded, None);
    assert_eq!(standing(&with, Cause::TrainingServingSkew), Some(Standing::RuledOut));
}

#[test]
fn absence_weighs_nothing() {
    let diagnosis = decided(&weights(), &by_picture(), &[]);
    assert!(diagnosis.hypotheses.iter().all(|h| (h.probability - 1.0 / 12.0).abs() < 1e-12));
    assert!(diagnosis.undecided.is_some());
}

#[test]
fn shipped_weights_know_signals_and_causes_only() {
    let weights = Weights::shipped();
    for (key, curve) in &weights.signals {
        let parts: Vec<&str> = key.split('.').collect();
        assert_eq!(parts.len(), 2, "{key} is not `exam.measure`");
        assert!(
            key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '_'),
            "{key}"
        );
        assert!(
            curve.weights.values().flatten().all(|w| w.abs() <= 8.0),
            "{key} weighs more than any one test may"
        );
        assert!(curve.edges.len() <= 24, "{key} has so many steps that it could know cases by heart");
    }
}
