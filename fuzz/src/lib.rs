//! What each fuzz target does with its bytes. A target fails by a panic, also by one of its own assertions.
//!
//! The tests of the program run the same functions over the committed corpus.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use coroner::{
    app::Filter,
    autopsy::{self, Investigation},
    case::{Case, Snapshots},
    engine::{Engine as _, LocalEngine, PassControl, cut},
    model::artifact::Artifact,
    report::{Analyst, Report},
    summary::{profile::Profile, values::plain},
    text::message::Explain as _,
    work::{self, Replayed},
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// A target: takes any bytes and comes back.
pub type Target = fn(&[u8]);

/// The targets by name; each has a corpus of its own in `corpus`.
pub const TARGETS: [(&str, Target); 9] = [
    ("contract", contract),
    ("csv", csv),
    ("json", json),
    ("events", events),
    ("filter", filter),
    ("journal", journal),
    ("profile", profile),
    ("onnx", onnx),
    ("template", template),
];

/// Examines the case that filters, models and templates are tried on, which takes longer than any input may.
pub fn prepare() {
    LazyLock::force(&INVESTIGATION);
}

/// `coroner.toml`: read, or refused with a message that is harmless on a terminal.
pub fn contract(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Case::parse(text.to_owned(), PathBuf::from("coroner.toml"), PathBuf::from("/case")) {
        Ok(case) => {
            assert!(!case.title().is_empty());
            assert!(!case.snapshots.training.is_empty() && !case.snapshots.production.is_empty());
        }
        Err(error) => {
            for line in error.message().lines(true) {
                assert!(!line.chars().any(char::is_control), "{line:?}");
            }
        }
    }
}

/// Separated text: the same records as the csv crate's, and whole records wherever it is cut.
pub fn csv(data: &[u8]) {
    let Some((&first, data)) = data.split_first() else { return };
    let separator = [b',', b';', b'\t', b'|'][usize::from(first) % 4];
    let ours = cut::csv_records(data, separator);
    let (end, records, lines) = cut::record_ends(data, Some(separator));
    assert!(end <= data.len() && records <= lines);
    assert_eq!(
        [cut::csv_records(&data[..end], separator), cut::csv_records(&data[end..], separator)].concat(),
        ours
    );
    // The csv crate keeps a carriage return before a line break, and drops a byte order mark.
    if std::str::from_utf8(data).is_ok() && !data.contains(&b'\r') && !data.starts_with("\u{feff}".as_bytes())
    {
        assert_eq!(ours, of_the_csv_crate(data, separator));
    }
}

fn of_the_csv_crate(mut input: &[u8], separator: u8) -> Vec<Vec<String>> {
    use csv_core::ReadRecordResult::{End, InputEmpty, OutputEndsFull, OutputFull, Record};
    let mut reader = csv_core::ReaderBuilder::new()
        .delimiter(separator)
        .terminator(csv_core::Terminator::Any(b'\n'))
        .build();
    let (mut output, mut ends) = (vec![0; input.len() + 16], vec![0; input.len() + 16]);
    let (mut written, mut fields, mut all) = (0, 0, Vec::new());
    loop {
        let (result, read, more, ended) =
            reader.read_record(input, &mut output[written..], &mut ends[fields..]);
        input = &input[read..];
        (written, fields) = (written + more, fields + ended);
        match result {
            InputEmpty => {}
            End => return all,
            Record => {
                let mut from = 0;
                let field = |&to: &usize| {
                    let text = String::from_utf8_lossy(&output[from..to]).into_owned();
                    from = to;
                    text
                };
                all.push(ends[..fields].iter().map(field).collect());
                (written, fields) = (0, 0);
            }
            OutputFull | OutputEndsFull => unreachable!("a record is no longer than the text"),
        }
    }
}

