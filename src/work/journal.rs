//! The journal file: one record per line, appended as it happens, in the user's state folder and not in the
//! case.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy as _;
use sha2::{Digest as _, Sha256};

use crate::{
    case::output,
    journal::{Journal, Record},
    text::hexadecimal,
};

/// The journal file of one case.
#[derive(Debug, Clone)]
pub struct JournalFile {
    path: PathBuf,
}

impl JournalFile {
    /// Returns the file for a case, identified by the path of its contract (or of its training snapshot if it
    /// has none): `$XDG_STATE_HOME/coroner/credit-3f2a90c1.jsonl`.
    ///
    /// Returns `None` if the user has no home folder.
    #[must_use]
    pub fn of(case: &Path) -> Option<Self> {
        let folders = etcetera::choose_base_strategy().ok()?;
        let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
        Some(Self::within(&state.join("coroner"), case))
    }

    /// Returns the file for a case in a given folder.
    fn within(folder: &Path, case: &Path) -> Self {
        let full = case.canonicalize().unwrap_or_else(|_| case.to_path_buf());
        let hash = Sha256::digest(full.as_os_str().as_encoded_bytes());
        let id = hexadecimal(&hash[..4]);
        let name =
            full.parent().and_then(Path::file_name).map_or("case".into(), |name| name.to_string_lossy());
        let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(40).collect();
        Self { path: folder.join(format!("{name}-{id}.jsonl")) }
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replays the stored records.
    ///
    /// # Errors
    ///
    /// When the journal exists and cannot be read, or is not a regular file.
    pub fn replay(&self) -> io::Result<Replayed> {
        match self.open(OpenOptions::new().read(true)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Replayed::default()),
            opened => Replayed::of(BufReader::new(opened?)),
        }
    }

    /// Appends records; they are on disk when this returns.
    ///
    /// # Errors
    ///
    /// When the folder or the file cannot be written.
    pub fn append(&self, records: &[Record]) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            private_folder().recursive(true).create(folder)?;
        }
        let mut file = self.open(private_file().create(true).read(true).append(true))?;
        #[cfg(unix)]
        close(&file)?;
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(&mut lines, record)?;
            lines.push(b'\n');
        }
        output::append(&mut file, &lines)
    }

    /// Opens the journal if it is a regular file or does not exist; a pipe in its place would block forever.
    fn open(&self, options: &OpenOptions) -> io::Result<File> {
        match fs::metadata(&self.path) {
            Ok(found) if !found.is_file() => Err(io::Error::other("it is no file")),
            _ => options.open(&self.path),
        }
    }
}

/// The content of a journal.
#[derive(Debug, Default)]
pub struct Replayed {
    /// The readable records.
    pub journal: Journal,
    /// Numbers, from 1, of the lines that could not be read: from a newer version, damaged, or incomplete.
    pub unread: Vec<u64>,
}

impl Replayed {
    /// Replays the lines of a journal.
    ///
    /// # Errors
    ///
    /// When they cannot be read; a line that says nothing is no error.
    pub fn of(mut lines: impl BufRead) -> io::Result<Self> {
        let mut replayed = Self::default();
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            match read(line.trim_ascii()) {
                Some(records) => {
                    for record in records {
                        replayed.journal.add(record);
                    }
                }
                None => replayed.unread.push(number),
            }
        }
        Ok(replayed)
    }

    /// What the analyst should know about the journal at a path, if anything.
    #[must_use]
    pub fn damage_message(&self, path: &Path) -> Option<String> {
        /// Maximum number of lines listed.
        const LISTED: usize = 5;
        let first = self.unread.first()?;
        let path = path.display();
        if self.unread.len() == 1 {
            return Some(format!(
                "line {first} of the journal {path} cannot be read; it is skipped but kept"
            ));
        }
        let listed: Vec<String> = self.unread.iter().take(LISTED).map(u64::to_string).collect();
        let more = if self.unread.len() > LISTED { ", …" } else { "" };
        Some(format!(
            "{} lines of the journal {path} cannot be read ({}{more}); they are skipped but kept",
            self.unread.len(),
            listed.join(", ")
        ))
    }
}

/// Parses the records of a line. A record appended to an incomplete one is found behind it, if it is complete
/// itself.
fn read(line: &[u8]) -> Option<Vec<Record>> {
    /// The beginning of every record.
    const BEGINS: &[u8] = b"{\"time\":";
    if line.is_empty() {
        return Some(Vec::new());
    }
    let whole = |from: usize| serde_json::from_slice::<Record>(&line[from..]).ok();
    let found = whole(0).or_else(|| {
        // Parsed only where one begins: a damaged line may be long.
        memchr::memmem::find_iter(line, BEGINS).filter(|&from| from > 0).find_map(whole)
    });
    found.map(|record| vec![record])
}

