//! The seeded row sample: the rows whose positions have the smallest hashes, whoever reads them and in which order.

use std::collections::HashMap;

use super::{
    Column, MISSING, Micros, Table,
    values::{Dictionary, NO_TIME, Values, mix},
};

/// What a sampled column becomes in a [`Table`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// [`Table::time`]
    Time,
    /// [`Table::label`]
    Label,
    /// [`Table::prediction`]
    Prediction,
    /// [`Table::score`]
    Score,
    /// [`Table::launch_prediction`]
    LaunchPrediction,
    /// [`Table::launch_score`]
    LaunchScore,
    /// [`Table::id`]
    Id,
    /// [`Table::latency_ms`]
    Latency,
    /// [`Table::cpu`]
    Cpu,
    /// [`Table::memory`]
    Memory,
    /// One of [`Table::features`].
    Feature(usize),
    /// One of [`Table::extra`].
    Extra(usize),
}

/// Sampled values of one column, not yet in order.
#[derive(Debug, Clone)]
enum Gathered {
    /// Nothing was met yet, or the column is absent.
    Nothing,
    Numbers {
        values: Vec<f64>,
        unreadable: Vec<bool>,
        examples: Vec<String>,
    },
    Codes {
        known: u32,
        codes: Vec<u32>,
        texts: Vec<String>,
        index: HashMap<String, u32>,
    },
    Vectors {
        width: usize,
        values: Vec<f32>,
    },
    Instants(Vec<Micros>),
    Hashes(Vec<u64>),
}

impl Gathered {
    /// An empty column of the kind of some values.
    fn like(values: &Values, known: u32) -> Self {
        match values {
            Values::Absent => Self::Nothing,
            Values::Numbers { .. } => Self::Numbers {
                values: Vec::new(),
                unreadable: Vec::new(),
                examples: Vec::new(),
            },
            Values::Codes(_) => Self::Codes {
                known,
                codes: Vec::new(),
                texts: Vec::new(),
                index: HashMap::new(),
            },
            Values::Vectors { width, .. } => Self::Vectors {
                width: *width,
                values: Vec::new(),
            },
            Values::Instants { .. } => Self::Instants(Vec::new()),
            Values::Hashes(_) => Self::Hashes(Vec::new()),
        }
    }

    /// Fills up with missing values.
    fn pad(&mut self, rows: usize) {
        match self {
            Self::Nothing => {}
            Self::Numbers {
                values, unreadable, ..
            } => {
                values.resize(rows, f64::NAN);
                unreadable.resize(rows, false);
            }
            Self::Codes { codes, .. } => codes.resize(rows, MISSING),
            Self::Vectors { width, values } => values.resize(rows * *width, f32::NAN),
            Self::Instants(values) => values.resize(rows, NO_TIME),
            Self::Hashes(values) => values.resize(rows, 0),
        }
    }

    /// Appends some rows of a batch to the `before` rows that are there.
    fn append(&mut self, batch: &Values, rows: &[u32], before: usize, dictionary: Option<&Dictionary>) {
        if matches!(self, Self::Nothing) {
            *self = Self::like(batch, dictionary.map_or(0, Dictionary::known));
            self.pad(before);
        }
        match (&mut *self, batch) {
            (
                Self::Numbers {
                    values,
                    unreadable,
                    examples,
                },
                Values::Numbers {
                    values: new,
                    unreadable: gone,
                    examples: texts,
                },
            ) => {
                values.extend(rows.iter().map(|&r| new[r as usize]));
                if gone.is_empty() {
                    unreadable.resize(values.len(), false);
                } else {
                    unreadable.extend(rows.iter().map(|r| gone.binary_search(r).is_ok()));
                }
                for (row, text) in texts {
                    if rows.binary_search(row).is_ok() && !examples.contains(text) {
                        examples.push(text.clone());
                    }
                }
            }
            (
                Self::Codes {
                    known,
                    codes,
                    texts,
                    index,
                },
                Values::Codes(new),
            ) => {
                for &row in rows {
                    let code = new[row as usize];
                    if code == MISSING || code < *known {
                        codes.push(code);
                        continue;
                    }
                    let text = dictionary.map_or("", |d| d.text(code));
                    let own = index.get(text).copied().unwrap_or_else(|| {
                        let own = *known + texts.len() as u32;
                        texts.push(text.to_owned());
                        index.insert(text.to_owned(), own);
                        own
                    });
                    codes.push(own);
                }
            }
            (
                Self::Vectors { width, values },
                Values::Vectors {
                    width: new_width,
                    values: new,
                },
            ) => {
                if *width == 0 && *new_width > 0 {
                    *width = *new_width;
                    values.resize(before * *width, f32::NAN);
                }
                for &row in rows {
                    let from = row as usize * new_width;
                    match new.get(from..from + new_width).filter(|_| width == new_width) {
                        Some(vector) => values.extend_from_slice(vector),
                        None => values.resize(values.len() + *width, f32::NAN),
                    }
                }
            }
            (Self::Instants(values), Values::Instants { values: new, .. }) => {
                values.extend(rows.iter().map(|&r| new[r as usize]));
            }
            (Self::Hashes(values), Values::Hashes(new)) => {
                values.extend(rows.iter().map(|&r| new[r as usize]));
            }
            _ => self.pad(before + rows.len()),
        }
    }

