//! Reading TOML so that every complaint has its place: the contract of a case and the user's settings.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::message::Place;

/// A text in TOML, and the name under which messages show it.
#[derive(Debug, Clone, Copy)]
pub struct Document<'t> {
    /// The path of the file, for messages.
    pub file: &'t str,
    /// What it holds.
    pub text: &'t str,
}

/// Why a text is no TOML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What the parser says.
    pub reason: String,
    /// Where.
    pub place: Place,
}

impl<'t> Document<'t> {
    /// Reads the text.
    ///
    /// # Errors
    ///
    /// When it is no TOML.
    pub fn parse(self) -> Result<DeTable<'t>, SyntaxError> {
        let end = self.text.len();
        DeTable::parse(self.text).map(Spanned::into_inner).map_err(|error| SyntaxError {
            reason: error.message().lines().next().unwrap_or("not readable").to_owned(),
            place: self.place(&error.span().unwrap_or(end..end)),
        })
    }

    /// A place in the text, by its bytes.
    #[must_use]
    pub fn place(self, range: &Range<usize>) -> Place {
        Place::of(self.file, self.text, range)
    }

    /// The text of a value as it is written.
    #[must_use]
    pub fn written(self, value: &Spanned<DeValue<'_>>) -> &'t str {
        self.text.get(value.span()).unwrap_or_default()
    }
}

/// The digits of a number; none for another value, or for one that is not written in the decimal system.
#[must_use]
pub fn digits<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    match value {
        DeValue::Float(number) => Some(number.as_str()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
        _ => None,
    }
}

/// A finite number above 0, from its digits.
#[must_use]
pub fn positive(digits: &str) -> Option<f64> {
    digits.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0)
}

/// What a value is, with its article.
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
