//! The inputs together: can a classifier tell the periods apart, do the rows still lie on training's main axes, and which source
//! of inputs brought the loss?
//!
//! The drop is shared out by Shapley values over the sources: the loss before the onset, weighted so that the inputs of some
//! sources are distributed as since it, is the value of those sources together (Zhang, Singh, Ghassemi and Joshi 2023). What
//! weighting all inputs leaves is the relation's.

use rayon::prelude::*;

use crate::{
    autopsy::{Dossier, Investigation},
    model::{
        binned::{Binned, Binning, NUMERIC_BINS},
        encode::{EncodeOptions, Encoder},
        folds::thin,
        propensity::Propensity,
    },
    stats::{
        linear::{Matrix, symmetric_eigen},
        moments,
        testing::welch,
    },
    summary::{Kind, Table},
    text::{number, time},
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
    two_periods::TwoPeriods,
};

/// Rows of a period at most, and at least.
const MOST_ROWS: usize = 2500;
const FEWEST_ROWS: usize = 200;

/// Sources with a share of their own; the inputs of all others are one.
const SOURCES: usize = 4;

/// The part of the variance that the main axes hold.
const VARIANCE: f64 = 0.65;

/// Columns that main axes are sought among at most.
const MOST_COLUMNS: usize = 120;

/// Rows that are shown.
const SHOWN: usize = 12;

/// An AUC below this is no other population, however sure it is.
const NOTABLE: f64 = 0.55;

/// Weighted rows that count as fewer than this share of all carry no loss over.
const FEWEST_EFFECTIVE: f64 = 0.05;

/// From this AUC on, the periods share no rows.
const SEPARATE: f64 = 0.99;

/// Standard errors from which the mean loss rose.
const REAL: f64 = 3.0;

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let rows = [&periods.then, &periods.now].map(|period| thin(&period.rows, MOST_ROWS));
    if rows.iter().any(|rows| rows.len() < FEWEST_ROWS) {
        return Err(format!("fewer than {FEWEST_ROWS} rows in one of the periods"));
    }
    let data = both(dossier, periods.then.table, periods.now.table, &rows);
    let is_second = seconds(&rows);
    let propensity = Propensity::fit(&data, &is_second, dossier.plan.seed)
        .map_err(|why| format!("no classifier of the periods could be fitted: {why}"))?;
    let mut study = Study::new(Topic::Joint);
    study.says.push(verdict(periods.then_name, &propensity));
    study.tables.push(domain(dossier, &periods, &rows, &propensity));
    // Where the periods can't be told apart, no row is typical of one of them.
    if propensity.auc >= NOTABLE {
        study.tables.push(exemplars(&periods, &rows, &propensity));
    }
    if let Some((said, table)) = axes(investigation) {
        study.says.push(said);
        study.tables.push(table);
    }
    match by_source(dossier, &periods) {
        Ok((said, table)) => {
            study.says.push(said);
            study.tables.push(table);
        }
        Err(why) => study.limits.push(format!("The drop is not shared out by source: {why}.")),
    }
    study.limits.push(
        "Rows that agree in all inputs of a source count as one in the error of its AUC: few levels tell little."
            .to_owned(),
    );
    study.limits.push(
        "A source's share is that of its inputs' distribution. Of sources whose inputs move together each gets a part."
            .to_owned(),
    );
    Ok(study)
}

/// The rows of both periods in the bins of the first.
fn both(dossier: &Dossier, then: &Table, now: &Table, rows: &[Vec<usize>; 2]) -> Binned {
    let binning = Binning::fit(&dossier.plan, then, &rows[0], NUMERIC_BINS);
    binning.codes(then, &rows[0]).chain(&binning.codes(now, &rows[1]))
}

fn seconds(rows: &[Vec<usize>; 2]) -> Vec<bool> {
    (0..rows[0].len() + rows[1].len()).map(|at| at >= rows[0].len()).collect()
}

