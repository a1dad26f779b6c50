//! The transform that a served feature underwent, and its inverse.

use crate::{cached::cached, summary::Micros};

/// Units and scales that are commonly confused: `production = reference × factor`.
const FACTORS: [(f64, &str); 14] = [
    (10.0, "10"),
    (100.0, "100 (percent or cents)"),
    (1000.0, "1000 (thousandths)"),
    (1e6, "1 000 000 (millionths)"),
    (60.0, "60 (minutes and seconds, hours and minutes)"),
    (3600.0, "3600 (hours and seconds)"),
    (24.0, "24 (days and hours)"),
    (7.0, "7 (weeks and days)"),
    (12.0, "12 (years and months)"),
    (1024.0, "1024 (binary prefix)"),
    (2.204_622_6, "2.2046 (kilogram and pound)"),
    (2.54, "2.54 (inch and centimetre)"),
    (1.609_344, "1.609 (mile and kilometre)"),
    (3.6, "3.6 (m/s and km/h)"),
];

/// A transform that a feature underwent, with its inverse.
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    /// The feature.
    pub feature: usize,
    /// Its name for people: `× 100 (percent or cents)`.
    pub name: String,
    /// Its inverse.
    pub inverse: Inverse,
    /// The time from which on the feature is so; none where it is from the onset on.
    pub from: Option<Micros>,
    /// KS distance to the reference before undoing, and after.
    pub distance: (f64, f64),
}

cached!(struct Transform { feature, name, inverse, from, distance });

impl Transform {
    /// The remaining share of the distance after undoing it.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.distance.1 / self.distance.0.max(1e-9)
    }

    /// Whether it is one of the known changes of unit or scale, with no parameter that was fitted.
    #[must_use]
    pub fn is_known(&self) -> bool {
        known_transforms().iter().any(|(_, known)| *known == self.inverse)
    }
}

/// The inverse of a transform.
#[derive(Debug, Clone, PartialEq)]
pub enum Inverse {
    /// `a + b x`.
    Affine(f64, f64),
    /// `eˣ − 1`: undoes a logarithm.
    Expm1,
    /// `ln(1 + x)`: restores a lost logarithm.
    Log1p,
    /// `√x`: undoes a square.
    SquareRoot,
    /// `x²`: undoes a square root.
    Square,
    /// Reference category codes, indexed by served code.
    Codes(Vec<u32>),
}

cached!(
    enum Inverse {
        Affine(first, second),
        Expm1,
        Log1p,
        SquareRoot,
        Square,
        Codes(part),
    }
);

impl Inverse {
    /// The original of a served number.
    #[must_use]
    pub fn apply(&self, x: f64) -> f64 {
        match self {
            Self::Affine(a, b) => a + b * x,
            Self::Expm1 => x.exp_m1(),
            Self::Log1p => x.max(-0.999_999).ln_1p(),
            Self::SquareRoot => x.max(0.0).sqrt(),
            Self::Square => x * x,
            Self::Codes(_) => x,
        }
    }
}

/// The dictionary of maps without a free parameter: name and inverse.
pub(in crate::autopsy::exam::integrity) fn known_transforms() -> Vec<(String, Inverse)> {
    let mut named = Vec::new();
    for (factor, name) in FACTORS {
        named.push((format!("× {name}"), Inverse::Affine(0.0, 1.0 / factor)));
        named.push((format!("÷ {name}"), Inverse::Affine(0.0, factor)));
    }
    let others = [
        ("sign turned", Inverse::Affine(0.0, -1.0)),
        ("Fahrenheit to Celsius", Inverse::Affine(32.0, 1.8)),
        ("Celsius to Fahrenheit", Inverse::Affine(-32.0 / 1.8, 1.0 / 1.8)),
        ("Celsius to Kelvin", Inverse::Affine(-273.15, 1.0)),
        ("Kelvin to Celsius", Inverse::Affine(273.15, 1.0)),
        ("the logarithm was dropped", Inverse::Log1p),
        ("the logarithm was taken", Inverse::Expm1),
        ("squared", Inverse::SquareRoot),
        ("the root was taken", Inverse::Square),
    ];
    named.extend(others.map(|(name, undo)| (name.to_owned(), undo)));
    named
}
