//! Metrics of the business: columns of the production log, before and since the onset and window by window.

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Subject, Verdict,
        catalogue::{checks, measures},
        exam::{
            context::ExamContext,
            performance::Estimate,
            window_split::{Periods, display_width, widened},
        },
    },
    cached::cached,
    case::{Better, BusinessMetric},
    stats::{distribution::student_upper_quantile, interval::wilson, moments, testing::welch},
    summary::{Column, Grid, Table},
    text::{self, number},
};

/// Minimum rows of a window or period for a mean to be shown.
const FEWEST_ROWS: usize = 30;

/// Minimum loss in standard errors to count as real, as for the model's metrics.
const REAL_Z: f64 = 3.2;

/// A metric of the business, measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Business {
    /// What the contract says.
    pub metric: BusinessMetric,
    /// Whether its values are 0 and 1 only, so that the mean is a rate.
    pub is_rate: bool,
    /// Its mean before the onset.
    pub before: Option<Estimate>,
    /// Its mean since.
    pub since: Option<Estimate>,
    /// By how much it got worse; above 0 is worse, whatever its direction.
    pub loss: Option<Estimate>,
    /// The loss in standard errors.
    pub z: Option<f64>,
    /// Its mean by window of the grid.
    pub course: Vec<Option<Estimate>>,
    /// Its total by window.
    pub totals: Vec<f64>,
    /// The windows.
    pub grid: Option<Grid>,
}

cached!(struct Business { metric, is_rate, before, since, loss, z, course, totals, grid });

/// A column as numbers, by its name: an input, or a column that is none; true is 1 and false 0.
#[must_use]
pub fn numbers_of(dossier: &Dossier, table: &Table, name: &str) -> Option<Vec<f64>> {
    let of_texts = |codes: &[u32], texts: &[String]| {
        let number = |text: &String| match text.as_str() {
            "true" => 1.0,
            "false" => 0.0,
            other => other.parse().unwrap_or(f64::NAN),
        };
        codes.iter().map(|&code| texts.get(code as usize).map_or(f64::NAN, number)).collect::<Vec<f64>>()
    };
    let plan = &dossier.plan;
    if let Some(at) = plan.features.iter().position(|feature| feature.name == name) {
        return match table.features.get(at)? {
            Column::Numeric { values, .. } => Some(values.clone()),
            Column::Categorical(codes) => Some(of_texts(codes, &plan.features[at].levels)),
            Column::Embedding { .. } | Column::Absent => None,
        };
    }
    match table.extra.iter().find(|(extra, ..)| extra == name)? {
        (_, Column::Numeric { values, .. }, _) => Some(values.clone()),
        (_, Column::Categorical(codes), texts) => Some(of_texts(codes, texts)),
        _ => None,
    }
}

/// Measures every metric of `[metrics]`.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Vec<Business>, Observations) {
    let &ExamContext { dossier, framing, .. } = context;
    let mut observations = Observations::default();
    let mut measured = Vec::new();
    for metric in &dossier.breakdown.metrics {
        match numbers_of(dossier, &dossier.production.sample, &metric.column) {
            Some(values) if values.iter().any(|value| value.is_finite()) => {
                let business = measure(dossier, framing, metric, &values);
                observations.findings.push(finding(dossier, framing, &business));
                measured.push(business);
            }
            _ => {
                let id = checks::PERFORMANCE_BUSINESS.of(&metric.name);
                let why = format!("column {} holds no numbers", metric.column);
                let what = format!("{} can't be measured", text::capital(&metric.name));
                observations.findings.push(Finding::not_applicable(id, &what, why));
            }
        }
    }
    (measured, observations)
}

fn known(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| values[row]).filter(|value| value.is_finite()).collect()
}

/// A mean with its interval: Wilson's of a rate, else Student's.
fn mean(values: &[f64], is_rate: bool) -> Option<Estimate> {
    let rows = values.len();
    if rows < FEWEST_ROWS {
        return None;
    }
    let value = moments::mean(values).ok()?;
    let interval = if is_rate {
        wilson((value * rows as f64).round() as u64, rows as u64, 1.959_964).ok()?
    } else {
        let error = (moments::variance(values).ok()? / rows as f64).sqrt();
        let half = student_upper_quantile(0.025, rows as f64 - 1.0) * error;
        (value - half, value + half)
    };
    Some(Estimate { value, interval, rows: rows as u64 })
}

fn measure(dossier: &Dossier, framing: &Framing, metric: &BusinessMetric, values: &[f64]) -> Business {
    let is_rate = values.iter().all(|value| value.is_nan() || *value == 0.0 || *value == 1.0);
    let (before, since) = (known(values, &framing.before), known(values, &framing.after));
    let enough = before.len() >= FEWEST_ROWS && since.len() >= FEWEST_ROWS;
    let test = welch(&before, &since).ok().filter(|_| enough);
    let sign = if metric.better == Better::More { -1.0 } else { 1.0 };
    let loss = test.map(|test| {
        let (value, half) = (sign * test.difference, 1.959_964 * test.error);
        let rows = before.len().min(since.len()) as u64;
        Estimate { value, interval: (value - half, value + half), rows }
    });
    let z = test.filter(|test| test.error > 0.0).map(|test| sign * test.difference / test.error);
    let (grid, by_window) = by_window(dossier, values);
    Business {
        metric: metric.clone(),
        is_rate,
        before: mean(&before, is_rate),
        since: mean(&since, is_rate),
        loss,
        z,
        course: by_window.iter().map(|values| mean(values, is_rate)).collect(),
        totals: by_window.iter().map(|values| values.iter().sum()).collect(),
        grid,
    }
}

