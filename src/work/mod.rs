//! Long-running jobs: opening a case and analysing it. Each reports progress and can be cancelled.
//!
//! [`open()`] reads a case; the headless commands call it directly. [`JobRunner`] runs jobs in the background
//! and sends the results to the console as messages. [`JournalFile`] stores what the analyst did.

mod cache;
mod journal;
mod open;
mod recent;
mod runner;

pub use cache::{CaseCache, Kept};
pub use journal::{JournalFile, Replayed};
pub use open::{open, open_again};
pub use recent::{RecentCase, RecentCases};
pub use runner::{JobRunner, Load};
