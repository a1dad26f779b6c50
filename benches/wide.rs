//! Diagnoses of usual, wide and many-class cases as ratios of one run: how the CPU time grows with columns, classes and rows.
//!
//! `cargo bench --bench wide`. Every case is drawn with a fixed seed into a temporary folder and read and investigated in this
//! process; the first case is the unit. A cost that is linear in the columns shows as a ratio near that of the cells.

#![expect(clippy::print_stdout, reason = "what it measures is what it prints")]

mod generated_case;

use std::{
    fs::File,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use coroner::{
    autopsy::investigate,
    case::Case,
    engine::{LocalEngine, PassControl},
    work::open,
};
use polars::prelude::*;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A case of the benchmark.
struct Shape {
    rows: usize,
    features: usize,
    classes: usize,
}

/// The first one is the unit of the ratios.
const SHAPES: [Shape; 5] = [
    Shape { rows: 20_000, features: 30, classes: 2 },
    Shape { rows: 20_000, features: 120, classes: 2 },
    Shape { rows: 20_000, features: 480, classes: 2 },
    Shape { rows: 2_000, features: 960, classes: 2 },
    Shape { rows: 20_000, features: 30, classes: 100 },
];

/// Runs; the fastest one counts.
const RUNS: usize = 2;

fn main() {
    let mut unit = None;
    for shape in &SHAPES {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let case = drawn(folder.path(), shape);
        let time = (0..RUNS).map(|_| diagnosed(&case)).min().unwrap_or_default();
        let cells = (shape.rows * shape.features) as f64;
        let (first, of) = *unit.get_or_insert((time, cells));
        println!(
            "{} rows x {} features, {} classes: {time:.2?}, {:.1} times the first case with {:.1} times its cells",
            shape.rows,
            shape.features,
            shape.classes,
            time.as_secs_f64() / first.as_secs_f64(),
            cells / of
        );
    }
}

/// The time to read and investigate a case.
fn diagnosed(case: &Case) -> Duration {
    let start = Instant::now();
    let dossier =
        open(case, &LocalEngine::default(), &PassControl::default()).expect("a case that can be read");
    let investigation = investigate(Arc::new(dossier), &|_| ());
    assert!(!investigation.findings.is_empty());
    start.elapsed()
}

/// Draws both snapshots of a case; half way through production, one feature arrives a hundred times as large.
fn drawn(folder: &Path, shape: &Shape) -> Case {
    write(&folder.join("training.parquet"), shape, 1, shape.rows);
    write(&folder.join("production.parquet"), shape, 2, shape.rows / 2);
    generated_case::contract(folder, false)
}

fn write(path: &Path, shape: &Shape, seed: u64, broken: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
    let rows = shape.rows;
    let numbers: Vec<Vec<f64>> = (0..shape.features).map(|_| (0..rows).map(|_| normal()).collect()).collect();
    let served = |row: usize| numbers[1][row] + if row < broken { 0.0 } else { 100_f64.ln() };
    let odds = |row: usize, second: f64| 0.8 * numbers[0][row] + 0.6 * second - 0.5 * numbers[2][row];
    let class = |odds: f64| {
        let place = ((odds + 3.0) / 6.0 * shape.classes as f64).clamp(0.0, shape.classes as f64 - 1.0);
        format!("class {}", place as usize)
    };
    let prediction: Vec<String> = (0..rows).map(|row| class(odds(row, served(row)))).collect();
    let label: Vec<String> =
        (0..rows).map(|row| class(odds(row, numbers[1][row]) + 0.5 * normal())).collect();
    let step = 56 * 86_400_000_000 / rows as i64;
    let times: Vec<i64> = (0..rows).map(|row| 1_770_000_000_000_000 + row as i64 * step).collect();
    let times = Series::new("ts".into(), times).cast(&DataType::Datetime(TimeUnit::Microseconds, None));
    let mut columns = vec![times.expect("whole numbers become times").into_column()];
    for (j, values) in numbers.iter().enumerate() {
        let shown: Vec<f64> =
            if j == 1 { (0..rows).map(|row| served(row).exp()).collect() } else { values.clone() };
        columns.push(Series::new(format!("number_{j}").into(), shown).into_column());
    }
    columns.push(Series::new("prediction".into(), prediction).into_column());
    columns.push(Series::new("label".into(), label).into_column());
    let mut frame = DataFrame::new_infer_height(columns).expect("columns of one length");
    let file = File::create(path).expect("a writable folder");
    ParquetWriter::new(file).finish(&mut frame).expect("the file is written");
}