fn verdict(then: &str, propensity: &Propensity) -> String {
    let (auc, half) = (propensity.auc, 1.96 * propensity.auc_error);
    let told = format!("AUC {} ± {} out of fold", number::metric(auc), number::metric(half));
    match (propensity.z() > 3.0, auc >= NOTABLE) {
        (true, true) => format!("The inputs as a whole differ from those of {then}: {told}."),
        (true, false) => {
            format!("The inputs as a whole differ from those of {then} beyond noise, but hardly: {told}.")
        }
        _ => format!("The inputs as a whole can't be told from those of {then}: {told}."),
    }
}

/// The classifier of the periods over all inputs, and over each source alone.
fn domain(
    dossier: &Dossier,
    periods: &TwoPeriods<'_>,
    rows: &[Vec<usize>; 2],
    whole: &Propensity,
) -> StudyTable {
    let mut table = StudyTable::new(
        "domain",
        "How well a classifier tells the periods apart, out of fold",
        &[
            ("inputs", "inputs", Format::Text),
            ("auc", "AUC (95 %)", Format::Metric),
            ("error", "standard error", Format::Metric),
            ("z", "standard errors above 0.5", Format::Metric),
        ],
    );
    let mut push = |name: &str, of: &Propensity| {
        let half = 1.96 * of.auc_error;
        table.push(vec![
            name.into(),
            Cell::Interval(of.auc, ((of.auc - half).max(0.0), (of.auc + half).min(1.0))),
            of.auc_error.into(),
            of.z().into(),
        ]);
    };
    push("all", whole);
    let data = both(dossier, periods.then.table, periods.now.table, rows);
    let is_second = seconds(rows);
    let alone: Vec<(String, Option<Propensity>)> = sources(dossier)
        .into_par_iter()
        .map(|(name, features)| {
            let columns: Vec<usize> = features.iter().filter_map(|&f| data.column_of(f)).collect();
            let fit = Propensity::fit(&data.take_columns(&columns), &is_second, dossier.plan.seed);
            (name, fit.ok().filter(|_| !columns.is_empty()))
        })
        .collect();
    for (name, of) in &alone {
        if let Some(of) = of {
            push(name, of);
        }
    }
    table
}

/// The inputs by source; without sources, each input is one.
fn sources(dossier: &Dossier) -> Vec<(String, Vec<usize>)> {
    let mut sources: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, feature) in dossier.plan.features.iter().enumerate() {
        if feature.kind == Kind::Embedding {
            continue;
        }
        let name = feature.source.as_deref().unwrap_or(&feature.name);
        match sources.iter_mut().find(|(known, _)| known == name) {
            Some((_, features)) => features.push(index),
            None => sources.push((name.to_owned(), vec![index])),
        }
    }
    sources
}

/// The rows since the onset that look least like those before it.
fn exemplars(periods: &TwoPeriods<'_>, rows: &[Vec<usize>; 2], propensity: &Propensity) -> StudyTable {
    let mut table = StudyTable::new(
        "rows",
        "Rows that typify the change: those a classifier is surest of",
        &[
            ("row", "row of the sample", Format::Count),
            ("time", "time", Format::Text),
            ("probability", "probability to be new", Format::Share),
            ("loss", "loss", Format::Metric),
        ],
    );
    let of = |at: usize| propensity.raw[rows[0].len() + at];
    let mut order: Vec<usize> = (0..rows[1].len()).collect();
    order.sort_by(|&a, &b| of(b).total_cmp(&of(a)).then(a.cmp(&b)));
    for at in order.into_iter().take(SHOWN) {
        let row = rows[1][at];
        let answers = &periods.now.answers;
        table.push(vec![
            (row + 1).into(),
            periods.now.table.time.get(row).map_or(Cell::Missing, |&at| time::minute(at).into()),
            propensity.probability[rows[0].len() + at].into(),
            answers.judged(row).then(|| answers.loss(row)).into(),
        ]);
    }
    table
}

