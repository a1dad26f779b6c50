//! The sign of a step's status, and the turn of the spinner.

use crate::{
    app::{Model, StepStatus},
    ui::look::Sign,
};

/// The sign of a status.
#[must_use]
pub fn sign(status: StepStatus, model: &Model) -> Sign {
    match status {
        StepStatus::Fine => Sign::Fine,
        StepStatus::Watch => Sign::Watch,
        StepStatus::Alarm => Sign::Alarm,
        StepStatus::Unknown => Sign::Pending,
        StepStatus::Running => Sign::Running(turn(model)),
    }
}

/// The turn of the spinner: ten a second.
#[must_use]
pub fn turn(model: &Model) -> u8 {
    (model.clock.elapsed_ms / 100 % 250) as u8
}
