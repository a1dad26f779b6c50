//! Which transform did an altered feature go through, and what takes it back?
//!
//! [`inverse`] holds the types and the dictionary of known transforms, [`search`] fits them, [`recode`] those of category
//! codes; [`findings`] puts what fits into sentences and signals.

mod findings;
mod inverse;
mod recode;
mod search;

pub(super) use findings::examine;
pub(super) use inverse::known_transforms;
pub use inverse::{Inverse, Transform};
pub(super) use search::{BestTransforms, best_transforms};
