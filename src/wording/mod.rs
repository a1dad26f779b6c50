//! Sentences shared by report, console and command line that combine several values.
//!
//! A name or phrase for a single value is a method of its type: [`Cause::name`](crate::autopsy::Cause::name),
//! [`Task::name`](crate::summary::Task::name), [`Baseline::phrase`](crate::autopsy::Baseline::phrase). Texts
//! are unescaped: each renderer escapes them itself.

pub mod account;
pub mod causes;
pub mod change;
pub mod comparison;
pub mod features;
pub mod onset;
pub mod remedy;
pub mod review;
