//! What a pass leaves for the next look at the same log, so that only what is new is read of a log that grew by files.

use std::{fmt::Debug, path::Path};

/// Keeps what passes counted. Whoever lends it sees to its being of the same program and contract, and undamaged.
pub trait Shelf: Debug + Send + Sync {
    /// What the content of a file is known by: as long as that stays the same, the content does. None for a file that changed so
    /// lately that a further change could not be told from it.
    fn mark(&self, path: &Path) -> Option<Vec<u8>>;

    /// The SHA-256 of a file that was read before and is still the same.
    fn hash(&self, path: &Path) -> Option<String>;

    /// What was put under a name.
    fn get(&self, name: &str) -> Option<Vec<u8>>;

    /// Puts something under a name, in the place of what was there; nothing happens where a file of the case has changed since the
    /// look began, or where it cannot be kept.
    fn put(&self, name: &str, bytes: &[u8]);
}
