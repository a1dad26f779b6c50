//! How the readers of text files take records and fields apart, by itself, for whoever holds it against other readers.

pub use super::local::{csv_records, json_rows, record_ends};
