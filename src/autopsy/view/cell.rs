//! The details of one cell of the heat map, bin by bin.

use crate::{
    autopsy::{Dossier, Framing},
    stats::distance::{jensen_shannon, ks},
    summary::{Bins, Feature, Span},
    text::number,
};

/// One bin in both populations.
#[derive(Debug, Clone, PartialEq)]
pub struct CellBin {
    /// The values in the bin: `0.04 – 0.19`, `> 1.42`, `north`, `missing`.
    pub label: String,
    /// Share of the training rows.
    pub training: f64,
    /// Share of the window's rows.
    pub production: f64,
}

/// A feature in one window against training.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The bins of PSI in order, the missing bin last.
    pub bins: Vec<CellBin>,
    /// Rows of the window.
    pub rows: u64,
}

/// The details of a cell; none when the snapshot or the window has no rows of the feature.
#[must_use]
pub fn cell(dossier: &Dossier, feature: usize, span: Option<Span>) -> Option<Cell> {
    let plan = dossier.plan.features.get(feature)?;
    let inside = |window: usize| match (span, dossier.grid()) {
        (Some(span), Some(grid)) => (span.from..span.to).contains(&grid.span(window).from),
        _ => true,
    };
    let training = plan.bins.coarsen(&dossier.training.features.get(feature)?.sum(|_| true));
    let production = plan.bins.coarsen(&dossier.production.features.get(feature)?.sum(inside));
    let (of_training, rows): (u64, u64) = (training.iter().sum(), production.iter().sum());
    if of_training == 0 || rows == 0 {
        return None;
    }
    let bins = labels(plan).into_iter().zip(training.iter().zip(&production)).map(|(label, (&t, &p))| {
        CellBin { label, training: t as f64 / of_training as f64, production: p as f64 / rows as f64 }
    });
    Some(Cell { bins: bins.collect(), rows })
}

/// The details of a feature over all windows since the onset; over the whole log where there is none.
#[must_use]
pub fn since_onset(dossier: &Dossier, framing: &Framing, feature: usize) -> Option<Cell> {
    let since = framing.split().zip(dossier.period());
    let span = since.map(|(from, (_, to))| Span { from, to: framing.ended().unwrap_or(to + 1) });
    cell(dossier, feature, span)
}

/// How far a window lies from training by its counts: the Kolmogorov-Smirnov distance (of numbers) and the Jensen-Shannon
/// divergence in bits; none where there are no rows.
///
/// Source: the formulas are those of [`distance`](crate::stats::distance).
#[must_use]
pub fn distances(dossier: &Dossier, feature: usize, span: Span) -> (Option<f64>, Option<f64>) {
    let counts = || {
        let plan = dossier.plan.features.get(feature)?;
        let grid = dossier.grid()?;
        let inside = |window: usize| (span.from..span.to).contains(&grid.span(window).from);
        let training = dossier.training.features.get(feature)?.sum(|_| true);
        let production = dossier.production.features.get(feature)?.sum(inside);
        Some((plan, training, production))
    };
    let Some((plan, training, production)) = counts() else { return (None, None) };
    // The last bin holds the missing values, which have no place in an order.
    let known = |bins: &[u64]| bins.len().saturating_sub(1);
    let ks = matches!(plan.bins, Bins::Numeric(_))
        .then(|| ks(&training[..known(&training)], &production[..known(&production)]).ok())
        .flatten();
    let js = jensen_shannon(&plan.bins.coarsen(&training), &plan.bins.coarsen(&production)).ok();
    (ks, js)
}

/// Share of a window's rows whose value lies out of training's range, or is a level that training never held; none where
/// there are no rows.
#[must_use]
pub fn outside(dossier: &Dossier, feature: usize, span: Span) -> Option<f64> {
    let plan = dossier.plan.features.get(feature)?;
    let grid = dossier.grid()?;
    let inside = |window: usize| (span.from..span.to).contains(&grid.span(window).from);
    let counts = dossier.production.features.get(feature)?.sum(inside);
    let rows: u64 = counts.iter().sum();
    let at = |bin: usize| counts.get(bin).copied().unwrap_or(0);
    let outside = match &plan.bins {
        Bins::None => return None,
        Bins::Numeric(bins) => at(0) + at(bins.edges.len()),
        Bins::Categorical(bins) => at(bins.unseen()),
    };
    (rows > 0).then(|| outside as f64 / rows as f64)
}

