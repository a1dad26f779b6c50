//! The pass over a snapshot: threads take chunk after chunk and count.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    convert,
    format::{Chunk, Chunks, DataFile, Decoded},
    partition::{self, Partition},
    source::Source,
};
use crate::{
    case::SnapshotRole,
    engine::{EngineError, PassControl, PassProgress, fields::Field, levels::Levels},
    summary::{
        MISSING, Micros,
        accumulator::{Accumulator, AnswerColumns, Frame, ServingColumns},
        reservoir::{Reservoir, Slot},
        values::{Dictionary, NO_TIME, Values},
    },
};

/// Which rows a pass reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sampling {
    /// All.
    All,
    /// About this many, from chunks spread evenly over the files.
    About(u64),
}

/// The parameters of a pass.
pub(super) struct Pass<'a> {
    pub source: &'a Source,
    pub fields: &'a [Field],
    /// The snapshot being read, for progress.
    pub role: SnapshotRole,
    pub sampling: Sampling,
    pub threads: usize,
    /// Whether rows are counted by window.
    pub clock: bool,
    /// The first and the last instant of the log: rows outside of it are left out, as those without a time are.
    pub log: Option<(Micros, Micros)>,
    pub control: &'a PassControl<'a>,
    /// Where it begins.
    pub beginning: Beginning,
}

/// A place between two files of a snapshot.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beginning {
    /// The file that comes next.
    pub file: usize,
    /// The index of its first chunk, and the position of its first row.
    pub index: u64,
    pub position: u64,
    /// Rows that were read before it.
    pub rows: u64,
}

/// The result of a pass.
pub(super) struct Done {
    pub accumulator: Option<Accumulator>,
    pub reservoir: Reservoir,
    /// Rows read.
    pub rows: u64,
    /// Rows that were left out as they lie outside of [`Pass::log`].
    pub outside: u64,
    /// The first text that could not be read as a time.
    pub unreadable_time: Option<String>,
    /// Spelling variants of class names found in labels and predictions, mapped to the class.
    pub respelt: BTreeMap<String, String>,
    /// The rows of each level, where they were counted.
    pub levels: Levels,
    /// Where it ended.
    pub end: Beginning,
}

impl Done {
    /// The same with what was read of the files before.
    pub(super) fn behind(mut self, before: Self) -> Self {
        if let (Some(own), Some(theirs)) = (&mut self.accumulator, before.accumulator) {
            own.merge(theirs);
        }
        self.reservoir.merge(before.reservoir);
        self.rows += before.rows;
        self.outside += before.outside;
        self.unreadable_time = before.unreadable_time.or(self.unreadable_time);
        self.respelt.extend(before.respelt);
        self.levels.merge(before.levels);
        self
    }
}

/// A chunk of a snapshot.
struct SourceChunk<'a> {
    /// Its index in the snapshot.
    index: u64,
    /// Position of its first row in the snapshot.
    first: u64,
    file: &'a DataFile,
    /// The partition columns of the file.
    partitions: &'a [Partition],
    chunk: Box<dyn Chunk + 'a>,
}

/// Hands out the chunks of a snapshot in order.
struct SourceChunks<'a> {
    source: &'a Source,
    /// One of this many chunks is handed out.
    every: u64,
    /// Where only a part of each of these is read: one of this many rows, and the number of chunks.
    part: Option<(u64, u64)>,
    /// Index of the current file, and its chunks once it is open.
    file: usize,
    open: Option<Chunks<'a>>,
    index: u64,
    position: u64,
}

impl<'a> SourceChunks<'a> {
    fn new(source: &'a Source, sampling: Sampling, beginning: Beginning) -> Self {
        let (mut every, mut part) = (1, None);
        if let Sampling::About(rows) = sampling {
            let per_row = 8 * source.columns.len().max(1) as u64;
            let total = source.rows.unwrap_or(source.bytes() / per_row);
            let wanted = (total / rows.max(1)).max(1);
            let chunks: Option<usize> = source.files.iter().map(|file| file.chunk_count()).sum();
            // At least three chunks, so that a sorted file still shows its range.
            every = chunks.map_or(wanted, |chunks| wanted.min((chunks as u64 / 3).max(1)));
            let read = chunks.map_or(0, |chunks| (chunks as u64).div_ceil(every));
            part = (wanted > every && read >= 3).then_some((wanted / every, read));
        }
        let Beginning { file, index, position, .. } = beginning;
        Self { source, every, part, file, open: None, index, position }
    }

