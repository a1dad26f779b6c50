//! The cases that were opened last, kept beside the journals.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};

use super::journal::{private_file, private_folder};
use crate::{case::input, summary::Micros};

/// Cases that are kept; older ones are forgotten.
const KEPT: usize = 50;

/// A case that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentCase {
    /// Its folder or contract, absolute.
    pub path: PathBuf,
    /// Name and version of the model.
    pub title: String,
    /// When it was opened last, in microseconds since 1970-01-01 UTC.
    #[serde(rename = "time")]
    pub at: Micros,
}

/// The list of recent cases in the user's state folder.
#[derive(Debug, Clone)]
pub struct RecentCases {
    path: PathBuf,
}

impl RecentCases {
    /// Returns the list of the user; `None` without a home folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let folders = etcetera::choose_base_strategy().ok()?;
        let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
        Some(Self { path: state.join("coroner").join("recent.jsonl") })
    }

    /// Returns the cases that are still there, the last opened first. A list that cannot be read is an empty one: nothing
    /// depends on it.
    #[must_use]
    pub fn cases(&self) -> Vec<RecentCase> {
        let text = input::read_text(&self.path, input::MOST_TEXT).unwrap_or_default();
        let mut cases: Vec<RecentCase> = Vec::new();
        for case in text.lines().rev().filter_map(|line| serde_json::from_str::<RecentCase>(line).ok()) {
            if cases.len() < KEPT && case.path.exists() && !cases.iter().any(|known| known.path == case.path)
            {
                cases.push(case);
            }
        }
        cases
    }

    /// Puts a case first.
    ///
    /// # Errors
    ///
    /// When the list cannot be written.
    pub fn remember(&self, path: &Path, title: &str) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            private_folder().recursive(true).create(folder)?;
        }
        let path = path.canonicalize()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64);
        let mut cases = self.cases();
        cases.retain(|case| case.path != path);
        cases.insert(0, RecentCase { path, title: title.to_owned(), at: now });
        cases.truncate(KEPT);
        // Written beside it and moved over it, so that the list is whole at every moment.
        let beside = self.path.with_extension(format!("{}.new", std::process::id()));
        let mut lines = Vec::new();
        for case in cases.iter().rev() {
            serde_json::to_writer(&mut lines, case)?;
            lines.push(b'\n');
        }
        let mut file = private_file().create(true).write(true).truncate(true).open(&beside)?;
        file.write_all(&lines)?;
        fs::rename(&beside, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_opened_comes_first_and_what_is_gone_is_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let list = RecentCases { path: folder.path().join("coroner/recent.jsonl") };
        assert!(list.cases().is_empty());
        let case = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(&path).expect("a case");
            path
        };
        for name in ["a", "b", "c", "a"] {
            list.remember(&case(name), name).expect("it is kept");
        }
        fs::remove_dir(folder.path().join("b")).expect("it goes");
        let titles: Vec<String> = list.cases().into_iter().map(|case| case.title).collect();
        assert_eq!(titles, ["a", "c"]);
        fs::write(&list.path, "damaged\n").expect("it is damaged");
        assert!(list.cases().is_empty());
        list.remember(&case("d"), "d").expect("it begins anew");
        assert_eq!(list.cases().len(), 1);
    }
}