/// JSON lines: the same rows as `serde_json`'s, and refused where it refuses.
pub fn json(data: &[u8]) {
    let ours = cut::json_rows(data);
    let holds = |word: &[u8]| data.windows(word.len()).any(|window| window == word);
    if std::str::from_utf8(data).is_err() {
        assert!(ours.is_err());
        return;
    }
    // Python's and Java's words for numbers are read as null, which serde_json does not.
    if holds(b"NaN") || holds(b"Infinity") {
        return;
    }
    let lines = data.split(|&b| b == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace));
    let theirs: Result<Vec<Pairs>, _> = lines.map(serde_json::from_slice).collect();
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            for (row, Pairs(pairs)) in ours.iter().zip(&theirs) {
                for (name, text) in row {
                    // A path into an object, which is not followed here, has a full stop.
                    if name.contains('.') {
                        continue;
                    }
                    let value =
                        pairs.iter().find(|(key, _)| key == name).map_or(&Value::Null, |(_, value)| value);
                    assert_eq!(*text, text_of(value), "{name}");
                }
            }
        }
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{ours:?} {:?}", theirs.map(|rows| rows.len())),
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        // A list of one is its value, as request logs of batches of one hold it.
        Value::Array(list) => match &list[..] {
            [only] => text_of(only),
            _ => None,
        },
        Value::Null | Value::Object(_) => None,
        Value::Bool(x) => Some(x.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Number(x) => x.as_i64().map_or_else(|| x.as_f64().map(plain), |x| Some(x.to_string())),
    }
}

/// An object with its keys as they stand, also those that stand twice.
#[derive(Debug)]
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        reader.deserialize_map(Object)
    }
}

/// The file of events, whatever its format: in order of time, or refused.
pub fn events(data: &[u8]) {
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
    let file = FOLDER.path().join("events.csv");
    fs::write(&file, data).expect("it can be written");
    let named = Some("events.csv".to_owned());
    let case = Case {
        root: FOLDER.path().to_owned(),
        snapshots: Snapshots { events: named, ..Snapshots::default() },
        ..Case::default()
    };
    if let Ok(events) = LocalEngine::with_threads(1).events(&case, &mut Vec::new()) {
        assert!(events.is_sorted_by_key(|event| event.at));
    }
}

/// What is typed into the filter: understood or not, and what is left are features that were there.
pub fn filter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(filter) = Filter::parse(text) {
        let investigation = &*INVESTIGATION;
        let all: Vec<usize> = (0..investigation.dossier.data.plan.features.len()).collect();
        let left = filter.apply(investigation, &all);
        assert!(left.iter().all(|feature| all.contains(feature)));
    }
}

/// A journal: every line is replayed or counted, and what was replayed comes back from what is written of it.
pub fn journal(data: &[u8]) {
    let replayed = Replayed::of(data).expect("memory can be read");
    let _ = replayed.damage_message(Path::new("journal"));
    let mut lines = Vec::new();
    for record in replayed.journal.records() {
        serde_json::to_writer(&mut lines, record).expect("a record can be written");
        lines.push(b'\n');
    }
    let again = Replayed::of(lines.as_slice()).expect("memory can be read");
    assert!(again.unread.is_empty());
    // What was undone and where the console stood last are not among the records in force.
    assert_eq!(format!("{:?}", again.journal.records()), format!("{:?}", replayed.journal.records()));
    assert_eq!(format!("{:?}", again.journal.marks()), format!("{:?}", replayed.journal.marks()));
}

/// A profile: one that is taken can be counted with, added up, and comes back from what is written of it.
pub fn profile(data: &[u8]) {
    let Ok(profile) = Profile::read(data) else { return };
    let mut plan = profile.plan();
    let summary = profile.summary(&mut plan);
    assert_eq!(summary.features.len(), plan.features.len());
    let _ = Profile::merge(&[("a".to_owned(), profile.clone()), ("b".to_owned(), profile.clone())]);
    let again = Profile::read(profile.json().as_bytes()).expect("a profile that was written");
    assert_eq!(again.json(), profile.json());
}

/// A model: refused, or it answers a few rows or says why it can't.
pub fn onnx(data: &[u8]) {
    if let Ok(artifact) = Artifact::load(data) {
        let data = &INVESTIGATION.dossier.data;
        let rows: Vec<usize> = (0..data.training.sample.rows.min(8)).collect();
        let _ = artifact.answer(&data.plan, &data.training.sample, &rows);
    }
}

/// A template: renders, or says in which line it is wrong.
pub fn template(data: &[u8]) {
    static REPORT: LazyLock<Report> = LazyLock::new(|| Report::new(&INVESTIGATION, &Analyst::default()));
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(error) = REPORT.markdown_by("template.md", text) {
        for line in error.message().lines(true) {
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}

/// A small case, examined once.
static INVESTIGATION: LazyLock<Investigation> = LazyLock::new(|| {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let folder = above.map(|folder| folder.join("sample-data/false-alarm")).find(|folder| folder.is_dir());
    let case = Case::load(&folder.expect("the samples lie beside the sources")).expect("a contract");
    let dossier =
        work::open(&case, &LocalEngine::with_threads(1), &PassControl::default()).expect("it is readable");
    autopsy::investigate(Arc::new(dossier), &|_| {})
});