/// The known values by display window.
fn by_window(dossier: &Dossier, values: &[f64]) -> (Option<Grid>, Vec<Vec<f64>>) {
    let (grid, ..) = widened(dossier, display_width(dossier));
    let mut windows = vec![Vec::new(); grid.map_or(1, |grid| grid.windows)];
    for (row, &value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let window = match grid {
            Some(grid) => dossier.production.sample.time.get(row).and_then(|&at| grid.window(at)),
            None => Some(0),
        };
        if let Some(window) = window.and_then(|window| windows.get_mut(window)) {
            window.push(value);
        }
    }
    (grid, windows)
}

fn finding(dossier: &Dossier, framing: &Framing, business: &Business) -> Finding {
    let name = &business.metric.name;
    let id = checks::PERFORMANCE_BUSINESS.of(name);
    let shown = |value: f64| if business.is_rate { number::share(value) } else { number::value(value) };
    let (Some(then), Some(now), Some(loss)) = (business.before, business.since, business.loss) else {
        let message = match business.since {
            Some(now) => format!(
                "{} is {}; there is no period before the onset to hold it against.",
                text::capital(name),
                shown(now.value)
            ),
            None => format!("{} has too few values to tell.", text::capital(name)),
        };
        return Finding {
            subject: Subject::Case,
            measure: measures::BUSINESS.name,
            value: business.since.map(|now| now.value),
            ..Finding::new(id, Verdict::Clear, message)
        };
    };
    let threshold = dossier.thresholds.performance_drop * then.value.abs();
    let verdict = match business.z {
        Some(z) if z >= REAL_Z && loss.value >= threshold => Verdict::Alarm,
        Some(z) if z >= REAL_Z => Verdict::Watch,
        _ => Verdict::Clear,
    };
    let moved = if verdict == Verdict::Clear { "did not get worse beyond noise" } else { "got worse" };
    // What a total lost is money, or whatever is summed; a mean or a rate has no sum.
    let rows = Periods::new(dossier, framing).rows_after;
    let total = if business.metric.total && verdict != Verdict::Clear {
        let of = |loss: f64| number::value(loss * rows as f64);
        format!(
            " Over the {} rows since, that is {} in all ({} to {}).",
            number::whole(rows),
            of(loss.value),
            of(loss.interval.0),
            of(loss.interval.1)
        )
    } else {
        String::new()
    };
    let message = format!(
        "{} {moved}: {} before the onset, {} since ({} to {}).{total}",
        text::capital(name),
        shown(then.value),
        shown(now.value),
        shown(now.interval.0),
        shown(now.interval.1),
    );
    Finding {
        measure: measures::BUSINESS.name,
        value: Some(loss.value),
        interval: Some(loss.interval),
        threshold: Some(threshold),
        ..Finding::new(id, verdict, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_has_the_interval_that_scipy_gives() {
        // scipy.stats.t.interval(0.95, 39, loc=20.5, scale=scipy.stats.sem(range(1, 41))) = (16.7610, 24.2390)
        let values: Vec<f64> = (1..=40).map(f64::from).collect();
        let estimate = mean(&values, false).expect("enough rows");
        assert!((estimate.interval.0 - 16.761).abs() < 1e-3, "{estimate:?}");
        assert!((estimate.interval.1 - 24.239).abs() < 1e-3, "{estimate:?}");
        assert_eq!(mean(&values[..10], false), None);
    }

    #[test]
    fn a_rate_that_falls_is_worse_where_more_is_better() {
        let mut dossier = crate::app::fixture::investigation().dossier;
        let framing = crate::app::fixture::investigation().framing;
        let data = std::sync::Arc::make_mut(&mut dossier);
        let rows = data.production.sample.rows;
        // Nine in ten before the onset, half since.
        let bought = |row: usize| {
            let one_in = if framing.before.contains(&row) { 10 } else { 2 };
            f64::from(u8::from(!row.is_multiple_of(one_in)))
        };
        let values: Vec<f64> = (0..rows).map(bought).collect();
        let column = Column::Numeric { values, unreadable: Vec::new(), examples: Vec::new() };
        data.production.sample.extra.push(("bought".to_owned(), column, Vec::new()));
        let metric = |better| BusinessMetric {
            name: "conversion".to_owned(),
            column: "bought".to_owned(),
            better,
            total: false,
        };
        data.breakdown.metrics = vec![metric(Better::More), metric(Better::Less)];
        let (measured, observations) = examine(&ExamContext::new(data, &framing));
        assert!(measured[0].is_rate && measured[0].loss.expect("two periods").value > 0.3);
        assert_eq!(observations.findings[0].verdict, Verdict::Alarm, "{:?}", observations.findings[0]);
        assert_eq!(observations.findings[1].verdict, Verdict::Clear);
    }
}
