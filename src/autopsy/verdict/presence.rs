//! Whether each cause is there at all: eleven yes-or-no judgements, each for itself.
//!
//! For every cause, arguments are added up in log-odds. An argument is a ramp of one signal: it speaks for a cause only if
//! the catalogue declares that the signal raises the cause, and against it only if it lowers it. Within the signal's noise it
//! weighs nothing, beyond it the more the further, and never in the other direction:
//!
//! ```text
//! weight · clamp((value − silent) / (sure − silent), 0, 1)
//! ```
//!
//! A check that could have shown the cause and saw nothing is an argument as well: while its signal is within the noise, it
//! weighs `unseen`, which is at most 0. No sum depends on another cause's, so a likely first cause never excludes a second one.
//!
//! The noise of a signal is its range on healthy logs (`docs/method.md` 4); the weights are those of a logistic regression with
//! non-negative coefficients and an absolute penalty (Tibshirani 1996), fitted by `tools/incidents/fit_presence.py`, which also
//! fits where each cause produces loss (`affinity`).

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::autopsy::{Cause, Signal};

use super::direct;

/// The arguments that ship with the program.
const SHIPPED: &str = include_str!("../../../assets/presence.json");

/// From this probability on a cause is there.
pub(super) const FOUND: f64 = 0.5;

/// All arguments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    /// Where the numbers come from, for readers.
    pub origin: String,
    /// The arguments for and against each cause but `none`.
    pub causes: BTreeMap<Cause, Pleading>,
    /// How readily each cause produces loss at each place of the account, relative to the other causes: the ids of
    /// [`crate::autopsy::account::Place`], with `named` and `unnamed` for altered inputs that the cause names or does not name.
    pub affinity: BTreeMap<Cause, BTreeMap<String, f64>>,
}

/// The arguments for and against one cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pleading {
    /// Log-odds before any signal.
    pub prior: f64,
    /// Ramps of signals.
    pub arguments: Vec<Argument>,
    /// Log-odds, at most 0, of signals that were measured.
    pub unseen: BTreeMap<String, f64>,
}

/// A ramp of one signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// The signal's key.
    pub signal: String,
    /// The value at which it begins to weigh.
    pub silent: f64,
    /// The value from which on it has its whole weight; less than `silent` for a signal whose small values are evidence.
    pub sure: f64,
    /// Its whole weight, in log-odds.
    pub weight: f64,
}

impl Argument {
    /// What a value weighs.
    #[must_use]
    pub fn weigh(&self, value: f64) -> f64 {
        self.weight * ((value - self.silent) / (self.sure - self.silent)).clamp(0.0, 1.0)
    }
}

