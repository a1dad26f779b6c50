//! Everything that is tested from outside, in one binary, so that the program is linked once.

mod catalogue;
mod commands;
mod dependencies;
mod exits;
mod fuzz;
mod journeys;
mod laws;
mod layers;
mod remedy;
mod report;
