//! Parses `[bounds]`.

use std::collections::BTreeMap;

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::Reader;
use crate::{
    case::{Bounds, CaseError},
    text::toml as spanned,
};

/// What the values of a feature look like.
const HINT: &str = "write  age = [0, 120],  region = [\"north\", \"south\"]  or  age = { range = [0, 120], missing = false }";

impl Reader<'_> {
    /// What values features can have: a pair of numbers, a list of levels, or a table.
    pub(super) fn bounds(&mut self, document: &DeTable<'_>) -> Result<BTreeMap<String, Bounds>, CaseError> {
        let mut bounds = BTreeMap::new();
        let Some(section) = self.section(document, "bounds")? else {
            return Ok(bounds);
        };
        for (name, value) in section.table {
            let name = name.get_ref().to_string();
            let of = match value.get_ref() {
                DeValue::Array(items) => self.listed(&name, items, value)?,
                DeValue::Table(table) => self.bounds_by_key(&name, table, value)?,
                _ => {
                    let wanted = "a pair of numbers, a list of levels or a table";
                    return Err(self.wrong_type(format!("[bounds] {name}"), wanted, value));
                }
            };
            bounds.insert(name, of);
        }
        Ok(bounds)
    }

    /// A pair of numbers, or levels.
    fn listed(
        &self,
        name: &str,
        items: &DeArray<'_>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Bounds, CaseError> {
        let numbers: Option<Vec<f64>> =
            items.iter().map(|item| spanned::digits(item.get_ref())?.parse().ok()).collect();
        if let Some([low, high]) = numbers.as_deref() {
            if low > high {
                let reason = format!("begins with {low}, which is above {high}");
                return Err(self.bad_bounds(name, reason, value));
            }
            return Ok(Bounds { range: Some((*low, *high)), ..Bounds::default() });
        }
        let level = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
            DeValue::String(level) => Some(level.to_string()),
            _ => None,
        };
        match items.iter().map(level).collect::<Option<Vec<String>>>() {
            Some(levels) if !levels.is_empty() => Ok(Bounds { levels, ..Bounds::default() }),
            _ => Err(self.wrong_type(
                format!("[bounds] {name}"),
                "a pair of numbers or a list of levels",
                value,
            )),
        }
    }

    fn bounds_by_key(
        &self,
        name: &str,
        table: &DeTable<'_>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Bounds, CaseError> {
        let mut bounds = Bounds::default();
        for (key, inner) in table {
            match (key.get_ref().as_ref(), inner.get_ref()) {
                ("range", DeValue::Array(items)) => {
                    let listed = self.listed(name, items, inner)?;
                    if listed.range.is_none() {
                        return Err(self.bad_bounds(
                            name,
                            "has a range that is no pair of numbers".to_owned(),
                            inner,
                        ));
                    }
                    bounds.range = listed.range;
                }
                ("levels", DeValue::Array(items)) => {
                    let listed = self.listed(name, items, inner)?;
                    if listed.levels.is_empty() {
                        return Err(self.bad_bounds(name, "has levels that are no texts".to_owned(), inner));
                    }
                    bounds.levels = listed.levels;
                }
                ("missing", DeValue::Boolean(may)) => bounds.required = !may,
                (other, _) => {
                    let reason = match other {
                        "range" => "has a range that is no pair of numbers".to_owned(),
                        "levels" => "has levels that are no list".to_owned(),
                        "missing" => "has a missing that is neither true nor false".to_owned(),
                        _ => format!("has no {other:?}"),
                    };
                    return Err(self.bad_bounds(name, reason, inner));
                }
            }
        }
        if bounds == Bounds::default() {
            return Err(self.bad_bounds(name, "says nothing".to_owned(), value));
        }
        Ok(bounds)
    }

    fn bad_bounds<T>(&self, name: &str, reason: String, value: &Spanned<T>) -> CaseError {
        CaseError::BadValue {
            key: format!("[bounds] {name}"),
            reason,
            hint: HINT.to_owned(),
            place: self.at(&value.span()),
        }
    }
}
