//! All integration tests in one binary, to link the program only once.

mod catalogue;
mod commands;
mod console;
mod coverage;
mod dependencies;
mod exits;
mod fuzz;
mod intake;
mod journeys;
mod laws;
mod layers;
mod limits;
mod random_incidents;
mod remedy;
mod report;
mod second_look;
mod story;
mod studies;
