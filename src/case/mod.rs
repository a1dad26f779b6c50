//! What is investigated: `coroner.toml`, the columns' roles, thresholds and events. It describes; it reads no data.

mod contract;
mod error;
mod events;
mod infer;

pub use contract::{Case, Columns, Model, Remote, Snapshots, Thresholds};
pub use error::{CaseError, Place};
pub use events::Event;
pub use infer::{ColumnPeek, Guess, Peek, contract_text, guess};
