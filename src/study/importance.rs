//! How much each input matters, by period: by permutation on labelled rows, and by the answers' attributions.

use std::sync::Arc;

use rayon::prelude::*;

use crate::{
    autopsy::{
        Dossier, Investigation,
        exam::concept::{SAME_ORDER, agreement},
        scoring::Answers,
    },
    model::{
        folds::thin,
        loss::{LossKind, sigmoid},
        surrogate::Surrogate,
    },
    stats::{
        moments,
        random::{rng_stream, shuffle},
        testing::paired,
    },
    summary::{Kind, Table, Task},
    text::number,
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

/// Rows of a period at most.
const MOST_ROWS: usize = 2000;

/// Fewer rows of a period show nothing.
const FEWEST_ROWS: usize = 100;

/// Windows of the log at most.
const WINDOWS: usize = 12;

/// Inputs with a line by window.
const BY_WINDOW: usize = 10;

/// An input with a smaller share of the attributions in both periods is not said to have changed places.
const MATTERS: f64 = 0.02;

/// The rows of one period.
struct Period<'a> {
    name: &'static str,
    table: &'a Table,
    rows: Vec<usize>,
}

/// What an input weighs in one period.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Weight {
    /// Mean rise of the loss when its values are shuffled, with its standard error.
    permuted: Option<(f64, f64)>,
    /// Mean absolute attribution.
    attributed: Option<f64>,
    /// Mean attribution, with its sign.
    mean: Option<f64>,
}

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    if investigation.rescorer.is_none() && investigation.surrogate.is_none() {
        return Err("neither an artefact nor a surrogate of the model can answer rows again".to_owned());
    }
    let periods = periods(investigation);
    let weights: Vec<Vec<Weight>> = periods.par_iter().map(|period| weigh(investigation, period)).collect();
    let last = periods.len() - 1;
    let attributed = |period: usize| -> Vec<f64> {
        weights[period]
            .iter()
            .map(|weight| weight.attributed.or(weight.permuted.map(|p| p.0)).unwrap_or(0.0))
            .collect()
    };
    let (then, now) = (attributed(0), attributed(last));
    let agreement = agreement(&then, &now);
    let shifts = shifts(investigation, &periods, &weights);
    let mut study = Study::new(Topic::Importance);
    let order = order_kept(periods[0].name, agreement);
    if agreement.0 < SAME_ORDER {
        study.alarm(order);
    } else {
        study.says.push(order);
    }
    study.says.extend(moved(dossier, (&then, &now), &shifts));
    study.tables.push(by_input(dossier, &periods, &weights, &shifts));
    study.tables.extend(by_window(investigation, &now));
    study.limits.push(match &investigation.rescorer {
        Some(model) => format!("Rows are answered again by {}.", model.name()),
        None => "No model answers rows again well enough; only attributions are shown.".to_owned(),
    });
    if investigation.surrogate.is_some() {
        study.limits.push(
            "Attributions are those of a function that was learnt from training's answers: of a model that was deployed later they tell nothing."
                .to_owned(),
        );
    }
    study.limits.push(
        "Shuffling breaks the input's ties to others: of inputs that carry the same news, each looks less important than both together."
            .to_owned(),
    );
    Ok(study)
}

/// Training, the rows before the onset and those since, as far as there are enough.
fn periods(investigation: &Investigation) -> Vec<Period<'_>> {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let training = &dossier.training.sample;
    let production = &dossier.production.sample;
    let all: Vec<usize> = (0..training.rows).collect();
    let mut periods = vec![Period { name: "training", table: training, rows: thin(&all, MOST_ROWS) }];
    for (name, rows) in [("before", &framing.before), ("since", &framing.after)] {
        if rows.len() >= FEWEST_ROWS {
            periods.push(Period { name, table: production, rows: thin(rows, MOST_ROWS) });
        }
    }
    periods
}

fn weigh(investigation: &Investigation, period: &Period<'_>) -> Vec<Weight> {
    let dossier = &investigation.dossier;
    let mut weights = vec![Weight::default(); dossier.plan.features.len()];
    if let Some(surrogate) = &investigation.surrogate {
        let parts = surrogate.parts(period.table, &period.rows, 1);
        for (place, &feature) in parts.features.iter().enumerate() {
            let values = parts.of(place);
            weights[feature].mean = moments::mean(&values).ok();
            let sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
            weights[feature].attributed = moments::mean(&sizes).ok();
        }
    }
    let permuted = permutation(investigation, period);
    for (weight, permuted) in weights.iter_mut().zip(permuted) {
        weight.permuted = permuted;
    }
    weights
}

