//! The deployed model, run on rows of the sample.

/// A deployed model that can be run here.
#[derive(Debug)]
pub struct Artifact {}

/// What a model answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answers {
    /// Class index or value.
    pub prediction: Vec<f64>,
    /// Binary: the probability of the positive class.
    pub score: Vec<f64>,
}

impl Artifact {
    /// Answers rows of a table.
    ///
    /// # Errors
    ///
    /// When the model can't be run.
    pub fn answer(
        &self,
        _: &crate::summary::Plan,
        _: &crate::summary::Table,
        _: &[usize],
    ) -> Result<Answers, String> {
        Err("no operator is known".to_owned())
    }
}
