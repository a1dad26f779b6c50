//! Drawing: the program's state in, cells out. No clock, no files, no terminal.
//!
//! [`look`] names meanings and resolves them to styles and glyphs; [`part`] holds the widgets, plain functions on a
//! rectangle, a buffer and plain data.

pub mod look;
pub mod part;
#[cfg(test)]
pub(crate) mod snapshot;
