//! The files that a folder or a glob stands for.
//!
//! Nothing is left out without a word: a folder that cannot be listed and a link that leads nowhere are errors, since the rows
//! behind them would be missing. Hidden files and folders are left out, as Spark, Hive and pandas do: they hold drafts,
//! checkpoints and the table's own records. Each folder is listed once, so a link that leads back does not count rows again.

use std::{
    collections::HashSet,
    fs, io,
    path::{Component, Path, PathBuf},
};

use glob::Pattern;

/// Signs that make a step of a path a pattern.
pub(in crate::engine) const SIGNS: [char; 3] = ['*', '?', '['];

/// How deep folders within folders are followed; partitions are a handful.
const MOST_DEEP: usize = 100;

/// The step that stands for any number of folders.
const ANY_FOLDERS: &str = "**";

/// Why files could not be listed.
#[derive(Debug)]
pub(super) enum ListingError {
    /// A step is no pattern, such as `[a`.
    NoPattern,
    /// A folder or a link could not be followed.
    Io(PathBuf, io::Error),
}

/// Returns all files below a folder, sorted by path.
pub(super) fn below(folder: &Path) -> Result<Vec<PathBuf>, ListingError> {
    listed(folder, &[ANY_FOLDERS, "*"])
}

/// Returns the files that match a glob, sorted by path; none where its folder does not exist.
///
/// * `named`: the glob as the case names it, the end of the path; what stands before it is no pattern.
pub(super) fn matching(glob: &Path, named: &str) -> Result<Vec<PathBuf>, ListingError> {
    let (base, pattern) = parts(glob, named);
    match base.try_exists() {
        Ok(false) if !base.as_os_str().is_empty() => Ok(Vec::new()),
        Err(error) => Err(ListingError::Io(base, error)),
        Ok(_) => listed(&base, &pattern.split('/').collect::<Vec<_>>()),
    }
}

/// Splits a glob into the folder that it is looked for in, and the steps from the first pattern on.
pub(in crate::engine) fn parts(glob: &Path, named: &str) -> (PathBuf, String) {
    let steps: Vec<Component<'_>> = glob.components().collect();
    let before = steps.len().saturating_sub(Path::new(named).components().count());
    let text = |step: &Component<'_>| step.as_os_str().to_string_lossy().into_owned();
    let first = (before..steps.len()).find(|&at| text(&steps[at]).contains(SIGNS)).unwrap_or(steps.len());
    let pattern: Vec<String> = steps[first..].iter().map(text).collect();
    (steps[..first].iter().collect(), pattern.join("/"))
}

fn listed(base: &Path, steps: &[&str]) -> Result<Vec<PathBuf>, ListingError> {
    let deepest = base.components().count() + MOST_DEEP;
    let mut listing = Listing { files: Vec::new(), seen: HashSet::new(), deepest };
    listing.follow(base, steps)?;
    listing.files.sort();
    listing.files.dedup();
    Ok(listing.files)
}

/// The files so far.
struct Listing {
    files: Vec<PathBuf>,
    /// Folders, each with the number of steps that were left when it was listed.
    seen: HashSet<(Identity, usize)>,
    /// The longest path that is followed, in steps.
    deepest: usize,
}

