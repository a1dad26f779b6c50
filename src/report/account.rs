//! The decomposition of the loss, as reports show it.

use serde::Serialize;

use crate::{
    autopsy::{
        Investigation,
        account::{Line, Place},
    },
    wording,
};

/// The decomposition of the loss since the onset; without lines if there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AccountPart {
    /// The loss function: `log loss`, `share of wrong answers` or `absolute error`.
    pub loss: Option<&'static str>,
    /// The mean loss before the onset.
    pub before: Option<f64>,
    /// The mean loss since the onset.
    pub since: Option<f64>,
    /// The difference.
    pub total: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Number of labelled rows before the onset.
    pub rows_before: Option<usize>,
    /// Number of labelled rows since the onset.
    pub rows_since: Option<usize>,
    /// The stand-in for the launch model, with its fidelity.
    pub by: Option<String>,
    /// The lines, ordered from the inputs to the predictions; they add up to the total.
    pub lines: Vec<AccountLine>,
    /// What could not be determined, and why.
    pub notes: Vec<String>,
}

/// One line of the decomposition.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AccountLine {
    /// `service`, `model`, `answers`, `input`, `inputs_and_answers`, `relation`, `constant`, `population`, `outside` or
    /// `unexplained`.
    pub place: &'static str,
    /// The altered input.
    pub feature: Option<String>,
    /// Description of the line.
    pub name: String,
    /// Loss per row.
    pub amount: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// The share of the loss; null if the loss is not significant.
    pub share: Option<f64>,
    /// The share's 95 % interval.
    pub share_interval: Option<(f64, f64)>,
    /// Whether it is significant and at least 5 % of the loss.
    pub found: bool,
}

impl AccountPart {
    /// Builds the decomposition of an investigation.
    #[must_use]
    pub fn of(investigation: &Investigation) -> Self {
        let account = match &investigation.account {
            Ok(account) => account,
            Err(why) => {
                return Self {
                    loss: None,
                    before: None,
                    since: None,
                    total: None,
                    interval: None,
                    rows_before: None,
                    rows_since: None,
                    by: None,
                    lines: Vec::new(),
                    notes: vec![format!("{}.", crate::text::capital(why))],
                };
            }
        };
        Self {
            loss: Some(account.loss),
            before: Some(account.before.value),
            since: Some(account.since.value),
            total: Some(account.total.value),
            interval: Some(account.total.interval()),
            rows_before: Some(account.rows.0),
            rows_since: Some(account.rows.1),
            by: account.by.clone(),
            lines: account.lines.iter().map(|line| AccountLine::of(investigation, line)).collect(),
            notes: account.notes.clone(),
        }
    }
}

impl AccountLine {
    fn of(investigation: &Investigation, line: &Line) -> Self {
        let feature = match line.place {
            Place::Input(feature) => Some(investigation.dossier.feature_name(feature).to_owned()),
            _ => None,
        };
        Self {
            place: line.place.id(),
            name: wording::account::place(&investigation.dossier, line.place),
            feature,
            amount: line.amount.value,
            interval: line.amount.interval(),
            share: line.share.map(|(share, _)| share),
            share_interval: line.share.and_then(|(_, interval)| interval),
            found: line.is_found(),
        }
    }
}
