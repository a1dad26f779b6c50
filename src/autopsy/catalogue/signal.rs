//! What is declared of a signal.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::autopsy::Cause;

use super::{CheckSpec, FAMILIES, FamilySpec, witnesses};

/// Signals that one measurement gives, or that belong together: the first part of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Is there a loss?
    Performance,
    /// Does the model fail its own golden set?
    Golden,
    /// How do the columns arrive?
    Pipeline,
    /// What happened near the onset?
    Events,
    /// Are the wrong answers among the slow, fast or repeated ones?
    Serving,
    /// Which inputs and answers moved, how many, how far?
    Drift,
    /// Did a feature move with the population or on its own?
    Kappa,
    /// Which map takes a feature back?
    Map,
    /// Do numbers still lie on training's value grid?
    Lattice,
    /// Were codes reassigned?
    Recode,
    /// Is a feature stale?
    Stale,
    /// Is a feature served as the training pipeline computes it?
    Parity,
    /// Does a feature still depend on the others?
    Dependence,
    /// Does a part of a row come from another row?
    Joint,
    /// Does an hour-of-day feature disagree with the timestamp?
    Clock,
    /// Does the artefact answer as logged?
    Replay,
    /// Does a surrogate of the launch model answer as logged?
    Surrogate,
    /// What does undoing the fault win back?
    Repair,
    /// What changed in the outcome, given score and inputs?
    Concept,
    /// Did the outcome's own frequency move?
    LabelShift,
    /// Are rows outside of training, and is the loss there?
    Support,
    /// Where along the way of the data did the loss arise?
    Account,
    /// How conclusive is the strongest member of a family of faults?
    Family,
}

impl Group {
    /// All of them in order.
    pub const ALL: [Self; 23] = [
        Self::Performance,
        Self::Golden,
        Self::Pipeline,
        Self::Events,
        Self::Serving,
        Self::Drift,
        Self::Kappa,
        Self::Map,
        Self::Lattice,
        Self::Recode,
        Self::Stale,
        Self::Parity,
        Self::Dependence,
        Self::Joint,
        Self::Clock,
        Self::Replay,
        Self::Surrogate,
        Self::Repair,
        Self::Concept,
        Self::LabelShift,
        Self::Support,
        Self::Account,
        Self::Family,
    ];

    /// What it asks.
    #[must_use]
    pub const fn asks(self) -> &'static str {
        match self {
            Self::Performance => "Is there a loss?",
            Self::Golden => "Does the model fail its own golden set?",
            Self::Pipeline => "How do the columns arrive?",
            Self::Events => "What happened near the onset?",
            Self::Serving => "Are the wrong answers among the slow, fast or repeated ones?",
            Self::Drift => "Which inputs and answers moved, how many, how far?",
            Self::Kappa => "Did a feature move with the population or on its own?",
            Self::Map => "Which map takes a feature back?",
            Self::Lattice => "Do numbers still lie on training's value grid?",
            Self::Recode => "Were codes reassigned?",
            Self::Stale => "Is a feature stale?",
            Self::Parity => "Is a feature served as the training pipeline computes it?",
            Self::Dependence => "Does a feature still depend on the others?",
            Self::Joint => "Does a part of a row come from another row?",
            Self::Clock => "Does an hour-of-day feature disagree with the timestamp?",
            Self::Replay => "Does the artefact answer as logged?",
            Self::Surrogate => "Does a surrogate of the launch model answer as logged?",
            Self::Repair => "What does undoing the fault win back?",
            Self::Concept => "What changed in the outcome, given score and inputs?",
            Self::LabelShift => "Did the outcome's own frequency move?",
            Self::Support => "Are rows outside of training, and is the loss there?",
            Self::Account => "Where along the way of the data did the loss arise?",
            Self::Family => "How conclusive is the strongest member of a family of faults?",
        }
    }

    /// Whose features its signals name.
    const fn names(self) -> Names {
        match self {
            Self::Concept => Names::Relation,
            Self::LabelShift => Names::Outcome,
            Self::Support => Names::Outside,
            Self::Drift | Self::Kappa => Names::Population,
            _ => Names::Alteration,
        }
    }
}

/// Which features a signal names, if it names any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Names {
    /// Those that were altered.
    Alteration,
    /// Those that moved: with a population, or because they were altered.
    Population,
    /// Those whose part in the outcome changed.
    Relation,
    /// Those in which rows lie outside of training.
    Outside,
    /// Those that go with the outcome's frequency.
    Outcome,
}

/// One signal: a number about the whole case that is evidence for or against causes. Two are equal if their keys are.
#[derive(Clone, Copy)]
pub struct SignalSpec {
    /// Stable name, and the key of its curve in the weights file: `golden.z`.
    pub key: &'static str,
    /// What it belongs to.
    pub group: Group,
    /// The check that shows it; none for a family, which its most telling member's check shows.
    pub check: Option<&'static CheckSpec>,
    /// What it measures.
    pub measures: &'static str,
    /// The meaning of its values, in a few words; empty if it is clear from what it measures.
    pub reads: &'static str,
    /// Causes that are the more likely the larger it is.
    pub raises: &'static [Cause],
    /// Causes that are the less likely the larger it is.
    pub lowers: &'static [Cause],
    /// Whose features it names.
    pub names: Names,
}

impl SignalSpec {
    pub(super) const fn new(
        group: Group,
        key: &'static str,
        check: &'static CheckSpec,
        measures: &'static str,
    ) -> Self {
        Self {
            key,
            group,
            check: Some(check),
            measures,
            reads: "",
            raises: &[],
            lowers: &[],
            names: group.names(),
        }
    }

    pub(super) const fn family(key: &'static str, measures: &'static str) -> Self {
        let (group, names) = (Group::Family, Names::Alteration);
        Self { key, group, check: None, measures, reads: "", raises: &[], lowers: &[], names }
    }

    pub(super) const fn reads(self, reads: &'static str) -> Self {
        Self { reads, ..self }
    }

    pub(super) const fn raises(self, raises: &'static [Cause]) -> Self {
        Self { raises, ..self }
    }

    pub(super) const fn lowers(self, lowers: &'static [Cause]) -> Self {
        Self { lowers, ..self }
    }

    pub(super) const fn names(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// The first part of its key, which it shares with its group.
    #[must_use]
    pub fn prefix(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(prefix, _)| prefix)
    }

    /// Its memberships in families: the family, its uninformative value and its conclusive one.
    pub fn families(&self) -> impl Iterator<Item = (&'static FamilySpec, &'static Member)> {
        FAMILIES.iter().flat_map(move |family| {
            family
                .members
                .iter()
                .filter(move |member| member.signal == self)
                .map(move |member| (family, member))
        })
    }

    /// The causes whose features it names before any other signal does.
    pub fn witness_of(&self) -> impl Iterator<Item = Cause> {
        Cause::ALL.into_iter().filter(move |&cause| witnesses(cause).any(|member| member.signal == self))
    }
}

impl PartialEq for SignalSpec {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for SignalSpec {}

/// Tests ask for a signal by its key.
#[cfg(test)]
impl PartialEq<str> for SignalSpec {
    fn eq(&self, other: &str) -> bool {
        self.key == other
    }
}

impl fmt::Debug for SignalSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)
    }
}

impl Serialize for SignalSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key)
    }
}

/// A signal with its scale within a family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// The signal.
    pub signal: &'static SignalSpec,
    /// The uninformative value.
    pub silent: f64,
    /// The conclusive value; below the uninformative one for a signal whose small values are evidence.
    pub sure: f64,
}