    fn next(&mut self) -> Result<Option<SourceChunk<'a>>, EngineError> {
        while let Some(file) = self.source.files.get(self.file) {
            let chunks = match &mut self.open {
                Some(chunks) => chunks,
                None => self.open.insert(file.file().walled(|| file.chunks())?),
            };
            let Some(mut chunk) = file.file().walled(|| chunks.next().transpose())? else {
                self.open = None;
                self.file += 1;
                continue;
            };
            let (index, mut first) = (self.index, self.position - chunk.header_records_before());
            let records = chunk.records();
            self.position += records;
            self.index += 1;
            if index.is_multiple_of(self.every) {
                if let Some((part, chunks)) = self.part {
                    // From the first chunk the first rows, from the last one the last, so that they span the range of a sorted file.
                    let rows = records / part;
                    let from = (records - rows) * (index / self.every) / (chunks - 1).max(1);
                    if rows > 0 && chunk.narrow(from..from + rows) {
                        first += from;
                    }
                }
                let partitions = self.source.partitions.get(self.file).map_or(&[][..], Vec::as_slice);
                return Ok(Some(SourceChunk { index, first, file: file.file(), partitions, chunk }));
            }
        }
        Ok(None)
    }
}

/// The state of one thread.
struct Thread {
    /// Buffer of the last numeric column, reused for the next one.
    spare: Vec<f64>,
    accumulator: Option<Accumulator>,
    reservoir: Reservoir,
    dictionaries: Vec<Dictionary>,
    /// Rows of each code, by field, where levels are counted.
    codes: Vec<Vec<u64>>,
    rows: u64,
    outside: u64,
    unreadable_time: Option<(u64, String)>,
}

