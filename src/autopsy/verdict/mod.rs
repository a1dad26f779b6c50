//! The verdict: whether each cause is there, each for itself, and which one is the main cause.
//!
//! [`Presence`] judges each cause for itself by arguments in their declared directions; [`Weights`] say how alike the whole
//! picture is to incidents of one cause. [`judgement`] puts both together with the account's shares.

mod direct;
mod excluded;
mod family;
mod judgement;
mod naming;
mod presence;
mod remainder;
mod rounds;
mod shares;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::{cached::cached, summary::Micros};

use super::{
    Cause, Finding, Framing, OnsetKind, Signal,
    account::Account,
    catalogue::{FindingId, Group, SignalSpec, checks, signals as declared, would_settle},
};

#[cfg(test)]
pub(in crate::autopsy) use direct::is_observation;
pub use excluded::excluded;
pub use judgement::Judgement;
pub use presence::Presence;
pub use remainder::Remainder;
pub use shares::LossShare;

/// The weights that ship with the program; the file's `origin` tells where they come from.
const SHIPPED: &str = include_str!("../../../assets/weights.json");

/// Evidence lines lighter than this (nats) are left out of the lists; the sum still holds them.
const SHOWN: f64 = 0.05;

/// Below this probability the first cause is only the least unlikely.
const DECIDED: f64 = 0.5;

/// The exponents of a cause's probability by the whole picture, and of the odds that it is there for itself, in its probability of
/// being the main cause: each knows kinds of incidents that the other does not. Chosen among a dozen pairs on the incidents of the
/// fit of [`Presence`] and 120 others (`docs/method.md` 4).
const BY_PICTURE: f64 = 0.7;
const BY_ITSELF: f64 = 0.35;

/// Log-odds of being there beyond these are not told apart.
const SUREST_ODDS: f64 = 6.0;

/// How a cause stands after the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Standing {
    /// The evidence names it.
    Found,
    /// It can't be excluded.
    Possible,
    /// The checks that ran did not see it; that excludes nothing.
    NotSeen,
    /// A check ran that could have shown it, and excludes an effect above a stated size.
    RuledOut,
    /// The checks that would tell could not run on this case.
    NotExamined,
}

cached!(
    enum Standing {
        Found,
        Possible,
        NotSeen,
        RuledOut,
        NotExamined,
    }
);

impl Standing {
    /// How a cause stands, in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Possible => "possible",
            Self::NotSeen => "not seen",
            Self::RuledOut => "ruled out",
            Self::NotExamined => "not examined yet",
        }
    }
}

/// One signal's weight for or against one cause.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Evidence {
    /// The finding that shows it.
    pub finding: FindingId,
    /// The signal; none for what is taken to be likely before any evidence.
    pub signal: Option<&'static SignalSpec>,
    /// Log-odds (nats): above 0 for the cause, below 0 against it.
    pub weight: f64,
    /// The finding's sentence.
    #[serde(rename = "says")]
    pub message: String,
}

cached!(struct Evidence { finding, signal, weight, message });

/// A root cause with the evidence for and against it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// The cause.
    pub cause: Cause,
    /// The probability that it is the one cause, by the whole picture; all causes add up to 1.
    pub probability: f64,
    /// What is known of it for itself.
    pub judged: Judgement,
    /// How it stands.
    pub standing: Standing,
    /// Whether a check saw it row by row; an hour that left the timestamp, say.
    pub observed: bool,
    /// The features at fault, strongest first.
    pub features: Vec<usize>,
    /// When it began.
    pub onset: Option<Micros>,
    /// How it began.
    pub onset_kind: Option<OnsetKind>,
    /// The evidence for it, strongest first.
    pub evidence_for: Vec<Evidence>,
    /// The evidence against it, strongest first.
    pub evidence_against: Vec<Evidence>,
    /// What would settle it: sentences that name what to look for.
    pub would_settle: Vec<String>,
}

cached!(struct Hypothesis {
    cause, probability, judged, standing, observed, features, onset, onset_kind, evidence_for,
    evidence_against, would_settle,
});

impl Hypothesis {
    /// How it stands, in words: a cause that is found beside a larger one contributes.
    #[must_use]
    pub fn stands(&self) -> &'static str {
        if self.judged.contributing { "contributing" } else { self.standing.name() }
    }

    /// Whether it is possible as a further cause only, and not as the main one.
    #[must_use]
    pub fn is_possible_besides(&self) -> bool {
        self.standing == Standing::Possible && self.probability < judgement::POSSIBLE
    }

    /// The evidence by finding: a finding with several signals has their total weight, so it is evidence either for the
    /// cause or against it.
    ///
    /// Returns the evidence for and against the cause, the strongest first; a line of several signals names the heaviest.
    #[must_use]
    pub fn by_finding(&self) -> (Vec<Evidence>, Vec<Evidence>) {
        let mut lines: Vec<Evidence> = Vec::new();
        let mut pieces: Vec<&Evidence> = self.evidence_for.iter().chain(&self.evidence_against).collect();
        pieces.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        for piece in pieces {
            match lines.iter_mut().find(|line| line.finding == piece.finding) {
                Some(line) => line.weight += piece.weight,
                None => lines.push(piece.clone()),
            }
        }
        lines.retain(|line| line.weight.abs() >= SHOWN);
        lines.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        lines.into_iter().partition(|line| line.weight > 0.0)
    }
}

