//! The time from a key to the next frame on every screen, and from the start of the process to the first
//! frame.
//!
//! `cargo bench --bench console` examines a case of 500 features and 60 days, types keys on every screen and
//! measures the time until the next frame is in a buffer: `app::update`, then `ui::frame::draw`. 99 of 100
//! keys should be answered within 16 ms. Then it starts the program in a terminal and waits for the first
//! frame, which should appear within 50 ms.

#![expect(clippy::print_stdout, reason = "what it measures is what it prints")]

mod generated_case;

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use coroner::{
    app::{Head, Key, Model, Msg, update},
    autopsy::{Step, investigate},
    case::Case,
    engine::{LocalEngine, PassControl},
    journal::Journal,
    ui::{frame, look::Look},
    work,
};
use polars::prelude::*;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use ratatui::{buffer::Buffer, layout::Rect};

/// Features, days of the log, and rows of each snapshot.
const FEATURES: usize = 500;
const DAYS: i64 = 60;
const ROWS: usize = 24_000;

/// Columns and lines of the terminals.
const SIZES: [(u16, u16); 2] = [(120, 36), (200, 50)];

/// Number of program starts.
const STARTS: usize = 30;

/// Keys to operate a screen: lists, panes, views, orders, groups, zoom, filters, pins.
const KEYS: &str = "j j j j l l l h J K ] ] [ n N PgDn PgUp G g s s S b b b v v m m a a o + + - 0 Tab j j Enter Esc \
                    Tab j v j Tab j j Tab j e e / f _ 1 Backspace Esc ? j j Esc : d r Esc ! Esc Space u";

/// The contract of the case.
const CONTRACT: &str = r#"[model]
name = "bench"

[snapshots]
training = "training.parquet"
production = "production.parquet"

[columns]
timestamp = "ts"
label = "label"
prediction = "prediction"
score = "score"
"#;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    answered(&case(folder.path()));
    fs::write(folder.path().join("coroner.toml"), CONTRACT).expect("a writable folder");
    started(folder.path());
}

/// Measures every key on every screen.
fn answered(case: &Case) {
    let begun = Instant::now();
    let dossier =
        work::open(case, &LocalEngine::default(), &PassControl::default()).expect("a case that can be read");
    let windows = dossier.production.windows.len();
    let investigation = Arc::new(investigate(Arc::new(dossier), &|_| ()));
    println!("{FEATURES} features x {windows} windows, read and examined in {:.1?}", begun.elapsed());
    for (columns, lines) in SIZES {
        let head = Head { title: "bench 1".to_owned(), ..Head::default() };
        let mut model = Model::new(head, Journal::default(), (columns, lines));
        let examined =
            Msg::Examined { epoch: 0, investigation: Arc::clone(&investigation), data: String::new() };
        let _ = update(&mut model, examined);
        for step in Step::ALL {
            let took = worked(&model, step);
            let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
            println!(
                "{columns}x{lines} {:10} {} keys: median {:.2?}, 99 % {:.2?}, longest {:.2?} ({})",
                step.name(),
                took.len(),
                at(0.5).0,
                at(0.99).0,
                at(1.0).0,
                at(1.0).1
            );
        }
    }
}

/// Types the keys on a screen, several times over; returns the duration of each, ascending.
fn worked(model: &Model, step: Step) -> Vec<(Duration, &'static str)> {
    let mut model = model.clone();
    let number = char::from_digit(step as u32 + 1, 10).expect("nine steps");
    let _ = update(&mut model, Msg::Key(Key::Char(number)));
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let look = Look::default();
    let mut buf = Buffer::empty(area);
    let mut took = Vec::new();
    for name in KEYS.split(' ').cycle().take(5 * KEYS.split(' ').count()) {
        let key = Key::parse(name).expect("a key");
        let begun = Instant::now();
        let _ = std::hint::black_box(update(&mut model, Msg::Key(key)));
        buf.reset();
        frame::draw(&model, &look, area, &mut buf);
        took.push((begun.elapsed(), name));
        if model.screen != step {
            let _ = update(&mut model, Msg::Key(Key::Char(number)));
        }
    }
    took.sort();
    took
}