/// The label of each coarse bin.
fn labels(feature: &Feature) -> Vec<String> {
    match &feature.bins {
        Bins::None => vec!["missing".to_owned()],
        Bins::Categorical(bins) => {
            let named = feature.levels.iter().take(bins.levels).cloned();
            named.chain(["other levels", "never seen", "missing"].map(String::from)).collect()
        }
        Bins::Numeric(bins) => {
            let coarse = feature.bins.coarse() - 1;
            let edge = |at: Option<usize>| at.and_then(|at| bins.edges.get(at)).copied();
            (0..coarse)
                .map(|bin| {
                    let fine = |f: &u16| usize::from(*f) == bin;
                    let first = bins.coarse_of.iter().position(fine);
                    let last = bins.coarse_of.iter().rposition(fine);
                    // Fine bin f lies between the edges f - 1 and f.
                    interval(edge(first.and_then(|f| f.checked_sub(1))), edge(last), &bins.points)
                })
                .chain([String::from("missing")])
                .collect()
        }
    }
}

/// An interval in words. A value with much of the mass has an edge just above it, which is shown as the value
/// itself.
fn interval(low: Option<f64>, high: Option<f64>, points: &[f64]) -> String {
    let below = |edge: f64| points.iter().copied().find(|point| point.next_up() == edge);
    match (low, high) {
        (None, None) => "all".to_owned(),
        (None, Some(high)) => match below(high) {
            Some(point) => format!("≤ {}", number::value(point)),
            None => format!("< {}", number::value(high)),
        },
        (Some(low), None) => match below(low) {
            Some(point) => format!("> {}", number::value(point)),
            None => format!("≥ {}", number::value(low)),
        },
        (Some(low), Some(high)) if below(high) == Some(low) => format!("= {}", number::value(low)),
        (Some(low), Some(high)) => {
            let (low, high) = (below(low).unwrap_or(low), below(high).unwrap_or(high));
            format!("{} – {}", number::value(low), number::value(high))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn shares_add_up_and_labels_follow_the_edges() {
        let dossier = fixture::investigation().dossier;
        let grid = dossier.grid().unwrap();
        let cell = cell(&dossier, 0, Some(grid.span(20))).unwrap();
        for side in [|b: &CellBin| b.training, |b: &CellBin| b.production] {
            assert!((cell.bins.iter().map(side).sum::<f64>() - 1.0).abs() < 1e-9);
        }
        assert_eq!(cell.bins.first().unwrap().label, "< 0.14");
        assert_eq!(cell.bins.last().unwrap().label, "missing");
        let above = &cell.bins[cell.bins.len() - 2];
        assert!(above.label.starts_with("≥ ") && above.production > 0.9, "{above:?}");
    }

    #[test]
    fn values_beyond_trainings_range_are_counted_window_by_window() {
        let dossier = fixture::investigation().dossier;
        let grid = dossier.grid().unwrap();
        let (early, late) = (outside(&dossier, 0, grid.span(2)), outside(&dossier, 0, grid.span(20)));
        assert!(early.unwrap() < 0.05 && late.unwrap() > 0.9, "{early:?} {late:?}");
        assert_eq!(outside(&dossier, 0, Span { from: 0, to: 1 }), None);
    }

    #[test]
    fn a_window_without_rows_has_no_cell() {
        let dossier = fixture::investigation().dossier;
        assert_eq!(cell(&dossier, 0, Some(Span { from: 0, to: 1 })), None);
        assert_eq!(cell(&dossier, 999, None), None);
    }
    #[test]
    fn a_value_with_much_mass_reads_as_itself() {
        let zero = [0.0_f64];
        let above = zero[0].next_up();
        assert_eq!(interval(None, Some(above), &zero), "≤ 0");
        assert_eq!(interval(Some(0.0), Some(above), &zero), "= 0");
        assert_eq!(interval(Some(above), None, &zero), "> 0");
        assert_eq!(interval(Some(1.5), Some(2.0), &zero), "1.5 – 2");
    }
}
