//! Why a command could not do what it was asked for.

use crate::text::message::{Explain, Message};

/// Why a command could not do what it was asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something is wrong, and the message says what to do.
    Explained(Box<Message>),
    /// The console has shown what is wrong; these lines stay when it is gone.
    Shown(String),
    /// The arguments contradict each other.
    Usage(String),
    /// The reader of stdout went away, such as `head`; nothing is wrong.
    ClosedPipe,
}

impl Failure {
    /// A failure without a place.
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
