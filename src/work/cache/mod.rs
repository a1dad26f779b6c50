//! What is known of a case is kept beside the journal, so that a second look at the same files answers at once.
//!
//! Kept are the summaries and samples of a case, what the exams found, the measured remedies, the studies, and what `check`
//! examines. Nothing is trusted blindly: a file of the cache holds which build of the program wrote it, from which contract and
//! options, and which files it rests on, with their sizes, times and SHA-256, and ends in a checksum. Whatever does not fit is as
//! good as absent, and is computed and written anew. A cache that cannot be written is no error: nothing depends on it.

mod file;
mod inputs;
mod shelf;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use etcetera::BaseStrategy as _;
use sha2::{Digest as _, Sha256};

use self::{
    file::{Checksum, DRAFT_AGE, KeptFile, MOST_BYTES},
    inputs::{Input, Stamp},
    shelf::CaseShelf,
};
use super::open::deployed;
use crate::{
    autopsy::{Choice, Dossier, Investigation},
    cached::{Cached, Damaged, Reader, Writer, bytes_of},
    case::Case,
    engine::{self, Engine, Shelf},
    text::hexadecimal,
};

/// What is computed once and kept under its name.
#[derive(Debug, Clone, Copy)]
pub enum Kept<'a> {
    /// What the exams found, by the analyst's choice.
    Findings(Choice),
    /// The measured remedies, by the analyst's choice.
    Remedies(Choice),
    /// The studies.
    Studies {
        /// What they are made of.
        investigation: &'a Investigation,
        /// Whether those are among them that fit models.
        long: bool,
    },
    /// What `check` examines, by its options.
    Check(&'a str),
}

impl Kept<'_> {
    /// The ending of the file's name, and what the result depends on beside what was read.
    fn name(self) -> (&'static str, String) {
        match self {
            Self::Findings(choice) => ("findings", format!("{choice:?}")),
            Self::Remedies(choice) => ("remedies", format!("{choice:?}")),
            // One of them shows the earlier runs of `check`, which are read at every look.
            Self::Studies { investigation, long } => {
                let (choice, runs) = (investigation.framing.choice, &investigation.dossier.runs);
                ("studies", format!("{choice:?} {long} {runs:?}"))
            }
            Self::Check(options) => ("check", options.to_owned()),
        }
    }
}

/// What is kept of one case.
#[derive(Debug)]
pub struct CaseCache(Option<Place>);

#[derive(Debug)]
struct Place {
    folder: PathBuf,
    /// What the names of the case's files begin with.
    stem: String,
    /// The build of the program and the contract.
    key: String,
    /// The files of the case before they were read.
    inputs: Vec<Input>,
    began: SystemTime,
    /// The checksum of what was read, once it is kept.
    read: Mutex<Option<Checksum>>,
}

impl CaseCache {
    /// The folder of the cache: `cache` beside the journals; none where the user has no home folder.
    #[must_use]
    pub fn folder() -> Option<PathBuf> {
        let folders = etcetera::choose_base_strategy().ok()?;
        let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
        Some(state.join("coroner").join("cache"))
    }

    /// Keeps nothing and knows nothing.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// The cache of a case. Tables of a cluster change without a trace on this machine: nothing is kept of them.
    ///
    /// * `folder`: see [`CaseCache::folder`]; none to keep nothing.
    #[must_use]
    pub fn of(case: &Case, folder: Option<&Path>) -> Self {
        Self(folder.filter(|_| case.remote.is_none()).and_then(|folder| Place::of(case, folder)))
    }

    /// What was read of the case before, if its files are still the same.
    #[must_use]
    pub fn dossier(&self, case: &Case, engine: &dyn Engine) -> Option<Dossier> {
        self.0.as_ref()?.dossier(case, engine)
    }

    /// Keeps what was read of the case, unless a file changed meanwhile.
    pub fn keep_dossier(&self, dossier: &Dossier) {
        if let Some(place) = &self.0 {
            place.keep_dossier(dossier);
        }
    }

    /// Where the passes over a log that may grow by files leave what they counted, and find it at the next look.
    #[must_use]
    pub fn shelf(&self) -> Option<Arc<dyn Shelf>> {
        Some(Arc::new(self.0.as_ref()?.shelf()))
    }

    /// What was found before in the same data by the same choice.
    #[must_use]
    pub fn investigation(&self, choice: Choice, dossier: &Arc<Dossier>) -> Option<Investigation> {
        let place = self.0.as_ref()?;
        place.get(Kept::Findings(choice), |from| Investigation::read(from, Arc::clone(dossier)))
    }

    /// Keeps a whole investigation.
    pub fn keep_investigation(&self, investigation: &Investigation) {
        if let Some(place) = self.0.as_ref().filter(|_| investigation.is_whole()) {
            place.keep(Kept::Findings(investigation.framing.choice), |to| investigation.write(to));
        }
    }

