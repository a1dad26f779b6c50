//! How a metric changed.

use std::cmp::Ordering;

use crate::{
    autopsy::exam::performance::{Estimate, MetricRow},
    text::number,
};

/// `ROC AUC fell from 0.822 to 0.741`, or rose, or stayed; `None` if a value is missing.
#[must_use]
pub fn course(row: &MetricRow) -> Option<String> {
    let (then, now) = (row.baseline?, row.production?);
    let (a, b) = (number::metric(then.value), number::metric(now.value));
    let name = row.metric.name();
    Some(match now.value.total_cmp(&then.value) {
        Ordering::Less => format!("{name} fell from {a} to {b}"),
        Ordering::Greater => format!("{name} rose from {a} to {b}"),
        Ordering::Equal => format!("{name} stayed at {a}"),
    })
}

/// `worse by 0.081 (95 % interval 0.077 to 0.085)`; `None` if the loss is unknown.
#[must_use]
pub fn loss(row: &MetricRow) -> Option<String> {
    let loss = row.loss?;
    let (low, high) = loss.interval;
    let (direction, low, high) =
        if loss.value < 0.0 { ("better", -high, -low) } else { ("worse", low, high) };
    Some(format!(
        "{direction} by {} (95 % interval {} to {})",
        number::metric(loss.value.abs()),
        number::metric(low),
        number::metric(high)
    ))
}

/// `0.822 → 0.741`.
#[must_use]
pub fn values(row: &MetricRow) -> String {
    let value = |estimate: Option<Estimate>| {
        estimate.map_or_else(|| number::MISSING.to_owned(), |estimate| number::metric(estimate.value))
    };
    format!("{} → {}", value(row.baseline), value(row.production))
}

/// `0.822 → 0.741, worse by 0.081 (95 % interval 0.077 to 0.085)`; the reason if there is no loss.
#[must_use]
pub fn in_full(row: &MetricRow) -> String {
    let values = values(row);
    match &row.loss {
        Some(loss) if loss.value == 0.0 && loss.interval == (0.0, 0.0) => format!("{values}, unchanged"),
        _ => match self::loss(row).or_else(|| row.undefined.clone()) {
            Some(rest) => format!("{values}, {rest}"),
            None => values,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::metric::Metric;

    fn row(then: f64, now: f64) -> MetricRow {
        let estimate = |value: f64| Estimate { value, interval: (value - 0.01, value + 0.01), rows: 100 };
        MetricRow {
            metric: Metric::RocAuc,
            baseline: Some(estimate(then)),
            production: Some(estimate(now)),
            loss: Some(estimate(then - now)),
            undefined: None,
        }
    }

    #[test]
    fn a_gain_is_not_called_a_loss() {
        assert_eq!(in_full(&row(0.8, 0.7)), "0.800 → 0.700, worse by 0.100 (95 % interval 0.090 to 0.110)");
        assert_eq!(loss(&row(0.7, 0.8)).as_deref(), Some("better by 0.100 (95 % interval 0.090 to 0.110)"));
        assert_eq!(course(&row(0.7, 0.8)).as_deref(), Some("ROC AUC rose from 0.700 to 0.800"));
    }
}
