use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use super::*;
use crate::engine::Shelf;

/// A shelf that takes a file for the same as long as it has the same name, and knows the hashes of those it was told of.
#[derive(Debug, Default)]
struct Memory {
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    hashed: Mutex<BTreeSet<PathBuf>>,
}

impl Shelf for Memory {
    fn mark(&self, path: &Path) -> Option<Vec<u8>> {
        Some(path.to_string_lossy().into_owned().into_bytes())
    }

    fn hash(&self, path: &Path) -> Option<String> {
        self.hashed.lock().expect("no panic").contains(path).then(|| "a hash".to_owned())
    }

    fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.kept.lock().expect("no panic").get(name).cloned()
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        self.kept.lock().expect("no panic").insert(name.to_owned(), bytes.to_vec());
    }
}

const DAYS: [&str; 3] = ["date=2026-02-01", "date=2026-02-02", "date=2026-02-03"];

/// Writes a day of the log.
fn write_day(folder: &Path, day: usize) {
    let path = folder.join("log").join(DAYS[day]);
    fs::create_dir_all(&path).expect("a writable folder");
    write(&path.join("part.parquet"), &log().slice(day as i64 * 1000, 1000));
}

/// Overwrites the rows of a Parquet file, and leaves what says which columns it has, and how many rows.
fn destroy_rows(path: &Path) {
    let mut bytes = fs::read(path).expect("a file");
    let end = bytes.len() - 8;
    let length: [u8; 4] = bytes[end..end + 4].try_into().expect("four bytes");
    bytes[4..end - u32::from_le_bytes(length) as usize].fill(0);
    fs::write(path, bytes).expect("a writable file");
}

fn grown_case(folder: &Path) -> Case {
    let mut case = case(folder, "training.parquet", "log");
    case.sample.rows = Some(500);
    case
}

fn on_shelf(case: &Case, shelf: &Arc<Memory>, threads: usize) -> Result<CaseData, EngineError> {
    let shelf: Arc<dyn Shelf> = Arc::<Memory>::clone(shelf);
    let engine = LocalEngine::with_threads(threads).with_shelf(shelf).expect("it has a use for a shelf");
    read(engine.as_ref(), case, &PassControl::default()).map(|(data, _)| data)
}

fn assert_same_data(got: &CaseData, want: &CaseData) {
    assert_eq!(got.plan, want.plan);
    assert_same(&got.training, &want.training, "training");
    assert_same(&got.production, &want.production, "production");
    assert_eq!(got.notes, want.notes);
}

#[test]
fn of_a_log_that_grew_only_the_new_file_is_read() {
    for threads in [1, 2] {
        let folder = folder();
        let folder = folder.path();
        write(&folder.join("training.parquet"), &log());
        (0..2).for_each(|day| write_day(folder, day));
        let case = grown_case(folder);
        let shelf = Arc::new(Memory::default());
        let before = on_shelf(&case, &shelf, threads).expect("readable");
        assert_same_data(&before, &reading(&case));
        write_day(folder, 2);
        let want = reading(&case);
        assert!(want.production.rows > before.production.rows);

        // What was read is not read again: there is nothing left of it but the footers.
        let old =
            ["training.parquet", "log/date=2026-02-01/part.parquet", "log/date=2026-02-02/part.parquet"];
        for path in old.map(|name| folder.join(name)) {
            destroy_rows(&path);
            shelf.hashed.lock().expect("no panic").insert(path);
        }
        assert!(read(&LocalEngine::default(), &case, &PassControl::default()).is_err());
        let got = on_shelf(&case, &shelf, threads).expect("the old files are not read");
        assert_same_data(&got, &want);
        let hashes: Vec<bool> = got.files.iter().map(|file| file.sha256 == "a hash").collect();
        assert_eq!(hashes, [true, true, true, false]);

        // Once more, with nothing new at all.
        destroy_rows(&folder.join("log/date=2026-02-03/part.parquet"));
        assert_same_data(&on_shelf(&case, &shelf, threads).expect("nothing is read"), &want);
    }
}

#[test]
fn a_file_that_came_in_between_is_read_with_all_others() {
    let folder = folder();
    let folder = folder.path();
    write(&folder.join("training.parquet"), &log());
    [0, 2].into_iter().for_each(|day| write_day(folder, day));
    let case = grown_case(folder);
    let shelf = Arc::new(Memory::default());
    on_shelf(&case, &shelf, 2).expect("readable");
    write_day(folder, 1);
    assert_same_data(&on_shelf(&case, &shelf, 2).expect("readable"), &reading(&case));
}

#[test]
fn damaged_or_foreign_counts_are_read_anew() {
    let folder = folder();
    let folder = folder.path();
    write(&folder.join("training.parquet"), &log());
    (0..2).for_each(|day| write_day(folder, day));
    let case = grown_case(folder);
    let shelf = Arc::new(Memory::default());
    on_shelf(&case, &shelf, 2).expect("readable");
    write_day(folder, 2);
    let want = reading(&case);
    let whole = shelf.kept.lock().expect("no panic").clone();
    for cut in [0, 1, 40, 400, 4000] {
        let shelf = Arc::new(Memory::default());
        let damaged = whole.iter().map(|(name, bytes)| {
            let left = bytes.len().saturating_sub(cut + 1);
            (name.clone(), bytes[..left].to_vec())
        });
        shelf.kept.lock().expect("no panic").extend(damaged);
        assert_same_data(&on_shelf(&case, &shelf, 2).expect("readable"), &want);
    }
    // The same files by other rules.
    let mut other = case.clone();
    other.sample.seed += 1;
    assert_same_data(&on_shelf(&other, &shelf, 2).expect("readable"), &reading(&other));
}
