//! Why something can't be measured on a case.

use crate::{cached::cached, stats::Undefined};

/// Why a number is not available for this case, as a clause: `the log holds no scores, so there is no level
/// to correct`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{0}")]
#[serde(transparent)]
pub struct Unavailable(String);

cached!(struct Unavailable(part0));

impl From<String> for Unavailable {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl From<&str> for Unavailable {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl From<Undefined> for Unavailable {
    fn from(why: Undefined) -> Self {
        Self(why.to_string())
    }
}

impl AsRef<str> for Unavailable {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