impl Listing {
    /// Adds the files below a folder that the steps lead to.
    fn follow(&mut self, folder: &Path, steps: &[&str]) -> Result<(), ListingError> {
        let Some((&step, rest)) = steps.split_first() else { return Ok(()) };
        if !step.contains(SIGNS) {
            // Named as it is, also `..`, and also hidden.
            let path = folder.join(step);
            return match fs::metadata(&path) {
                Ok(found) if rest.is_empty() && found.is_file() => {
                    self.files.push(path);
                    Ok(())
                }
                Ok(found) if found.is_dir() => self.follow(&path, rest),
                _ => Ok(()),
            };
        }
        let any = step == ANY_FOLDERS;
        if any {
            self.follow(folder, rest)?;
        }
        let name = Pattern::new(if any { "*" } else { step }).map_err(|_| ListingError::NoPattern)?;
        let failed = |error| ListingError::Io(folder.to_path_buf(), error);
        let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        if !self.seen.insert((identity(listed).map_err(failed)?, steps.len())) {
            return Ok(());
        }
        if folder.components().count() > self.deepest {
            let error = io::Error::other(format!("its folders are nested more than {MOST_DEEP} deep"));
            return Err(ListingError::Io(folder.to_path_buf(), error));
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(listed).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            entries.push((is_link, entry.file_name()));
        }
        // Links last: a folder that has two names is known by its own.
        entries.sort();
        for (_, own) in entries {
            let shown = own.to_string_lossy();
            if is_hidden(&shown, step) || !name.matches(&shown) {
                continue;
            }
            let path = folder.join(&own);
            match fs::metadata(&path) {
                Ok(found) if found.is_dir() => self.follow(&path, if any { steps } else { rest })?,
                Ok(found) if found.is_file() && rest.is_empty() && !any => self.files.push(path),
                Err(error) if rest.is_empty() && !any => return Err(ListingError::Io(path, error)),
                // A pipe, a socket or a device holds no rows.
                _ => {}
            }
        }
        Ok(())
    }
}

/// What is the same for all names of a folder.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(folder: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(folder).map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(not(unix))]
fn identity(folder: &Path) -> io::Result<Identity> {
    folder.canonicalize()
}

