//! The jobs that take time: opening a case, examining it. Each can be watched and stopped.
//!
//! [`open()`] reads a case; the headless commands call it as it is. [`JobRunner`] runs jobs in the background and answers the
//! console with messages. [`JournalFile`] keeps what the analyst did.

mod journal;
mod open;
mod runner;

pub use journal::{JournalFile, Replayed};
pub use open::open;
pub use runner::{JobRunner, Load};
