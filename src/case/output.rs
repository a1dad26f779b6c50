//! Atomic file writes: each file is written completely or not at all.
//!
//! After a full disk, a power failure or a kill, the previous file is unchanged. The new one is written next
//! to it under a temporary name, synced to disk, and renamed over the previous one in a single step. A
//! symbolic link at the path is replaced, not followed: in a folder that others may write to, it may lead
//! anywhere.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use tempfile::{Builder, NamedTempFile};

/// Writes a file, replacing an existing one. Creates its folder if needed.
///
/// Pipes and devices, such as `/dev/stdout`, are written to directly.
///
/// # Errors
///
/// When the system reports an error; the previous content is then unchanged.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => OpenOptions::new().write(true).open(path)?.write_all(bytes),
        _ => {
            let draft = draft(path, bytes)?;
            draft.persist(path).map_err(|error| error.error)?;
            settle(path);
            Ok(())
        }
    }
}

/// Writes a new file; fails if anything exists at the path, even a dangling link.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when something exists; others when the system reports an error.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    draft(path, bytes)?.persist_noclobber(path).map_err(|error| error.error)?;
    settle(path);
    Ok(())
}

/// Writes several files below a folder: all are synced to disk before any is renamed into place, and the
/// first one is renamed last, so that it never refers to missing files.
///
/// # Errors
///
/// The path that failed, with the reason.
pub fn write_together(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), (String, io::Error)> {
    let told = |name: &str, error| (folder.join(name).display().to_string(), error);
    let mut drafts = Vec::new();
    for (name, bytes) in files {
        let path = folder.join(name);
        if path.is_dir() {
            return Err(told(name, io::ErrorKind::IsADirectory.into()));
        }
        drafts.push((name, draft(&path, bytes).map_err(|error| told(name, error))?));
    }
    for (name, draft) in drafts.into_iter().rev() {
        let path = folder.join(name);
        draft.persist(&path).map_err(|error| told(name, error.error))?;
        settle(&path);
    }
    Ok(())
}

/// Appends whole lines to a file; they are on disk when this returns. A line that was cut off, by a full disk or a power
/// failure, is ended first, so that it does not absorb the new ones.
///
/// * `file`: opened for reading and appending.
///
/// # Errors
///
/// When the system reports an error; a part of the lines may then be in the file.
pub fn append(file: &mut File, lines: &[u8]) -> io::Result<()> {
    let mut last = *b"\n";
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    // A single write, so that the lines of two programs do not interleave.
    let broken = if last == *b"\n" { &b""[..] } else { b"\n" };
    file.write_all(&[broken, lines].concat())?;
    file.sync_data()
}

/// A temporary file next to the path with the bytes, synced to disk; it is deleted unless it is renamed to
/// the path.
fn draft(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let mut builder = Builder::new();
    builder.prefix(".coroner-");
    #[cfg(unix)]
    builder.permissions(rights(path));
    let mut draft = builder.tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    Ok(draft)
}

/// The permissions of the existing file; otherwise those of any new file, subject to the user's umask.
#[cfg(unix)]
fn rights(path: &Path) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    let older = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file);
    fs::Permissions::from_mode(older.map_or(0o666, |found| found.permissions().mode() & 0o777))
}

/// Syncs the folder's entry. Not every file system supports this; the file's own bytes are on disk in any
/// case.
fn settle(path: &Path) {
    #[cfg(unix)]
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_takes_the_place_of_an_older_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("below/report.md");
        write(&path, b"older").expect("it is written");
        write(&path, b"new").expect("it is written");
        assert_eq!(fs::read(&path).expect("it is there"), b"new");
        write_new(&path, b"never").expect_err("something is there");
        assert_eq!(fs::read(&path).expect("it is there"), b"new");
        assert_eq!(names(&folder.path().join("below")), ["report.md"], "no draft is left");
    }

    #[test]
    fn several_files_come_together_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = |text: &str| {
            vec![
                ("report.md".to_owned(), text.as_bytes().to_vec()),
                ("figures/a.svg".to_owned(), text.as_bytes().to_vec()),
            ]
        };
        write_together(folder.path(), &files("older")).expect("they are written");
        fs::remove_file(folder.path().join("figures/a.svg")).expect("it is there");
        fs::create_dir(folder.path().join("figures/a.svg")).expect("a folder in its place");
        let (file, _) = write_together(folder.path(), &files("new")).expect_err("a folder is in the way");
        assert!(file.ends_with("a.svg"), "{file}");
        assert_eq!(fs::read(folder.path().join("report.md")).expect("it is there"), b"older");
        assert_eq!(names(folder.path()), ["figures", "report.md"], "no draft is left");
    }

    #[test]
    fn a_line_that_was_cut_off_does_not_absorb_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("runs.jsonl");
        for (before, after) in [("", "new\n"), ("old\n", "old\nnew\n"), ("cut o", "cut o\nnew\n")] {
            fs::write(&path, before).expect("it is written");
            let mut file = OpenOptions::new().read(true).append(true).open(&path).expect("it is there");
            append(&mut file, b"new\n").expect("it is written");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), after);
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_rights_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "theirs").expect("it is written");
        symlink(&target, &link).expect("a link");
        write(&link, b"ours").expect("it is written");
        assert_eq!(fs::read(&target).expect("it is there"), b"theirs");
        assert_eq!(fs::read(&link).expect("it is there"), b"ours");
        let dangling = folder.path().join("dangling");
        symlink(folder.path().join("nowhere"), &dangling).expect("a link");
        write_new(&dangling, b"ours").expect_err("a link is there");
        assert!(!folder.path().join("nowhere").exists());
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).expect("it is ours");
        write(&target, b"mine").expect("it is written");
        assert_eq!(fs::metadata(&target).expect("it is there").permissions().mode() & 0o777, 0o600);
        write(Path::new("/dev/null"), b"gone").expect("a device is written to");
    }
}
