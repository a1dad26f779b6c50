//! The widgets: plain functions on a rectangle, a buffer and plain data.
//!
//! A widget computes nothing of the domain; it gets what to show. The few that every folder of the drawing needs and
//! that know the model are here as well: [`layout`], [`pending`] and [`status`]. All of them draw at any size, also none, stay inside
//! their rectangle, measure text by its width on the screen, and pass every text through [`text`], where untrusted
//! characters become harmless.

pub mod axis;
pub mod bar;
pub mod boxes;
pub mod chart;
pub mod dots;
pub mod heatmap;
pub mod histogram;
pub mod interval;
pub mod layout;
pub mod list;
pub mod panel;
pub mod pending;
pub mod quantiles;
pub mod ridges;
pub mod spark;
pub mod status;
pub mod table;
pub mod text;
pub mod waterfall;

#[cfg(test)]
pub(crate) mod samples;
