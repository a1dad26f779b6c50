//! The pass over a snapshot: threads take piece after piece and count.

use std::{
    collections::HashMap,
    fs::File,
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use polars::prelude::Series;

use super::{
    arrow::Batches,
    convert, csv, json, parquet,
    source::{Format, Source, unpacking},
    text::{Cutter, TextPiece},
};
use crate::{
    engine::{EngineError, Progress, Watch, fields::Field},
    summary::{
        accumulator::{Accumulator, Answers, Frame, Serving},
        reservoir::{Reservoir, Slot},
        values::{Dictionary, Values},
    },
};

/// Which rows a pass reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spread {
    /// All.
    All,
    /// About so many, from pieces that are spread evenly over the files.
    About(u64),
}

/// What a pass reads, and how.
pub(super) struct Pass<'a> {
    pub source: &'a Source,
    pub fields: &'a [Field],
    /// What progress is reported as.
    pub name: &'a str,
    pub spread: Spread,
    pub threads: usize,
    pub watch: &'a Watch<'a>,
}

/// What a pass leaves behind.
pub(super) struct Done {
    pub accumulator: Option<Accumulator>,
    pub reservoir: Reservoir,
    /// Rows read.
    pub rows: u64,
    /// The first text that could not be read as a time.
    pub unreadable_time: Option<String>,
}

/// Some rows of a file.
enum Piece {
    Group { file: usize, group: usize },
    Batch { file: usize, columns: Vec<Series> },
    Text { file: usize, text: TextPiece, starts: bool },
}

/// Hands out the pieces of a snapshot in order, each with the position of its first row.
struct Pieces<'a> {
    source: &'a Source,
    /// Of so many pieces one is handed out.
    every: u64,
    file: usize,
    open: Option<Open>,
    index: u64,
    position: u64,
}

#[expect(clippy::large_enum_variant, reason = "there is one of them in a pass")]
enum Open {
    Groups(usize),
    Batches(Batches),
    Text(Cutter),
}

impl<'a> Pieces<'a> {
    fn new(source: &'a Source, spread: Spread) -> Self {
        let every = match spread {
            Spread::All => 1,
            Spread::About(rows) => {
                let per_row = 8 * source.columns.len().max(1) as u64;
                let total = source.rows.unwrap_or(source.bytes() / per_row);
                let pieces: u64 = source
                    .files
                    .iter()
                    .map(|file| match &file.format {
                        Format::Parquet(parquet) => parquet.whole.row_groups.len() as u64,
                        _ => u64::MAX >> 16,
                    })
                    .sum();
                // At least three pieces, so that a sorted file still shows its range.
                (total / rows.max(1)).clamp(1, (pieces / 3).max(1))
            }
        };
        Self { source, every, file: 0, open: None, index: 0, position: 0 }
    }

    /// The next piece: its number, the position of its first row, and the piece.
    fn next(&mut self) -> Result<Option<(u64, u64, Piece)>, EngineError> {
        while let Some(file) = self.source.files.get(self.file) {
            let io = |source| EngineError::Io { file: file.shown.clone(), source };
            if self.open.is_none() {
                self.open = Some(match &file.format {
                    Format::Parquet(_) => Open::Groups(0),
                    Format::Arrow { streamed } => {
                        let handle = File::open(&file.path).map_err(io)?;
                        Open::Batches(Batches::open(handle, *streamed, &file.shown)?)
                    }
                    Format::Csv { compression, .. } => {
                        Open::Text(Cutter::open(&file.path, *compression, true).map_err(io)?)
                    }
                    Format::Json { compression } => {
                        Open::Text(Cutter::open(&file.path, *compression, false).map_err(io)?)
                    }
                });
            }
            let first = self.position;
            let number = self.file;
            let found = match (self.open.as_mut(), &file.format) {
                (Some(Open::Groups(next)), Format::Parquet(parquet)) => {
                    let group = *next;
                    *next += 1;
                    parquet.whole.row_groups.get(group).map(|metadata| {
                        self.position += metadata.num_rows() as u64;
                        Piece::Group { file: number, group }
                    })
                }
                (Some(Open::Batches(batches)), _) => batches.next(&file.shown)?.map(|columns| {
                    self.position += columns.first().map_or(0, |column| column.len()) as u64;
                    Piece::Batch { file: number, columns }
                }),
                (Some(Open::Text(cutter)), _) => {
                    cutter.next().map_err(|error| unpacking(error, &file.shown))?.map(|text| {
                        self.position += text.records;
                        Piece::Text { file: number, starts: text.first == 0, text }
                    })
                }
                _ => None,
            };
            let Some(piece) = found else {
                self.open = None;
                self.file += 1;
                continue;
            };
            self.index += 1;
            if (self.index - 1).is_multiple_of(self.every) {
                return Ok(Some((self.index - 1, first, piece)));
            }
        }
        Ok(None)
    }
}

