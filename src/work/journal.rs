//! The journal's file: one record a line, appended as it happens, in the user's state folder and not in the case.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy as _;
use sha2::{Digest as _, Sha256};

use crate::journal::{Journal, Record};

/// The journal's file of one case.
#[derive(Debug, Clone)]
pub struct JournalFile {
    path: PathBuf,
}

impl JournalFile {
    /// The file for a case, told by the path of its contract (or of its training snapshot where there is none):
    /// `$XDG_STATE_HOME/coroner/credit-3f2a90c1.jsonl`.
    ///
    /// Returns nothing where the user has no home folder.
    #[must_use]
    pub fn of(case: &Path) -> Option<Self> {
        let folders = etcetera::choose_base_strategy().ok()?;
        let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
        Some(Self::within(&state.join("coroner"), case))
    }

    /// The file for a case in a given folder.
    fn within(folder: &Path, case: &Path) -> Self {
        let full = case.canonicalize().unwrap_or_else(|_| case.to_path_buf());
        let hash = Sha256::digest(full.as_os_str().as_encoded_bytes());
        let id: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let name =
            full.parent().and_then(Path::file_name).map_or("case".into(), |name| name.to_string_lossy());
        let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(40).collect();
        Self { path: folder.join(format!("{name}-{id}.jsonl")) }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replays what was written. Lines that cannot be read (a newer version's, or half written) are passed over.
    #[must_use]
    pub fn replay(&self) -> Journal {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        Journal::replay(text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok()))
    }

    /// Appends a record.
    ///
    /// # Errors
    ///
    /// When the folder or the file cannot be written.
    pub fn append(&self, record: &Record) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        // One write a line, so that two consoles on one case do not mix their lines.
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        autopsy::Cause,
        journal::{Decision, Entry},
    };

    #[test]
    fn what_was_done_comes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = JournalFile::within(&folder.path().join("new"), Path::new("cases/credit/coroner.toml"));
        assert_eq!(file.replay(), Journal::default());
        let record = |entry| Record { at: 7, entry };
        file.append(&record(Entry::Accept { cause: Cause::DataDrift })).expect("it is written");
        file.append(&record(Entry::Filter { text: "psi>.25".to_owned() })).expect("it is written");
        let mut text = fs::read_to_string(file.path()).expect("it is there");
        text.push_str("{\"do\":\"from the future\",\"time\":8}\n{\"do\":\"filt");
        fs::write(file.path(), text).expect("it can be written");
        let journal = file.replay();
        assert_eq!(journal.marks().decisions.get(&Cause::DataDrift), Some(&Decision::Accepted));
        assert_eq!(journal.marks().filter, "psi>.25");
    }

    #[test]
    fn two_cases_have_two_files() {
        let of = |case: &str| JournalFile::within(Path::new("/state"), Path::new(case)).path().to_path_buf();
        assert_ne!(of("/a/credit/coroner.toml"), of("/b/credit/coroner.toml"));
        let path = of("/a/my case/coroner.toml");
        assert!(path.to_string_lossy().starts_with("/state/my-case-"), "{}", path.display());
    }
}
