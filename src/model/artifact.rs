//! The deployed model, run on rows of the sample.

/// A deployed model that can be run here.
#[derive(Debug)]
pub struct Artifact {}
