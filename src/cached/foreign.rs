//! Types that are not this crate's own: those of the language, and those of the statistics.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use super::{Cached, Damaged, Reader, Writer, cached};
use crate::stats::{
    Undefined,
    calibration::ReliabilityBin,
    label_shift::LabelWeights,
    linear::{Logistic, Ridge},
    metric::Metric,
    sequential::Look,
};

/// Numbers lie in the bytes as they lie in memory, so that a column is read in one go.
macro_rules! numbers {
    ($($number:ty),+) => {
        $(impl Cached for $number {
            fn write(&self, to: &mut Writer<'_>) {
                to.bytes(&self.to_le_bytes());
            }

            fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
                Ok(Self::from_le_bytes(from.array()?))
            }

            fn read_all(count: usize, from: &mut Reader<'_>) -> Result<Vec<Self>, Damaged> {
                let bytes = from.take(count.checked_mul(size_of::<Self>()).ok_or(Damaged)?)?;
                let (numbers, _) = bytes.as_chunks();
                Ok(numbers.iter().map(|number| Self::from_le_bytes(*number)).collect())
            }
        })+
    };
}

numbers!(u8, u16, u32, u64, u128, i32, i64, i128, f32, f64);

impl Cached for usize {
    fn write(&self, to: &mut Writer<'_>) {
        (*self as u64).write(to);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Self::try_from(u64::read(from)?).map_err(|_| Damaged)
    }
}

impl Cached for bool {
    fn write(&self, to: &mut Writer<'_>) {
        to.bytes(&[u8::from(*self)]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        match u8::read(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged),
        }
    }
}

impl Cached for String {
    fn write(&self, to: &mut Writer<'_>) {
        self.len().write(to);
        to.bytes(self.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let length = usize::read(from)?;
        std::str::from_utf8(from.take(length)?).map(str::to_owned).map_err(|_| Damaged)
    }
}

/// Words of the program itself. There are few of them, so each is kept once for as long as the process lives.
impl Cached for &'static str {
    fn write(&self, to: &mut Writer<'_>) {
        self.len().write(to);
        to.bytes(self.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        static WORDS: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
        let word = String::read(from)?;
        let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
        let words = words.get_or_insert_default();
        if let Some(known) = words.get(word.as_str()) {
            return Ok(known);
        }
        let word: &'static str = Box::leak(word.into_boxed_str());
        words.insert(word);
        Ok(word)
    }
}

impl<T: Cached> Cached for Option<T> {
    fn write(&self, to: &mut Writer<'_>) {
        self.is_some().write(to);
        if let Some(value) = self {
            value.write(to);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        if bool::read(from)? { T::read(from).map(Some) } else { Ok(None) }
    }
}

impl<T: Cached, E: Cached> Cached for Result<T, E> {
    fn write(&self, to: &mut Writer<'_>) {
        self.is_ok().write(to);
        match self {
            Ok(value) => value.write(to),
            Err(error) => error.write(to),
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        if bool::read(from)? { T::read(from).map(Ok) } else { E::read(from).map(Err) }
    }
}

impl<T: Cached> Cached for Vec<T> {
    fn write(&self, to: &mut Writer<'_>) {
        self.len().write(to);
        T::write_all(self, to);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let count = usize::read(from)?;
        T::read_all(count, from)
    }
}

impl<T: Cached, const N: usize> Cached for [T; N] {
    fn write(&self, to: &mut Writer<'_>) {
        T::write_all(self, to);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        T::read_all(N, from)?.try_into().map_err(|_| Damaged)
    }
}

impl<T: Cached> Cached for Box<T> {
    fn write(&self, to: &mut Writer<'_>) {
        T::write(self, to);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        T::read(from).map(Self::new)
    }
}

impl<T: Cached> Cached for Arc<T> {
    fn write(&self, to: &mut Writer<'_>) {
        T::write(self, to);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        T::read(from).map(Self::new)
    }
}

impl<K: Cached + Ord, V: Cached> Cached for BTreeMap<K, V> {
    fn write(&self, to: &mut Writer<'_>) {
        self.len().write(to);
        for (key, value) in self {
            key.write(to);
            value.write(to);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let count = usize::read(from)?;
        (0..count).map(|_| <(K, V)>::read(from)).collect()
    }
}

macro_rules! tuples {
    ($(($($part:ident),+)),+) => {
        $(impl<$($part: Cached),+> Cached for ($($part,)+) {
            #[expect(non_snake_case, reason = "a part has the name of its type")]
            fn write(&self, to: &mut Writer<'_>) {
                let ($($part,)+) = self;
                $($part.write(to);)+
            }

            fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
                Ok(($($part::read(from)?,)+))
            }
        })+
    };
}

tuples!((A, B), (A, B, C), (A, B, C, D));

cached!(struct ReliabilityBin { rows, score, share });
cached!(struct LabelWeights { weights, prior, condition });
cached!(struct Logistic { intercept, coefficients, log_likelihood });
cached!(struct Ridge { intercept, coefficients, r2 });
cached!(struct Look { rows, mean, interval, p });
cached!(
    enum Undefined {
        BinMismatch,
        Empty,
        TooFew,
        OneClass,
        Constant,
        NotConverged,
        NotFinite,
        Singular,
    }
);
cached!(
    enum Metric {
        Accuracy,
        BalancedAccuracy,
        Precision,
        Recall,
        F1,
        RocAuc,
        RocAucWeighted,
        PrAuc,
        LogLoss,
        Brier,
        Ece,
        Mae,
        Rmse,
        R2,
        Mape,
        Bias,
    }
);
