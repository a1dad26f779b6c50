//! The transform that an altered feature underwent, and its inverse.
//!
//! [`inverse`] holds the types and the dictionary of known transforms, [`search`] fits them, [`recode`] fits
//! reassignments of category codes; [`findings`] turns the fits into findings and signals.

mod findings;
mod inverse;
mod recode;
mod search;

pub(super) use findings::examine;
pub(super) use inverse::known_transforms;
pub use inverse::{Inverse, Transform};
pub(super) use search::{BestTransforms, best_transforms};