/// Whether a name is left out unless the pattern asks for it: `_delta_log`, `.ipynb_checkpoints`, but not `_day=2026-03-01`;
/// `scores_manifest` and `part-0.csv.md5`, which say what the other files are.
fn is_hidden(name: &str, pattern: &str) -> bool {
    const BESIDE: [&str; 4] = ["manifest", "manifest.json", "success", "success.txt"];
    const ENDS_BESIDE: [&str; 5] = ["_manifest", ".md5", ".sha256", ".crc", ".done"];
    let (lower, asked) = (name.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    let begins = |sign| name.starts_with(sign) && !pattern.starts_with(sign);
    let is_beside = BESIDE.contains(&lower.as_str()) && !BESIDE.iter().any(|name| asked.ends_with(name));
    let ends = |end: &&str| lower.ends_with(*end) && !asked.ends_with(end.trim_start_matches('_'));
    begins('.') || (begins('_') && !name.contains('=')) || is_beside || ENDS_BESIDE.iter().any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "a\n1\n").expect("it is written");
        }
        folder
    }

    fn names(root: &Path, found: Result<Vec<PathBuf>, ListingError>) -> Vec<String> {
        let shown = |path: PathBuf| path.strip_prefix(root).expect("below").display().to_string();
        found.expect("it can be listed").into_iter().map(shown).collect()
    }

    #[test]
    fn what_tells_of_the_other_files_is_no_file_of_rows() {
        let folder = folder(&[
            "a_000",
            "a_manifest",
            "b.csv",
            "b.csv.md5",
            "manifest.json",
            "SUCCESS",
            "manifesto.csv",
            "customer_success.txt",
        ]);
        let root = folder.path();
        assert_eq!(names(root, below(root)), ["a_000", "b.csv", "customer_success.txt", "manifesto.csv"]);
        assert_eq!(names(root, matching(&root.join("*manifest"), "*manifest")), ["a_manifest"], "asked for");
    }

    const FILES: [&str; 9] = [
        "a.csv",
        "b.txt",
        ".c.csv",
        "_SUCCESS",
        "_delta_log/0.json",
        ".ipynb_checkpoints/a.csv",
        "_day=1/d.csv",
        "deep/er/e.csv",
        "deep/f.csv",
    ];

    #[test]
    fn a_folder_is_all_that_is_not_hidden() {
        let folder = folder(&FILES);
        let root = folder.path();
        assert_eq!(
            names(root, below(root)),
            ["_day=1/d.csv", "a.csv", "b.txt", "deep/er/e.csv", "deep/f.csv"]
        );
    }

    #[test]
    fn a_glob_is_what_it_says() {
        let folder = folder(&FILES);
        let root = folder.path();
        for (glob, found) in [
            ("*.csv", &["a.csv"][..]),
            ("?.*", &["a.csv", "b.txt"]),
            ("*/*.csv", &["_day=1/d.csv", "deep/f.csv"]),
            ("**/*.csv", &["_day=1/d.csv", "a.csv", "deep/er/e.csv", "deep/f.csv"]),
            ("deep/**/e.csv", &["deep/er/e.csv"]),
            ("**/**/f.csv", &["deep/f.csv"]),
            (".*.csv", &[".c.csv"]),
            ("_delta*/*", &["_delta_log/0.json"]),
            ("*/../a.csv", &[]),
            ("d[aeiou]ep/f.csv", &["deep/f.csv"]),
            ("x*/*.csv", &[]),
        ] {
            let found_names = names(root, matching(&root.join(glob), glob));
            // A step back leads to the same file by as many ways as there are folders.
            if glob.contains("..") {
                assert!(found_names.iter().all(|name| name.ends_with("a.csv")), "{glob}");
            } else {
                assert_eq!(found_names, found, "{glob}");
            }
        }
        assert!(matches!(matching(&root.join("[a"), "[a"), Err(ListingError::NoPattern)));
        assert!(matching(&root.join("nowhere/*.csv"), "nowhere/*.csv").expect("nothing is there").is_empty());
    }

    #[test]
    fn what_stands_before_the_glob_is_no_pattern() {
        let folder = folder(&["[a]*/log/b.csv"]);
        let case = folder.path().join("[a]*");
        assert_eq!(names(&case, matching(&case.join("log/*.csv"), "log/*.csv")), ["log/b.csv"]);
        assert_eq!(names(&case, below(&case.join("log"))), ["log/b.csv"]);
    }

    #[test]
    fn folders_that_never_end_are_refused() {
        let deep = |steps: usize| format!("{}a.csv", "d/".repeat(steps));
        let folder = folder(&[&deep(MOST_DEEP)]);
        assert_eq!(below(folder.path()).expect("it can be listed").len(), 1);
        let path = folder.path().join(deep(MOST_DEEP + 1));
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        for found in [below(folder.path()), matching(&folder.path().join("**/*.csv"), "**/*.csv")] {
            assert!(matches!(found, Err(ListingError::Io(..))), "{found:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_back_end_and_count_nothing_twice() {
        use std::os::unix::fs::symlink;
        let folder = folder(&["log/a.csv"]);
        let log = folder.path().join("log");
        for (to, link) in [("..", "back"), (".", "self"), ("self", "again")] {
            symlink(to, log.join(link)).expect("a link");
        }
        assert_eq!(names(folder.path(), below(&log)), ["log/a.csv"]);
        assert_eq!(names(folder.path(), matching(&folder.path().join("**/*.csv"), "**/*.csv")).len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_no_utf_8_is_a_name_and_a_link_to_nowhere_an_error() {
        use std::os::unix::{ffi::OsStrExt as _, fs::symlink};
        let folder = folder(&["a.csv"]);
        let raw = std::ffi::OsStr::from_bytes(b"\xff.csv");
        // Not every file system takes such a name.
        if fs::write(folder.path().join(raw), "a\n1\n").is_ok() {
            assert_eq!(below(folder.path()).expect("it can be listed").len(), 2);
        }
        symlink("nowhere", folder.path().join("z.csv")).expect("a link");
        for found in [below(folder.path()), matching(&folder.path().join("*.csv"), "*.csv")] {
            assert!(matches!(found, Err(ListingError::Io(path, _)) if path.ends_with("z.csv")));
        }
        assert!(matching(&folder.path().join("a*.csv"), "a*.csv").is_ok(), "it was not asked for");
    }
}