impl Presence {
    /// The arguments that ship with the program.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static PRESENCE: LazyLock<Presence> = LazyLock::new(|| {
            serde_json::from_str(SHIPPED).expect("the arguments are part of the program and tested")
        });
        &PRESENCE
    }

    /// How readily a cause produces loss at a place of the account; 0 for a place that no fitted incident had.
    pub(super) fn affinity(&self, cause: Cause, place: &str) -> f64 {
        self.affinity.get(&cause).and_then(|places| places.get(place)).copied().unwrap_or(0.0)
    }

    /// What each signal weighs for or against a cause, the prior's and the unmeasured ones' left out, and the log-odds of
    /// all together.
    pub(super) fn argue<'a>(&self, cause: Cause, signals: &'a [Signal]) -> (f64, Vec<(f64, &'a Signal)>) {
        let Some(pleading) = self.causes.get(&cause) else {
            return (f64::NEG_INFINITY, Vec::new());
        };
        let weigh = |signal: &Signal| {
            let of = pleading.arguments.iter().filter(|argument| argument.signal == signal.key.key);
            let ramps: f64 = of.map(|argument| argument.weigh(signal.value)).sum();
            // A check that saw something is not one that saw nothing.
            let unseen = pleading.unseen.get(signal.key.key).copied().unwrap_or(0.0);
            if ramps == 0.0 { unseen } else { ramps }
        };
        let lines: Vec<(f64, &Signal)> = signals
            .iter()
            .map(|signal| (weigh(signal), signal))
            .filter(|(weight, _)| *weight != 0.0)
            .chain(direct::observed(cause, signals).map(|signal| (direct::WEIGHT, signal)))
            .collect();
        (pleading.prior + lines.iter().map(|(weight, _)| weight).sum::<f64>(), lines)
    }

    /// The probability that each cause is there, in the order of [`Cause::ALL`]; that of `none` is the probability that
    /// no other is.
    pub(super) fn probabilities(&self, signals: &[Signal]) -> BTreeMap<Cause, f64> {
        let mut present: BTreeMap<Cause, f64> = Cause::ALL
            .into_iter()
            .filter(|&cause| cause != Cause::None)
            .map(|cause| (cause, 1.0 / (1.0 + (-self.argue(cause, signals).0).exp())))
            .collect();
        let nothing = present.values().map(|p| 1.0 - p).product();
        present.insert(Cause::None, nothing);
        present
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::catalogue::{SignalSpec, checks, every_signal, signals};

    fn signal(key: &'static SignalSpec, value: f64) -> Signal {
        let finding = (&checks::GOLDEN_PAIRED).into();
        Signal { key, value, features: Vec::new(), onset: None, finding }
    }

    #[test]
    fn every_argument_goes_in_its_declared_direction() {
        for (cause, pleading) in &Presence::shipped().causes {
            for argument in &pleading.arguments {
                let spec = every_signal().find(|spec| spec.key == argument.signal).unwrap();
                let rising = (argument.sure > argument.silent) == (argument.weight > 0.0);
                let declared = if rising { spec.raises } else { spec.lowers };
                assert!(declared.contains(cause), "{} for {}", argument.signal, cause.id());
            }
            assert!(pleading.unseen.values().all(|&weight| weight <= 0.0), "{}", cause.id());
        }
    }

    #[test]
    fn within_its_noise_a_signal_weighs_nothing_and_beyond_it_ever_more() {
        let argument = Argument { signal: "golden.z".into(), silent: 2.0, sure: 6.0, weight: 3.0 };
        let weights = [-5.0, 0.0, 2.0, 3.0, 4.0, 6.0, 60.0].map(|z| argument.weigh(z));
        assert_eq!(weights, [0.0, 0.0, 0.0, 0.75, 1.5, 3.0, 3.0]);
        let small = Argument { silent: 0.3, sure: 0.1, ..argument };
        assert_eq!([0.5, 0.3, 0.1, 0.0].map(|x| small.weigh(x)), [0.0, 0.0, 3.0, 3.0]);
    }

    #[test]
    fn every_cause_has_an_affinity_to_every_place() {
        let places =
            ["service", "model", "answers", "inputs_and_answers", "relation", "constant", "population"];
        let of_inputs = ["outside", "unexplained", "named", "unnamed"];
        for cause in Cause::ALL.into_iter().filter(|cause| *cause != Cause::None) {
            for place in places.into_iter().chain(of_inputs) {
                let affinity = Presence::shipped().affinity(cause, place);
                assert!(affinity > 0.0 && affinity < 50.0, "{} at {place}: {affinity}", cause.id());
            }
        }
    }

    #[test]
    fn one_cause_takes_nothing_from_another() {
        let presence = Presence::shipped();
        let alone = presence.probabilities(&[signal(&signals::PARITY_SHARE, 1.0)]);
        let both =
            presence.probabilities(&[signal(&signals::PARITY_SHARE, 1.0), signal(&signals::GOLDEN_Z, 20.0)]);
        assert!(both[&Cause::ModelRegression] > alone[&Cause::ModelRegression]);
        assert!((both[&Cause::TrainingServingSkew] - alone[&Cause::TrainingServingSkew]).abs() < 1e-12);
    }
}
