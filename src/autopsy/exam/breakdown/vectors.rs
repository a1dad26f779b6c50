//! How the vectors of an embedding moved: in direction, in length, and as a classifier of the periods tells them apart. A cosine
//! alone does not see vectors that grow.

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Subject, Verdict,
        catalogue::{checks, measures},
        exam::embedding_similarity,
    },
    model::{binned::Binned, folds::thin, propensity::Propensity},
    stats::{
        moments,
        random::{rng_stream, unit},
        testing::{MeanDifference, welch},
    },
    summary::{Column, Table},
    text::number,
};

/// Rows of a period that vectors are compared by.
const VECTORS: usize = 2000;

/// Vectors with more entries are projected on so many random directions.
const DIRECTIONS: usize = 48;

/// With fewer rows before the onset, training is the reference.
const FEWEST_BEFORE: usize = 200;

/// Distances of the AUC from ½ that are on watch, and that alarm, if they are real.
const APART: (f64, f64) = (0.03, 0.1);

/// Minimum change in standard errors to count as real.
const REAL_Z: f64 = 4.0;

/// One number about the vectors of both periods.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorMeasure {
    /// What it is.
    pub name: &'static str,
    /// Its mean in the reference and since the onset.
    pub means: (f64, f64),
    /// The difference of the means.
    pub change: MeanDifference,
    /// The difference in standard deviations of the reference.
    pub deviations: f64,
}

/// How the vectors of one embedding moved.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorChange {
    /// Cosine similarity, length, distance from the mean vector.
    pub measures: Vec<VectorMeasure>,
    /// ROC AUC of a classifier of the periods, out of fold, with its standard error; none with too few vectors.
    pub auc: Option<(f64, f64)>,
}

