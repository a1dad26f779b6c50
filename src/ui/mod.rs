//! Drawing: the program's state in, cells out. No clock, no files, no terminal.
//!
//! [`look`] names meanings and resolves them to styles and glyphs; [`part`] holds the widgets, plain functions on a
//! rectangle, a buffer and plain data; [`screen`] puts them together, [`frame`] draws what is the same on every screen,
//! and [`overlay`] what opens above it. Every drawing is `fn draw(model, look, area, buf)`.

pub mod frame;
pub mod look;
pub mod overlay;
pub mod part;
pub mod pointer;
pub mod screen;
#[cfg(test)]
mod screens_test;
#[cfg(test)]
pub(crate) mod snapshot;
