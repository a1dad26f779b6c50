//! The files that a case was read from: whether they are still the same.
//!
//! A file is the same where size, identity and both of its times are: the system sets the time of a change of its own accord, so a
//! file with other content and an older date is found. A change within the same tick of the clock is not, so the times only count
//! where the file had rested for a while when reading began. In any other case, such as a copy of the same folder, the content is
//! hashed and compared, which is still many times faster than reading it.

use std::{
    fs::{self, Metadata},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rayon::prelude::*;

use crate::{
    cached::{bytes_of, cached},
    case::{Case, FileHash},
    engine::{PassControl, files_of, hash_of},
};

/// How long a file must have rested so that a change after reading has another time: file systems count at least every second one.
const RESTED: Duration = Duration::from_secs(2);

/// A file's size, identity and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    /// Nanoseconds since 1970 of the last change of its content, and of its content or state.
    changed: (i64, i64),
    /// Device and number.
    identity: (u64, u64),
}

cached!(struct Stamp { bytes, changed, identity });

impl Stamp {
    /// The stamp of a file; none where there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        let modified = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos() as i64;
        let (state, identity) = state(&found);
        Some(Self { bytes: found.len(), changed: (modified, state), identity })
    }

    /// Whether the file had not changed for a while at an instant.
    fn rested(&self, at: SystemTime) -> bool {
        let at = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64);
        self.changed.0.max(self.changed.1) <= at - RESTED.as_nanos() as i64
    }
}

/// The time of the last change of state, and the identity.
#[cfg(unix)]
fn state(found: &Metadata) -> (i64, (u64, u64)) {
    use std::os::unix::fs::MetadataExt as _;
    (found.ctime() * 1_000_000_000 + found.ctime_nsec(), (found.dev(), found.ino()))
}

/// Elsewhere a file has one time only, and its content is always compared.
#[cfg(not(unix))]
fn state(_: &Metadata) -> (i64, (u64, u64)) {
    (i64::MAX, (0, 0))
}

/// A file of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Input {
    path: String,
    stamp: Stamp,
    /// Whether the stamp vouches for the content.
    rested: bool,
    /// SHA-256 in hexadecimal; empty before it is known.
    sha256: String,
}

cached!(struct Input { path, stamp, rested, sha256 });

impl Input {
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Path and stamp, if the stamp vouches for the content.
    pub(super) fn mark(&self) -> Option<Vec<u8>> {
        self.rested.then(|| bytes_of(&(self.path.clone(), self.stamp.clone())))
    }

    /// The hash of the same file now, if its content is known to be the same.
    pub(super) fn vouches_for(&self, now: &Self) -> Option<&str> {
        let same = self.rested && self.path == now.path && self.stamp == now.stamp;
        (same && !self.sha256.is_empty()).then_some(&self.sha256)
    }

    /// Whether the file has not changed since the stamp was taken.
    pub(super) fn is_unchanged(&self) -> bool {
        Stamp::of(Path::new(&self.path)).as_ref() == Some(&self.stamp)
    }
}

/// The files of a case as they are now; none where one cannot be found.
///
/// * `began`: an instant before.
pub(super) fn list(case: &Case, began: SystemTime) -> Option<Vec<Input>> {
    let input = |path: PathBuf| {
        let path = path.canonicalize().ok()?;
        let stamp = Stamp::of(&path)?;
        let rested = stamp.rested(began);
        Some(Input { path: path.to_str()?.to_owned(), stamp, rested, sha256: String::new() })
    };
    files_of(case).ok()?.into_iter().map(|(path, _)| input(path)).collect()
}

/// Files with the hashes that reading them gave; none where one has changed since.
///
/// * `now`: the files before they were read, at the instant `began`.
/// * `hashes`: in the same order.
pub(super) fn hashed(now: &[Input], hashes: &[FileHash], began: SystemTime) -> Option<Vec<Input>> {
    let hashed = |(input, hash): (&Input, &FileHash)| {
        let same = Stamp::of(Path::new(&input.path))? == input.stamp && hash.bytes == input.stamp.bytes;
        let sha256 = hash.sha256.clone();
        same.then(|| Input { rested: input.stamp.rested(began), sha256, ..input.clone() })
    };
    (now.len() == hashes.len()).then(|| now.iter().zip(hashes).map(hashed).collect())?
}

/// Files that are the same as before.
pub(super) struct Same {
    /// The files now, where some had to be hashed.
    hashed: Option<Vec<Input>>,
}

/// Compares the files that something was read from with those that are there now; none where they differ.
pub(super) fn compare(kept: &[Input], now: &[Input]) -> Option<Same> {
    let paths = |inputs: &[Input]| inputs.iter().map(|input| input.path.clone()).collect::<Vec<_>>();
    let same_size = |(kept, now): (&Input, &Input)| kept.stamp.bytes == now.stamp.bytes;
    if paths(kept) != paths(now) || !kept.iter().zip(now).all(same_size) {
        return None;
    }
    let vouched = |(kept, now): (&Input, &Input)| kept.rested && kept.stamp == now.stamp;
    if kept.iter().zip(now).all(vouched) {
        return Some(Same { hashed: None });
    }
    let hash = |(kept, now): (&Input, &Input)| {
        if vouched((kept, now)) {
            return Some(kept.clone());
        }
        let found = hash_of(Path::new(&now.path), now.path.clone(), &PassControl::default()).ok()?;
        (found.sha256 == kept.sha256).then(|| Input { sha256: found.sha256, ..now.clone() })
    };
    let hashed: Option<Vec<Input>> = kept.par_iter().zip(now).map(hash).collect();
    Some(Same { hashed: Some(hashed?) })
}

impl Same {
    /// The files with stamps that vouch for their content from now on; none where those that are kept do, or where a file changed
    /// while it was hashed.
    ///
    /// * `began`: when the stamps were taken.
    pub(super) fn confirmed(self, began: SystemTime) -> Option<Vec<Input>> {
        let inputs = self.hashed?;
        let confirm = |input: Input| {
            let same = Stamp::of(Path::new(&input.path))? == input.stamp;
            same.then(|| Input { rested: input.stamp.rested(began), ..input })
        };
        let confirmed: Option<Vec<Input>> = inputs.into_iter().map(confirm).collect();
        // Written only where something is won by it.
        confirmed.filter(|inputs| inputs.iter().any(|input| input.rested))
    }
}
