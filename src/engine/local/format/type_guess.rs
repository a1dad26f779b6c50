//! The type of a text file's column, guessed from its values.

use crate::{
    engine::fields::Stored,
    summary::values::{read_instant, read_number},
};

/// What the texts of one column have in common.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub(super) struct TypeGuess {
    any: bool,
    whole: bool,
    number: bool,
    boolean: bool,
    time: bool,
    vector: bool,
}

impl Default for TypeGuess {
    fn default() -> Self {
        Self { any: false, whole: true, number: true, boolean: true, time: true, vector: true }
    }
}

impl TypeGuess {
    /// Looks at a text; texts that stand for missing numbers say nothing.
    pub(super) fn text(&mut self, text: &str) {
        let trimmed = text.trim();
        let number = read_number(trimmed);
        let boolean = matches!(trimmed, "true" | "false" | "True" | "False" | "TRUE" | "FALSE");
        if number.is_some_and(f64::is_nan) {
            return;
        }
        self.any = true;
        self.boolean &= boolean;
        self.number &= number.is_some() && !boolean;
        self.whole &= trimmed.parse::<i64>().is_ok();
        self.time &= !self.number && read_instant(trimmed).is_some();
        self.vector &= trimmed.starts_with('[') && trimmed.ends_with(']');
    }

    /// Looks at a text that is told apart from numbers by its quotes.
    pub(super) fn json_text(&mut self, text: &str) {
        self.any = true;
        (self.whole, self.number, self.boolean, self.vector) = (false, false, false, false);
        self.time &= read_number(text).is_none() && read_instant(text).is_some();
    }

    /// Looks at a number.
    pub(super) fn number(&mut self, is_whole: bool) {
        self.any = true;
        self.whole &= is_whole;
        (self.boolean, self.time, self.vector) = (false, false, false);
    }

    /// Looks at a truth value.
    pub(super) fn boolean(&mut self) {
        self.any = true;
        (self.whole, self.number, self.time, self.vector) = (false, false, false, false);
    }

    /// Looks at a list.
    pub(super) fn vector(&mut self) {
        self.any = true;
        (self.whole, self.number, self.time, self.boolean) = (false, false, false, false);
    }

    /// The type that fits them all, and its name.
    pub(super) fn stored(self) -> (Stored, &'static str) {
        match self {
            Self { any: false, .. } => (Stored::Empty, "Null"),
            Self { boolean: true, .. } => (Stored::Boolean, "Boolean"),
            Self { whole: true, .. } => (Stored::Whole, "Int64"),
            Self { number: true, .. } => (Stored::Number, "Float64"),
            Self { vector: true, .. } => (Stored::Vector, "List(Float64)"),
            Self { time: true, .. } => (Stored::Time, "Datetime"),
            _ => (Stored::Text, "String"),
        }
    }
}
