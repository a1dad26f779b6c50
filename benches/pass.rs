//! The pass over a Parquet log compared with the bare decoding of the same columns, in one run.
//!
//! `cargo bench --bench pass` measures four million rows; `ROWS=1000000 cargo bench --bench pass` any other
//! number. The log is drawn with a fixed seed into a temporary folder. The pass should take at most 1.6 times
//! as long as decoding. A small case is then read from end to end.

#![expect(clippy::print_stdout, reason = "what it measures is what it prints")]

mod decoding;
mod generated_case;

use std::{fs::File, path::Path};

use coroner::{
    case::{Case, SnapshotRole},
    engine::{Engine, LocalEngine, PassControl, read},
};
use decoding::{Taken, decode};
use polars::prelude::*;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Rows per row group.
const GROUP: usize = 100_000;

/// Rows of each snapshot of the small case, which is read from end to end: plan, both passes, hashes.
const SMALL: usize = 60_000;

/// Runs of each measurement; the fastest one counts.
const RUNS: usize = 5;

fn main() {
    let rows = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(4_000_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let case = case(folder.path(), 200_000, rows);
    let engine = LocalEngine::default();
    let control = PassControl::default();
    let plan = engine.plan(&case, &control, &mut Vec::new()).expect("a plan");
    let log = folder.path().join("production.parquet");
    // Alternating, to expose both to the same load of the machine.
    let pass = || {
        let mut plan = plan.clone();
        let summary = engine.summarise(&case, SnapshotRole::Production, &mut plan, &control, &mut Vec::new());
        assert_eq!(summary.expect("a summary").rows, rows as u64);
    };
    let (mut decoding, mut passing) = (Taken::by(|| decode(&log)), Taken::by(pass));
    for _ in 1..RUNS {
        decoding = decoding.least(Taken::by(|| decode(&log)));
        passing = passing.least(Taken::by(pass));
    }
    let (wall, cpu) = passing.over(decoding);
    println!(
        "{rows} rows x 36 columns: decoding {:.2?} ({:.2?} CPU), pass {:.2?} ({:.2?} CPU): {wall:.2} times by wall, {cpu:.2} by CPU",
        decoding.wall, decoding.cpu, passing.wall, passing.cpu
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let case = self::case(folder.path(), SMALL, SMALL);
    let runs = (0..RUNS).map(|_| {
        Taken::by(|| {
            let (data, _) = read(&engine, &case, &control).expect("a case that can be read");
            assert_eq!(data.production.rows, SMALL as u64);
        })
        .wall
    });
    let whole = runs.min().expect("at least one run");
    println!("a case of twice {SMALL} rows x 36 columns: read in {whole:.2?}");
}

/// A case whose snapshots are generated in a folder.
fn case(folder: &Path, training: usize, production: usize) -> Case {
    write(&folder.join("training.parquet"), training, 1);
    write(&folder.join("production.parquet"), production, 2);
    generated_case::contract(folder, true)
}

/// Writes a log of eight weeks: 32 features (26 numbers, 3 whole numbers, 3 categories), time, label,
/// prediction, score.
fn write(path: &Path, rows: usize, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let file = File::create(path).expect("a writable folder");
    let mut groups = Vec::new();
    let step = 56 * 86_400_000_000 / rows as i64;
    for from in (0..rows).step_by(GROUP) {
        let n = GROUP.min(rows - from);
        let mut columns: Vec<Column> = Vec::new();
        let times: Vec<i64> = (from..from + n).map(|row| 1_770_000_000_000_000 + row as i64 * step).collect();
        let times = Series::new("ts".into(), times).cast(&DataType::Datetime(TimeUnit::Microseconds, None));
        columns.push(times.expect("whole numbers become times").into_column());
        for i in 0..26 {
            let normal = |r: &mut ChaCha8Rng| (0..4).map(|_| r.random::<f64>()).sum::<f64>() - 2.0;
            let values: Vec<f64> = match i % 3 {
                0 => (0..n).map(|_| normal(&mut random)).collect(),
                1 => (0..n).map(|_| (normal(&mut random) * 2.0).exp()).collect(),
                _ => (0..n).map(|_| (normal(&mut random) * 1000.0).round() / 100.0).collect(),
            };
            columns.push(Series::new(format!("number_{i}").into(), values).into_column());
        }
        for (i, most) in [(0, 5), (1, 100), (2, 100_000)] {
            let values: Vec<i64> = (0..n).map(|_| random.random_range(0..most)).collect();
            columns.push(Series::new(format!("whole_{i}").into(), values).into_column());
        }
        for (i, levels) in [(0, 4), (1, 30), (2, 300)] {
            let values: Vec<String> =
                (0..n).map(|_| format!("level {}", random.random_range(0..levels))).collect();
            columns.push(Series::new(format!("category_{i}").into(), values).into_column());
        }
        let score: Vec<f64> = (0..n).map(|_| random.random()).collect();
        let label: Vec<Option<i64>> = score
            .iter()
            .map(|&s| (random.random::<f64>() > 0.2).then(|| i64::from(random.random::<f64>() < s)))
            .collect();
        let prediction: Vec<i64> = score.iter().map(|&s| i64::from(s > 0.5)).collect();
        columns.push(Series::new("score".into(), score).into_column());
        columns.push(Series::new("prediction".into(), prediction).into_column());
        columns.push(Series::new("label".into(), label).into_column());
        groups.push(DataFrame::new_infer_height(columns).expect("columns of one length"));
    }
    let mut frames = groups.into_iter();
    let mut frame = frames.next().expect("at least one row");
    for next in frames {
        frame.vstack_mut(&next).expect("the same columns");
    }
    ParquetWriter::new(file)
        .with_row_group_size(Some(GROUP))
        .finish(&mut frame)
        .expect("the file is written");
}