/// The rise of the loss when the values of one input are shuffled among the rows (Breiman 2001).
fn permutation(investigation: &Investigation, period: &Period<'_>) -> Vec<Option<(f64, f64)>> {
    let dossier = &investigation.dossier;
    let features = dossier.plan.features.len();
    let answers = Answers::logged(&dossier.plan, period.table);
    let judged: Vec<usize> = period
        .rows
        .iter()
        .copied()
        .filter(|&row| answers.label.get(row).is_some_and(|y| !y.is_nan()))
        .collect();
    let Some(model) = investigation.rescorer.as_ref().filter(|_| judged.len() >= FEWEST_ROWS) else {
        return vec![None; features];
    };
    let table = period.table.take(&judged);
    let Some((losses, _)) = model.judge(dossier, &table, None) else {
        return vec![None; features];
    };
    let one = |feature: usize| {
        let mut order: Vec<usize> = (0..table.rows).collect();
        shuffle(&mut order, &mut rng_stream(dossier.plan.seed, feature as u64));
        let mut mixed = table.clone();
        mixed.features[feature] = table.features.get(feature)?.take(&order);
        let (broken, _) = model.judge(dossier, &mixed, None)?;
        let rise = paired(&losses, &broken).ok()?;
        Some((rise.difference, rise.error))
    };
    (0..features).into_par_iter().map(one).collect()
}

/// For each input, how much of the mean loss since the onset comes with the shift of its mean attribution since the period
/// before: the loss of the surrogate's answers, less that with the shift taken back.
fn shifts(
    investigation: &Investigation,
    periods: &[Period<'_>],
    weights: &[Vec<Weight>],
) -> Vec<Option<f64>> {
    let dossier = &investigation.dossier;
    let none = || vec![None; dossier.plan.features.len()];
    let kind = LossKind::of(&dossier.plan);
    let (Some(surrogate), Some(since)) = (&investigation.surrogate, periods.last()) else { return none() };
    if kind == LossKind::Wrong
        || dossier.task() == Task::Multiclass
        || periods.len() < 2
        || since.name == "training"
    {
        return none();
    }
    let label = &since.table.label;
    let judged: Vec<usize> =
        since.rows.iter().copied().filter(|&row| label.get(row).is_some_and(|y| !y.is_nan())).collect();
    if judged.len() < FEWEST_ROWS {
        return none();
    }
    let raw = surrogate.parts(since.table, &judged, 1).whole();
    let loss = |by: f64| -> f64 {
        let of = |(&row, &raw): (&usize, &f64)| {
            let answer = if kind == LossKind::Log { sigmoid(raw - by) } else { raw - by };
            kind.of_answer(label[row], answer)
        };
        judged.iter().zip(&raw).map(of).sum::<f64>() / judged.len() as f64
    };
    let whole = loss(0.0);
    let (then, now) = (&weights[periods.len() - 2], &weights[periods.len() - 1]);
    let shift = |(then, now): (&Weight, &Weight)| Some(whole - loss(now.mean? - then.mean?));
    then.iter().zip(now).map(shift).collect()
}

/// Whether the order of the inputs is that of the first period.
fn order_kept(first: &str, (ndcg, spearman): (f64, Option<f64>)) -> String {
    format!(
        "The order of the inputs {} that of {first}: agreement {} (nDCG; below {SAME_ORDER} alarms), rank correlation {}.",
        if ndcg >= SAME_ORDER { "is about" } else { "is not" },
        number::metric(ndcg),
        spearman.map_or_else(|| number::MISSING.to_owned(), number::metric)
    )
}

/// Which inputs changed places, and whose shift costs most.
fn moved(dossier: &Dossier, (then, now): (&[f64], &[f64]), shifts: &[Option<f64>]) -> Vec<String> {
    let rank = |by: &[f64], feature: usize| by.iter().filter(|&&other| other > by[feature]).count() + 1;
    // Inputs that hardly matter change places by noise.
    let total = |by: &[f64]| by.iter().sum::<f64>();
    let matters =
        |feature: &usize| then[*feature] >= MATTERS * total(then) || now[*feature] >= MATTERS * total(now);
    let moved = (0..now.len())
        .filter(matters)
        .max_by_key(|&feature| rank(then, feature).abs_diff(rank(now, feature)));
    let mut said = Vec::new();
    if let Some(feature) = moved.filter(|&feature| rank(then, feature) != rank(now, feature)) {
        said.push(format!(
            "{} moved most, from place {} to place {}.",
            dossier.feature_name(feature),
            rank(then, feature),
            rank(now, feature)
        ));
    }
    let costly = shifts.iter().enumerate().filter_map(|(at, shift)| Some((at, (*shift)?)));
    if let Some((feature, shift)) =
        costly.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, shift)| *shift > 0.001)
    {
        said.push(format!(
            "The shift of {}'s attribution costs most: {} of the mean loss since the onset.",
            dossier.feature_name(feature),
            number::metric(shift)
        ));
    }
    said
}

