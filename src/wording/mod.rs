//! What report, console and command line say in the same words: sentences that need several values.
//!
//! A name or a phrase of a single value stands on its type: [`Cause::name`](crate::autopsy::Cause::name),
//! [`Task::name`](crate::summary::Task::name), [`Baseline::phrase`](crate::autopsy::Baseline::phrase). Texts are as the
//! data hold them: each face escapes on its own.

pub mod account;
pub mod change;
pub mod comparison;
pub mod features;
pub mod onset;
pub mod remedy;
pub mod review;
