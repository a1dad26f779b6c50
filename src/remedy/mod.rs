//! What would fix it, measured before anyone deploys, and what would have rung earlier.
//!
//! * [`Bench`] holds everything that was measured; [`measure`] makes it.
//! * [`comparison`]: a candidate beside the deployed model, in the shadow or in an arm of its own.
//! * [`review`]: what people should look at, and what their labels say.
//! * [`fitted`], [`monitor`]: monitors to install, and what the configured alerts would have said.
//! * [`golden_refresh`]: rows that the golden set should take in.
//!
//! Pure: no file, no terminal, no clock. Whoever calls may watch the progress and stop it.

mod bench;
mod candidate;
pub mod comparison;
mod curve;
pub mod fitted;
mod gain;
pub mod golden_refresh;
mod ground;
mod hindsight;
mod level;
mod measure;
pub mod monitor;
mod policy;
mod retraining;
pub mod review;
mod rule;
#[cfg(test)]
mod tests;

pub use bench::{
    Basis, Bench, CurvePoint, Decision, Gain, Labels, LearningCurve, Level, Measured, Measures, Offer,
    Remedy, Standing, Strategy, Trial,
};
pub use hindsight::{Hindsight, hindsight};
pub use measure::{Progress, Stopped, Watch, measure};
