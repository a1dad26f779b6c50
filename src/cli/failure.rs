//! Why a command failed.

use crate::text::message::{Explain, Message};

/// Why a command failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// An error with a message that includes advice.
    Explained(Box<Message>),
    /// The console has shown the error; these lines remain after it closes.
    Shown(String),
    /// The arguments contradict each other.
    Usage(String),
    /// The reader of stdout, such as `head`, closed it; this is not an error.
    ClosedPipe,
}

impl Failure {
    /// Creates a failure without a location.
    pub(super) fn plain(code: &'static str, message: String, hints: &[&str]) -> Self {
        let hints = hints.iter().map(ToString::to_string).collect();
        Self::Explained(Box::new(Message { code, message, place: None, label: String::new(), hints }))
    }
}

impl<E: Explain> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Explained(Box::new(error.message()))
    }
}