impl VectorChange {
    /// Compares the vectors of a feature; none where a period holds none, or of different widths.
    #[must_use]
    pub fn of(dossier: &Dossier, framing: &Framing, feature: usize) -> Option<Self> {
        let (training, production) = (&dossier.training.sample, &dossier.production.sample);
        let reference: (&Table, Vec<usize>) = if framing.before.len() >= FEWEST_BEFORE {
            (production, thin(&framing.before, VECTORS))
        } else {
            (training, thin(&(0..training.rows).collect::<Vec<_>>(), VECTORS))
        };
        let now = (production, thin(&framing.after, VECTORS));
        let vectors = |(table, rows): &(&Table, Vec<usize>)| -> Option<Vec<Vec<f64>>> {
            let Some(Column::Embedding { width, values }) = table.features.get(feature) else { return None };
            let vector = |row: &usize| -> Vec<f64> {
                values[row * width..(row + 1) * width].iter().map(|&x| f64::from(x)).collect()
            };
            Some(rows.iter().map(vector).filter(|vector| vector.iter().all(|x| x.is_finite())).collect())
        };
        let (then, is) = (vectors(&reference)?, vectors(&now)?);
        let width =
            then.first().map(Vec::len).filter(|width| *width > 0 && is.iter().all(|v| v.len() == *width))?;
        let center: Vec<f64> = (0..width)
            .map(|j| then.iter().map(|vector| vector[j]).sum::<f64>() / then.len() as f64)
            .collect();
        let length = |vector: &Vec<f64>| vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        let distance =
            |vector: &Vec<f64>| vector.iter().zip(&center).map(|(x, c)| (x - c).powi(2)).sum::<f64>().sqrt();
        let cosine = |table: &Table, rows: &[usize]| -> Vec<f64> {
            let all = table
                .features
                .get(feature)
                .map_or_else(Vec::new, |c| embedding_similarity::similarity(dossier, feature, c));
            rows.iter().filter_map(|&row| all.get(row).copied()).filter(|x| x.is_finite()).collect()
        };
        let sides: [(&'static str, Vec<f64>, Vec<f64>); 3] = [
            ("cosine similarity to training", cosine(reference.0, &reference.1), cosine(now.0, &now.1)),
            ("length", then.iter().map(length).collect(), is.iter().map(length).collect()),
            (
                "distance from the mean vector",
                then.iter().map(distance).collect(),
                is.iter().map(distance).collect(),
            ),
        ];
        let measures = sides.into_iter().filter_map(|(name, was, now)| {
            let change = welch(&was, &now).ok()?;
            let spread = moments::deviation(&was).unwrap_or(f64::NAN);
            let means = (moments::mean(&was).ok()?, moments::mean(&now).ok()?);
            Some(VectorMeasure { name, means, change, deviations: change.difference / spread })
        });
        let told = classifier(&then, &is, dossier.plan.seed ^ feature as u64);
        Some(Self { measures: measures.collect(), auc: told.map(|fit| (fit.auc, fit.auc_error)) })
    }

    /// What moved most, beyond noise.
    #[must_use]
    pub fn largest(&self) -> Option<&VectorMeasure> {
        let size = |one: &&VectorMeasure| one.deviations.abs();
        let real = self.measures.iter().filter(|one| one.change.t().abs() > REAL_Z);
        real.filter(|one| one.deviations.is_finite()).max_by(|a, b| size(a).total_cmp(&size(b)))
    }

    /// A sentence.
    #[must_use]
    pub fn message(&self, name: &str) -> String {
        let auc = self.auc.map_or_else(String::new, |(auc, error)| {
            format!(
                "; a classifier tells the periods apart with an AUC of {} ± {}",
                number::metric(auc),
                number::metric(1.96 * error)
            )
        });
        match self.largest() {
            Some(one) => format!(
                "{name}: the {} moved by {} standard deviations{auc}.",
                one.name,
                number::metric(one.deviations)
            ),
            None => format!("{name}: neither direction nor length of its vectors moved beyond noise{auc}."),
        }
    }
}

/// A classifier of two sets of vectors: on their entries, or on random directions, and on their length.
fn classifier(then: &[Vec<f64>], now: &[Vec<f64>], seed: u64) -> Option<Propensity> {
    let width = then.first()?.len();
    let all: Vec<&Vec<f64>> = then.iter().chain(now).collect();
    let mut columns: Vec<Vec<f64>> = if width <= DIRECTIONS {
        (0..width).map(|j| all.iter().map(|vector| vector[j]).collect()).collect()
    } else {
        (0..DIRECTIONS)
            .map(|direction| {
                let mut generator = rng_stream(seed, direction as u64);
                // Random signs keep distances as well as normal ones do (Achlioptas 2003).
                let signs: Vec<f64> =
                    (0..width).map(|_| if unit(&mut generator) < 0.5 { -1.0 } else { 1.0 }).collect();
                all.iter().map(|vector| vector.iter().zip(&signs).map(|(x, s)| x * s).sum()).collect()
            })
            .collect()
    };
    columns.push(all.iter().map(|vector| vector.iter().map(|x| x * x).sum::<f64>().sqrt()).collect());
    let mut data = Binned { rows: all.len(), columns: Vec::new() };
    columns.iter().for_each(|column| data.push(column));
    let is_second: Vec<bool> = (0..all.len()).map(|at| at >= then.len()).collect();
    Propensity::fit(&data, &is_second, seed).ok()
}

/// Whether a classifier tells an embedding's vectors from those before.
pub(super) fn finding(dossier: &Dossier, framing: &Framing, feature: usize) -> Option<Finding> {
    let name = dossier.feature_name(feature);
    let change = VectorChange::of(dossier, framing, feature)?;
    let apart =
        change.auc.filter(|(auc, error)| auc - 0.5 >= REAL_Z * error).map_or(0.0, |(auc, _)| auc - 0.5);
    let verdict = match apart {
        apart if apart >= APART.1 => Verdict::Alarm,
        apart if apart >= APART.0 => Verdict::Watch,
        _ => Verdict::Clear,
    };
    Some(Finding {
        measure: measures::DOMAIN_AUC.name,
        subject: Subject::Feature(feature),
        value: change.auc.map(|(auc, _)| auc),
        interval: change.auc.map(|(auc, error)| (auc - 1.96 * error, auc + 1.96 * error)),
        threshold: Some(0.5 + APART.1),
        ..Finding::new(checks::SUPPORT_VECTORS.of(name), verdict, change.message(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_that_grow_along_their_direction_are_seen() {
        // sklearn: roc_auc_score of the norms alone is 1 where every norm grows beyond the largest one before.
        let vector = |at: usize, by: f64| -> Vec<f64> {
            (0..4).map(|j| by * (1.0 + ((at * 37 + j * 101) % 997) as f64 / 2000.0)).collect()
        };
        let then: Vec<Vec<f64>> = (0..300).map(|at| vector(at, 1.0)).collect();
        let longer: Vec<Vec<f64>> = (0..300).map(|at| vector(at, 2.0)).collect();
        assert!(classifier(&then, &longer, 1).expect("enough rows").auc > 0.99);
        let same = classifier(&then, &then, 1).expect("enough rows");
        assert!((same.auc - 0.5).abs() < 3.0 * same.auc_error.max(0.02), "{}", same.auc);
    }
}