    /// Keeps some rows, in the given order.
    fn take(&mut self, rows: &[usize]) {
        fn pick<T: Copy>(values: &mut Vec<T>, rows: &[usize]) {
            *values = rows.iter().map(|&r| values[r]).collect();
        }
        match self {
            Self::Nothing => {}
            Self::Numbers {
                values, unreadable, ..
            } => {
                pick(values, rows);
                pick(unreadable, rows);
            }
            Self::Codes {
                known,
                codes,
                texts,
                index,
            } => {
                pick(codes, rows);
                // Texts are numbered anew in the order of the rows that are left, which no thread's reading changes.
                let old = std::mem::take(texts);
                index.clear();
                for code in codes.iter_mut().filter(|c| **c != MISSING && **c >= *known) {
                    let text = &old[(*code - *known) as usize];
                    *code = index.get(text).copied().unwrap_or_else(|| {
                        let own = *known + texts.len() as u32;
                        texts.push(text.clone());
                        index.insert(text.clone(), own);
                        own
                    });
                }
            }
            Self::Vectors { width, values } => {
                *values = rows
                    .iter()
                    .flat_map(|&r| values[r * *width..(r + 1) * *width].iter().copied())
                    .collect();
            }
            Self::Instants(values) => pick(values, rows),
            Self::Hashes(values) => pick(values, rows),
        }
    }

    /// Appends the rows of another thread's column.
    fn merge(&mut self, mut other: Self, before: usize, rows: usize) {
        if matches!(self, Self::Nothing) {
            *self = match &other {
                Self::Nothing => return,
                Self::Numbers { .. } => Self::Numbers {
                    values: Vec::new(),
                    unreadable: Vec::new(),
                    examples: Vec::new(),
                },
                Self::Codes { known, .. } => Self::Codes {
                    known: *known,
                    codes: Vec::new(),
                    texts: Vec::new(),
                    index: HashMap::new(),
                },
                Self::Vectors { width, .. } => Self::Vectors {
                    width: *width,
                    values: Vec::new(),
                },
                Self::Instants(_) => Self::Instants(Vec::new()),
                Self::Hashes(_) => Self::Hashes(Vec::new()),
            };
            self.pad(before);
        }
        match (&mut *self, &mut other) {
            (
                Self::Numbers {
                    values,
                    unreadable,
                    examples,
                },
                Self::Numbers {
                    values: new,
                    unreadable: gone,
                    examples: texts,
                },
            ) => {
                values.append(new);
                unreadable.append(gone);
                texts.retain(|t| !examples.contains(t));
                examples.append(texts);
            }
            (
                Self::Codes {
                    known,
                    codes,
                    texts,
                    index,
                },
                Self::Codes {
                    codes: new,
                    texts: names,
                    ..
                },
            ) => {
                let map: Vec<u32> = names
                    .iter()
                    .map(|text| {
                        *index.entry(text.clone()).or_insert_with(|| {
                            texts.push(text.clone());
                            *known + texts.len() as u32 - 1
                        })
                    })
                    .collect();
                let own = |code: u32| {
                    if code == MISSING || code < *known {
                        code
                    } else {
                        map[(code - *known) as usize]
                    }
                };
                codes.extend(new.iter().map(|&code| own(code)));
            }
            (
                Self::Vectors { width, values },
                Self::Vectors {
                    width: other_width,
                    values: new,
                },
            ) => {
                if *width == *other_width {
                    values.append(new);
                } else if *width == 0 {
                    *width = *other_width;
                    values.resize(before * *width, f32::NAN);
                    values.append(new);
                } else {
                    values.resize((before + rows) * *width, f32::NAN);
                }
            }
            (Self::Instants(values), Self::Instants(new)) => values.append(new),
            (Self::Hashes(values), Self::Hashes(new)) => values.append(new),
            _ => self.pad(before + rows),
        }
    }
}

