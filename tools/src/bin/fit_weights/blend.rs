//! The weighted sum of two fits: an earlier one whose incidents are no longer available, and one on new
//! incidents.
//!
//! Both are sums of step functions, hence so is their weighted sum. Each was fitted to mechanisms that the
//! other was not; in cross-validation over mechanisms the sum is better than either (`docs/method.md` 6).

use std::collections::{BTreeMap, BTreeSet};

use coroner::autopsy::{Cause, Curve, Weights};

/// The weights of the fits. Their sum is a little more than 1: two fits on different incidents that agree are
/// more certain than one alone.
const EARLIER: f64 = 0.3;
const LATER: f64 = 0.85;

/// Maximum number of edges of a curve, to prevent overfitting.
const MOST_EDGES: usize = 24;

/// The weighted sum of two fits.
pub(crate) fn blend(earlier: &Weights, later: &Weights) -> Weights {
    let keys: BTreeSet<&String> = earlier.signals.keys().chain(later.signals.keys()).collect();
    Weights {
        origin: format!("{EARLIER} x ({}) + {LATER} x ({})", earlier.origin, later.origin),
        prior: later.prior.clone(),
        signals: keys
            .into_iter()
            .map(|key| (key.clone(), sum(earlier.signals.get(key), later.signals.get(key))))
            .collect(),
    }
}

/// The weighted sum of two step functions; an absent one has weight 0.
fn sum(earlier: Option<&Curve>, later: Option<&Curve>) -> Curve {
    let both = [(earlier, EARLIER), (later, LATER)];
    let mut edges: Vec<f64> =
        both.iter().filter_map(|(curve, _)| *curve).flat_map(|curve| curve.edges.iter().copied()).collect();
    edges.sort_unstable_by(f64::total_cmp);
    edges.dedup();
    // A step begins at its edge; the first one begins at minus infinity.
    let begins: Vec<f64> = std::iter::once(f64::NEG_INFINITY).chain(edges.iter().copied()).collect();
    let weights: BTreeMap<Cause, Vec<f64>> = Cause::ALL
        .into_iter()
        .map(|cause| {
            let of = |value: f64| {
                let weight = |(curve, factor): &(Option<&Curve>, f64)| {
                    curve.map_or(0.0, |curve| factor * curve.weight(cause, value))
                };
                (both.iter().map(weight).sum::<f64>() * 1000.0).round() / 1000.0
            };
            (cause, begins.iter().map(|&value| of(value)).collect::<Vec<f64>>())
        })
        .filter(|(_, steps)| steps.iter().any(|weight| weight.abs() >= 0.005))
        .collect();
    coarsen(Curve { edges, weights })
}

/// Joins neighbouring steps, the most similar first, until at most `MOST_EDGES` edges are left: one and a
/// half times the maximum of one fit.
fn coarsen(mut curve: Curve) -> Curve {
    while curve.edges.len() > MOST_EDGES {
        let differs = |edge: usize| {
            let steps = curve.weights.values();
            steps.map(|w| (w[edge + 1] - w[edge]).abs()).fold(0.0, f64::max)
        };
        let edge = (0..curve.edges.len()).min_by(|&a, &b| differs(a).total_cmp(&differs(b)));
        let Some(edge) = edge else { break };
        curve.edges.remove(edge);
        for steps in curve.weights.values_mut() {
            let above = steps.remove(edge + 1);
            steps[edge] = (500.0 * (steps[edge] + above)).round() / 1000.0;
        }
    }
    curve
}
