//! The deployed artefact, its surrogate, challengers, propensity and support. Works on [`crate::summary::Table`] rows.

pub mod artifact;