    /// A kept result, else one that is computed and kept.
    ///
    /// # Errors
    ///
    /// The computation's own.
    pub fn get_or<T: Cached, E>(
        &self,
        what: Kept<'_>,
        compute: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let Some(place) = &self.0 else { return compute() };
        if let Some(known) = place.get(what, T::read) {
            return Ok(known);
        }
        let computed = compute()?;
        place.keep(what, |to| computed.write(to));
        Ok(computed)
    }
}

impl Place {
    fn of(case: &Case, folder: &Path) -> Option<Self> {
        let began = SystemTime::now();
        let inputs = inputs::list(case, began)?;
        let contract = Sha256::digest(format!("{case:?}").as_bytes());
        let program = Stamp::of(&std::env::current_exe().ok()?)?;
        let name = case.root.canonicalize().ok()?;
        let name = name.file_name().map_or("case".into(), |name| name.to_string_lossy());
        let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(40).collect();
        Some(Self {
            folder: folder.to_path_buf(),
            stem: format!("{name}-{}", hexadecimal(&contract[..8])),
            key: format!("{} {program:?} {}", env!("CARGO_PKG_VERSION"), hexadecimal(&contract)),
            inputs,
            began,
            read: Mutex::new(None),
        })
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.stem))
    }

    fn dossier(&self, case: &Case, engine: &dyn Engine) -> Option<Dossier> {
        let path = self.path("rows");
        let file = KeptFile::read(&path)?;
        let mut header = Reader::new(file.header());
        let (key, inputs) = <(String, Vec<Input>)>::read(&mut header).ok()?;
        if key != self.key {
            return None;
        }
        let same = inputs::compare(&inputs, &self.inputs)?;
        let artifact = engine.artifact(case).ok()?;
        let mut payload = Reader::new(file.payload());
        let mut dossier = Dossier::read(&mut payload, deployed(artifact.as_deref())).ok()?;
        payload.end().ok()?;
        // Every check appends to it, and no exam reads it.
        dossier.runs = engine::earlier_runs(case);
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some(file.checksum());
        if let Some(confirmed) = same.confirmed(self.began) {
            // Their times are known now, so that they need not be hashed again.
            let header = bytes_of(&(self.key.clone(), confirmed));
            self.write(&path, &header, |to| to.bytes(file.payload()));
        } else {
            file.touch();
        }
        Some(dossier)
    }

    fn shelf(&self) -> CaseShelf {
        let before = KeptFile::read(&self.path("rows")).and_then(|file| {
            let (key, inputs) = <(String, Vec<Input>)>::read(&mut Reader::new(file.header())).ok()?;
            (key == self.key).then_some(inputs)
        });
        CaseShelf {
            folder: self.folder.clone(),
            stem: self.stem.clone(),
            key: self.key.clone(),
            now: self.inputs.clone(),
            before: before.unwrap_or_default(),
        }
    }

    fn keep_dossier(&self, dossier: &Dossier) {
        let Some(inputs) = inputs::hashed(&self.inputs, &dossier.files, self.began) else { return };
        let header = bytes_of(&(self.key.clone(), inputs));
        let kept = self.write(&self.path("rows"), &header, |to| dossier.write(to));
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// What a result rests on: none where what was read is not kept.
    fn header(&self, what: Kept<'_>) -> Option<(PathBuf, Vec<u8>)> {
        let read = (*self.read.lock().unwrap_or_else(PoisonError::into_inner))?;
        let (kind, options) = what.name();
        let tag = hexadecimal(&Sha256::digest(options.as_bytes())[..4]);
        let header = bytes_of(&(self.key.clone(), (read, options)));
        Some((self.path(&format!("{tag}.{kind}")), header))
    }

    fn get<T>(&self, what: Kept<'_>, read: impl FnOnce(&mut Reader<'_>) -> Result<T, Damaged>) -> Option<T> {
        let (path, header) = self.header(what)?;
        let file = KeptFile::read(&path).filter(|file| file.header() == header)?;
        let mut payload = Reader::new(file.payload());
        let value = read(&mut payload).ok()?;
        payload.end().ok()?;
        file.touch();
        Some(value)
    }

    fn keep(&self, what: Kept<'_>, write: impl FnOnce(&mut Writer<'_>)) {
        if let Some((path, header)) = self.header(what) {
            self.write(&path, &header, write);
        }
    }

    /// Writes a file and makes room for it; returns its checksum if that worked.
    fn write(&self, path: &Path, header: &[u8], write: impl FnOnce(&mut Writer<'_>)) -> Option<Checksum> {
        let kept = file::write(path, header, write, MOST_BYTES / 2).ok()?;
        file::make_room(&self.folder, MOST_BYTES, DRAFT_AGE);
        Some(kept)
    }
}
