//! The counts of one column, by window.

use std::collections::BTreeMap;

use super::Frame;
use crate::{
    cached::cached,
    summary::{
        Bins, FeatureCounts, Moments,
        exact::ExactMoments,
        lookup::Lookup,
        values::{EXAMPLES, LARGEST, Values, is_number},
    },
};

/// The number of values whose moments are added in parallel.
const LANES: usize = 4;

/// Buffers reused from column to column.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    moments: Vec<Moments>,
    rows: Vec<u32>,
}

/// Rows per window and fine bin of one column, with its moments and unreadable texts.
#[derive(Debug, Clone, Default)]
pub(super) struct ColumnCounts {
    bins: usize,
    numeric: bool,
    center: f64,
    pub(super) present: bool,
    counts: Vec<u32>,
    moments: Vec<ExactMoments>,
    unreadable: Vec<u32>,
    pub(super) infinite: u64,
    /// Unreadable texts, by the first row that holds them.
    pub(super) examples: BTreeMap<u64, String>,
}

cached!(struct ColumnCounts {
    bins, numeric, center, present, counts, moments, unreadable, infinite, examples,
});

impl ColumnCounts {
    pub(super) fn new(bins: &Bins) -> Self {
        Self {
            bins: bins.fine(),
            numeric: matches!(bins, Bins::Numeric(_)),
            center: bins.center(),
            ..Self::default()
        }
    }

    /// Whether it counts as many windows in the bins of another one.
    pub(super) fn is_like(&self, other: &Self, windows: usize) -> bool {
        let moments = if self.numeric { windows } else { 0 };
        (self.bins, self.numeric, self.counts.len()) == (other.bins, other.numeric, windows * other.bins)
            && self.center.to_bits() == other.center.to_bits()
            && self.moments.len() == moments
            && self.unreadable.len() == windows
    }

    /// Reserves memory for a number of windows.
    pub(super) fn reserve(&mut self, windows: usize) {
        self.counts.reserve_exact(windows * self.bins);
    }

    /// Adds windows before and after the existing ones.
    pub(super) fn grow(&mut self, before: usize, windows: usize) {
        fn widen<T: Clone>(values: &mut Vec<T>, nothing: &T, before: usize, total: usize) {
            if before > 0 {
                values.splice(0..0, std::iter::repeat_n(nothing.clone(), before));
            }
            values.resize(total, nothing.clone());
        }
        widen(&mut self.counts, &0, before * self.bins, windows * self.bins);
        widen(&mut self.unreadable, &0, before, windows);
        if self.numeric {
            widen(&mut self.moments, &ExactMoments::about(self.center), before, windows);
        }
    }

    /// Merges windows: the counts of each window go to window `to[window]`.
    pub(super) fn regroup(&mut self, to: &[usize], windows: usize) {
        let mut next =
            Self { counts: Vec::new(), moments: Vec::new(), unreadable: Vec::new(), ..self.clone() };
        next.grow(0, windows);
        next.add_windows(self, to, |_| true);
        *self = next;
    }

    /// Adds the counts of another column: each of its windows with rows is added to window `to[window]`.
    pub(super) fn add_windows(&mut self, other: &Self, to: &[usize], has_rows: impl Fn(usize) -> bool) {
        for (window, &target) in to.iter().enumerate().filter(|(window, _)| has_rows(*window)) {
            let from = &other.counts[window * self.bins..(window + 1) * self.bins];
            let row = &mut self.counts[target * self.bins..(target + 1) * self.bins];
            row.iter_mut().zip(from).for_each(|(a, b)| *a += b);
            self.unreadable[target] += other.unreadable[window];
            if self.numeric {
                self.moments[target].merge(&other.moments[window]);
            }
        }
    }

    pub(super) fn add_examples(&mut self, examples: impl Iterator<Item = (u64, String)>) {
        for (row, text) in examples {
            match self.examples.iter().find(|(_, known)| **known == text).map(|(at, _)| *at) {
                Some(at) if at <= row => continue,
                Some(at) => drop(self.examples.remove(&at)),
                None => {}
            }
            self.examples.insert(row, text);
            if self.examples.len() > EXAMPLES {
                self.examples.pop_last();
            }
        }
    }

    fn add_missing(&mut self, frame: &Frame) {
        for run in &frame.runs {
            self.counts[(run.window + 1) * self.bins - 1] += (run.to - run.from) as u32;
        }
    }

    fn add_numbers(&mut self, lookup: &Lookup, values: &[f64], frame: &Frame, scratch: &mut Scratch) {
        let batch = &mut scratch.moments;
        batch.clear();
        batch.resize(frame.span, Moments::about(self.center));
        for run in &frame.runs {
            let row = &mut self.counts[run.window * self.bins..(run.window + 1) * self.bins];
            let values = &values[run.from..run.to];
            let moments = Moments::of_all(values, self.center);
            if moments.n < values.len() as u64 {
                self.infinite += values.iter().filter(|x| x.abs() > LARGEST).count() as u64;
            }
            lookup.count(values, moments.n < values.len() as u64, row, &mut scratch.rows);
            batch[run.window - frame.first].merge(&moments);
        }
        for (moments, exact) in batch.iter().zip(&mut self.moments[frame.first..]).filter(|(m, _)| m.n > 0) {
            exact.add(moments);
        }
    }

