use std::{
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::Duration,
};

use super::{inputs, *};
use crate::{
    app::fixture,
    engine::{EngineError, LocalEngine, PassControl},
    report::json,
    work::{open, open_again},
};

const CONTRACT: &str = "[model]\nname = \"credit\"\n\n[snapshots]\ntraining = \"training.csv\"\nproduction = \"production.csv\"\n\n\
                        [columns]\ntimestamp = \"ts\"\nprediction = \"prediction\"\nscore = \"score\"\nlabel = \"label\"\n";

/// A small case in a folder, and a folder for its cache.
struct Folders {
    case: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Folders {
    fn new() -> Self {
        let folders = Self {
            case: tempfile::tempdir().expect("a folder"),
            cache: tempfile::tempdir().expect("a folder"),
        };
        folders.write("coroner.toml", CONTRACT);
        folders.write("training.csv", &rows(300, 1));
        folders.write("production.csv", &rows(600, 2));
        folders
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.case.path().join(name), text).expect("a file can be written");
    }

    fn case(&self) -> Case {
        Case::load(self.case.path()).expect("a contract")
    }

    fn kept_in(&self) -> PathBuf {
        self.cache.path().join("cache")
    }

    fn cache(&self) -> CaseCache {
        CaseCache::of(&self.case(), Some(&self.kept_in()))
    }

    fn read(&self) -> Dossier {
        let control = PassControl::default();
        open_again(&self.case(), &LocalEngine::default(), &control, &self.cache()).expect("a case")
    }

    /// What the cache knows of the case as it is now.
    fn known(&self) -> Option<Dossier> {
        self.cache().dossier(&self.case(), &LocalEngine::default())
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.kept_in()).into_iter().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        files
    }
}

fn rows(count: u64, seed: u64) -> String {
    let mut text = "ts,income,region,prediction,score,label\n".to_owned();
    for at in 0..count {
        let drawn = (at * 7_919 + seed * 104_729) % 1000;
        let _ = writeln!(
            text,
            "2026-03-{:02}T{:02}:00:00,{drawn},{},{},{:.3},{}",
            1 + at * 10 / count,
            at % 24,
            ["north", "south"][(drawn % 2) as usize],
            u8::from(drawn >= 500),
            drawn as f64 / 1000.0,
            u8::from(drawn * 13 % 1000 < drawn)
        );
    }
    text
}

fn written(dossier: &Dossier) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    dossier.write(&mut writer);
    writer.finish().expect("memory takes bytes");
    bytes
}

#[test]
fn what_was_read_is_known_at_the_second_look() {
    let folders = Folders::new();
    assert!(folders.known().is_none());
    let first = folders.read();
    let known = folders.known().expect("it is kept");
    assert_eq!(written(&known), written(&first));
    assert_eq!(known.artifact.as_ref().err(), first.artifact.as_ref().err());
}

#[test]
fn a_whole_investigation_comes_back_as_it_was() {
    let investigation = fixture::investigation();
    let bytes = |investigation: &Investigation| {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        investigation.write(&mut writer);
        writer.finish().expect("memory takes bytes");
        bytes
    };
    let kept = bytes(&investigation);
    let mut reader = Reader::new(&kept);
    let back = Investigation::read(&mut reader, Arc::clone(&investigation.dossier)).expect("it is whole");
    reader.end().expect("nothing is left");
    assert!(back.is_whole());
    assert_eq!(bytes(&back), kept);
    assert_eq!(json::object(&back), json::object(&investigation));
    for length in [0, 1, kept.len() / 2, kept.len() - 1] {
        let mut reader = Reader::new(&kept[..length]);
        assert!(Investigation::read(&mut reader, Arc::clone(&investigation.dossier)).is_err(), "{length}");
    }
}

#[test]
fn other_content_is_read_anew_whatever_its_size_and_date() {
    let folders = Folders::new();
    folders.read();
    let path = folders.case.path().join("production.csv");
    let date = fs::metadata(&path).and_then(|found| found.modified()).expect("a date");
    let changed = rows(600, 2).replacen("north", "south", 1);
    folders.write("production.csv", &changed);
    File::options().write(true).open(&path).and_then(|file| file.set_modified(date)).expect("a date is set");
    assert!(folders.known().is_none());
    folders.read();
    assert!(folders.known().is_some(), "the new content is kept in place of the old");
}

#[test]
fn the_same_content_with_other_dates_is_known() {
    let folders = Folders::new();
    folders.read();
    folders.write("training.csv", &rows(300, 1));
    let path = folders.case.path().join("production.csv");
    let moved = folders.case.path().join("moved");
    fs::copy(&path, &moved).and_then(|_| fs::rename(&moved, &path)).expect("a copy takes its place");
    assert!(folders.known().is_some());
}