impl Pass<'_> {
    /// Reads the snapshot.
    ///
    /// * `start`: creates a thread's state; without an accumulator, rows are only sampled.
    /// * `ids`: if given, only rows with one of these ids are sampled.
    pub(super) fn run(
        &self,
        start: impl Fn() -> (Option<Accumulator>, Reservoir) + Sync,
        ids: Option<&HashMap<u64, usize>>,
    ) -> Result<Done, EngineError> {
        let chunks = Mutex::new(SourceChunks::new(self.source, self.sampling, self.beginning));
        let failed: Mutex<Option<(u64, EngineError)>> = Mutex::new(None);
        let read = AtomicU64::new(self.beginning.rows);
        let fail = |index: u64, error: EngineError| {
            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
            // If several threads fail, the error that comes first in the snapshot is reported.
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
                codes: vec![Vec::new(); self.fields.len()],
                rows: 0,
                outside: 0,
                unreadable_time: None,
            };
            loop {
                if self.control.is_cancelled() {
                    fail(0, EngineError::Cancelled);
                }
                let mut chunks = chunks.lock().unwrap_or_else(PoisonError::into_inner);
                if failed.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                    return thread;
                }
                let chunk = match chunks.next() {
                    Ok(Some(next)) => next,
                    Ok(None) => return thread,
                    Err(error) => {
                        fail(chunks.index, error);
                        return thread;
                    }
                };
                drop(chunks);
                match chunk.file.walled(|| self.count(&mut thread, &chunk, ids)) {
                    Ok(rows) => {
                        let rows = read.fetch_add(rows, Ordering::Relaxed) + rows;
                        self.control.report(PassProgress { snapshot: self.role, rows, of: self.source.rows });
                    }
                    Err(error) => fail(chunk.index, error),
                }
            }
        };
        let threads = self.threads.min(self.most_chunks());
        let mut counted: Vec<Thread> = if threads == 1 {
            vec![work()]
        } else {
            std::thread::scope(|scope| {
                // A system that is short of memory refuses threads; those that there are do the work.
                let start = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
                let handles: Vec<_> = (0..threads).map_while(start).collect();
                if handles.is_empty() {
                    return vec![work()];
                }
                handles
                    .into_iter()
                    .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                    .collect()
            })
        };
        let SourceChunks { file, index, position, .. } =
            chunks.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, error)) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let classes = |thread: &Thread| -> Vec<(String, String)> {
            let dictionaries = self.fields.iter().zip(&thread.dictionaries);
            let of_classes =
                dictionaries.filter(|(field, _)| matches!(field.slot, Slot::Label | Slot::Prediction));
            of_classes.flat_map(|(_, dictionary)| dictionary.respelt().clone()).collect()
        };
        let respelt = counted.iter().flat_map(classes).collect();
        let levels = self.levels(&counted);
        let mut done = counted.pop().expect("at least one thread has worked");
        for thread in counted {
            if let (Some(mine), Some(theirs)) = (&mut done.accumulator, thread.accumulator) {
                mine.merge(theirs);
            }
            done.reservoir.merge(thread.reservoir);
            done.rows += thread.rows;
            done.outside += thread.outside;
            done.unreadable_time = [done.unreadable_time, thread.unreadable_time].into_iter().flatten().min();
        }
        Ok(Done {
            accumulator: done.accumulator,
            reservoir: done.reservoir,
            rows: done.rows,
            outside: done.outside,
            unreadable_time: done.unreadable_time.map(|(_, text)| text),
            respelt,
            levels,
            end: Beginning { file, index, position, rows: self.beginning.rows + done.rows },
        })
    }

    /// The rows of each level that the threads have counted.
    fn levels(&self, counted: &[Thread]) -> Levels {
        let mut levels = Levels::default();
        for thread in counted.iter().filter(|thread| thread.accumulator.is_some()) {
            let fields = self.fields.iter().zip(&thread.dictionaries).zip(&thread.codes);
            for ((field, dictionary), codes) in fields {
                if let Slot::Feature(feature) = field.slot
                    && !codes.is_empty()
                {
                    levels.add(feature, codes, dictionary);
                }
            }
        }
        levels
    }

    /// Returns an upper bound on the number of chunks.
    fn most_chunks(&self) -> usize {
        let chunks: Option<usize> = self.source.files.iter().map(|file| file.most_chunks()).sum();
        chunks.map_or(usize::MAX, |chunks| chunks.max(1))
    }

    /// Counts a chunk; returns its number of rows.
    fn count(
        &self,
        thread: &mut Thread,
        chunk: &SourceChunk<'_>,
        ids: Option<&HashMap<u64, usize>>,
    ) -> Result<u64, EngineError> {
        thread.dictionaries.iter_mut().for_each(Dictionary::renew);
        let first = chunk.first;
        let has_idle_threads = self.threads > 1 && self.most_chunks() < self.threads;
        let mut rows = 0;
        let mut frame = Frame::default();
        for (number, range) in chunk.chunk.field_ranges(self.fields).into_iter().enumerate() {
            let (decoded, mut columns) = chunk.chunk.decode(
                &self.fields[range.clone()],
                &mut thread.dictionaries[range.clone()],
                has_idle_threads,
            )?;
            let from = range.start;
            let mut first_values = Vec::new();
            if number == 0 {
                rows = decoded;
                for index in 0..self.fields.iter().take_while(|field| field.first).count() {
                    first_values.push(self.values(thread, &mut columns, index, from, (chunk, decoded))?);
                }
                frame = self.begin(thread, rows, &first_values, first, ids);
            }
            if thread.accumulator.is_none() && thread.reservoir.is_idle() {
                break;
            }
            for index in range {
                let values = match first_values.get_mut(index) {
                    Some(values) => std::mem::replace(values, Values::Absent),
                    None => self.values(thread, &mut columns, index, from, (chunk, decoded))?,
                };
                if let (Slot::Feature(feature), Some(accumulator)) =
                    (self.fields[index].slot, thread.accumulator.as_mut())
                {
                    accumulator.add_feature(feature, &values, &frame, first);
                    if self.role == SnapshotRole::Training {
                        count_codes(&mut thread.codes[index], &values, &frame);
                    }
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

    /// Assigns rows to windows, counts predictions and service, selects the sampled rows.
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
        let mut within = Vec::new();
        let times = match of(Slot::Time) {
            Values::Instants { values, unreadable } => {
                if let Some((from, to)) = self.log {
                    let inside = |time: &Micros| if (from..=to).contains(time) { *time } else { NO_TIME };
                    within = values.iter().map(inside).collect();
                    let left = |(all, within): (&Micros, &Micros)| *all != NO_TIME && *within == NO_TIME;
                    thread.outside += values.iter().zip(&within).filter(|&pair| left(pair)).count() as u64;
                }
                if let Some((row, text)) = unreadable {
                    let found = Some((first + u64::from(*row), text.clone()));
                    thread.unreadable_time =
                        [thread.unreadable_time.take(), found].into_iter().flatten().min();
                }
                Some(if self.log.is_some() { within.as_slice() } else { values.as_slice() })
            }
            _ => None,
        };
        let frame = match &mut thread.accumulator {
            Some(accumulator) => {
                if let Some(total) = self.source.rows {
                    accumulator.reserve_ahead(total as f64 / rows.max(1) as f64);
                }
                // Without windows a time only tells which rows are of the snapshot.
                let frame = match times.filter(|_| !self.clock) {
                    Some(times) => accumulator.begin_without(rows, without_time(times)),
                    None => accumulator.begin(rows, times),
                };
                let classes = |slot: Slot| place(slot).map(|at| &thread.dictionaries[at]);
                let answers = AnswerColumns {
                    label: of(Slot::Label),
                    prediction: of(Slot::Prediction),
                    score: of(Slot::Score),
                    label_classes: classes(Slot::Label),
                    prediction_classes: classes(Slot::Prediction),
                };
                accumulator.add_answers(&answers, &frame, first);
                let serving = ServingColumns {
                    latency_ms: of(Slot::Latency),
                    cpu: of(Slot::Cpu),
                    memory: of(Slot::Memory),
                };
                accumulator.add_serving(&serving, &frame);
                frame
            }
            None => Frame::of_dropped(times.map(without_time).unwrap_or_default()),
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

    /// Returns the values of one field of a chunk whose columns from the field `from` on are decoded.
    fn values(
        &self,
        thread: &mut Thread,
        decoded: &mut Decoded,
        index: usize,
        from: usize,
        (chunk, rows): (&SourceChunk<'_>, usize),
    ) -> Result<Values, EngineError> {
        let field = &self.fields[index];
        let absent = |thread: &mut Thread| {
            let told = chunk.partitions.iter().find(|(name, _)| *name == field.column);
            told.map_or(Values::Absent, |(_, value)| {
                partition::values(value.as_deref(), rows, field.form, &mut thread.dictionaries[index])
            })
        };
        let column = match decoded {
            Decoded::Values(values) => match std::mem::replace(&mut values[index - from], Values::Absent) {
                Values::Absent => return Ok(absent(thread)),
                values => return Ok(if field.first { values.bounded() } else { values }),
            },
            Decoded::Series(columns) => columns[index - from].take(),
        };
        let Some(column) = column else {
            return Ok(absent(thread));
        };
        let spare = std::mem::take(&mut thread.spare);
        let reading = self.source.column(&field.column).map(|column| column.reading).unwrap_or_default();
        convert::values(column, field.form, &mut thread.dictionaries[index], spare, reading)
            .map(|values| if field.first { values.bounded() } else { values })
            .map_err(|error| chunk.file.damaged(&error))
    }
}

/// The rows that have no time, ascending.
fn without_time(times: &[Micros]) -> Vec<u32> {
    (0..).zip(times).filter(|(_, time)| **time == NO_TIME).map(|(row, _)| row).collect()
}

/// Adds the rows of each code of a column.
fn count_codes(rows: &mut Vec<u64>, values: &Values, frame: &Frame) {
    let Values::Codes(codes) = values else { return };
    for &code in frame.counted().flat_map(|range| &codes[range]).filter(|code| **code != MISSING) {
        let code = code as usize;
        if code >= rows.len() {
            rows.resize(code + 1, 0);
        }
        rows[code] += 1;
    }
}
