//! An end-to-end diagnosis beside the bare decoding of the same files: cases of two snapshots of 60 000 and of a million rows and
//! 30 features are read and investigated.
//!
//! `cargo bench --bench diagnose`; `ROWS=20000 cargo bench --bench diagnose` for another number of rows in
//! each snapshot alone. A case is drawn with a fixed seed into a temporary folder. Half way through the log one
//! feature arrives a hundred times as large, which gives every exam a fault to examine. The small one should
//! take at most 1.2 s on two idle cores, the large one at most twice as long as decoding, and four times its CPU time.

#![expect(clippy::print_stdout, reason = "what it measures is what it prints")]

mod decoding;
mod generated_case;

use std::{
    fs::File,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use coroner::{
    autopsy::{Stage, investigate},
    engine::{LocalEngine, PassControl},
    work::open,
};
use decoding::{Taken, decode};
use polars::prelude::*;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Number of numeric features, and number of levels of each categorical one.
const NUMBERS: usize = 24;
const LEVELS: [usize; 6] = [4, 8, 12, 20, 30, 60];

/// Number of hidden factors; each numeric feature depends on one of them.
const CAUSES: usize = 6;

/// The feature whose unit changes in the log.
const BROKEN: usize = 1;

/// Rows of each snapshot of the cases.
const SIZES: [usize; 2] = [60_000, 1_000_000];

/// Runs; the fastest one counts.
const RUNS: usize = 3;

/// How long each stage took, by name.
type Spans<'a> = Vec<(&'a str, Duration)>;

fn main() {
    let asked = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok());
    asked.map_or_else(|| SIZES.to_vec(), |rows| vec![rows]).into_iter().for_each(diagnose);
}

/// Measures a case of so many rows in each snapshot.
fn diagnose(rows: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = ["training.parquet", "production.parquet"].map(|name| folder.path().join(name));
    write(&files[0], rows, 1, rows);
    write(&files[1], rows, 2, rows / 2);
    let case = generated_case::contract(folder.path(), true);
    let mut best: Option<(Taken, Taken, Spans<'_>)> = None;
    // Alternating, to expose both to the same load of the machine.
    for _ in 0..RUNS {
        let decoding = Taken::by(|| files.iter().for_each(|file| decode(file)));
        let stages = Mutex::new(vec![("reading", Instant::now())]);
        let whole = Taken::by(|| {
            let dossier = open(&case, &LocalEngine::default(), &PassControl::default());
            let dossier = Arc::new(dossier.expect("a case that can be read"));
            let investigation = investigate(dossier, &|stage: Stage| {
                stages.lock().expect("no stage panics").push((stage.name(), Instant::now()));
            });
            assert!(!investigation.findings.is_empty());
        });
        let end = Instant::now();
        let stages = stages.into_inner().expect("no stage panics");
        let ends = stages.iter().skip(1).map(|&(_, at)| at).chain([end]);
        let spans = stages.iter().zip(ends).map(|(&(name, from), to)| (name, to - from)).collect();
        best = Some(match best {
            Some((bare, known, known_spans)) => {
                let spans = if whole.wall < known.wall { spans } else { known_spans };
                (bare.least(decoding), known.least(whole), spans)
            }
            None => (decoding, whole, spans),
        });
    }
    let (decoding, whole, stages) = best.expect("at least one run");
    for (name, time) in stages {
        println!("  {name}: {time:.2?}");
    }
    let (wall, cpu) = whole.over(decoding);
    println!(
        "twice {rows} rows x {} features: decoding {:.2?} ({:.2?} CPU), diagnosis {:.2?} ({:.2?} CPU): {wall:.2} times by wall, \
         {cpu:.2} by CPU",
        NUMBERS + LEVELS.len(),
        decoding.wall,
        decoding.cpu,
        whole.wall,
        whole.cpu
    );
}

/// Writes a snapshot of eight weeks.
///
/// * `broken`: from this row on, a feature has another unit.
fn write(path: &Path, rows: usize, seed: u64, broken: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // The sum of twelve uniform numbers less six is nearly normal.
    let mut normal = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
    let causes: Vec<f64> = (0..rows * CAUSES).map(|_| normal()).collect();
    let lean = |row: usize, feature: usize| 0.5 * causes[row * CAUSES + feature % CAUSES];
    let numbers: Vec<Vec<f64>> =
        (0..NUMBERS).map(|j| (0..rows).map(|row| lean(row, j) + normal()).collect()).collect();
    let levels: Vec<Vec<usize>> = LEVELS
        .iter()
        .map(|&n| {
            let mut level = || (random.random::<f64>().powi(2) * n as f64) as usize;
            (0..rows).map(|_| level()).collect()
        })
        .collect();
    // The score depends on the value as served, the label on the true value.
    let odds = |row: usize, second: f64| {
        0.8 * numbers[0][row] + 0.6 * second - 0.5 * numbers[2][row]
            + 0.5 * numbers[3][row] * f64::from(u8::from(numbers[6][row] > 0.0))
            + 0.7 * f64::from(u8::from(levels[0][row] == 1))
    };
    let chance = |odds: f64| 1.0 / (1.0 + (-odds).exp());
    let served = |row: usize| numbers[BROKEN][row] + if row < broken { 0.0 } else { 100_f64.ln() };
    let score: Vec<f64> = (0..rows).map(|row| chance(odds(row, served(row)))).collect();
    let label: Vec<i64> = (0..rows)
        .map(|row| i64::from(random.random::<f64>() < chance(odds(row, numbers[BROKEN][row]))))
        .collect();
    let prediction: Vec<i64> = score.iter().map(|&s| i64::from(s > 0.5)).collect();

    let step = 56 * 86_400_000_000 / rows as i64;
    let times: Vec<i64> = (0..rows).map(|row| 1_770_000_000_000_000 + row as i64 * step).collect();
    let times = Series::new("ts".into(), times).cast(&DataType::Datetime(TimeUnit::Microseconds, None));
    let mut columns = vec![times.expect("whole numbers become times").into_column()];
    for (j, values) in numbers.iter().enumerate() {
        let shown: Vec<f64> = match j % 3 {
            1 if j == BROKEN => (0..rows).map(|row| served(row).exp()).collect(),
            1 => values.iter().map(|x| x.exp()).collect(),
            2 => values.iter().map(|x| (10.0 * x).round()).collect(),
            _ => values.clone(),
        };
        columns.push(Series::new(format!("number_{j}").into(), shown).into_column());
    }
    for (j, codes) in levels.iter().enumerate() {
        let texts: Vec<String> = codes.iter().map(|code| format!("level {code}")).collect();
        columns.push(Series::new(format!("category_{j}").into(), texts).into_column());
    }
    columns.push(Series::new("score".into(), score).into_column());
    columns.push(Series::new("prediction".into(), prediction).into_column());
    columns.push(Series::new("label".into(), label).into_column());
    let mut frame = DataFrame::new_infer_height(columns).expect("columns of one length");
    let file = File::create(path).expect("a writable folder");
    ParquetWriter::new(file).finish(&mut frame).expect("the file is written");
}