#[test]
fn a_file_that_rested_is_known_by_its_stamp_and_any_other_by_its_content() {
    let folders = Folders::new();
    let now = inputs::list(&folders.case(), SystemTime::now()).expect("files");
    let hashes =
        open(&folders.case(), &LocalEngine::default(), &PassControl::default()).expect("a case").data.files;
    // They were written a moment ago, so their stamps vouch for nothing yet.
    let fresh = inputs::hashed(&now, &hashes, SystemTime::now()).expect("they did not change");
    let later = SystemTime::now() + Duration::from_secs(10);
    let rested = inputs::hashed(&now, &hashes, later).expect("they did not change");
    let compare = |kept: &[inputs::Input]| inputs::compare(kept, &now);
    assert!(compare(&fresh).is_some_and(|same| same.confirmed(later).is_some()), "they were hashed");
    assert!(compare(&rested).is_some_and(|same| same.confirmed(later).is_none()), "nothing was hashed");
    assert!(compare(&fresh).is_some_and(|same| same.confirmed(SystemTime::now()).is_none()));
    assert!(compare(&rested[1..]).is_none(), "a file came");
    folders.write("production.csv", &rows(600, 3));
    let changed = inputs::list(&folders.case(), SystemTime::now()).expect("files");
    assert!(inputs::compare(&rested, &changed).is_none());
    assert!(inputs::hashed(&now, &hashes, later).is_none(), "it changed after the stamp was taken");
}

#[test]
fn another_contract_or_seed_is_another_case() {
    let folders = Folders::new();
    folders.read();
    let mut case = folders.case();
    case.sample.seed += 1;
    let other = CaseCache::of(&case, Some(&folders.kept_in()));
    assert!(other.dossier(&case, &LocalEngine::default()).is_none());
    folders.write("coroner.toml", &CONTRACT.replace("\"credit\"", "\"loans\""));
    assert!(folders.known().is_none());
    folders.write("coroner.toml", CONTRACT);
    assert!(folders.known().is_some());
}

#[test]
fn a_damaged_file_is_as_good_as_none_and_is_written_anew() {
    let folders = Folders::new();
    let dossier = folders.read();
    let [path] = &folders.files()[..] else { panic!("{:?}", folders.files()) };
    let whole = fs::read(path).expect("it is there");
    let step = (whole.len() / 97).max(1);
    for at in (0..whole.len()).step_by(step).chain(whole.len() - 64..whole.len()) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(path, &damaged).expect("it can be written");
        assert!(folders.known().is_none(), "byte {at} of {}", whole.len());
        fs::write(path, &whole[..at]).expect("it can be written");
        assert!(folders.known().is_none(), "cut at {at}");
    }
    assert_eq!(written(&folders.read()), written(&dossier));
    assert!(folders.known().is_some());
}

#[test]
fn a_result_rests_on_what_was_read_and_on_its_options() {
    let folders = Folders::new();
    let ask = |cache: &CaseCache, options: &str, value: u32| {
        cache.get_or(Kept::Check(options), || Ok::<u32, EngineError>(value)).expect("a value")
    };
    let cache = folders.cache();
    assert_eq!(ask(&cache, "a", 1), 1);
    assert_eq!(ask(&cache, "a", 2), 2, "what was read is not kept yet");
    cache.keep_dossier(
        &open(&folders.case(), &LocalEngine::default(), &PassControl::default()).expect("a case"),
    );
    assert_eq!((ask(&cache, "a", 3), ask(&cache, "a", 4), ask(&cache, "b", 5)), (3, 3, 5));
    let again = folders.cache();
    assert!(again.dossier(&folders.case(), &LocalEngine::default()).is_some());
    assert_eq!(ask(&again, "a", 6), 3);
    folders.write("production.csv", &rows(600, 4));
    folders.read();
    let other = folders.cache();
    assert!(other.dossier(&folders.case(), &LocalEngine::default()).is_some());
    assert_eq!(ask(&other, "a", 7), 7, "other rows");
}

#[test]
fn nothing_is_kept_where_nothing_can_or_should_be() {
    let folders = Folders::new();
    let control = PassControl::default();
    let engine = LocalEngine::default();
    for cache in [CaseCache::off(), CaseCache::of(&folders.case(), None)] {
        open_again(&folders.case(), &engine, &control, &cache).expect("a case");
        assert!(cache.dossier(&folders.case(), &engine).is_none());
    }
    assert!(folders.files().is_empty());
    // A file in place of the folder.
    fs::write(folders.kept_in(), "").expect("a file");
    folders.read();
    assert!(folders.known().is_none());
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folders = Folders::new();
    folders.read();
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&folders.kept_in()), 0o700);
    assert_eq!(folders.files().iter().map(|path| mode(path)).collect::<Vec<_>>(), [0o600]);
}

#[test]
fn what_was_used_last_stays_where_room_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, age: u64| {
        let mut file = File::create(folder.path().join(name)).expect("a file");
        file.write_all(&[0; 100]).expect("bytes");
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).expect("a date");
    };
    for (name, age) in
        [("a.rows", 30), ("b.rows", 10), ("c.rows", 20), (".coroner-x", 5000), (".coroner-y", 5)]
    {
        file(name, age);
    }
    file::make_room(folder.path(), 200, DRAFT_AGE);
    let entries = fs::read_dir(folder.path()).expect("a folder");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, [".coroner-y", "b.rows", "c.rows"]);
}

#[test]
fn what_is_too_large_is_not_kept_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.rows");
    let numbers = vec![0.5; 100_000];
    let write = |most| file::write(&path, &bytes_of(&1_u8), |to| numbers.write(to), most);
    assert_eq!(write(1000).map_err(|error| error.kind()), Err(std::io::ErrorKind::FileTooLarge));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    write(1_000_000).expect("there is room");
    assert!(KeptFile::read(&path).is_some_and(|file| file.payload().len() == 800_008));
}
