//! The sampled values of one column during the pass.

use std::collections::HashMap;

use crate::summary::{
    Column, MISSING, Micros,
    values::{Dictionary, NO_TIME, Values, is_number},
};

/// Sampled values of one column, not yet in order.
#[derive(Debug, Clone)]
pub(super) enum Gathered {
    /// No values yet, or the column is absent.
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
    /// An empty column of the same kind as some values.
    fn like(values: &Values, known: u32) -> Self {
        match values {
            Values::Absent => Self::Nothing,
            Values::Numbers { .. } => {
                Self::Numbers { values: Vec::new(), unreadable: Vec::new(), examples: Vec::new() }
            }
            Values::Codes(_) => {
                Self::Codes { known, codes: Vec::new(), texts: Vec::new(), index: HashMap::new() }
            }
            Values::Vectors { width, .. } => Self::Vectors { width: *width, values: Vec::new() },
            Values::Instants { .. } => Self::Instants(Vec::new()),
            Values::Hashes(_) => Self::Hashes(Vec::new()),
        }
    }

    /// The number of rows; none where the column does not tell.
    pub(super) fn rows(&self) -> Option<usize> {
        match self {
            Self::Nothing => None,
            Self::Numbers { values, unreadable, .. } => {
                Some(if unreadable.len() == values.len() { values.len() } else { usize::MAX })
            }
            Self::Codes { codes, .. } => Some(codes.len()),
            Self::Vectors { width, values } => (*width > 0).then(|| values.len() / width),
            Self::Instants(values) => Some(values.len()),
            Self::Hashes(values) => Some(values.len()),
        }
    }

    /// Pads with missing values.
    fn pad(&mut self, rows: usize) {
        match self {
            Self::Nothing => {}
            Self::Numbers { values, unreadable, .. } => {
                values.resize(rows, f64::NAN);
                unreadable.resize(rows, false);
            }
            Self::Codes { codes, .. } => codes.resize(rows, MISSING),
            Self::Vectors { width, values } => values.resize(rows * *width, f32::NAN),
            Self::Instants(values) => values.resize(rows, NO_TIME),
            Self::Hashes(values) => values.resize(rows, 0),
        }
    }

    /// Appends some rows of a batch to the `before` existing rows.
    pub(super) fn append(
        &mut self,
        batch: &Values,
        rows: &[u32],
        before: usize,
        dictionary: Option<&Dictionary>,
    ) {
        if matches!(self, Self::Nothing) {
            *self = Self::like(batch, dictionary.map_or(0, Dictionary::known));
            self.pad(before);
        }
        match (&mut *self, batch) {
            (
                Self::Numbers { values, unreadable, examples },
                Values::Numbers { values: new, unreadable: gone, examples: texts },
            ) => {
                values.extend(
                    rows.iter().map(|&r| new[r as usize]).map(|x| if is_number(x) { x } else { f64::NAN }),
                );
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
            (Self::Codes { known, codes, texts, index }, Values::Codes(new)) => {
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
            (Self::Vectors { width, values }, Values::Vectors { width: new_width, values: new }) => {
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

    /// Keeps only some rows, in the given order.
    pub(super) fn take(&mut self, rows: &[usize]) {
        fn pick<T: Copy>(values: &mut Vec<T>, rows: &[usize]) {
            *values = rows.iter().map(|&r| values[r]).collect();
        }
        match self {
            Self::Nothing => {}
            Self::Numbers { values, unreadable, .. } => {
                pick(values, rows);
                pick(unreadable, rows);
            }
            Self::Codes { known, codes, texts, index } => {
                pick(codes, rows);
                // Texts are renumbered in the order of the remaining rows, which does not depend on the
                // threads.
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
                *values =
                    rows.iter().flat_map(|&r| values[r * *width..(r + 1) * *width].iter().copied()).collect();
            }
            Self::Instants(values) => pick(values, rows),
            Self::Hashes(values) => pick(values, rows),
        }
    }

    /// Appends the rows of another thread's column.
    pub(super) fn merge(&mut self, mut other: Self, before: usize, rows: usize) {
        if matches!(self, Self::Nothing) {
            *self = match &other {
                Self::Nothing => return,
                Self::Numbers { .. } => {
                    Self::Numbers { values: Vec::new(), unreadable: Vec::new(), examples: Vec::new() }
                }
                Self::Codes { known, .. } => {
                    Self::Codes { known: *known, codes: Vec::new(), texts: Vec::new(), index: HashMap::new() }
                }
                Self::Vectors { width, .. } => Self::Vectors { width: *width, values: Vec::new() },
                Self::Instants(_) => Self::Instants(Vec::new()),
                Self::Hashes(_) => Self::Hashes(Vec::new()),
            };
            self.pad(before);
        }
        match (&mut *self, &mut other) {
            (
                Self::Numbers { values, unreadable, examples },
                Self::Numbers { values: new, unreadable: gone, examples: texts },
            ) => {
                values.append(new);
                unreadable.append(gone);
                texts.retain(|t| !examples.contains(t));
                examples.append(texts);
            }
            (Self::Codes { known, codes, texts, index }, Self::Codes { codes: new, texts: names, .. }) => {
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
                    if code == MISSING || code < *known { code } else { map[(code - *known) as usize] }
                };
                codes.extend(new.iter().map(|&code| own(code)));
            }
            (Self::Vectors { width, values }, Self::Vectors { width: other_width, values: new }) => {
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

    /// The column, and the texts of codes unknown to the plan.
    pub(super) fn into_column(self) -> (Column, Vec<String>) {
        match self {
            Self::Numbers { values, unreadable, examples } => {
                let unreadable = if unreadable.contains(&true) {
                    let rows = (0..).zip(unreadable);
                    rows.filter(|(_, gone)| *gone).map(|(row, _)| row).collect()
                } else {
                    Vec::new()
                };
                (Column::Numeric { values, unreadable, examples }, Vec::new())
            }
            Self::Codes { codes, texts, .. } => (Column::Categorical(codes), texts),
            Self::Vectors { width, values } => (Column::Embedding { width, values }, Vec::new()),
            Self::Nothing | Self::Instants(_) | Self::Hashes(_) => (Column::Absent, Vec::new()),
        }
    }

    /// Numbers or class codes; `classes` collects the texts of new codes over several columns.
    pub(super) fn into_values(self, classes: &mut Vec<String>) -> Vec<f64> {
        match self {
            Self::Numbers { values, .. } => values,
            Self::Codes { known, codes, texts, .. } => {
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
