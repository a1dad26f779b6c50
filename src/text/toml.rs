//! Parses TOML such that every error has a location: the contract of a case and the user's settings.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::message::Place;

/// A TOML text, and the file name shown in messages.
#[derive(Debug, Clone, Copy)]
pub struct Document<'t> {
    /// The path of the file, for messages.
    pub file: &'t str,
    /// The content.
    pub text: &'t str,
}

/// Why a text is not valid TOML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The parser's message.
    pub reason: String,
    /// The location.
    pub place: Place,
}

impl<'t> Document<'t> {
    /// Parses the text.
    ///
    /// # Errors
    ///
    /// When it is not valid TOML.
    pub fn parse(self) -> Result<DeTable<'t>, SyntaxError> {
        let end = self.text.len();
        DeTable::parse(self.text).map(Spanned::into_inner).map_err(|error| SyntaxError {
            reason: error.message().lines().next().unwrap_or("not readable").to_owned(),
            place: self.place(&error.span().unwrap_or(end..end)),
        })
    }

    /// Returns the location of a byte range.
    #[must_use]
    pub fn place(self, range: &Range<usize>) -> Place {
        Place::of(self.file, self.text, range)
    }

    /// Returns the source text of a value.
    #[must_use]
    pub fn written(self, value: &Spanned<DeValue<'_>>) -> &'t str {
        self.text.get(value.span()).unwrap_or_default()
    }
}

/// Returns the digits of a number; `None` for another type, or for a number that is not decimal.
#[must_use]
pub fn digits<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    match value {
        DeValue::Float(number) => Some(number.as_str()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
        _ => None,
    }
}

/// Parses a finite number above 0.
#[must_use]
pub fn positive(digits: &str) -> Option<f64> {
    digits.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0)
}

/// Returns the type of a value, with its article.
#[must_use]
pub fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}
