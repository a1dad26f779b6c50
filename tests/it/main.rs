//! All integration tests in one binary, to link the program only once.

mod catalogue;
mod commands;
mod journeys;
mod layers;
mod remedy;
mod report;