/// Returns options to open a file readable only by its owner, since it holds remarks about customers' data.
pub(super) fn private_file() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "rights are Unix's"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Removes the permissions of others on a file.
#[cfg(unix)]
fn close(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let rights = file.metadata()?.permissions();
    let owner_only = rights.mode() & 0o700;
    if rights.mode() & 0o777 == owner_only {
        return Ok(());
    }
    file.set_permissions(fs::Permissions::from_mode(owner_only))
}

pub(super) fn private_folder() -> fs::DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "rights are Unix's"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
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
        assert_eq!(file.replay().expect("nothing is there").journal, Journal::default());
        file.append(&[record(Entry::Accept { cause: Cause::DataDrift })]).expect("it is written");
        file.append(&[record(Entry::Filter { text: "psi>.25".to_owned() })]).expect("it is written");
        let mut text = fs::read_to_string(file.path()).expect("it is there");
        text.push_str("{\"do\":\"from the future\",\"time\":8}\n{\"do\":\"filt");
        fs::write(file.path(), text).expect("it can be written");
        let replayed = file.replay().expect("it can be read");
        let marks = replayed.journal.marks();
        assert_eq!(marks.decisions.get(&Cause::DataDrift), Some(&Decision::Accepted));
        assert_eq!(marks.filter, "psi>.25");
        assert_eq!(replayed.unread, [3, 4]);
        assert!(
            replayed
                .damage_message(file.path())
                .is_some_and(|message| message.contains("2 lines") && message.contains("3, 4"))
        );
    }

    fn record(entry: Entry) -> Record {
        Record { at: 7, entry }
    }

    fn filter(text: &str) -> Record {
        record(Entry::Filter { text: text.to_owned() })
    }

    #[test]
    fn a_damaged_line_costs_no_other_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = JournalFile::within(folder.path(), Path::new("cases/credit/coroner.toml"));
        for damage in ["{\"time\":7,\"do\":\"fil", "no record", "{}", "\u{0}\u{0}", "[1]", "\"text\"", "\n\n"]
        {
            fs::write(file.path(), damage).expect("it can be written");
            file.append(&[filter("after")]).expect("it is written");
            assert_eq!(file.replay().expect("it can be read").journal.marks().filter, "after", "{damage}");
        }
        // Invalid UTF-8.
        file.append(&[filter("before")]).expect("it is written");
        let mut bytes = fs::read(file.path()).expect("it is there");
        bytes.extend(b"\xff\n");
        fs::write(file.path(), &bytes).expect("it can be written");
        let replayed = file.replay().expect("it can be read");
        assert_eq!((replayed.journal.marks().filter.as_str(), replayed.unread.len()), ("before", 1));
        let kept = fs::read(file.path()).expect("it is there");
        assert_eq!(kept, bytes, "reading changes nothing");
    }

    #[test]
    fn a_record_behind_a_torn_one_is_found() {
        let whole = serde_json::to_vec(&filter("kept")).expect("a record");
        let line = [&whole[..whole.len() / 2], &whole].concat();
        assert_eq!(read(&line), Some(vec![filter("kept")]));
        assert_eq!(read(&line[..line.len() - 1]), None);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it_and_what_is_no_file_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let file = JournalFile::within(&folder.path().join("coroner"), Path::new("cases/a/coroner.toml"));
        file.append(&[filter("mine")]).expect("it is written");
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode(file.path()), 0o600);
        assert_eq!(mode(&folder.path().join("coroner")), 0o700);
        // A file that an older version left readable for everyone is restricted.
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).expect("it is ours");
        file.append(&[filter("mine")]).expect("it is written");
        assert_eq!(mode(file.path()), 0o600);
        fs::remove_file(file.path()).expect("it is there");
        fs::create_dir(file.path()).expect("a folder in its place");
        file.replay().expect_err("it is no file");
        file.append(&[filter("mine")]).expect_err("it is no file");
    }

    #[test]
    fn two_cases_have_two_files() {
        let of = |case: &str| JournalFile::within(Path::new("/state"), Path::new(case)).path().to_path_buf();
        assert_ne!(of("/a/credit/coroner.toml"), of("/b/credit/coroner.toml"));
        let path = of("/a/my case/coroner.toml");
        assert!(path.to_string_lossy().starts_with("/state/my-case-"), "{}", path.display());
    }
}
