//! The verdict: whether each cause is there, each for itself, and which one is the main cause.
//!
//! [`Arguments`] add up what speaks for and against each cause for itself, in the signals' declared directions; the odds of all
//! causes together tell the main one. [`judgement`] puts both together with the account's shares.

mod arguments;
mod direct;
mod excluded;
mod family;
mod judgement;
mod naming;
mod remainder;
mod rounds;
mod shares;

use std::collections::BTreeMap;

use crate::{cached::cached, summary::Micros};

use super::{
    Cause, Finding, Framing, OnsetKind, Signal,
    account::Account,
    catalogue::{FindingId, Group, SignalSpec, checks, signals as declared, would_settle},
};

pub use arguments::Arguments;
#[cfg(test)]
pub(in crate::autopsy) use direct::is_observation;
pub use excluded::excluded;
pub use judgement::Judgement;
pub use remainder::Remainder;
pub use shares::LossShare;

/// Evidence lines lighter than this (nats) are left out of the lists; the sum still holds them.
const SHOWN: f64 = 0.05;

/// Below this probability the first cause is only the least unlikely.
const DECIDED: f64 = 0.5;

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
    /// The probability that it is the main cause; all causes add up to 1.
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

impl Arguments {
    /// Adds the evidence up, and judges each cause for itself.
    ///
    /// * `account`: where the loss arose, where that is known.
    /// * `excluded`: sentences that rule causes out; see [`excluded()`].
    /// * `remainder`: what is left without one of the causes, where that was examined.
    #[must_use]
    pub fn decide(
        &self,
        signals: &[Signal],
        findings: &[Finding],
        framing: &Framing,
        account: Option<&Account>,
        excluded: &BTreeMap<Cause, String>,
        remainder: Option<&Remainder>,
    ) -> Diagnosis {
        let mut hypotheses: Vec<Hypothesis> =
            Cause::ALL.into_iter().map(|cause| self.hypothesis(cause, signals, findings, framing)).collect();
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
                arguments: self,
                present: self.probabilities(signals),
                account,
                excluded,
                measured: signals.iter().any(|signal| signal.key == &declared::PERFORMANCE_Z),
                undecidable: &undecidable(signals),
                remainder,
            },
        )
    }

    /// One cause with its evidence; `probability` still holds its log-odds.
    fn hypothesis(
        &self,
        cause: Cause,
        signals: &[Signal],
        findings: &[Finding],
        framing: &Framing,
    ) -> Hypothesis {
        let (odds, lines) = self.argue(cause, signals);
        let (mut evidence_for, mut evidence_against) = (Vec::new(), Vec::new());
        if cause == Cause::None {
            let weight = self.before_any_evidence();
            let message = format!(
                "Before any evidence it is taken to be {:.1} times as likely as any other cause.",
                weight.exp()
            );
            evidence_for.push(Evidence {
                finding: (&checks::VERDICT_PRIOR).into(),
                signal: None,
                weight,
                message,
            });
        }
        for (weight, signal) in &lines {
            let message = findings
                .iter()
                .find(|f| f.id == signal.finding)
                .map_or_else(String::new, |f| f.message.clone());
            let line = Evidence {
                finding: signal.finding.clone(),
                signal: Some(signal.key),
                weight: *weight,
                message,
            };
            if *weight > 0.0 {
                evidence_for.push(line);
            } else {
                evidence_against.push(line);
            }
        }
        let shown = |lines: &mut Vec<Evidence>| {
            lines.retain(|line| line.weight.abs() >= SHOWN);
            lines.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        };
        shown(&mut evidence_for);
        shown(&mut evidence_against);
        let pointing = pointing(cause, &lines);
        Hypothesis {
            cause,
            probability: odds,
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

/// The arguments whose signals name features at fault for a cause, the heaviest first.
fn pointing<'a>(cause: Cause, lines: &[(f64, &'a Signal)]) -> Vec<(f64, &'a Signal)> {
    let names = |signal: &Signal| !signal.features.is_empty() && signal.key.names.at_fault(cause);
    let mut pointing: Vec<(f64, &Signal)> =
        lines.iter().filter(|(_, signal)| names(signal)).copied().collect();
    pointing.sort_by(|a, b| b.0.total_cmp(&a.0));
    pointing
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
