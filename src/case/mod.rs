//! The case contract: `coroner.toml`, the columns' roles, thresholds and events. It describes the case and
//! reads no data.

mod bounds;
mod breakdown;
mod contract;
mod data;
mod error;
mod events;
mod file;
mod find;
mod infer;
pub mod input;
pub mod keys;
mod mapping;
mod names;
pub mod output;
mod peek;
mod read;
mod role;
mod runs;
mod schema;
mod suite;
mod write;

pub use bounds::Bounds;
pub use breakdown::{Better, Breakdown, BusinessMetric};
pub use contract::{
    Candidate, Case, Columns, Costs, LAUNCH_COLUMNS, Model, REVIEW_WEIGHT, ReadRules, Remote, Sample,
    Snapshots, Thresholds, is_index_name,
};
pub use data::CaseData;
pub use error::CaseError;
pub use events::Event;
pub use file::FileHash;
pub use find::FILE_NAME;
pub use infer::{Guess, Question, guess};
pub use mapping::Mapping;
pub(crate) use names::{is_epoch, is_time_name, is_typed_number};
pub use peek::{ColumnPeek, Peek, Peeks, Shape};
pub use role::SnapshotRole;
pub use runs::{Run, runs_in, streak};
pub use schema::Schema;
pub use suite::{Clause, Rule, Suite};
pub use write::{contract_text, refuse_existing, write_contract};
