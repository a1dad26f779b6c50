use super::{
    arguments::{Argument, Pleading},
    *,
};
use crate::autopsy::{
    Baseline, Framing,
    catalogue::{SignalSpec, signals},
};

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

fn pleading(prior: f64, arguments: &[(&SignalSpec, f64)]) -> Pleading {
    let arguments = arguments
        .iter()
        .map(|(signal, weight)| Argument {
            signal: signal.key.to_owned(),
            silent: 1.0,
            sure: 2.0,
            weight: *weight,
        })
        .collect();
    Pleading { prior, arguments, unseen: BTreeMap::new() }
}

/// Causes that are not named have even odds.
fn arguments(causes: impl IntoIterator<Item = (Cause, Pleading)>) -> Arguments {
    Arguments { origin: String::new(), causes: causes.into_iter().collect(), affinity: BTreeMap::new() }
}

/// Causes that are not named are as good as impossible.
fn only(causes: impl IntoIterator<Item = (Cause, Pleading)>) -> Arguments {
    let mut arguments = arguments(Cause::ALL.into_iter().map(|cause| (cause, pleading(-9.0, &[]))));
    arguments.causes.extend(causes);
    arguments
}

fn golden() -> Arguments {
    arguments([
        (Cause::ModelRegression, pleading(0.0, &[(&signals::GOLDEN_Z, 3.0)])),
        (Cause::None, pleading(0.0, &[(&signals::GOLDEN_Z, -1.0)])),
    ])
}

fn decided(arguments: &Arguments, signals: &[Signal]) -> Diagnosis {
    arguments.decide(signals, &[], &framing(), None, &BTreeMap::new(), None)
}

#[test]
fn probabilities_add_up_and_evidence_moves_them() {
    let diagnosis = decided(&golden(), &[signal(&signals::GOLDEN_Z, 9.0)]);
    let total: f64 = diagnosis.hypotheses.iter().map(|h| h.probability).sum();
    assert!((total - 1.0).abs() < 1e-12);
    let top = diagnosis.top().unwrap();
    assert_eq!(top.cause, Cause::ModelRegression);
    // A weight of 3 against ten causes at 0 and one at -1.
    let want = 3_f64.exp() / (3_f64.exp() + 10.0 + (-1_f64).exp());
    assert!((top.probability - want).abs() < 1e-12);
}

#[test]
fn what_is_believed_beforehand_is_a_line_of_evidence() {
    let diagnosis = decided(&arguments([(Cause::None, pleading(2_f64.ln(), &[]))]), &[]);
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
        let causes =
            [(Cause::ModelRegression, pleading(6.0, &[])), (Cause::DataDrift, pleading(second, &[]))];
        let diagnosis = decided(&only(causes), &[]);
        let standing = |place: usize| diagnosis.hypotheses[place].standing;
        (standing(0), standing(1), diagnosis.undecided.is_some())
    };
    // e^6 against e^5.75: 56 % and 43 %.
    assert_eq!(standings(5.75), (Standing::Possible, Standing::Possible, true));
    assert_eq!(standings(4.0), (Standing::Found, Standing::Possible, false));
}

#[test]
fn two_causes_that_are_there_are_both_found_and_the_second_contributes() {
    let both = only([
        (Cause::ModelRegression, pleading(-3.0, &[(&signals::GOLDEN_Z, 6.0)])),
        (Cause::TrainingServingSkew, pleading(-3.0, &[(&signals::PARITY_SHARE, 6.0)])),
    ]);
    let seen = [signal(&signals::GOLDEN_Z, 9.0), signal(&signals::PARITY_SHARE, 3.0)];
    let excluded = BTreeMap::from([
        (Cause::TrainingServingSkew, "never".to_owned()),
        (Cause::None, "the loss is beyond noise".to_owned()),
    ]);
    let diagnosis = both.decide(&seen, &[], &framing(), None, &excluded, None);
    let of = |cause| diagnosis.hypotheses.iter().find(|h| h.cause == cause).unwrap();
    let (first, second) = (of(Cause::ModelRegression), of(Cause::TrainingServingSkew));
    assert_eq!((first.standing, first.judged.contributing), (Standing::Found, false));
    assert_eq!((second.standing, second.stands()), (Standing::Found, "contributing"));
    assert!(second.judged.excluded.is_none(), "what is found is not ruled out");
    let none = of(Cause::None);
    assert_eq!(none.standing, Standing::RuledOut);
    assert_eq!(none.judged.excluded.as_deref(), Some("the loss is beyond noise"));
    assert!(diagnosis.undecided.is_none());
    let unmeasured = both.decide(&seen, &[], &framing(), None, &BTreeMap::new(), None);
    let none = unmeasured.hypotheses.iter().find(|h| h.cause == Cause::None).unwrap();
    assert_eq!(none.standing, Standing::NotSeen, "no check excludes that there is no loss");
}

#[test]
fn a_loss_that_may_be_chance_names_a_cause_only_beyond_all_doubt() {
    let arguments = only([(Cause::ModelRegression, pleading(2.0, &[]))]);
    let measured = [signal(&signals::PERFORMANCE_Z, 0.7)];
    let judged = |excluded: &BTreeMap<Cause, String>| {
        let diagnosis = arguments.decide(&measured, &[], &framing(), None, excluded, None);
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
    let without = decided(&golden(), &[signal(&signals::GOLDEN_Z, 9.0)]);
    let standing = |diagnosis: &Diagnosis, cause| {
        diagnosis.hypotheses.iter().find(|h| h.cause == cause).map(|h| h.standing)
    };
    assert_ne!(standing(&without, Cause::TrainingServingSkew), Some(Standing::RuledOut));
    let excluded = BTreeMap::from([(Cause::TrainingServingSkew, "no row differs".to_owned())]);
    let seen = [signal(&signals::GOLDEN_Z, 9.0)];
    let with = golden().decide(&seen, &[], &framing(), None, &excluded, None);
    assert_eq!(standing(&with, Cause::TrainingServingSkew), Some(Standing::RuledOut));
}

#[test]
fn absence_weighs_nothing() {
    let diagnosis = decided(&arguments([]), &[]);
    assert!(diagnosis.hypotheses.iter().all(|h| (h.probability - 1.0 / 12.0).abs() < 1e-12));
    assert!(diagnosis.undecided.is_some());
}

#[test]
fn shipped_arguments_know_signals_and_causes_only() {
    for (cause, pleading) in &Arguments::shipped().causes {
        for argument in &pleading.arguments {
            let parts: Vec<&str> = argument.signal.split('.').collect();
            assert_eq!(parts.len(), 2, "{} is not `exam.measure`", argument.signal);
            assert!(argument.weight.abs() <= 8.0, "{} weighs more than any one test may", argument.signal);
        }
        assert!(
            pleading.arguments.len() <= 80,
            "{} has so many that it could know cases by heart",
            cause.id()
        );
    }
}