/// Columns of a piece: decoded, or already in the form in which they are counted.
enum Loaded {
    Columns(Vec<Option<Series>>),
    Values(Vec<Values>),
}

/// What one thread holds.
struct Thread {
    /// Memory of the last numeric column, used again for the next one.
    spare: Vec<f64>,
    accumulator: Option<Accumulator>,
    reservoir: Reservoir,
    dictionaries: Vec<Dictionary>,
    rows: u64,
    unreadable_time: Option<(u64, String)>,
}

impl Pass<'_> {
    /// Reads the snapshot.
    ///
    /// * `start`: what a thread counts into; without an accumulator, rows are only sampled.
    /// * `ids`: if given, only rows whose id is in it are sampled.
    pub(super) fn run(
        &self,
        start: impl Fn() -> (Option<Accumulator>, Reservoir) + Sync,
        ids: Option<&HashMap<u64, usize>>,
    ) -> Result<Done, EngineError> {
        let pieces = Mutex::new(Pieces::new(self.source, self.spread));
        let failed: Mutex<Option<(u64, EngineError)>> = Mutex::new(None);
        let read = AtomicU64::new(0);
        let fail = |index: u64, error: EngineError| {
            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
            // Several threads may fail; the first place in the snapshot is reported.
            if failed.as_ref().is_none_or(|(known, _)| index < *known) {
                *failed = Some((index, error));
            }
        };
        let work = || {
            let (accumulator, reservoir) = start();
            let dictionaries = self.fields.iter().map(|f| Dictionary::new(f.known.clone())).collect();
            let mut thread = Thread {
                spare: Vec::new(),
                accumulator,
                reservoir,
                dictionaries,
                rows: 0,
                unreadable_time: None,
            };
            loop {
                if self.watch.is_cancelled() {
                    fail(0, EngineError::Cancelled);
                }
                let mut pieces = pieces.lock().unwrap_or_else(PoisonError::into_inner);
                if failed.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                    return thread;
                }
                let (index, first, piece) = match pieces.next() {
                    Ok(Some(next)) => next,
                    Ok(None) => return thread,
                    Err(error) => {
                        fail(pieces.index, error);
                        return thread;
                    }
                };
                drop(pieces);
                match self.count(&mut thread, first, &piece, ids) {
                    Ok(rows) => {
                        let rows = read.fetch_add(rows, Ordering::Relaxed) + rows;
                        self.watch.report(Progress { snapshot: self.name, rows, of: self.source.rows });
                    }
                    Err(error) => fail(index, error),
                }
            }
        };
        let threads = self.threads.min(self.most_pieces());
        let mut counted: Vec<Thread> = if threads == 1 {
            vec![work()]
        } else {
            std::thread::scope(|scope| {
                let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
                handles
                    .into_iter()
                    .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                    .collect()
            })
        };
        if let Some((_, error)) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut done = counted.pop().expect("at least one thread has worked");
        for thread in counted {
            if let (Some(mine), Some(theirs)) = (&mut done.accumulator, thread.accumulator) {
                mine.merge(theirs);
            }
            done.reservoir.merge(thread.reservoir);
            done.rows += thread.rows;
            done.unreadable_time = [done.unreadable_time, thread.unreadable_time].into_iter().flatten().min();
        }
        Ok(Done {
            accumulator: done.accumulator,
            reservoir: done.reservoir,
            rows: done.rows,
            unreadable_time: done.unreadable_time.map(|(_, text)| text),
        })
    }

    /// An upper bound on the pieces; text files are known by their size.
    fn most_pieces(&self) -> usize {
        let pieces = |file: &super::source::SourceFile| match &file.format {
            Format::Parquet(parquet) => parquet.whole.row_groups.len(),
            Format::Arrow { .. } => usize::MAX >> 16,
            Format::Csv { .. } | Format::Json { .. } => (file.bytes >> 20) as usize + 1,
        };
        self.source.files.iter().map(pieces).sum::<usize>().max(1)
    }

    /// Counts a piece; returns its rows.
    fn count(
        &self,
        thread: &mut Thread,
        first: u64,
        piece: &Piece,
        ids: Option<&HashMap<u64, usize>>,
    ) -> Result<u64, EngineError> {
        thread.dictionaries.iter_mut().for_each(Dictionary::renew);
        let ranges = match piece {
            Piece::Group { file, group } => match &self.source.files[*file].format {
                Format::Parquet(parquet) => {
                    parquet::ranges(parquet.whole.row_groups[*group].num_rows(), self.fields)
                }
                _ => Vec::new(),
            },
            _ => std::iter::once(0..self.fields.len()).collect(),
        };
        // Positions of a CSV file's rows start after its header.
        let first = match piece {
            Piece::Text { file, starts: false, .. }
                if matches!(self.source.files[*file].format, Format::Csv { .. }) =>
            {
                first - 1
            }
            _ => first,
        };
        let mut rows = 0;
        let mut frame = Frame::default();
        for (number, range) in ranges.into_iter().enumerate() {
            let (loaded, mut columns) = self.load(thread, piece, range.clone())?;
            let from = range.start;
            let mut first_values = Vec::new();
            if number == 0 {
                rows = loaded;
                for index in 0..self.fields.iter().take_while(|field| field.first).count() {
                    first_values.push(self.values(thread, &mut columns, index, from, piece)?);
                }
                frame = self.begin(thread, rows, &first_values, first, ids);
            }
            if thread.accumulator.is_none() && thread.reservoir.is_idle() {
                break;
            }
            for index in range {
                let values = match first_values.get_mut(index) {
                    Some(values) => std::mem::replace(values, Values::Absent),
                    None => self.values(thread, &mut columns, index, from, piece)?,
                };
                if let (Slot::Feature(feature), Some(accumulator)) =
                    (self.fields[index].slot, thread.accumulator.as_mut())
                {
                    accumulator.add_feature(feature, &values, &frame, first);
                }
                thread.reservoir.add(index, &values, Some(&thread.dictionaries[index]));
                if let Values::Numbers { values, .. } = values {
                    thread.spare = values;
                }
            }
        }
        thread.rows += rows as u64;
        Ok(rows as u64)
    }

    /// Finds the rows' windows, counts answers and service, chooses the sampled rows.
    fn begin(
        &self,
        thread: &mut Thread,
        rows: usize,
        values: &[Values],
        first: u64,
        ids: Option<&HashMap<u64, usize>>,
    ) -> Frame {
        let place = |slot: Slot| self.fields.iter().position(|field| field.slot == slot);
        let of = |slot: Slot| place(slot).and_then(|at| values.get(at)).unwrap_or(&Values::Absent);
        let times = match of(Slot::Time) {
            Values::Instants { values, unreadable } => {
                if let Some((row, text)) = unreadable {
                    let found = Some((first + u64::from(*row), text.clone()));
                    thread.unreadable_time =
                        [thread.unreadable_time.take(), found].into_iter().flatten().min();
                }
                Some(values.as_slice())
            }
            _ => None,
        };
        let frame = match &mut thread.accumulator {
            Some(accumulator) => {
                if let Some(total) = self.source.rows {
                    accumulator.expect(total as f64 / rows.max(1) as f64);
                }
                let frame = accumulator.begin(rows, times);
                let classes = |slot: Slot| place(slot).map(|at| &thread.dictionaries[at]);
                let answers = Answers {
                    label: of(Slot::Label),
                    prediction: of(Slot::Prediction),
                    score: of(Slot::Score),
                    label_classes: classes(Slot::Label),
                    prediction_classes: classes(Slot::Prediction),
                };
                accumulator.add_answers(&answers, &frame, first);
                let serving =
                    Serving { latency_ms: of(Slot::Latency), cpu: of(Slot::Cpu), memory: of(Slot::Memory) };
                accumulator.add_serving(&serving, &frame);
                frame
            }
            None => Frame::default(),
        };
        match (ids, of(Slot::Id)) {
            (None, _) => thread.reservoir.begin(first, rows, frame.dropped()),
            (Some(ids), Values::Hashes(hashes)) => {
                let wanted: Vec<u32> =
                    (0..).zip(hashes).filter(|(_, id)| ids.contains_key(id)).map(|(row, _)| row).collect();
                thread.reservoir.begin_with(first, &wanted);
            }
            (Some(_), _) => thread.reservoir.begin_with(first, &[]),
        }
        frame
    }

    /// The values of one field of a piece whose columns from the field `from` on are loaded.
    fn values(
        &self,
        thread: &mut Thread,
        loaded: &mut Loaded,
        index: usize,
        from: usize,
        piece: &Piece,
    ) -> Result<Values, EngineError> {
        let column = match loaded {
            Loaded::Values(values) => {
                return Ok(std::mem::replace(&mut values[index - from], Values::Absent));
            }
            Loaded::Columns(columns) => columns[index - from].take(),
        };
        let Some(column) = column else {
            return Ok(Values::Absent);
        };
        let spare = std::mem::take(&mut thread.spare);
        convert::values(column, self.fields[index].form, &mut thread.dictionaries[index], spare).map_err(
            |error| EngineError::Damaged {
                file: self.source.files[piece.file()].shown.clone(),
                reason: error.to_string(),
            },
        )
    }

    /// Reads some columns of a piece; returns its rows and the columns.
    fn load(
        &self,
        thread: &mut Thread,
        piece: &Piece,
        range: Range<usize>,
    ) -> Result<(usize, Loaded), EngineError> {
        let fields = &self.fields[range.clone()];
        let file = &self.source.files[piece.file()];
        match piece {
            Piece::Group { group, .. } => {
                let Format::Parquet(parquet) = &file.format else {
                    return Ok((0, Loaded::Columns(vec![None; fields.len()])));
                };
                let rows = parquet.whole.row_groups[*group].num_rows();
                let in_parallel = self.threads > 1 && self.most_pieces() < self.threads;
                let columns = parquet::read(file, parquet, *group, fields, in_parallel)?;
                Ok((rows, Loaded::Columns(columns)))
            }
            Piece::Batch { columns, .. } => {
                let rows = columns.first().map_or(0, |column| column.len());
                let find =
                    |field: &Field| columns.iter().find(|c| c.name().as_str() == field.column).cloned();
                Ok((rows, Loaded::Columns(fields.iter().map(find).collect())))
            }
            Piece::Text { text, starts, .. } => {
                let dictionaries = &mut thread.dictionaries[range];
                let (rows, values) = match &file.format {
                    Format::Csv { layout, .. } => {
                        csv::values(layout, text, *starts, fields, dictionaries, &file.shown)?
                    }
                    _ => json::values(text, fields, dictionaries, &file.shown)?,
                };
                Ok((rows, Loaded::Values(values)))
            }
        }
    }
}

impl Piece {
    /// The number of its file.
    fn file(&self) -> usize {
        match self {
            Self::Group { file, .. } | Self::Batch { file, .. } | Self::Text { file, .. } => *file,
        }
    }
}
