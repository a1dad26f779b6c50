//! What is investigated: `coroner.toml`, the columns' roles, thresholds and events. It describes; it reads no data.

mod contract;
mod events;

pub use contract::{Case, Columns, Model, Remote, Snapshots, Thresholds};
pub use events::Event;
