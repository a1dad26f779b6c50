//! Values of the contract: texts, lists and numbers, each with its position for errors.

use std::collections::BTreeMap;

use toml::{Spanned, de::DeValue};

use super::{Reader, Section};
use crate::{
    case::{
        CaseError,
        keys::{Key, Kind},
    },
    text::toml as spanned,
};

impl Reader<'_> {
    /// A text; for a [`Kind::Word`], numbers and booleans are taken as written.
    pub(super) fn text_at(&mut self, section: Section<'_>, key: &str) -> Result<Option<String>, CaseError> {
        let Some(value) = section.table.get(key) else {
            return Ok(None);
        };
        let is_word = section.keys.key(key).is_some_and(|key| key.kind == Kind::Word);
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) if is_word => {
                self.toml.written(value).to_owned()
            }
            _ => return Err(self.wrong_type(named(section, key), "a text", value)),
        };
        if text.trim().is_empty() {
            return Err(CaseError::BadValue {
                key: named(section, key),
                reason: "is empty".to_owned(),
                hint: format!("fill it in, or remove  {key}"),
                place: self.at(&value.span()),
            });
        }
        self.places.insert(format!("{}.{key}", section.keys.name), value.span());
        Ok(Some(text))
    }

    /// A required text.
    pub(super) fn needed(
        &mut self,
        section: Section<'_>,
        key: &str,
        why: &'static str,
    ) -> Result<String, CaseError> {
        self.text_at(section, key)?.ok_or_else(|| CaseError::Missing {
            what: format!("key {key} in [{}]", section.keys.name),
            why,
            example: section.keys.key(key).map_or_else(|| key.to_owned(), Key::line),
            place: self.at(&(section.header.0..section.header.1)),
        })
    }

    pub(super) fn texts(&mut self, section: Section<'_>, key: &str) -> Result<Vec<String>, CaseError> {
        let Some(value) = section.table.get(key) else {
            return Ok(Vec::new());
        };
        let wrong = |value| self.wrong_type(named(section, key), "a list of texts", value);
        let list = value.get_ref().as_array().ok_or_else(|| wrong(value))?;
        let texts: Result<Vec<String>, CaseError> = list
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned).ok_or_else(|| wrong(item)))
            .collect();
        let texts = texts?;
        if let Some(at) = texts.iter().position(|text| text.trim().is_empty()) {
            return Err(CaseError::BadValue {
                key: named(section, key),
                reason: "holds an empty name".to_owned(),
                hint: format!("remove the empty text from  {key}"),
                place: self.at(&list[at].span()),
            });
        }
        self.places.insert(format!("{}.{key}", section.keys.name), value.span());
        Ok(texts)
    }

    /// A table of lists of texts, or of single texts (lists of one), by name.
    pub(super) fn lists(
        &mut self,
        section: Section<'_>,
        key: &str,
    ) -> Result<BTreeMap<String, Vec<String>>, CaseError> {
        let Some(value) = section.table.get(key) else {
            return Ok(BTreeMap::new());
        };
        let one_each = section.keys.key(key).is_some_and(|key| key.kind == Kind::Pairs);
        let kind = if one_each { "a table of texts" } else { "a table of lists of texts" };
        let wrong = |value| self.wrong_type(named(section, key), kind, value);
        let table = value.get_ref().as_table().ok_or_else(|| wrong(value))?;
        let mut lists = BTreeMap::new();
        for (name, item) in table {
            let texts: Option<Vec<String>> = match item.get_ref() {
                DeValue::String(text) => Some(vec![text.to_string()]),
                DeValue::Array(items) if !one_each => {
                    items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
                }
                _ => None,
            };
            lists.insert(name.get_ref().to_string(), texts.ok_or_else(|| wrong(item))?);
        }
        self.places.insert(format!("{}.{key}", section.keys.name), value.span());
        Ok(lists)
    }

    pub(super) fn number(&mut self, section: Section<'_>, key: &str, default: f64) -> Result<f64, CaseError> {
        let hint = format!("write  {key} = {default}  (the default), or remove the line");
        Ok(self.above_zero(section, key, hint)?.unwrap_or(default))
    }

    /// A number above 0, if present.
    ///
    /// * `hint`: what to do if it is something else.
    pub(super) fn above_zero(
        &mut self,
        section: Section<'_>,
        key: &str,
        hint: String,
    ) -> Result<Option<f64>, CaseError> {
        let Some(value) = section.table.get(key) else {
            return Ok(None);
        };
        let Some(digits) = spanned::digits(value.get_ref()) else {
            return Err(self.wrong_type(named(section, key), "a number", value));
        };
        let number = spanned::positive(digits);
        self.places.insert(format!("{}.{key}", section.keys.name), value.span());
        number.map(Some).ok_or_else(|| CaseError::BadValue {
            key: named(section, key),
            reason: "must be a number above 0".to_owned(),
            hint,
            place: self.at(&value.span()),
        })
    }

    /// An integer, if present; its minimum is that of its [`Kind::Whole`].
    pub(super) fn whole_number(&self, section: Section<'_>, key: &str) -> Result<Option<u64>, CaseError> {
        let least = match section.keys.key(key).map(|key| key.kind) {
            Some(Kind::Whole(least)) => least,
            Some(Kind::Text | Kind::Word | Kind::Texts | Kind::Pairs | Kind::Lists | Kind::Positive)
            | None => 0,
        };
        let Some(value) = section.table.get(key) else {
            return Ok(None);
        };
        let Some(digits) = value.get_ref().as_integer().filter(|number| number.radix() == 10) else {
            return Err(self.wrong_type(named(section, key), "a whole number", value));
        };
        let number = digits.as_str().parse().ok().filter(|number| *number >= least);
        number.map(Some).ok_or_else(|| CaseError::BadValue {
            key: named(section, key),
            reason: format!("must be {least} or more"),
            hint: format!("write  {key} = {least}  or more, or remove the line"),
            place: self.at(&value.span()),
        })
    }

    /// A number above 0, if present.
    pub(super) fn positive(&mut self, section: Section<'_>, key: &str) -> Result<Option<f64>, CaseError> {
        let hint = format!("write  {key} = 0.01,  or remove the line");
        self.above_zero(section, key, hint)
    }

    pub(super) fn bad(&self, section: Section<'_>, key: &str, reason: &str, hint: &str) -> CaseError {
        CaseError::BadValue {
            key: named(section, key),
            reason: reason.to_owned(),
            hint: hint.to_owned(),
            place: self.at(&section.table.get(key).map_or(0..0, Spanned::span)),
        }
    }

    pub(super) fn wrong_type(
        &self,
        key: String,
        wanted: &'static str,
        value: &Spanned<DeValue<'_>>,
    ) -> CaseError {
        let found = spanned::kind(value.get_ref());
        CaseError::WrongType { key, wanted, found: found.to_owned(), place: self.at(&value.span()) }
    }
}

pub(super) fn named(section: Section<'_>, key: &str) -> String {
    format!("[{}] {key}", section.keys.name)
}
