//! Remedies: what would fix the incident, measured before anyone deploys, and which alerts would have fired
//! earlier.
//!
//! * [`catalogue`]: every remedy with its name, effort and risk; [`fit`]: which remedy addresses which cause.
//! * [`RemedyReport`] holds all measurements; [`measure()`] produces it.
//! * [`comparison`]: a candidate against the deployed model, as a shadow deployment or an A/B test.
//! * [`review`]: which rows people should review, and what their labels show.
//! * [`fitted`], [`monitor`]: monitors to install, and when the configured alerts would have fired.
//! * [`golden_refresh`]: rows to add to the golden set.
//!
//! Pure: no file, no terminal, no clock. The caller can observe progress and cancel.

pub mod ageing;
mod backtest;
mod catalogue;
pub mod comparison;
mod curve;
mod fallback_rule;
pub mod fallbacks;
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
pub mod series;
#[cfg(test)]
mod tests;
mod unavailable;
mod variant;

pub use catalogue::{Rating, Remedy, RemedySpec, Strategy};
pub use holdout::{HoldoutCheck, check_on_holdout};
pub use measure::measure;
pub use policy::refused_because;
pub use result::{
    Basis, CurvePoint, Decision, Gain, Labels, LearningCurve, Measured, Measures, Offer, OfferStatus,
    RemedyReport, Trial,
};
pub use unavailable::Unavailable;
