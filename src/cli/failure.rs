//! Why a command could not do what it was asked for.

use crate::text::message::{Explain, Message};

/// Why a command could not do what it was asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something is wrong, and the message says what to do.
    Explained(Box<Message>),
    /// The reader of stdout went away, such as `head`; nothing is wrong.
    ClosedPipe,
}

impl<E: Explain> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Explained(Box::new(error.message()))
    }
}
