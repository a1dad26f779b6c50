//! A second look at the same files answers from the cache, with the same bytes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::commands::{Folder, Run, coroner_with, snapshot};

/// The commands that use what is kept.
const COMMANDS: [&[&str]; 6] = [
    &["diagnose", "--format", "json"],
    &["report", "--format", "json", "--studies"],
    &["check"],
    &["check", "--format", "prometheus", "--since", "2026-03-06"],
    &["remedy", "--format", "json"],
    &["study", "--format", "json"],
];

/// A case whose rows change on the way.
fn degraded() -> Folder {
    let case = Folder::healthy();
    let production = snapshot(1500, |row| {
        if row.at >= 800 {
            "0".clone_into(&mut row.income);
            "0".clone_into(&mut row.prediction);
        }
    });
    case.write("production.csv", production);
    case
}

fn run(command: &[&str], case: &Folder, state: &Path, more: &[&str]) -> Run {
    let (name, options) = command.split_first().expect("a command");
    let folder = case.path("");
    let shown = folder.to_string_lossy();
    let arguments = [&[*name, &*shown], options, more].concat();
    coroner_with(&arguments, &[("XDG_STATE_HOME", state)])
}

fn files(state: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(state.join("coroner/cache")).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

#[test]
fn every_command_says_the_same_with_and_without_a_cache() {
    let case = degraded();
    let state = tempfile::tempdir().expect("a folder");
    let said = |more: &[&str]| {
        COMMANDS.map(|command| {
            let run = run(command, &case, state.path(), more);
            (run.code, run.stdout, run.stderr)
        })
    };
    let without = said(&["--no-cache"]);
    assert!(files(state.path()).is_empty(), "{:?}", files(state.path()));
    assert!(without.iter().all(|(code, text, _)| code.is_some_and(|code| code < 2) && !text.is_empty()));
    let first = said(&[]);
    let kept = files(state.path());
    let second = said(&[]);
    for (at, command) in COMMANDS.iter().enumerate() {
        assert_eq!(first[at], without[at], "{command:?}");
        assert_eq!(second[at], without[at], "{command:?}");
    }
    let endings: Vec<&str> =
        kept.iter().filter_map(|path| path.extension().and_then(|ending| ending.to_str())).collect();
    for ending in ["rows", "findings", "remedies", "studies", "check"] {
        assert!(endings.contains(&ending), "{ending}: {kept:?}");
    }
    assert_eq!(files(state.path()), kept);
}

/// Makes damaged bytes of whole ones.
type Damage = fn(&[u8]) -> Vec<u8>;

#[test]
fn a_damaged_or_deleted_cache_changes_nothing() {
    let case = degraded();
    let state = tempfile::tempdir().expect("a folder");
    let said = || COMMANDS.map(|command| run(command, &case, state.path(), &[]).stdout);
    let first = said();
    let whole: Vec<Vec<u8>> = files(state.path()).iter().map(|path| fs::read(path).expect("bytes")).collect();
    let damages: [Damage; 4] = [
        |_| Vec::new(),
        |bytes| bytes[..bytes.len() / 2].to_vec(),
        |bytes| {
            [&bytes[..bytes.len() / 2], &[!bytes[bytes.len() / 2]], &bytes[bytes.len() / 2 + 1..]].concat()
        },
        |bytes| [bytes, b"more"].concat(),
    ];
    for damage in damages {
        for (path, bytes) in files(state.path()).iter().zip(&whole) {
            fs::write(path, damage(bytes)).expect("it can be written");
        }
        assert_eq!(said(), first);
        for path in files(state.path()) {
            let length = fs::metadata(&path).expect("it is there").len();
            assert!(whole.iter().any(|bytes| bytes.len() as u64 == length), "{} anew", path.display());
        }
    }
    fs::remove_dir_all(state.path().join("coroner")).expect("it is safe to delete");
    assert_eq!(said(), first);
}

#[test]
fn the_settings_can_turn_it_off() {
    let case = Folder::healthy();
    let (state, config) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    fs::create_dir(config.path().join("coroner")).expect("a folder");
    fs::write(config.path().join("coroner/config.toml"), "cache = false\n").expect("settings");
    let folder = case.path("");
    let check = |config: &Path| {
        let variables = [("XDG_STATE_HOME", state.path()), ("XDG_CONFIG_HOME", config)];
        coroner_with(&["check", &folder.to_string_lossy()], &variables);
        files(state.path()).len()
    };
    assert_eq!(check(config.path()), 0);
    assert_eq!(check(Path::new("/nowhere")), 2);
}
