//! Everything that is tested from outside, in one binary, so that the program is linked once.

mod catalogue;
mod commands;
mod journeys;
mod layers;
mod remedy;
mod report;
mod story;
