//! The Reading line: one sentence that says what a screen means.

use crate::autopsy::Step;

/// What the screen means, and where to look next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// One sentence or two.
    pub message: String,
    /// The step to look at next.
    pub next: Option<Step>,
}

impl Reading {
    /// A reading that leads on to another step.
    #[must_use]
    pub fn new(message: impl Into<String>, next: Step) -> Self {
        Self { message: message.into(), next: Some(next) }
    }

    /// A reading that ends here.
    #[must_use]
    pub fn last(message: impl Into<String>) -> Self {
        Self { message: message.into(), next: None }
    }
}
