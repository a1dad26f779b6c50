//! The jobs that take time: opening a case, examining it. Each can be watched and stopped.
//!
//! [`open`] reads a case; the headless commands call it as it is. [`Desk`] runs jobs in the background and answers the
//! console with messages. [`JournalFile`] keeps what the analyst did.

mod desk;
mod journal;
mod open;

pub use desk::{Desk, Load};
pub use journal::JournalFile;
pub use open::open;
