//! The id of a finding: its check, and which of the check's subjects it is about.

use crate::cached::cached;
use std::fmt;

use serde::{Serialize, Serializer};

use super::{CheckSpec, every_check};

/// Names a finding. As text, for notes, pins, jumps and tests, it is the check's id, with the subject behind a colon where
/// a check speaks of several: `golden.paired`, `drift.psi:income`.
#[derive(Clone, PartialEq, Eq)]
pub struct FindingId {
    /// The check.
    pub check: &'static CheckSpec,
    /// The subject, such as a feature's name; it may hold any character.
    pub subject: Option<String>,
}

cached!(struct FindingId { check, subject });

impl FindingId {
    pub(super) fn of(check: &'static CheckSpec, subject: String) -> Self {
        Self { check, subject: Some(subject) }
    }

    /// The id that a text names; none when no check has it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, subject) = text.split_once(':').map_or((text, None), |(id, subject)| (id, Some(subject)));
        let check = every_check().find(|check| check.id == id)?;
        Some(Self { check, subject: subject.map(str::to_owned) })
    }

    /// Whether a text names it, as [`FindingId::parse`] reads it.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        match (&self.subject, text.strip_prefix(self.check.id)) {
            (None, Some(rest)) => rest.is_empty(),
            (Some(subject), Some(rest)) => rest.strip_prefix(':') == Some(subject),
            (_, None) => false,
        }
    }
}

impl From<&'static CheckSpec> for FindingId {
    fn from(check: &'static CheckSpec) -> Self {
        Self { check, subject: None }
    }
}

impl From<&Self> for FindingId {
    fn from(id: &Self) -> Self {
        id.clone()
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.check.id)?;
        match &self.subject {
            Some(subject) => write!(f, ":{subject}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Serialize for FindingId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Tests ask for a finding by its text.
#[cfg(test)]
impl PartialEq<str> for FindingId {
    fn eq(&self, other: &str) -> bool {
        self.is(other)
    }
}

/// Tests ask for a finding by its text.
#[cfg(test)]
impl PartialEq<&str> for FindingId {
    fn eq(&self, other: &&str) -> bool {
        self.is(other)
    }
}