/// Which rows a reservoir keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// A seeded sample of at most so many rows.
    Sample {
        /// Seed.
        seed: u64,
        /// Upper bound on the rows.
        most: usize,
        /// Rows of the snapshot, where they are known beforehand: then rows that can't be in the sample (but for
        /// less than one chance in a million) are not even looked at.
        population: Option<u64>,
    },
    /// All rows that are offered.
    All,
}

/// Collects sampled rows batch by batch.
#[derive(Debug)]
pub struct Reservoir {
    keep: Keep,
    /// Only hashes below this can still be in the sample.
    threshold: u64,
    /// Hash and position of each row.
    keys: Vec<(u64, u64)>,
    slots: Vec<Slot>,
    columns: Vec<Gathered>,
    /// Rows of the current batch, and how many rows there were before it.
    chosen: Vec<u32>,
    before: usize,
}

impl Reservoir {
    /// An empty sample of some columns.
    #[must_use]
    pub fn new(keep: Keep, slots: Vec<Slot>) -> Self {
        let threshold = match keep {
            Keep::Sample {
                most,
                population: Some(population),
                ..
            } if population > most as u64 => {
                // The number of hashes below it is Poisson around `most`; six deviations more hold all of them.
                let most = most as f64;
                let share = (most + 6.0 * most.sqrt() + 20.0) / population as f64;
                if share < 1.0 {
                    (share * u64::MAX as f64) as u64
                } else {
                    u64::MAX
                }
            }
            _ => u64::MAX,
        };
        let columns = vec![Gathered::Nothing; slots.len()];
        Self {
            keep,
            threshold,
            keys: Vec::new(),
            slots,
            columns,
            chosen: Vec::new(),
            before: 0,
        }
    }

    /// Chooses rows of a batch.
    ///
    /// * `first`: the position of its first row in the snapshot.
    /// * `dropped`: rows (ascending) that are left out.
    pub fn begin(&mut self, first: u64, rows: usize, dropped: &[u32]) {
        self.compact(2);
        self.before = self.keys.len();
        self.chosen.clear();
        let seed = if let Keep::Sample { seed, .. } = self.keep {
            mix(seed)
        } else {
            0
        };
        let mut dropped = dropped.iter().peekable();
        for row in 0..rows as u32 {
            if dropped.next_if_eq(&&row).is_some() {
                continue;
            }
            let position = first + u64::from(row);
            let key = mix(position ^ seed);
            if key <= self.threshold {
                self.chosen.push(row);
                self.keys.push((key, position));
            }
        }
    }

    /// Chooses the given rows (ascending) of a batch.
    pub fn begin_with(&mut self, first: u64, rows: &[u32]) {
        self.before = self.keys.len();
        self.chosen = rows.to_vec();
        self.keys
            .extend(rows.iter().map(|&row| (0, first + u64::from(row))));
    }

