//! Logs that grow by files: what was counted of the files that were there before is kept, and only those behind them are read.
//!
//! The counts of two parts of a log merge to the same bytes as one pass over both. A row's place in the log decides whether it is in
//! the sample, so what is kept holds for the same files at the beginning of the list: new files must come behind them, as those of
//! later days do. Where a file in between is new, another or gone, all are read again.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use sha2::{Digest as _, Sha256};

use super::{
    pass::{Beginning, Done},
    source::Source,
};
use crate::{
    cached::{Cached as _, Damaged, Reader, Writer},
    case::Case,
    engine::{Shelf, levels::Levels},
    summary::{
        accumulator::{Accumulator, Counting},
        reservoir::Reservoir,
    },
};

/// What a pass over a snapshot finds on the shelf and leaves there.
pub(super) struct Growing<'a> {
    shelf: &'a dyn Shelf,
    name: &'static str,
    /// What the counts depend on beside the files.
    key: Vec<u8>,
    /// The marks of the snapshot's files up to the first one that has none.
    marks: Vec<Vec<u8>>,
    files: usize,
}

/// What was counted of the first files of a snapshot.
pub(super) struct Counted {
    pub beginning: Beginning,
    pub done: Done,
}

/// Whether a case's log is in several files, so that it can grow by further ones.
pub(super) fn grows(case: &Case) -> bool {
    let named = &case.snapshots.production;
    super::source::named_files(&case.locate(named), named).is_ok_and(|files| files.len() > 1)
}

impl<'a> Growing<'a> {
    /// * `key`: what the counts depend on beside the files.
    pub(super) fn new(shelf: &'a dyn Shelf, name: &'static str, source: &Source, key: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in key {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let paths = source.files.iter().map(|file| file.file().path.as_path());
        let marks = paths.map_while(|path: &Path| shelf.mark(path)).collect();
        Self { shelf, name, key: hasher.finalize().to_vec(), marks, files: source.files.len() }
    }

    /// What is on the shelf, if it is of some of the first files, or of all.
    fn found(&self) -> Option<(usize, Vec<u8>)> {
        let bytes = self.shelf.get(self.name)?;
        let mut reader = Reader::new(&bytes);
        let (key, marks) = <(Vec<u8>, Vec<Vec<u8>>)>::read(&mut reader).ok()?;
        let fits = key == self.key && !marks.is_empty() && self.marks.starts_with(&marks);
        let rest = bytes.len() - reader.left();
        fits.then(|| (marks.len(), bytes[rest..].to_vec()))
    }

    fn leave(&self, write: impl FnOnce(&mut Writer<'_>)) {
        if self.marks.len() < self.files {
            return;
        }
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        self.key.write(&mut writer);
        self.marks.write(&mut writer);
        write(&mut writer);
        if writer.finish().is_ok() {
            self.shelf.put(self.name, &bytes);
        }
    }

    /// What was counted of the first files.
    ///
    /// * `empty`: a reservoir that nothing was offered to.
    pub(super) fn counted(&self, counting: &Arc<Counting>, empty: Reservoir) -> Option<Counted> {
        let (files, bytes) = self.found()?;
        let read = || -> Result<Counted, Damaged> {
            let from = &mut Reader::new(&bytes);
            let (index, position) = <(u64, u64)>::read(from)?;
            let (rows, outside) = <(u64, u64)>::read(from)?;
            let unreadable_time = Option::read(from)?;
            let respelt = BTreeMap::read(from)?;
            let levels = Levels::read(from)?;
            let accumulator = Some(Accumulator::read(Arc::clone(counting), from)?);
            let reservoir = empty.read(from)?;
            from.end()?;
            let end = Beginning { file: files, index, position, rows };
            let done = Done { accumulator, reservoir, rows, outside, unreadable_time, respelt, levels, end };
            Ok(Counted { beginning: end, done })
        };
        read().ok()
    }

    /// Leaves what was counted of all files.
    pub(super) fn keep(&self, done: &Done) {
        let Some(accumulator) = &done.accumulator else { return };
        self.leave(|to| {
            (done.end.index, done.end.position).write(to);
            (done.rows, done.outside).write(to);
            done.unreadable_time.write(to);
            done.respelt.write(to);
            done.levels.write(to);
            accumulator.write(to);
            done.reservoir.write(to);
        });
    }

    /// Whatever was computed from all files, with the notes on it; computed and left where it is not on the shelf.
    pub(super) fn whole<T: crate::cached::Cached, E>(
        &self,
        notes: &mut Vec<String>,
        compute: impl FnOnce(&mut Vec<String>) -> Result<T, E>,
    ) -> Result<T, E> {
        let known = self.found().filter(|(files, _)| *files == self.files).and_then(|(_, bytes)| {
            let from = &mut Reader::new(&bytes);
            let known = <(T, Vec<String>)>::read(from).ok()?;
            from.end().ok().map(|()| known)
        });
        let (value, own) = match known {
            Some(known) => known,
            None => {
                let mut own = Vec::new();
                let value = compute(&mut own)?;
                self.leave(|to| {
                    value.write(to);
                    own.write(to);
                });
                (value, own)
            }
        };
        notes.extend(own);
        Ok(value)
    }
}
