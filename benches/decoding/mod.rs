//! The bare decoding of a Parquet file, which other work is compared with, and the CPU time of this process.

use std::{
    fs::{self, File},
    path::Path,
    sync::Arc,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use polars::prelude::*;

/// Wall and CPU time of some work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    pub(crate) wall: Duration,
    /// Of the program and of the system for it.
    pub(crate) cpu: Duration,
}

impl Taken {
    /// Measures some work.
    pub(crate) fn by(work: impl FnOnce()) -> Self {
        let (start, before) = (Instant::now(), cpu());
        work();
        Self { wall: start.elapsed(), cpu: cpu().saturating_sub(before) }
    }

    /// The smaller wall and the smaller CPU time of two runs.
    pub(crate) fn least(self, other: Self) -> Self {
        Self { wall: self.wall.min(other.wall), cpu: self.cpu.min(other.cpu) }
    }

    /// How many times as long as something else it took, by wall and by CPU time.
    pub(crate) fn over(self, unit: Self) -> (f64, f64) {
        let ratio = |own: Duration, of: Duration| own.as_secs_f64() / of.as_secs_f64().max(1e-9);
        (ratio(self.wall, unit.wall), ratio(self.cpu, unit.cpu))
    }
}

/// The CPU time of this process, as Linux counts it in hundredths of a second; zero on other systems.
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in brackets, may hold blanks; behind it the 12th and 13th fields are the times.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// Decodes all columns, as many row groups at a time as there are threads, and drops the result.
pub(crate) fn decode(path: &Path) {
    let mut reader = ParquetReader::new(File::open(path).expect("the file is there"));
    let whole = reader.get_metadata().expect("a footer").clone();
    let bare = FileMetadata { row_groups: Vec::new(), ..FileMetadata::clone(&whole) };
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(group) = whole.row_groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let only = FileMetadata {
                        num_rows: group.num_rows(),
                        row_groups: vec![group.clone()],
                        ..bare.clone()
                    };
                    let file = File::open(path).expect("the file is there");
                    let mut reader = ParquetReader::new(file).read_parallel(ParallelStrategy::None);
                    reader.set_metadata(Arc::new(only));
                    std::hint::black_box(reader.finish().expect("a frame"));
                }
            });
        }
    });
}