/// How far rows lie from training's main axes: the error of rebuilding them from principal components.
fn axes(investigation: &Investigation) -> Option<(String, StudyTable)> {
    let dossier = &investigation.dossier;
    let training = &dossier.training.sample;
    let known = thin(&(0..training.rows).collect::<Vec<_>>(), MOST_ROWS);
    let options = EncodeOptions { squares: false, levels: 6 };
    let encoder = Encoder::fit(&dossier.plan, training, &known, &options);
    let learnt = encoder.rank_normal(training, &known);
    if learnt.columns() < 3 || learnt.columns() > MOST_COLUMNS {
        return None;
    }
    let model = Axes::fit(&learnt)?;
    let errors = |table: &Table, rows: &[usize]| model.errors(&encoder.rank_normal(table, rows));
    let of_training = errors(training, &known);
    let production = &dossier.production.sample;
    let framing = &investigation.framing;
    let mut table = StudyTable::new(
        "axes",
        "Error of rebuilding rows from the main axes of training",
        &[
            ("rows_of", "rows", Format::Text),
            ("rows", "number", Format::Count),
            ("error", "mean error (95 %)", Format::Metric),
        ],
    );
    let mut push = |name: &str, errors: &[f64]| {
        let mean = moments::mean(errors).unwrap_or(f64::NAN);
        let half = 1.96 * moments::deviation(errors).unwrap_or(f64::NAN) / (errors.len() as f64).sqrt();
        table.push(vec![name.into(), errors.len().into(), Cell::Interval(mean, (mean - half, mean + half))]);
    };
    push("training", &of_training);
    let before = errors(production, &thin(&framing.before, MOST_ROWS));
    let since = errors(production, &thin(&framing.after, MOST_ROWS));
    if !before.is_empty() {
        push("before the onset", &before);
    }
    push("since", &since);
    let reference = if before.len() >= FEWEST_ROWS { &before } else { &of_training };
    let difference = welch(reference, &since).ok()?;
    let said = if difference.t().abs() > 3.0 {
        format!(
            "Rows lie {} training's {} main axes than before: mean error {} against {}.",
            if difference.difference > 0.0 { "farther from" } else { "closer to" },
            model.kept,
            number::metric(moments::mean(&since).unwrap_or(f64::NAN)),
            number::metric(moments::mean(reference).unwrap_or(f64::NAN))
        )
    } else {
        format!("Rows lie as close to training's {} main axes as before.", model.kept)
    };
    Some((said, table))
}

/// The mean and the main axes of some rows.
struct Axes {
    mean: Vec<f64>,
    vectors: Matrix,
    kept: usize,
}

impl Axes {
    fn fit(rows: &Matrix) -> Option<Self> {
        let (n, columns) = (rows.rows() as f64, rows.columns());
        let mean: Vec<f64> =
            (0..columns).map(|j| (0..rows.rows()).map(|i| rows.get(i, j)).sum::<f64>() / n).collect();
        let mut covariance = Matrix::zeros(columns, columns);
        for row in 0..rows.rows() {
            let off: Vec<f64> = rows.row(row).iter().zip(&mean).map(|(x, mean)| x - mean).collect();
            for (i, x) in off.iter().enumerate() {
                for (j, y) in off.iter().enumerate() {
                    covariance.set(i, j, covariance.get(i, j) + x * y / (n - 1.0));
                }
            }
        }
        let (values, vectors) = symmetric_eigen(&covariance).ok()?;
        let total: f64 = values.iter().sum();
        let mut held = 0.0;
        let kept = values
            .iter()
            .position(|value| {
                held += value;
                held >= VARIANCE * total
            })
            .map_or(columns, |at| at + 1);
        Some(Self { mean, vectors, kept })
    }

    /// The distance of each row from its projection on the axes that are kept.
    fn errors(&self, rows: &Matrix) -> Vec<f64> {
        let of = |row: usize| {
            let x: Vec<f64> = rows.row(row).iter().zip(&self.mean).map(|(x, mean)| x - mean).collect();
            let whole: f64 = x.iter().map(|x| x * x).sum();
            let along = |axis: usize| -> f64 {
                x.iter().enumerate().map(|(i, x)| x * self.vectors.get(i, axis)).sum()
            };
            let kept: f64 = (0..self.kept).map(|axis| along(axis).powi(2)).sum();
            (whole - kept).max(0.0).sqrt()
        };
        (0..rows.rows()).map(of).collect()
    }
}

