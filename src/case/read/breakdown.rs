//! Parses `[metrics]` and `[segments]`.

use std::borrow::Cow;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::Reader;
use crate::case::{Better, BusinessMetric, CaseError};

/// What a metric of the business looks like.
const EXAMPLE: &str = "conversion = { column = \"bought\", better = \"more\" }";

impl Reader<'_> {
    /// The metrics of the business.
    pub(super) fn metrics(&mut self, document: &DeTable<'_>) -> Result<Vec<BusinessMetric>, CaseError> {
        let Some(section) = self.section(document, "metrics")? else {
            return Ok(Vec::new());
        };
        section.table.iter().map(|(name, value)| self.metric(name.get_ref(), value)).collect()
    }

    fn metric(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Result<BusinessMetric, CaseError> {
        let key = format!("[metrics] {name}");
        let Some(table) = value.get_ref().as_table() else {
            return Err(self.wrong_type(key, "a table with column and better", value));
        };
        self.places.insert(format!("metrics.{name}"), value.span());
        let known = ["column", "better", "total"];
        if let Some(other) = table.keys().find(|other| !known.contains(&other.get_ref().as_ref())) {
            return Err(self.bad_metric(&key, &format!("has no {:?}", other.get_ref()), other));
        }
        let column = match table.get("column").map(Spanned::get_ref) {
            Some(DeValue::String(column)) if !column.trim().is_empty() => column.to_string(),
            _ => return Err(self.bad_metric(&key, "names no column", value)),
        };
        let better = match table.get("better").map(Spanned::get_ref) {
            Some(DeValue::String(better)) if better == "more" => Better::More,
            Some(DeValue::String(better)) if better == "less" => Better::Less,
            _ => return Err(self.bad_metric(&key, "must say whether \"more\" or \"less\" is better", value)),
        };
        let total = match table.get("total").map(Spanned::get_ref) {
            None => false,
            Some(DeValue::Boolean(total)) => *total,
            Some(_) => {
                return Err(self.bad_metric(&key, "has a total that is neither true nor false", value));
            }
        };
        Ok(BusinessMetric { name: name.to_owned(), column, better, total })
    }

    fn bad_metric<T>(&self, key: &str, reason: &str, value: &Spanned<T>) -> CaseError {
        CaseError::BadValue {
            key: key.to_owned(),
            reason: reason.to_owned(),
            hint: format!("write  {EXAMPLE}"),
            place: self.at(&value.span()),
        }
    }

    /// The segments by hand: name and conditions.
    pub(super) fn segments(&mut self, document: &DeTable<'_>) -> Result<Vec<(String, String)>, CaseError> {
        let Some(section) = self.section(document, "segments")? else {
            return Ok(Vec::new());
        };
        let mut segments = Vec::new();
        for (name, value) in section.table {
            let name: &Cow<'_, str> = name.get_ref();
            let key = format!("[segments] {name}");
            let DeValue::String(text) = value.get_ref() else {
                return Err(self.wrong_type(key, "a text", value));
            };
            if text.trim().is_empty() {
                return Err(CaseError::BadValue {
                    key,
                    reason: "is empty".to_owned(),
                    hint: "write  north = \"region=north and app_hour>17\", or the name of a column"
                        .to_owned(),
                    place: self.at(&value.span()),
                });
            }
            self.places.insert(format!("segments.{name}"), value.span());
            segments.push((name.to_string(), text.trim().to_owned()));
        }
        Ok(segments)
    }
}