    /// Whether a row of the current batch was chosen.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.chosen.is_empty()
    }

    /// Keeps the chosen rows of one column; each column is added once a batch.
    pub fn add(&mut self, column: usize, values: &Values, dictionary: Option<&Dictionary>) {
        self.columns[column].append(values, &self.chosen, self.before, dictionary);
    }

    /// Takes another thread's rows.
    pub fn merge(&mut self, other: Self) {
        let before = self.keys.len();
        for (mine, theirs) in self.columns.iter_mut().zip(other.columns) {
            mine.merge(theirs, before, other.keys.len());
        }
        self.keys.extend(other.keys);
        self.compact(2);
    }

    /// Drops the rows that can't be in the sample any more once there are `times` as many as it may hold.
    fn compact(&mut self, times: usize) {
        let Keep::Sample { most, .. } = self.keep else {
            return;
        };
        if self.keys.len() <= most * times || most == 0 {
            return;
        }
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        order.select_nth_unstable_by_key(most - 1, |&row| self.keys[row]);
        order.truncate(most);
        order.sort_unstable();
        self.take(&order);
        self.threshold = self
            .keys
            .iter()
            .map(|&(key, _)| key)
            .max()
            .unwrap_or(self.threshold);
    }

    fn take(&mut self, rows: &[usize]) {
        self.keys = rows.iter().map(|&r| self.keys[r]).collect();
        self.columns.iter_mut().for_each(|column| column.take(rows));
    }

    /// The sample in order of time, rows of the same time in the order of the snapshot.
    ///
    /// * `features`, `extra`: how many of them the table has.
    #[must_use]
    pub fn finish(mut self, population: u64, features: usize, extra: &[String]) -> Sampled {
        self.compact(1);
        let time = self.slots.iter().position(|&slot| slot == Slot::Time);
        let times = match time.map(|t| &self.columns[t]) {
            Some(Gathered::Instants(times)) => times.clone(),
            _ => Vec::new(),
        };
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        order.sort_unstable_by_key(|&row| (times.get(row).copied(), self.keys[row].1));
        self.take(&order);
        let rows = self.keys.len();
        let mut table = Table {
            rows,
            population,
            features: vec![Column::Absent; features],
            extra: extra
                .iter()
                .map(|name| (name.clone(), Column::Absent, Vec::new()))
                .collect(),
            ..Table::default()
        };
        let mut new_levels = vec![Vec::new(); features];
        let mut new_classes = Vec::new();
        for (slot, column) in self.slots.iter().zip(self.columns) {
            match (slot, column) {
                (Slot::Time, Gathered::Instants(values)) => table.time = values,
                (Slot::Id, Gathered::Hashes(values)) => table.id = values,
                (Slot::Feature(i), column) => {
                    let (column, levels) = column.into_column();
                    table.features[*i] = column;
                    new_levels[*i] = levels;
                }
                (Slot::Extra(i), column) => {
                    let (column, levels) = column.into_column();
                    table.extra[*i].1 = column;
                    table.extra[*i].2 = levels;
                }
                (slot, column) => {
                    let values = column.into_values(&mut new_classes);
                    match slot {
                        Slot::Label => table.label = values,
                        Slot::Prediction => table.prediction = values,
                        Slot::Score => table.score = values,
                        Slot::LaunchPrediction => table.launch_prediction = values,
                        Slot::LaunchScore => table.launch_score = values,
                        Slot::Latency => table.latency_ms = values,
                        Slot::Cpu => table.cpu = values,
                        Slot::Memory => table.memory = values,
                        Slot::Time | Slot::Id | Slot::Feature(_) | Slot::Extra(_) => {}
                    }
                }
            }
        }
        let positions = self.keys.iter().map(|&(_, position)| position).collect();
        Sampled {
            table,
            new_levels,
            new_classes,
            positions,
        }
    }
}

/// A finished sample.
#[derive(Debug)]
pub struct Sampled {
    /// The rows.
    pub table: Table,
    /// For each feature the texts of the codes beyond those that the plan knows.
    pub new_levels: Vec<Vec<String>>,
    /// The same for class codes; a code `known + i` is the text `i`.
    pub new_classes: Vec<String>,
    /// Each row's position in the snapshot.
    pub positions: Vec<u64>,
}

impl Gathered {
    fn into_column(self) -> (Column, Vec<String>) {
        match self {
            Self::Numbers {
                values,
                unreadable,
                examples,
            } => {
                let unreadable = (0..)
                    .zip(unreadable)
                    .filter(|(_, gone)| *gone)
                    .map(|(row, _)| row)
                    .collect();
                (
                    Column::Numeric {
                        values,
                        unreadable,
                        examples,
                    },
                    Vec::new(),
                )
            }
            Self::Codes { codes, texts, .. } => (Column::Categorical(codes), texts),
            Self::Vectors { width, values } => (Column::Embedding { width, values }, Vec::new()),
            Self::Nothing | Self::Instants(_) | Self::Hashes(_) => (Column::Absent, Vec::new()),
        }
    }

    /// Numbers or class codes; `classes` collects the texts of new codes over several columns.
    fn into_values(self, classes: &mut Vec<String>) -> Vec<f64> {
        match self {
            Self::Numbers { values, .. } => values,
            Self::Codes {
                known, codes, texts, ..
            } => {
                let map: Vec<u32> = texts
                    .into_iter()
                    .map(|text| {
                        let at = classes.iter().position(|c| *c == text).unwrap_or_else(|| {
                            classes.push(text);
                            classes.len() - 1
                        });
                        known + at as u32
                    })
                    .collect();
                let own = |code: u32| {
                    if code == MISSING {
                        f64::NAN
                    } else if code < known {
                        f64::from(code)
                    } else {
                        f64::from(map[(code - known) as usize])
                    }
                };
                codes.into_iter().map(own).collect()
            }
            _ => Vec::new(),
        }
    }
}
