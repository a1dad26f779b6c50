//! One column of one batch of rows, as read from a file, before it is counted and sampled.

mod calendar;
mod date_style;
mod dictionary;
mod number_style;
mod parse;

use self::parse::read_vector;
pub use self::{
    calendar::plausible,
    date_style::{DateEvidence, DateOrder, OrderFound},
    dictionary::{Dictionary, Known, Spelling, same_class},
    number_style::{NumberEvidence, NumberStyle, StyleFound},
    parse::{
        epoch, epoch_whole, hash, id_hash, is_instant, is_missing, is_missing_mark, mix, plain, read_instant,
        read_instant_in, read_number,
    },
};
use super::{MISSING, Micros};

/// An instant that is missing or could not be read.
pub const NO_TIME: Micros = Micros::MIN;

/// Numbers whose size is beyond this count as infinite: no measurement is of that size, and fourth powers of smaller ones,
/// added up over any number of rows, stay below the largest float (1.8e308). Programs write such numbers for "none".
pub const LARGEST: f64 = 1e75;

/// The maximum number of distinct unreadable texts kept as examples.
pub const EXAMPLES: usize = 8;

/// One column of a batch, already in the form for counting.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// The file has no such column.
    Absent,
    /// Numbers; one that is not finite, or beyond [`LARGEST`], is missing.
    Numbers {
        /// One value per row.
        values: Vec<f64>,
        /// Rows (ascending) whose text could not be read as a number.
        unreadable: Vec<u32>,
        /// Up to [`EXAMPLES`] distinct such texts, each with the first row that holds it.
        examples: Vec<(u32, String)>,
    },
    /// Codes of the column's [`Dictionary`]; [`MISSING`] is missing.
    Codes(Vec<u32>),
    /// Vectors of one length, row-major; a missing vector is all NaN.
    Vectors {
        /// The length of a vector.
        width: usize,
        /// Values, `rows x width`.
        values: Vec<f32>,
    },
    /// Instants; [`NO_TIME`] is missing.
    Instants {
        /// One instant per row.
        values: Vec<Micros>,
        /// The first row whose text could not be read as an instant, and the text.
        unreadable: Option<(u32, String)>,
    },
    /// Hashes of ids.
    Hashes(Vec<u64>),
}

/// How the texts of a column are parsed as numbers and instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextStyle {
    /// How its numbers are written.
    pub number: NumberStyle,
    /// Which of the first two numbers of a date is the day, if the text does not show it.
    pub dates: Option<DateOrder>,
}

/// Whether a number is one to count with: neither missing nor infinite nor beyond [`LARGEST`].
#[must_use]
pub fn is_number(x: f64) -> bool {
    x.abs() <= LARGEST
}

impl Values {
    /// The values, with numbers beyond [`LARGEST`] as infinities of their sign, which are counted and left out. Features
    /// need it not: what counts and samples them looks itself.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        if let Self::Numbers { values, .. } = &mut self {
            // Looked for without a branch first: hardly any column holds one.
            let beyond = |x: &f64| x.abs() > LARGEST;
            if values.iter().fold(false, |found, x| found | beyond(x)) {
                values.iter_mut().filter(|x| beyond(x)).for_each(|x| *x = f64::INFINITY.copysign(*x));
            }
        }
        self
    }
}

/// Collects the values of one column, row by row; file readers use it where they have no faster path.
#[derive(Debug)]
pub struct Collector {
    values: Values,
    rows: u32,
    reading: TextStyle,
}

/// The target form of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Numbers.
    Number,
    /// Codes of texts.
    Code,
    /// Instants.
    Instant,
    /// Hashes of ids.
    Hash,
    /// Vectors.
    Vector,
}

impl Collector {
    /// An empty column.
    #[must_use]
    pub fn new(form: Form, rows: usize) -> Self {
        let values = match form {
            Form::Number => Values::Numbers {
                values: Vec::with_capacity(rows),
                unreadable: Vec::new(),
                examples: Vec::new(),
            },
            Form::Code => Values::Codes(Vec::with_capacity(rows)),
            Form::Instant => Values::Instants { values: Vec::with_capacity(rows), unreadable: None },
            Form::Hash => Values::Hashes(Vec::with_capacity(rows)),
            Form::Vector => Values::Vectors { width: 0, values: Vec::new() },
        };
        Self { values, rows: 0, reading: TextStyle::default() }
    }