fn by_input(
    dossier: &Dossier,
    periods: &[Period<'_>],
    weights: &[Vec<Weight>],
    shifts: &[Option<f64>],
) -> StudyTable {
    let mut table =
        StudyTable::new("inputs", "By input, the costliest shift first", &[("input", "input", Format::Text)]);
    for period in periods {
        table.columns.extend([
            super::table::Column::new(
                format!("permuted_{}", period.name),
                format!("shuffled costs, {}", period.name),
                Format::Metric,
            ),
            super::table::Column::new(
                format!("attributed_{}", period.name),
                format!("share of attributions, {}", period.name),
                Format::Share,
            ),
        ]);
    }
    table.columns.push(super::table::Column::new("shift_costs", "its shift costs", Format::Signed));
    let totals: Vec<f64> =
        weights.iter().map(|all| all.iter().filter_map(|weight| weight.attributed).sum()).collect();
    let mut order: Vec<usize> = (0..dossier.plan.features.len()).collect();
    order.retain(|&feature| dossier.plan.features[feature].kind != Kind::Embedding);
    let last = weights.len() - 1;
    let key = |feature: usize| {
        let weight = weights[last][feature].attributed.unwrap_or(0.0);
        (shifts[feature].unwrap_or(f64::NEG_INFINITY), weight)
    };
    order.sort_by(|&a, &b| {
        let (a_key, b_key) = (key(a), key(b));
        b_key.0.total_cmp(&a_key.0).then(b_key.1.total_cmp(&a_key.1)).then(a.cmp(&b))
    });
    for feature in order {
        let mut row = vec![Cell::from(dossier.feature_name(feature))];
        for (period, total) in weights.iter().zip(&totals) {
            let weight = period[feature];
            row.push(weight.permuted.map_or(Cell::Missing, |(value, error)| {
                Cell::Interval(value, (value - 1.96 * error, value + 1.96 * error))
            }));
            row.push(weight.attributed.filter(|_| *total > 0.0).map(|value| value / total).into());
        }
        row.push(shifts[feature].into());
        table.push(row);
    }
    table
}

/// The share of the attributions by window, for the inputs that weigh most since the onset.
fn by_window(investigation: &Investigation, now: &[f64]) -> Option<StudyTable> {
    let surrogate: &Arc<Surrogate> = investigation.surrogate.as_ref()?;
    let dossier = &investigation.dossier;
    let sample = &dossier.production.sample;
    let (first, last) = (*sample.time.first()?, *sample.time.last()?);
    let width = ((last - first) / WINDOWS as i64).max(1);
    let mut order: Vec<usize> = (0..now.len()).collect();
    order.sort_by(|&a, &b| now[b].total_cmp(&now[a]).then(a.cmp(&b)));
    order.truncate(BY_WINDOW);
    let mut table = StudyTable::new(
        "course",
        "Share of the attributions by window",
        &[("from", "from", Format::Text), ("rows", "rows", Format::Count)],
    );
    table.columns.extend(order.iter().map(|&feature| {
        let name = dossier.feature_name(feature);
        super::table::Column::new(format!("input {name}"), name, Format::Share)
    }));
    for window in 0..WINDOWS as i64 {
        let (from, to) = (first + window * width, first + (window + 1) * width);
        let inside = |row: &usize| {
            sample.time[*row] >= from && (sample.time[*row] < to || window as usize == WINDOWS - 1)
        };
        let rows: Vec<usize> = (0..sample.rows).filter(inside).collect();
        let rows = thin(&rows, MOST_ROWS / 4);
        if rows.len() < FEWEST_ROWS {
            continue;
        }
        let parts = surrogate.parts(sample, &rows, 1);
        let mut sizes = vec![0.0; now.len()];
        for (place, &feature) in parts.features.iter().enumerate() {
            sizes[feature] = parts.of(place).iter().map(|value| value.abs()).sum::<f64>();
        }
        let total: f64 = sizes.iter().sum();
        let mut row = vec![Cell::from(crate::text::time::minute(from)), rows.len().into()];
        row.extend(order.iter().map(|&feature| Cell::from(sizes[feature] / total)));
        table.push(row);
    }
    (!table.rows.is_empty()).then_some(table)
}