/// The rise of the mean loss, shared out over the sources and the relation.
fn by_source(dossier: &Dossier, periods: &TwoPeriods<'_>) -> Result<(String, StudyTable), String> {
    let rows = [&periods.then, &periods.now].map(|period| thin(&period.judged(), MOST_ROWS));
    if rows.iter().any(|rows| rows.len() < FEWEST_ROWS) {
        return Err(format!("fewer than {FEWEST_ROWS} judged rows in one of the periods"));
    }
    let losses: Vec<f64> = rows[0].iter().map(|&row| periods.then.answers.loss(row)).collect();
    let since: Vec<f64> = rows[1].iter().map(|&row| periods.now.answers.loss(row)).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (before, after) = (mean(&losses), mean(&since));
    let rose = welch(&losses, &since).is_ok_and(|difference| difference.t() >= REAL);
    if !rose {
        return Err("the mean loss did not rise beyond noise".to_owned());
    }
    let data = both(dossier, periods.then.table, periods.now.table, &rows);
    let is_second = seconds(&rows);
    let players = players(dossier, &data, &is_second);
    // The loss before the onset with the inputs of some sources as since it; the empty set keeps it as it was.
    let value = |set: usize| -> Option<(f64, f64)> {
        if set == 0 {
            return Some((before, 1.0));
        }
        let columns: Vec<usize> = players
            .iter()
            .enumerate()
            .filter(|(player, _)| set >> player & 1 == 1)
            .flat_map(|(_, (_, columns))| columns.iter().copied())
            .collect();
        let fitted = Propensity::fit(&data.take_columns(&columns), &is_second, dossier.plan.seed).ok()?;
        let weights = fitted.weights();
        let total: f64 = weights.iter().sum();
        let loss = weights.iter().zip(&losses).map(|(w, loss)| w * loss).sum::<f64>() / total;
        // Where every row is told, all have the same bounded weight, which is that of none.
        let effective = if fitted.auc >= SEPARATE { 0.0 } else { fitted.effective_share() };
        Some((loss, effective))
    };
    let values: Option<Vec<(f64, f64)>> = (0..1_usize << players.len()).into_par_iter().map(value).collect();
    let values = values.ok_or("no classifier of the periods could be fitted")?;
    let least = values.iter().map(|(_, effective)| *effective).fold(1.0, f64::min);
    if least < FEWEST_EFFECTIVE {
        return Err("hardly a row before the onset looks like those since, so that no weighting carries its loss over; the account of the loss takes altered inputs apart".to_owned());
    }
    let values: Vec<f64> = values.into_iter().map(|(loss, _)| loss).collect();
    let shares = shapley(players.len(), &values);
    let all = values.last().copied().unwrap_or(before);
    let mut table = StudyTable::new(
        "sources",
        "The rise of the mean loss, by source",
        &[
            ("source", "source", Format::Text),
            ("amount", "loss a row", Format::Signed),
            ("share", "of the rise", Format::Share),
        ],
    );
    let rise = after - before;
    let mut lines: Vec<(String, f64)> = players.iter().map(|(name, _)| name.clone()).zip(shares).collect();
    lines.push(("relation, answers and whatever inputs don't show".to_owned(), after - all));
    lines.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (name, amount) in &lines {
        table.push(vec![
            name.as_str().into(),
            (*amount).into(),
            (*amount > 0.0).then(|| (amount / rise).min(1.0)).into(),
        ]);
    }
    let (name, amount) = &lines[0];
    let said = format!(
        "Of the rise of {} most, {}, comes with {name}.",
        number::metric(rise),
        number::metric(*amount)
    );
    Ok((said, table))
}

