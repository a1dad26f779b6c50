//! coroner: the post-mortem of a degraded production model.
//!
//! The modules, in the order of the data flow:
//!
//! 1. [`case`] describes the investigation: `coroner.toml`, the columns' roles, the events. It reads no data.
//! 2. [`engine`] makes one streaming pass over each snapshot; later steps only see rows of the sample.
//! 3. [`summary`] holds the result of a pass: mergeable counts and a bounded, seeded [`summary::Table`] of
//!    rows.
//! 4. [`stats`] (a separate crate) is mathematics: slices and counts in, numbers out.
//! 5. [`model`] holds the deployed artefact, its surrogate, challengers and measures of support.
//! 6. [`autopsy`] is the method: exams turn the summaries into findings, the verdict turns findings into
//!    ranked causes.
//! 7. [`remedy`] measures which remedies would help.
//! 8. [`study`] makes analyses beside the diagnosis, each only when it is asked for.
//! 9. [`journal`] holds the analyst's actions: pins, notes, decisions, and undo.
//! 10. [`report`] writes findings and journal as markdown, HTML, JSON and figures.
//! 11. [`app`] is the console without a terminal: state, messages, updates, effects, keys.
//! 12. [`ui`] draws the state into cells; [`tui`] owns the terminal; [`work`] runs the jobs in the
//!     background.
//! 13. [`cli`] has one file per command.
//!
//! [`cached`] turns results into bytes and back, for a second look at a case. [`progress`] reports and cancels long work; [`text`] formats numbers and times and makes untrusted text
//! harmless for all of them; [`wording`] holds the sentences shared by report, console and command line.

pub mod app;
pub mod autopsy;
pub mod cached;
pub mod case;
pub mod cli;
pub mod engine;
pub mod journal;
pub mod model;
pub mod progress;
pub mod remedy;
pub mod report;
pub mod study;
pub mod summary;
pub mod text;
pub mod tui;
pub mod ui;
pub mod wording;
pub mod work;

pub use coroner_stats as stats;
