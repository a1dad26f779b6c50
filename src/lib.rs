//! coroner: the post-mortem of a degraded production model.
//!
//! The modules, in the order in which data flows through them:
//!
//! 1. [`case`] describes what is investigated: `coroner.toml`, the columns' roles, the events. It reads no data.
//! 2. [`engine`] makes one streaming pass over each snapshot; nothing after it sees a row that is not in the sample.
//! 3. [`summary`] holds what a pass leaves behind: mergeable counts and a bounded, seeded [`summary::Table`] of rows.
//! 4. [`stats`] (a crate of its own) is mathematics: slices and counts in, numbers out.
//! 5. [`model`] holds the deployed artefact, its surrogate, challengers and measures of support.
//! 6. [`autopsy`] is the method: exams turn the summaries into findings, the verdict turns findings into ranked causes.
//! 7. [`remedy`] measures what would fix it.
//! 8. [`journal`] holds what the analyst did: pins, notes, decisions, and what is undone.
//! 9. [`report`] writes findings and journal down: markdown, HTML, JSON, figures.
//! 10. [`app`] is the console without a terminal: state, messages, updates, effects, keys.
//! 11. [`ui`] draws the state into cells; [`tui`] owns the terminal; [`work`] runs the jobs in the background.
//! 12. [`cli`] is one file a command.
//!
//! [`progress`] says how long work is watched and stopped; [`text`] formats numbers and times and makes untrusted text
//! harmless for all of them; [`wording`] holds the sentences that report, console and command line share.

pub mod app;
pub mod autopsy;
pub mod case;
pub mod cli;
pub mod engine;
pub mod journal;
pub mod model;
pub mod progress;
pub mod remedy;
pub mod report;
pub mod summary;
pub mod text;
pub mod tui;
pub mod ui;
pub mod wording;
pub mod work;

pub use coroner_stats as stats;