/// The ranked causes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagnosis {
    /// All causes: those found first, the costliest one before others, then the others by their probability.
    pub hypotheses: Vec<Hypothesis>,
    /// Whether the evidence is too thin to name one (the first is then only the least unlikely), and why.
    pub undecided: Option<String>,
}

cached!(struct Diagnosis { hypotheses, undecided });

impl Diagnosis {
    /// The causes that are found, in their order; empty where no degradation is found.
    #[must_use]
    pub fn found(&self) -> Vec<&Hypothesis> {
        let is_found = |h: &&Hypothesis| h.standing == Standing::Found && h.cause != Cause::None;
        self.hypotheses.iter().filter(is_found).collect()
    }

    /// The first cause: the costliest one found, else the most probable one.
    #[must_use]
    pub fn top(&self) -> Option<&Hypothesis> {
        self.hypotheses.first()
    }
}

/// The signals of the exams, and those of the families of faults that they make up.
#[must_use]
pub fn with_families(mut signals: Vec<Signal>) -> Vec<Signal> {
    signals.extend(family::families(&signals));
    signals
}

/// How much each signal weighs for each cause: one step function per signal and cause, fitted on incidents with known
/// causes. The file is data: it names signals and causes, never a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Where the weights come from, for readers.
    pub origin: String,
    /// Log-odds of each cause before any evidence.
    pub prior: BTreeMap<Cause, f64>,
    /// One curve a signal.
    pub signals: BTreeMap<String, Curve>,
}

/// The weights of one signal: a step function of its value for every cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Ascending edges; a value lies in the step `#{i : edges_i <= value}`.
    pub edges: Vec<f64>,
    /// For each cause, one log-odds weight a step (`edges.len() + 1`). A cause that is not named weighs 0.
    pub weights: BTreeMap<Cause, Vec<f64>>,
}

impl Curve {
    /// The weight of a value for a cause.
    #[must_use]
    pub fn weight(&self, cause: Cause, value: f64) -> f64 {
        let step = self.edges.partition_point(|&edge| edge <= value);
        self.weights.get(&cause).and_then(|steps| steps.get(step)).copied().unwrap_or(0.0)
    }
}