/// The sources that tell the periods apart best, each with its columns, and all others as one.
fn players(dossier: &Dossier, data: &Binned, is_second: &[bool]) -> Vec<(String, Vec<usize>)> {
    let mut all: Vec<(String, Vec<usize>, f64)> = sources(dossier)
        .into_par_iter()
        .map(|(name, features)| {
            let columns: Vec<usize> = features.iter().filter_map(|&f| data.column_of(f)).collect();
            let fit = Propensity::fit(&data.take_columns(&columns), is_second, dossier.plan.seed);
            (name, columns, fit.map_or(0.5, |fit| fit.auc))
        })
        .filter(|(_, columns, _)| !columns.is_empty())
        .collect();
    all.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    let rest = all.split_off(all.len().min(SOURCES));
    let mut players: Vec<(String, Vec<usize>)> =
        all.into_iter().map(|(name, columns, _)| (name, columns)).collect();
    if !rest.is_empty() {
        players.push((
            "other inputs".to_owned(),
            rest.into_iter().flat_map(|(_, columns, _)| columns).collect(),
        ));
    }
    players
}

/// The Shapley value of each player (Shapley 1953).
///
/// * `values`: what each set of players is worth, by the number whose bits are the players.
fn shapley(players: usize, values: &[f64]) -> Vec<f64> {
    // |S|! (n − |S| − 1)! / n! by the size of a set without the player.
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let weight = |size: usize| factorial(size) * factorial(players - size - 1) / factorial(players);
    let of = |player: usize| {
        (0..values.len())
            .filter(|set| set >> player & 1 == 0)
            .map(|set| weight(set.count_ones() as usize) * (values[set | 1 << player] - values[set]))
            .sum()
    };
    (0..players).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn shapley_values_are_the_mean_over_all_orders() {
        // v = [0, 1, 2, 4, 1, 3, 3, 9]; [np.mean([v[sum(1 << q for q in o[:o.index(p) + 1])] - v[sum(1 << q for q in o[:o.index(p)])]
        //     for o in itertools.permutations(range(3))]) for p in range(3)] -> [3, 3.5, 2.5]
        let values = shapley(3, &[0.0, 1.0, 2.0, 4.0, 1.0, 3.0, 3.0, 9.0]);
        for (got, want) in values.iter().zip([3.0, 3.5, 2.5]) {
            assert!((got - want).abs() < 1e-12, "{values:?}");
        }
    }

    #[test]
    fn rows_off_the_axes_have_the_error_of_scikit_learn() {
        // X = np.array([[t, 2 * t + t % 3, t % 5] for t in range(30)], float); p = sklearn.decomposition.PCA(1).fit(X)
        // Y = np.array([[3., 1, 4], [10, 25, 0]]); np.linalg.norm(Y - p.inverse_transform(p.transform(Y)), axis=1)
        let row = |t: i32| [f64::from(t), f64::from(2 * t + t % 3), f64::from(t % 5)];
        let x = Matrix::from_rows(30, 3, (0..30).flat_map(row).collect()).unwrap();
        let axes = Axes::fit(&x).expect("three columns");
        assert_eq!(axes.kept, 1);
        let errors = axes.errors(&Matrix::from_rows(2, 3, vec![3.0, 1.0, 4.0, 10.0, 25.0, 0.0]).unwrap());
        for (got, want) in errors.iter().zip([3.522_696_568_686_887_6, 2.637_149_405_891_371]) {
            assert!((got - want).abs() < 1e-9, "{errors:?}");
        }
    }

    #[test]
    fn the_drop_is_shared_out_completely() {
        let study = study(&fixture::investigation()).expect("two periods");
        let domain = &study.tables[0];
        assert_eq!(domain.rows[0][0], Cell::from("all"));
        assert!(matches!(domain.rows[0][1], Cell::Interval(auc, (low, high)) if low <= auc && auc <= high));
        if let Some(sources) = study.tables.iter().find(|table| table.id == "sources") {
            let number = |cell: &Cell| if let Cell::Number(x) = cell { Some(*x) } else { None };
            let amounts: Vec<f64> = sources.rows.iter().filter_map(|row| number(&row[1])).collect();
            let share = number(&sources.rows[0][2]).expect("the largest part is above 0");
            let total: f64 = amounts.iter().sum();
            assert!(share <= 1.0 && (amounts[0] / total - share).abs() < 1e-9, "{amounts:?} {share}");
            assert!(sources.rows.iter().all(|row| number(&row[2]).is_none_or(|share| share > 0.0)));
        }
    }
}
