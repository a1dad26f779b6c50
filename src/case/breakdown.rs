//! How numbers are broken down beside the diagnosis: business metrics, segments by hand, versions, groups of people.

use crate::cached::cached;

/// Whether more or less of a business metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better: a conversion rate.
    More,
    /// Less is better: refunds.
    Less,
}

cached!(
    enum Better {
        More,
        Less,
    }
);

/// A metric of the business: a column of the production log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BusinessMetric {
    /// Its name.
    pub name: String,
    /// The column: numbers, or booleans for a rate.
    pub column: String,
    /// Which direction is better.
    pub better: Better,
    /// Whether its total by window is shown beside the mean: money.
    pub total: bool,
}

cached!(struct BusinessMetric { name, column, better, total });

/// How the numbers of a case are broken down.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Breakdown {
    /// `[metrics]`
    pub metrics: Vec<BusinessMetric>,
    /// `[segments]`: name and conditions, or the name of a column.
    pub segments: Vec<(String, String)>,
    /// `[columns] version`: the column with the version of the model that answered.
    pub version: Option<String>,
    /// `[columns] groups`: the columns with groups of people.
    pub groups: Vec<String>,
    /// `[columns] text`: the columns of free text.
    pub text: Vec<String>,
}

cached!(struct Breakdown { metrics, segments, version, groups, text });
