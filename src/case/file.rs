//! Input files with their hashes, for the report and to detect changes.

use crate::cached::cached;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileHash {
    /// The path as the case names it.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

cached!(struct FileHash { path, bytes, sha256 });