    fn add_codes(&mut self, bins: &Bins, codes: &[u32], frame: &Frame) {
        let Bins::Categorical(bins) = bins else {
            return self.add_missing(frame);
        };
        for run in &frame.runs {
            let row = &mut self.counts[run.window * self.bins..(run.window + 1) * self.bins];
            for &code in &codes[run.from..run.to] {
                row[bins.bin(code)] += 1;
            }
        }
    }

    /// Counts a batch; `first` is the index of its first row in the snapshot.
    pub(super) fn add(
        &mut self,
        (bins, lookup): (&Bins, Option<&Lookup>),
        values: &Values,
        frame: &Frame,
        first: u64,
        scratch: &mut Scratch,
    ) {
        self.present |= *values != Values::Absent;
        match (values, lookup) {
            (Values::Numbers { values, unreadable, examples }, Some(lookup)) => {
                self.add_numbers(lookup, values, frame, scratch);
                let mut runs = frame.runs.iter().peekable();
                for &row in unreadable {
                    while runs.next_if(|run| run.to <= row as usize).is_some() {}
                    if let Some(run) = runs.peek().filter(|run| run.from <= row as usize) {
                        self.unreadable[run.window] += 1;
                    }
                }
                self.add_examples(examples.iter().map(|(row, text)| (first + u64::from(*row), text.clone())));
            }
            (Values::Codes(codes), _) => self.add_codes(bins, codes, frame),
            (Values::Vectors { width, values }, _) => {
                for run in &frame.runs {
                    let gone = |row: &usize| values.get(row * width).is_none_or(|v| v.is_nan());
                    let missing = (run.from..run.to).filter(gone).count();
                    self.counts[(run.window + 1) * self.bins - 1] += missing as u32;
                }
            }
            _ => self.add_missing(frame),
        }
    }

    pub(super) fn finish(self, windows: usize, stored_as: String) -> FeatureCounts {
        FeatureCounts {
            bins: self.bins,
            counts: self.counts,
            moments: self.moments.iter().map(ExactMoments::value).collect(),
            unreadable: if self.unreadable.is_empty() { vec![0; windows] } else { self.unreadable },
            present: self.present,
            stored_as,
            unreadable_examples: self.examples.into_values().collect(),
            infinite: self.infinite,
            once: None,
        }
    }
}

impl Moments {
    /// The moments of the values that are numbers to count with ([`is_number`]).
    fn of_all(values: &[f64], center: f64) -> Self {
        let quick = Self::of::<false>(values, center);
        // Most columns have no gap in a window; where one has, the sum says so, and the extremes tell what is too large.
        let fits = quick.sum.is_finite() && quick.min >= -LARGEST && quick.max <= LARGEST;
        if fits { quick } else { Self::of::<true>(values, center) }
    }

    /// The moments of some values, several lanes in parallel.
    ///
    /// * `GAPS`: whether values that are no numbers are looked for and left out; else they end up in the sum.
    fn of<const GAPS: bool>(values: &[f64], center: f64) -> Self {
        let mut lanes = Lanes::about(center);
        let (chunks, rest) = values.as_chunks::<LANES>();
        for chunk in chunks {
            for (lane, &x) in chunk.iter().enumerate() {
                let known = !GAPS || is_number(x);
                let or = |other: f64| if known { x } else { other };
                let distance = or(center) - center;
                lanes.n[lane] += u64::from(known);
                lanes.sum[lane] += or(0.0);
                lanes.squares[lane] += distance * distance;
                // Comparisons with NaN are false.
                let x = or(f64::NAN);
                lanes.min[lane] = if x < lanes.min[lane] { x } else { lanes.min[lane] };
                lanes.max[lane] = if x > lanes.max[lane] { x } else { lanes.max[lane] };
            }
        }
        let mut total = lanes.total();
        rest.iter().filter(|x| is_number(**x)).for_each(|&x| total.add(x));
        total
    }
}

/// The moments of every n-th value, where n is the number of lanes.
struct Lanes {
    n: [u64; LANES],
    sum: [f64; LANES],
    center: f64,
    squares: [f64; LANES],
    min: [f64; LANES],
    max: [f64; LANES],
}

impl Lanes {
    fn about(center: f64) -> Self {
        let Moments { min, max, .. } = Moments::default();
        let (sum, squares) = ([0.0; LANES], [0.0; LANES]);
        Self { n: [0; LANES], sum, center, squares, min: [min; LANES], max: [max; LANES] }
    }

    /// The moments of all lanes. A separate function: inlined into the loop, LLVM vectorises across the sums
    /// of a lane instead of across the lanes of a sum, which takes up to twice as long.
    #[inline(never)]
    fn total(&self) -> Moments {
        let mut total = Moments::about(self.center);
        for lane in 0..LANES {
            total.merge(&Moments {
                n: self.n[lane],
                sum: self.sum[lane],
                center: self.center,
                sum_squares: self.squares[lane],
                min: self.min[lane],
                max: self.max[lane],
            });
        }
        total
    }
}
