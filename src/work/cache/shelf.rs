//! What the passes over a log that may grow leave for the next look.

use std::path::{Path, PathBuf};

use super::{
    file::{self, DRAFT_AGE, KeptFile, MOST_BYTES},
    inputs::Input,
};
use crate::{cached::bytes_of, engine::Shelf};

/// The shelf of a case: files of the cache beside its other ones.
#[derive(Debug)]
pub(super) struct CaseShelf {
    pub(super) folder: PathBuf,
    /// What the names of its files begin with.
    pub(super) stem: String,
    /// The build of the program and the contract.
    pub(super) key: String,
    /// The files of the case before they were read.
    pub(super) now: Vec<Input>,
    /// The files of the case as an earlier look read them.
    pub(super) before: Vec<Input>,
}

impl CaseShelf {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.{name}.pieces", self.stem))
    }

    fn input(&self, path: &Path) -> Option<&Input> {
        let path = path.canonicalize().ok()?;
        self.now.iter().find(|input| path.to_str() == Some(input.path()))
    }
}

impl Shelf for CaseShelf {
    fn mark(&self, path: &Path) -> Option<Vec<u8>> {
        self.input(path).and_then(Input::mark)
    }

    fn hash(&self, path: &Path) -> Option<String> {
        let now = self.input(path)?;
        self.before.iter().find_map(|before| before.vouches_for(now)).map(str::to_owned)
    }

    fn get(&self, name: &str) -> Option<Vec<u8>> {
        let file = KeptFile::read(&self.path(name)).filter(|file| file.header() == bytes_of(&self.key))?;
        file.touch();
        Some(file.payload().to_vec())
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        if self.now.iter().all(Input::is_unchanged) {
            let header = bytes_of(&self.key);
            // A shelf that cannot be written is no error: the next look reads everything.
            let _ = file::write(&self.path(name), &header, |to| to.bytes(bytes), MOST_BYTES / 2);
            file::make_room(&self.folder, MOST_BYTES, DRAFT_AGE);
        }
    }
}
