//! A file of the cache: a mark, a header that says what it rests on, what is kept, and the checksums of both.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use sha2::{Digest as _, Sha256};
use tempfile::Builder;

use super::super::journal::private_folder;
use crate::cached::{Cached as _, Reader, Writer};

/// Maximum size of all files of the cache together, in bytes; those that were used last stay.
pub(super) const MOST_BYTES: u64 = 1 << 30;

/// Drafts that are older than this belong to no living program.
pub(super) const DRAFT_AGE: Duration = Duration::from_hours(1);

/// What every file begins with.
const MARK: &[u8; 16] = b"coroner cache 1\n";

/// What the names of drafts begin with.
const DRAFT: &str = ".coroner-";

/// A SHA-256.
pub(super) type Checksum = [u8; 32];

/// A file whose checksums are right.
pub(super) struct KeptFile {
    file: File,
    bytes: Vec<u8>,
    /// Where what is kept begins and ends.
    payload: std::ops::Range<usize>,
    checksum: Checksum,
}

impl KeptFile {
    /// Reads a file; none where there is none, or it is damaged.
    pub(super) fn read(path: &Path) -> Option<Self> {
        // A pipe in its place would block forever.
        if !fs::metadata(path).ok()?.is_file() {
            return None;
        }
        let mut file = File::open(path).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let mut reader = Reader::new(bytes.strip_prefix(MARK)?);
        let header = usize::read(&mut reader).ok()?;
        let from = MARK.len() + size_of::<u64>();
        let begins = from.checked_add(header)?;
        let (rest, sums) = bytes.split_at_checked(bytes.len().checked_sub(2 * size_of::<Checksum>())?)?;
        let payload = rest.get(begins..)?;
        let checksum: Checksum = Sha256::digest(payload).into();
        if sums != [checksum, header_sum(rest.get(from..begins)?, &checksum)].concat() {
            return None;
        }
        let payload = begins..rest.len();
        Some(Self { file, bytes, payload, checksum })
    }

    pub(super) fn header(&self) -> &[u8] {
        &self.bytes[MARK.len() + size_of::<u64>()..self.payload.start]
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.bytes[self.payload.clone()]
    }

    /// The checksum of what is kept.
    pub(super) fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// Remembers that it was of use.
    pub(super) fn touch(&self) {
        let _ = self.file.set_modified(SystemTime::now());
    }
}

fn header_sum(header: &[u8], payload: &Checksum) -> Checksum {
    Sha256::new().chain_update(header).chain_update(payload).finalize().into()
}

/// Writes a file wholly or not at all: it gets its name when it is complete.
///
/// * `most`: the maximum size of what is kept, in bytes.
///
/// Returns the checksum of what is kept.
///
/// # Errors
///
/// When the system reports an error, or the file would be too large.
pub(super) fn write(
    path: &Path,
    header: &[u8],
    write: impl FnOnce(&mut Writer<'_>),
    most: u64,
) -> io::Result<Checksum> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    private_folder().recursive(true).create(folder)?;
    // Only its owner may read it: it holds rows of the case.
    let mut draft = Builder::new().prefix(DRAFT).tempfile_in(folder)?;
    draft.write_all(MARK)?;
    draft.write_all(&(header.len() as u64).to_le_bytes())?;
    draft.write_all(header)?;
    let mut hashed = Hashed { file: draft.as_file_mut(), hasher: Sha256::new(), left: most };
    let mut writer = Writer::new(&mut hashed);
    write(&mut writer);
    writer.finish()?;
    let checksum: Checksum = hashed.hasher.finalize().into();
    draft.write_all(&checksum)?;
    draft.write_all(&header_sum(header, &checksum))?;
    draft.persist(path).map_err(|error| error.error)?;
    Ok(checksum)
}

/// Hashes what goes to a file.
struct Hashed<'a> {
    file: &'a mut File,
    hasher: Sha256,
    /// Bytes that may still be written.
    left: u64,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Deletes what was not used for longest, until the files of a folder are small enough together, and drafts that programs left
/// which were killed.
pub(super) fn make_room(folder: &Path, most: u64, draft_age: Duration) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let now = SystemTime::now();
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in entries.flatten() {
        let Ok(found) = entry.metadata() else { continue };
        let Ok(used) = found.modified() else { continue };
        let is_draft = entry.file_name().to_string_lossy().starts_with(DRAFT);
        if is_draft && now.duration_since(used).is_ok_and(|age| age > draft_age) {
            let _ = fs::remove_file(entry.path());
        } else if !is_draft && found.is_file() {
            files.push((used, found.len(), entry.path()));
        }
    }
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, size, path) in files {
        if bytes <= most {
            break;
        }
        if fs::remove_file(path).is_ok() {
            bytes -= size;
        }
    }
}
