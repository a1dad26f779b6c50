//! What would fix it, measured before anyone deploys, and which alerts would have fired earlier.
//!
//! * [`catalogue`]: every remedy with its name, effort and risk; [`fit`]: which remedy answers which cause.
//! * [`RemedyReport`] holds everything that was measured; [`measure()`] makes it.
//! * [`comparison`]: a candidate beside the deployed model, in the shadow or in an arm of its own.
//! * [`review`]: what people should look at, and what their labels say.
//! * [`fitted`], [`monitor`]: monitors to install, and what the configured alerts would have said.
//! * [`golden_refresh`]: rows that the golden set should take in.
//!
//! Pure: no file, no terminal, no clock. Whoever calls may watch the progress and stop it.

mod backtest;
mod catalogue;
pub mod comparison;
mod curve;
mod fallback_rule;
mod fit;
pub mod fitted;
mod gain;
pub mod golden_refresh;
mod holdout;
mod measure;
pub mod monitor;
mod policy;
mod recalibration;
mod result;
mod retraining;
pub mod review;
#[cfg(test)]
mod tests;
mod unavailable;
mod variant;

pub use catalogue::{Rating, Remedy, RemedySpec, Strategy};
pub use holdout::{HoldoutCheck, check_on_holdout};
pub use measure::measure;
pub use result::{
    Basis, CurvePoint, Decision, Gain, Labels, LearningCurve, Measured, Measures, Offer, OfferStatus,
    RemedyReport, Trial,
};
pub use unavailable::Unavailable;