/// Starts the program repeatedly, and measures the time to its first frame.
fn started(case: &Path) {
    let mut took: Vec<Duration> = (0..STARTS).map(|_| first_frame(case)).collect();
    took.sort();
    println!(
        "first frame after the start: median {:.1?}, longest of {STARTS} {:.1?}",
        took[STARTS / 2],
        took[STARTS - 1]
    );
}

fn first_frame(case: &Path) -> Duration {
    let size = PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pty = native_pty_system().openpty(size).expect("a terminal");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_coroner"));
    command.args(["open", &case.display().to_string()]);
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
        command.env(name, value);
    }
    for name in ["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
        command.env(name, case.join("home"));
    }
    command.env_remove("NO_COLOR");
    let mut reader = pty.master.try_clone_reader().expect("a reader");
    let mut keys = pty.master.take_writer().expect("a writer");
    let begun = Instant::now();
    let mut child = pty.slave.spawn_command(command).expect("the program starts");
    drop(pty.slave);
    let (mut sent, mut buffer) = (Vec::new(), [0; 8192]);
    let title = b"Triage";
    let took = loop {
        let n = reader.read(&mut buffer).expect("the program draws");
        assert!(n > 0, "the program ended without a frame");
        let new = sent.len();
        sent.extend_from_slice(&buffer[..n]);
        // A terminal answers queries for its background and its attributes.
        if sent[new.saturating_sub(4)..].windows(5).any(|ask| ask == b"\x1b]11;") {
            keys.write_all(b"\x1b]11;rgb:1c1c/1e1e/2626\x1b\\").expect("an answer");
        }
        if sent[new.saturating_sub(2)..].windows(3).any(|ask| ask == b"\x1b[c") {
            keys.write_all(b"\x1b[?62c").expect("an answer");
        }
        if sent.windows(title.len()).any(|words| words == title) {
            break begun.elapsed();
        }
    };
    child.kill().expect("it runs");
    child.wait().expect("it is a child of ours");
    took
}

/// A case whose snapshots are generated in a folder.
fn case(folder: &Path) -> Case {
    write(&folder.join("training.parquet"), 1, 0.0);
    write(&folder.join("production.parquet"), 2, 1.0);
    generated_case::contract(folder, true)
}

/// Writes a log in which every tenth feature moves after half of the time; one in five features is
/// categorical.
fn write(path: &Path, seed: u64, moved: f64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let normal = |r: &mut ChaCha8Rng| (0..4).map(|_| r.random::<f64>()).sum::<f64>() - 2.0;
    let late = |row: usize| row > ROWS / 2;
    let step = DAYS * 86_400_000_000 / ROWS as i64;
    let times: Vec<i64> = (0..ROWS).map(|row| 1_770_000_000_000_000 + row as i64 * step).collect();
    let times = Series::new("ts".into(), times).cast(&DataType::Datetime(TimeUnit::Microseconds, None));
    let mut columns: Vec<Column> = vec![times.expect("whole numbers become times").into_column()];
    let mut cause = Vec::new();
    for i in 0..FEATURES {
        let name = format!("feature_{i:03}");
        if i % 5 == 4 {
            let values: Vec<String> =
                (0..ROWS).map(|_| format!("level {}", random.random_range(0..12))).collect();
            columns.push(Series::new(name.into(), values).into_column());
            continue;
        }
        let shift = if i % 10 == 0 { moved } else { 0.0 };
        let values: Vec<f64> =
            (0..ROWS).map(|row| normal(&mut random) + shift * f64::from(u8::from(late(row)))).collect();
        if i == 0 {
            cause.clone_from(&values);
        }
        columns.push(Series::new(name.into(), values).into_column());
    }
    let score: Vec<f64> = cause.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
    let label: Vec<i64> = (0..ROWS)
        .map(|row| {
            let share = if late(row) { 1.0 - moved * score[row] } else { score[row] };
            i64::from(random.random::<f64>() < share)
        })
        .collect();
    let prediction: Vec<i64> = score.iter().map(|&s| i64::from(s > 0.5)).collect();
    columns.push(Series::new("score".into(), score).into_column());
    columns.push(Series::new("prediction".into(), prediction).into_column());
    columns.push(Series::new("label".into(), label).into_column());
    let mut frame = DataFrame::new_infer_height(columns).expect("columns of one length");
    let file = File::create(path).expect("a writable folder");
    ParquetWriter::new(file).finish(&mut frame).expect("the file is written");
}
