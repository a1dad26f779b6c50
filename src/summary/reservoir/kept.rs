//! The rows of a sample as bytes and back, for the next look at a log that grew.

use super::{Reservoir, gathered::Gathered};
use crate::cached::{Cached, Damaged, Reader, Writer};

impl Reservoir {
    /// Writes the rows.
    pub fn write(&self, to: &mut Writer<'_>) {
        self.threshold.write(to);
        self.keys.write(to);
        self.columns.write(to);
    }

    /// Reads what [`Reservoir::write`] wrote into a reservoir of the same columns that nothing was offered to.
    ///
    /// # Errors
    ///
    /// When the bytes hold no rows of these columns.
    pub fn read(mut self, from: &mut Reader<'_>) -> Result<Self, Damaged> {
        self.threshold = u64::read(from)?;
        self.keys = Vec::read(from)?;
        self.columns = Vec::<Gathered>::read(from)?;
        let rows = self.keys.len();
        let fits = self.columns.len() == self.slots.len()
            && self.columns.iter().all(|column| column.rows().is_none_or(|has| has == rows));
        if fits { Ok(self) } else { Err(Damaged) }
    }
}

/// What stands before a column: its kind.
const NOTHING: u8 = 0;
const NUMBERS: u8 = 1;
const CODES: u8 = 2;
const VECTORS: u8 = 3;
const INSTANTS: u8 = 4;
const HASHES: u8 = 5;

impl Cached for Gathered {
    fn write(&self, to: &mut Writer<'_>) {
        match self {
            Self::Nothing => NOTHING.write(to),
            Self::Numbers { values, unreadable, examples } => {
                NUMBERS.write(to);
                values.write(to);
                unreadable.write(to);
                examples.write(to);
            }
            // The places of the texts follow from the texts.
            Self::Codes { known, codes, texts, index: _ } => {
                CODES.write(to);
                known.write(to);
                codes.write(to);
                texts.write(to);
            }
            Self::Vectors { width, values } => {
                VECTORS.write(to);
                width.write(to);
                values.write(to);
            }
            Self::Instants(values) => {
                INSTANTS.write(to);
                values.write(to);
            }
            Self::Hashes(values) => {
                HASHES.write(to);
                values.write(to);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        match u8::read(from)? {
            NOTHING => Ok(Self::Nothing),
            NUMBERS => Ok(Self::Numbers {
                values: Vec::read(from)?,
                unreadable: Vec::read(from)?,
                examples: Vec::read(from)?,
            }),
            CODES => {
                let (known, codes, texts) = <(u32, Vec<u32>, Vec<String>)>::read(from)?;
                let index = texts.iter().cloned().zip(known..).collect();
                Ok(Self::Codes { known, codes, texts, index })
            }
            VECTORS => Ok(Self::Vectors { width: Cached::read(from)?, values: Vec::read(from)? }),
            INSTANTS => Vec::read(from).map(Self::Instants),
            HASHES => Vec::read(from).map(Self::Hashes),
            _ => Err(Damaged),
        }
    }
}