impl Weights {
    /// The weights that ship with the program.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
            Weights::parse(SHIPPED).expect("the weights file is part of the program and tested")
        });
        &WEIGHTS
    }

    /// Reads a weights file.
    ///
    /// # Errors
    ///
    /// When the text is not JSON of this shape, or a curve's steps do not fit its edges.
    pub fn parse(text: &str) -> Result<Self, String> {
        let weights: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (key, curve) in &weights.signals {
            let fits = curve.weights.values().all(|steps| steps.len() == curve.edges.len() + 1);
            if !fits || !curve.edges.is_sorted() {
                return Err(format!("the curve of {key} needs ascending edges and one weight a step"));
            }
        }
        Ok(weights)
    }

    /// Adds the evidence up, and judges each cause for itself.
    ///
    /// * `account`: where the loss arose, where that is known.
    /// * `excluded`: sentences that rule causes out; see [`excluded()`].
    /// * `remainder`: what is left without one of the causes, where that was examined.
    #[must_use]
    pub fn decide(
        &self,
        presence: &Presence,
        signals: &[Signal],
        findings: &[Finding],
        framing: &Framing,
        account: Option<&Account>,
        excluded: &BTreeMap<Cause, String>,
        remainder: Option<&Remainder>,
    ) -> Diagnosis {
        let mut hypotheses: Vec<Hypothesis> = Cause::ALL
            .into_iter()
            .map(|cause| self.hypothesis(presence, cause, signals, findings, framing))
            .collect();
        let missing = |group: Group| !signals.iter().any(|signal| signal.key.group == group);
        let best = hypotheses.iter().map(|h| h.probability).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = hypotheses.iter().map(|h| (h.probability - best).exp()).sum();
        for hypothesis in &mut hypotheses {
            hypothesis.probability = (hypothesis.probability - best).exp() / total;
            hypothesis.would_settle = would_settle(hypothesis.cause, missing);
        }
        judgement::judge(
            hypotheses,
            &judgement::Grounds {
                presence,
                present: presence.probabilities(signals),
                account,
                excluded,
                measured: signals.iter().any(|signal| signal.key == &declared::PERFORMANCE_Z),
                undecidable: &undecidable(signals),
                remainder,
            },
        )
    }

    fn curve(&self, signal: &Signal) -> Option<&Curve> {
        self.signals.get(signal.key.key)
    }

    /// The signals that name features for a cause, with their weights, the heaviest first.
    fn pointing<'a>(&self, cause: Cause, signals: &'a [Signal]) -> Vec<(f64, &'a Signal)> {
        let mut pointing: Vec<(f64, &Signal)> = signals
            .iter()
            .filter(|signal| !signal.features.is_empty() && signal.key.names.at_fault(cause))
            .filter_map(|signal| Some((self.curve(signal)?.weight(cause, signal.value), signal)))
            .collect();
        pointing.sort_by(|a, b| b.0.total_cmp(&a.0));
        pointing
    }

    /// One cause with its evidence; `probability` still holds its log-odds.
    fn hypothesis(
        &self,
        presence: &Presence,
        cause: Cause,
        signals: &[Signal],
        findings: &[Finding],
        framing: &Framing,
    ) -> Hypothesis {
        let prior = self.prior.get(&cause).copied().unwrap_or(0.0);
        let (odds, arguments) = presence.argue(cause, signals);
        let weighed: Vec<(f64, &Signal)> = signals
            .iter()
            .filter_map(|signal| Some((self.curve(signal)?.weight(cause, signal.value), signal)))
            .collect();
        let observed = direct::observed(cause, signals).map_or(0.0, |_| direct::WEIGHT);
        let picture = observed + weighed.iter().map(|(weight, _)| weight).sum::<f64>();
        // A cause that nothing is argued for or against, such as none, has no odds of its own.
        let itself = if odds.is_finite() { odds.clamp(-SUREST_ODDS, SUREST_ODDS) } else { 0.0 };
        // A false alarm is what remains if no cause is there; only the whole picture is evidence for it.
        let lines = if cause == Cause::None { weighed } else { arguments };
        let (mut evidence_for, mut evidence_against) = (Vec::new(), Vec::new());
        if prior > SHOWN {
            evidence_for.push(Evidence {
                finding: (&checks::VERDICT_PRIOR).into(),
                signal: None,
                weight: prior,
                message: format!(
                    "Before any evidence it is taken to be {:.1} times as likely as any other cause.",
                    prior.exp()
                ),
            });
        }
        for (weight, signal) in lines {
            if weight.abs() < SHOWN {
                continue;
            }
            let message = findings
                .iter()
                .find(|f| f.id == signal.finding)
                .map_or_else(String::new, |f| f.message.clone());
            let line =
                Evidence { finding: signal.finding.clone(), signal: Some(signal.key), weight, message };
            if weight > 0.0 {
                evidence_for.push(line);
            } else {
                evidence_against.push(line);
            }
        }
        evidence_for.sort_by(|a: &Evidence, b| b.weight.total_cmp(&a.weight));
        evidence_against.sort_by(|a: &Evidence, b| a.weight.total_cmp(&b.weight));
        let pointing = self.pointing(cause, signals);
        Hypothesis {
            cause,
            probability: prior + BY_PICTURE * picture + BY_ITSELF * itself,
            judged: Judgement::default(),
            standing: Standing::NotSeen,
            observed: direct::observed(cause, signals).is_some(),
            features: naming::named(cause, signals, &pointing),
            onset: if cause == Cause::None {
                None
            } else {
                pointing
                    .first()
                    .and_then(|(_, s)| s.onset)
                    .filter(|_| framing.split().is_some())
                    .or_else(|| framing.split())
            },
            onset_kind: framing.onset.map(|o| o.kind).filter(|_| cause != Cause::None),
            evidence_for,
            evidence_against,
            would_settle: Vec::new(),
        }
    }
}

/// Causes that nothing on this case can see.
fn undecidable(signals: &[Signal]) -> Vec<Cause> {
    let seen = |group: Group| signals.iter().any(|s| s.key.group == group);
    let mut causes = Vec::new();
    if !seen(Group::Performance) {
        causes.extend([Cause::ConceptDrift, Cause::FeatureDrift, Cause::LabelShift]);
    }
    if !seen(Group::Golden) && !seen(Group::Replay) && !seen(Group::Performance) {
        causes.push(Cause::ModelRegression);
    }
    causes
}

fn undecided(hypotheses: &[Hypothesis]) -> Option<String> {
    let (first, second) = (hypotheses.first()?, hypotheses.get(1)?);
    (first.probability < DECIDED || first.probability - second.probability < 0.15).then(|| {
        format!(
            "The evidence does not settle it: {} ({:.0} %) and {} ({:.0} %) both remain.",
            first.cause.id(),
            100.0 * first.probability,
            second.cause.id(),
            100.0 * second.probability
        )
    })
}

#[cfg(test)]
mod tests;