    /// Sets how texts are parsed.
    #[must_use]
    pub fn reading(self, reading: TextStyle) -> Self {
        Self { reading, ..self }
    }

    /// Returns the column.
    #[must_use]
    pub fn finish(self) -> Values {
        self.values
    }

    /// Adds a missing value.
    pub fn missing(&mut self) {
        match &mut self.values {
            Values::Numbers { values, .. } => values.push(f64::NAN),
            Values::Codes(codes) => codes.push(MISSING),
            Values::Instants { values, .. } => values.push(NO_TIME),
            Values::Hashes(hashes) => hashes.push(0),
            Values::Vectors { width, values } => values.resize(values.len() + *width, f32::NAN),
            Values::Absent => {}
        }
        self.rows += 1;
    }

    /// Adds a number; infinities are counted as such in numeric columns, otherwise they are missing.
    pub fn number(&mut self, x: f64, dictionary: &mut Dictionary) {
        match &mut self.values {
            Values::Numbers { values, .. } => values.push(x),
            _ if !x.is_finite() => return self.missing(),
            Values::Codes(codes) => codes.push(dictionary.encode(&plain(x))),
            Values::Instants { values, .. } => values.push(epoch(x)),
            Values::Hashes(hashes) => hashes.push(hash(plain(x).as_bytes())),
            Values::Vectors { .. } | Values::Absent => return self.missing(),
        }
        self.rows += 1;
    }

    /// Whether lists of numbers are collected.
    #[must_use]
    pub fn is_of_vectors(&self) -> bool {
        matches!(self.values, Values::Vectors { .. })
    }

    /// Adds an integer.
    pub fn integer(&mut self, x: i64, dictionary: &mut Dictionary) {
        match &mut self.values {
            Values::Codes(codes) => codes.push(dictionary.encode_whole(x)),
            Values::Hashes(hashes) => hashes.push(hash(x.to_string().as_bytes())),
            Values::Instants { values, .. } => values.push(epoch_whole(x)),
            _ => return self.number(x as f64, dictionary),
        }
        self.rows += 1;
    }

    /// Adds a boolean.
    pub fn boolean(&mut self, x: bool, dictionary: &mut Dictionary) {
        match &mut self.values {
            Values::Codes(codes) => {
                codes.push(dictionary.encode(if x { "true" } else { "false" }));
                self.rows += 1;
            }
            _ => self.number(f64::from(u8::from(x)), dictionary),
        }
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str, dictionary: &mut Dictionary) {
        let row = self.rows;
        match &mut self.values {
            Values::Numbers { values, unreadable, examples } => match self.reading.number.read(text) {
                Some(x) => values.push(x),
                None => {
                    values.push(f64::NAN);
                    unreadable.push(row);
                    if examples.len() < EXAMPLES && examples.iter().all(|(_, t)| t != text) {
                        examples.push((row, text.to_owned()));
                    }
                }
            },
            Values::Codes(codes) => codes.push(dictionary.encode(text)),
            Values::Instants { values, unreadable } => {
                let instant = read_instant_in(text, self.reading.dates);
                if instant.is_none() && unreadable.is_none() && !text.trim().is_empty() {
                    *unreadable = Some((row, text.to_owned()));
                }
                values.push(instant.unwrap_or(NO_TIME));
            }
            Values::Hashes(hashes) => hashes.push(id_hash(text)),
            Values::Vectors { .. } | Values::Absent => match read_vector(text) {
                Some(vector) => return self.vector(&vector),
                None => return self.missing(),
            },
        }
        self.rows += 1;
    }

    /// Adds a vector; one whose length differs from the earlier ones is missing.
    pub fn vector(&mut self, vector: &[f32]) {
        let Values::Vectors { width, values } = &mut self.values else {
            return self.missing();
        };
        if *width == 0 && !vector.is_empty() {
            *width = vector.len();
            values.resize(self.rows as usize * vector.len(), f32::NAN);
        }
        if vector.len() != *width {
            return self.missing();
        }
        values.extend_from_slice(vector);
        self.rows += 1;
    }
}
