//! The inputs of a case, which outputs must never overwrite.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use super::{
    EngineError,
    local::{SIGNS, named_files, parts},
};
use crate::case::Case;

/// The files that a case reads, and the places where it looks for files.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Files with their role in the case.
    files: Vec<(PathBuf, String)>,
    /// Folders and globs: a file written there would be read by the next pass.
    places: Vec<(InputPlace, String)>,
}

#[derive(Debug, Clone)]
enum InputPlace {
    Folder(PathBuf),
    Pattern(glob::Pattern),
}

impl Inputs {
    /// Returns all inputs that a case names, including its contract.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let mut inputs = Self::default();
        if let Some(contract) = &case.contract {
            inputs.add(contract, "the contract");
        }
        let snapshots = &case.snapshots;
        let named = [
            (Some(&snapshots.training), "training"),
            (Some(&snapshots.production), "production"),
            (snapshots.golden.as_ref(), "golden"),
            (snapshots.offline.as_ref(), "offline"),
            (snapshots.events.as_ref(), "events"),
            (snapshots.reviewed.as_ref(), "reviewed"),
            (snapshots.labels.as_ref(), "labels"),
            (snapshots.predictions.as_ref(), "predictions"),
            (case.candidate.as_ref().and_then(|candidate| candidate.file.as_ref()), "candidate"),
            (case.model.artifact.as_ref(), "artifact"),
        ];
        for (named, role) in named {
            let Some(named) = named.filter(|named| !named.is_empty()) else { continue };
            let path = case.locate(named);
            for (file, _) in named_files(&path, named).unwrap_or_default() {
                inputs.add(&file, role);
            }
            if path.is_dir() {
                inputs.places.push((InputPlace::Folder(full(&path)), role.to_owned()));
            } else if !path.is_file() && named.contains(SIGNS) {
                let (base, pattern) = parts(&path, named);
                let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
                // As it is written, and as it is without links and steps back.
                for base in [whole(&base), full(&base)] {
                    let base = glob::Pattern::escape(&base.to_string_lossy());
                    if let Ok(pattern) = glob::Pattern::new(&format!("{base}/{pattern}")) {
                        inputs.places.push((InputPlace::Pattern(pattern), role.to_owned()));
                    }
                }
            }
        }
        inputs
    }

    /// Returns the files.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(file, _)| file.as_path())
    }

    /// Adds a file with its role in the case.
    pub fn add(&mut self, file: &Path, role: &str) {
        self.files.push((file.to_path_buf(), role.to_owned()));
    }

    /// Refuses to write to a path that is an input, under whatever name, or that would become one.
    ///
    /// # Errors
    ///
    /// [`EngineError::IsInput`].
    pub fn refuse(&self, output: &Path) -> Result<(), EngineError> {
        let (target, absolute) = (full(output), whole(output));
        let is_same = |file: &Path| full(file) == target || is_one_file(file, output);
        let holds = |place: &InputPlace| match place {
            InputPlace::Folder(folder) => target.starts_with(folder),
            // Its folder may itself be reached by a link.
            InputPlace::Pattern(pattern) => pattern.matches_path(&absolute) || pattern.matches_path(&target),
        };
        let file = self.files.iter().find(|(file, _)| is_same(file)).map(|(_, role)| role);
        let role = file.or_else(|| self.places.iter().find(|(place, _)| holds(place)).map(|(_, role)| role));
        match role {
            None => Ok(()),
            Some(role) => {
                Err(EngineError::IsInput { file: output.display().to_string(), role: role.clone() })
            }
        }
    }
}

/// The path without links and steps back, also where its end is not there yet: folders on the way to it would be made.
fn full(path: &Path) -> PathBuf {
    let absolute = whole(path);
    let (mut known, mut missing) = (absolute.as_path(), Vec::new());
    loop {
        if let Ok(mut full) = known.canonicalize() {
            for step in missing.into_iter().rev() {
                match step {
                    Component::ParentDir => drop(full.pop()),
                    step => full.push(step),
                }
            }
            return full;
        }
        match (known.components().next_back(), known.parent()) {
            (Some(step), Some(parent)) => {
                missing.push(step);
                known = parent;
            }
            _ => return absolute,
        }
    }
}

fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Whether two paths refer to the same file.
#[cfg(unix)]
fn is_one_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    identity(one).is_some_and(|found| Some(found) == identity(other))
}

#[cfg(not(unix))]
fn is_one_file(_: &Path, _: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Snapshots;

    #[test]
    fn inputs_are_known_under_every_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::create_dir_all(root.join("log/deep")).expect("a folder");
        for file in ["training.csv", "log/a.csv", "golden-1.csv"] {
            fs::write(root.join(file), "a\n1\n").expect("it is written");
        }
        let case = Case {
            root: root.to_path_buf(),
            contract: Some(root.join("coroner.toml")),
            snapshots: Snapshots {
                training: "training.csv".to_owned(),
                production: "log".to_owned(),
                golden: Some("golden-*.csv".to_owned()),
                ..Snapshots::default()
            },
            ..Case::default()
        };
        let inputs = Inputs::of(&case);
        fs::hard_link(root.join("training.csv"), root.join("hard.csv")).expect("a second name");
        for (name, role) in [
            ("training.csv", "training"),
            ("log/../training.csv", "training"),
            ("not/there/../../training.csv", "training"),
            ("not/there/../../log/new.csv", "production"),
            ("hard.csv", "training"),
            ("coroner.toml", "contract"),
            ("log/a.csv", "production"),
            ("log/new.csv", "production"),
            ("log/deep/new.csv", "production"),
            ("golden-2.csv", "golden"),
            ("log/../golden-2.csv", "golden"),
            ("not/there/../../golden-2.csv", "golden"),
        ] {
            let error = inputs.refuse(&root.join(name)).expect_err(name).to_string();
            assert!(error.contains(role), "{name}: {error}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(root, root.join("again")).expect("a link");
            for name in ["again/golden-2.csv", "again/training.csv", "again/log/new.csv"] {
                inputs.refuse(&root.join(name)).expect_err(name);
            }
        }
        for name in ["queue.csv", "report/report.md", "training.profile.json", "log.csv"] {
            inputs.refuse(&root.join(name)).expect(name);
        }
    }
}
