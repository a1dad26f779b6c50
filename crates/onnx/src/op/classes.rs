//! The class labels of a classifier.

use super::Node;
use crate::value::{Data, Tensor};

/// A classifier's class labels, in the order of its score columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Classes(Data);

impl Classes {
    /// Reads the labels from a classifier's attributes; text labels take precedence over integers.
    ///
    /// * `integers`: the name of the attribute for integer labels, which differs between operators.
    ///
    /// # Errors
    ///
    /// When the node has no class labels.
    pub(super) fn read(node: &Node<'_>, integers: &str) -> Result<Self, String> {
        let texts = node.strings("classlabels_strings");
        let labels = if texts.is_empty() {
            Data::Integer(node.integers(integers).to_vec())
        } else {
            Data::Text(texts)
        };
        if labels.is_empty() { Err("the classifier names no classes".into()) } else { Ok(Self(labels)) }
    }

    /// The number of classes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The labels of rows, given the index of each row's class.
    pub(super) fn labels(&self, rows: &[usize]) -> Result<Tensor, String> {
        let last = self.len() - 1;
        Ok(Tensor::vector(self.0.pick(rows.iter().map(|&i| i.min(last)))?))
    }
}
