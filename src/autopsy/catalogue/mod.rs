//! The catalogue: every check and every signal, declared once.
//!
//! A check answers one question in findings; a signal is one number that is evidence for or against causes. All properties of
//! either that the user interfaces, the verdict, the report and the documents use are part of its declaration here, so no
//! code compares ids or keys as text. One file a group of exams declares both; [`checks`], [`signals`] and [`measures`] hold all of them
//! by name: the check `drift.psi` is [`checks::DRIFT_PSI`], the signal `golden.z` is [`signals::GOLDEN_Z`].
//!
//! To add one: declare it in the file of its exam, emit it there, and run `coroner gen checks > docs/checks.md`.

mod account;
mod by_name;
mod causes;
mod check;
mod delivery;
pub mod document;
mod drift;
#[cfg(test)]
mod emitted;
mod families;
mod family;
mod id;
mod integrity;
pub mod measures;
mod model;
mod relation;
mod serving;
mod signal;
mod support;
#[cfg(test)]
mod tests;

pub use causes::{witnesses, would_settle};
pub use check::{CheckSpec, ExamName, Measure, Need, Stage};
pub use families::{FAMILIES, FamilySpec};
pub use id::FindingId;
pub use signal::{Group, Member, Names, SignalSpec};

/// Every check by name.
pub mod checks {
    pub use super::{
        account::checks::*, delivery::checks::*, drift::checks::*, family::checks::*, integrity::checks::*,
        model::checks::*, relation::checks::*, serving::checks::*, support::checks::*,
    };
}

/// Every signal by name.
pub mod signals {
    pub use super::{
        account::signals::*, delivery::signals::*, drift::signals::*, family::signals::*,
        integrity::signals::*, model::signals::*, relation::signals::*, serving::signals::*,
        support::signals::*,
    };
}

/// Declares statics of one type, and `EVERY`, the list of them in the order of their declarations.
macro_rules! declare {
    ($type:ty: $($name:ident = $value:expr;)+) => {
        $(
            #[doc = concat!("See [`", stringify!($type), "`].")]
            pub static $name: $type = $value;
        )+
        /// All of them, in order.
        pub(in crate::autopsy::catalogue) static EVERY: &[&$type] = &[$(&$name),+];
    };
}
use declare;

/// Every check, in the order of the exams.
pub fn every_check() -> impl Iterator<Item = &'static CheckSpec> {
    [
        model::checks::EVERY,
        delivery::checks::EVERY,
        serving::checks::EVERY,
        drift::checks::EVERY,
        integrity::checks::EVERY,
        relation::checks::EVERY,
        support::checks::EVERY,
        account::checks::EVERY,
        family::checks::EVERY,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Every signal, in the order of the exams; those of families last.
pub fn every_signal() -> impl Iterator<Item = &'static SignalSpec> {
    [
        model::signals::EVERY,
        delivery::signals::EVERY,
        serving::signals::EVERY,
        drift::signals::EVERY,
        integrity::signals::EVERY,
        relation::signals::EVERY,
        support::signals::EVERY,
        account::signals::EVERY,
        family::signals::EVERY,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Every measure.
pub fn every_measure() -> impl Iterator<Item = &'static Measure> {
    measures::EVERY.iter().copied()
}

/// The measure with a name.
#[must_use]
pub fn measure(name: &str) -> Option<&'static Measure> {
    every_measure().find(|measure| measure.name == name)
}
