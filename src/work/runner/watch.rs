//! Notices that a file of the case grew or changed after it was read.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use crossbeam_channel::Sender;

use super::Load;
use crate::{app::Msg, engine::Inputs, text::number};

/// Interval between two looks at the files.
const EVERY: Duration = Duration::from_secs(5);

/// What tells that a file changed: its length and the time of its last change.
type Mark = (u64, Option<SystemTime>);

/// Watches the files that the case names, from what they are now on, until another epoch is watched.
///
/// A file is looked at by its length and its time only, so this costs nothing however large it is. Where a log is written
/// without pause, the message comes once.
pub(super) fn begin(epoch: u64, load: &Arc<Load>, watched: &Arc<AtomicU64>, answers: &Sender<Msg>) {
    // Counted from 1, so that the first epoch differs from no watch.
    let own = epoch + 1;
    if watched.swap(own, Ordering::Relaxed) == own {
        return;
    }
    let (load, watched, answers) = (Arc::clone(load), Arc::clone(watched), answers.clone());
    std::thread::spawn(move || {
        let Ok(case) = load() else { return };
        let files: Vec<PathBuf> = Inputs::of(&case).paths().map(PathBuf::from).collect();
        let before: Vec<Option<Mark>> = files.iter().map(mark).collect();
        loop {
            std::thread::sleep(EVERY);
            if watched.load(Ordering::Relaxed) != own {
                return;
            }
            let changed = files.iter().zip(&before).find(|(file, before)| mark(file) != **before);
            if let Some((file, before)) = changed {
                let message = told(file, *before, mark(file));
                // Without a console nobody wants to know.
                let _ = answers.send(Msg::Grew { epoch, message });
                return;
            }
        }
    });
}

fn mark(file: &PathBuf) -> Option<Mark> {
    let found = std::fs::metadata(file).ok()?;
    Some((found.len(), found.modified().ok()))
}

/// `production.parquet grew by 1.2 MB`
fn told(file: &std::path::Path, before: Option<Mark>, now: Option<Mark>) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    match (before, now) {
        (Some((was, _)), Some((is, _))) if is > was => {
            format!("{name} grew by {} since it was read", number::bytes(is - was))
        }
        (Some(_), None) => format!("{name} is gone"),
        _ => format!("{name} changed since it was read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_file_is_told_by_what_happened_to_it() {
        let at = |length| Some((length, None));
        let name = Path::new("/case/log.csv");
        assert_eq!(told(name, at(10), at(2_000_010)), "log.csv grew by 2.00 MB since it was read");
        assert_eq!(told(name, at(10), at(10)), "log.csv changed since it was read");
        assert_eq!(told(name, at(10), None), "log.csv is gone");
    }
}
