//! Why a call failed.

use crate::address::AddressError;

/// Why a query has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SparkError {
    /// The connection string cannot be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Nobody answers at the address.
    #[error("{place} cannot be reached: {reason}")]
    Unreachable {
        /// Host and port.
        place: String,
        /// The system's message.
        reason: String,
    },
    /// The connection cannot be encrypted, or the server's certificate is not trusted.
    #[error("no encrypted connection to {place}: {reason}")]
    Tls {
        /// Host and port.
        place: String,
        /// What the TLS library says.
        reason: String,
    },
    /// Something answers, but not a Spark Connect server.
    #[error("{place} does not answer as a Spark Connect server: {reason}")]
    NoServer {
        /// Host and port.
        place: String,
        /// What it answers.
        reason: String,
    },
    /// The server wants a token, or another one.
    #[error("{place} does not accept the token: {reason}")]
    Unauthenticated {
        /// Host and port.
        place: String,
        /// The server's message.
        reason: String,
    },
    /// The server does not allow it.
    #[error("not allowed: {reason}")]
    Denied {
        /// The server's message.
        reason: String,
    },
    /// The server is older than what the client needs.
    #[error("{place} runs Spark {version}; 3.5 or later is needed")]
    TooOld {
        /// Host and port.
        place: String,
        /// Its version.
        version: String,
    },
    /// The server could not run the query.
    #[error("{message}")]
    Query {
        /// The class of the error, such as `TABLE_OR_VIEW_NOT_FOUND`; empty where the server names none.
        class: String,
        /// The server's message, its first line.
        message: String,
    },
    /// The server, or the connection to it, ended before the result was complete, and could not be found again.
    #[error("the connection to {place} was lost: {reason}")]
    Lost {
        /// Host and port.
        place: String,
        /// What happened last.
        reason: String,
    },
    /// The caller stopped the query.
    #[error("stopped")]
    Cancelled,
    /// The caller could not use what the server sent.
    #[error("the answer of {place} cannot be read: {reason}")]
    Answer {
        /// Host and port.
        place: String,
        /// Why.
        reason: String,
    },
}

impl SparkError {
    /// Whether the server named a class of errors, or one of its subclasses: `TABLE_OR_VIEW_NOT_FOUND`.
    #[must_use]
    pub fn is_of(&self, wanted: &str) -> bool {
        let Self::Query { class, .. } = self else { return false };
        class.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}
