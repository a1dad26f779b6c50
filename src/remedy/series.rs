//! What can be watched in a production log: one value per window, higher is worse.

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Dossier, Framing, Investigation,
        exam::{
            breakdown::texts::TextColumn, business::Business, drift::Drift, performance::Performance,
            serving::Serving, window_split,
        },
        scoring,
    },
    case::Better,
    stats::{metric::Metric, moments},
    summary::{Bins, Grid, values::NO_TIME},
};

const WEEK: i64 = 7 * 86_400_000_000;
const DAY: f64 = 86_400e6;

/// The views that values by window are taken from.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    /// What was read.
    pub dossier: &'a Dossier,
    /// Which rows are compared.
    pub framing: &'a Framing,
    /// The metrics of the model.
    pub performance: &'a Performance,
    /// The metrics of the business.
    pub business: &'a [Business],
    /// The inputs and the answers.
    pub drift: &'a Drift,
    /// The service.
    pub serving: &'a Serving,
    /// Share of rows outside of training, by window of its grid; none where it was not examined.
    pub outside: Option<(Grid, &'a [Option<f64>])>,
}

/// The windows and the value of each.
pub type Series = (Grid, Vec<Option<f64>>);

/// Returns how much worse a value is than its baseline, relative to the baseline.
#[must_use]
pub fn relative_loss(metric: Metric, baseline: f64, value: f64) -> f64 {
    scoring::worsening(metric, baseline, value) / baseline.abs()
}

/// The views of an investigation that its series are taken from.
#[must_use]
pub fn watch(investigation: &Investigation) -> Watch<'_> {
    Watch {
        dossier: &investigation.dossier,
        framing: &investigation.framing,
        performance: &investigation.performance,
        business: &investigation.business,
        drift: &investigation.drift,
        serving: &investigation.serving,
        outside: investigation.support.grid.map(|grid| (grid, investigation.support.course.as_slice())),
    }
}

impl Watch<'_> {
    /// The relative loss of the headline metric.
    #[must_use]
    pub fn performance(&self) -> Option<Series> {
        let row = self.performance.headline_row()?;
        let baseline = row.baseline.filter(|baseline| baseline.value != 0.0)?.value;
        let course = self.performance.course(row.metric)?;
        let loss = |value: f64| relative_loss(row.metric, baseline, value);
        let values = course.points.iter().map(|p| p.estimate.map(|e| loss(e.value)));
        Some((self.performance.grid?, values.collect()))
    }

    /// The largest PSI of all inputs.
    #[must_use]
    pub fn inputs(&self) -> Option<Series> {
        let grid = self.drift.grid?;
        let largest = |window: usize| {
            let known = self.drift.features.iter().filter_map(|line| line.psi.get(window).copied().flatten());
            known.reduce(f64::max)
        };
        Some((grid, (0..grid.windows).map(largest).collect()))
    }

    /// How much worse a metric of the business is than before the onset, relative to it.
    #[must_use]
    pub fn business(&self, metric: usize) -> Option<Series> {
        let business = self.business.get(metric)?;
        let before = business.before.filter(|before| before.value != 0.0)?.value;
        let worse = |value: f64| match business.metric.better {
            Better::More => (before - value) / before.abs(),
            Better::Less => (value - before) / before.abs(),
        };
        Some((business.grid?, business.course.iter().map(|one| one.map(|one| worse(one.value))).collect()))
    }

    /// CPU load or memory in use, whichever is larger, as a share.
    #[must_use]
    pub fn utilization(&self) -> Option<Series> {
        let (cpu, memory) = (&self.serving.cpu, &self.serving.memory);
        let value = |window: usize| {
            let of = |values: &[Option<f64>]| values.get(window).copied().flatten();
            of(cpu).into_iter().chain(of(memory)).reduce(f64::max).map(|percent| percent / 100.0)
        };
        let windows = cpu.len().max(memory.len());
        Some((self.display_grid()?, (0..windows).map(value).collect()))
    }

    /// The windows in which the service is shown; those of the drift may be others.
    fn display_grid(&self) -> Option<Grid> {
        window_split::widened(self.dossier, window_split::display_width(self.dossier)).0
    }

    /// The 95 % quantile of the answer time, in milliseconds.
    #[must_use]
    pub fn latency(&self) -> Option<Series> {
        let value = |one: &Option<(f64, f64, f64)>| one.map(|(_, p95, _)| p95);
        Some((self.display_grid()?, self.serving.latency.iter().map(value).collect()))
    }

    /// By which share fewer rows came than usual at the same hour and weekday before the onset; with no such window, than
    /// in the median window.
    #[must_use]
    pub fn volume(&self) -> Option<Series> {
        let grid = self.drift.grid?;
        let place = |window: usize| (grid.span(window).from).rem_euclid(WEEK) / grid.width.micros();
        // The first and the last window are cut off by the ends of the log.
        let whole = |window: &usize| *window > 0 && window + 1 < grid.windows;
        let is_before =
            |window: &usize| self.framing.split().is_none_or(|split| grid.span(*window).to <= split);
        let rows = |window: usize| self.drift.rows.get(window).copied().unwrap_or(0) as f64;
        let mut alike: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for window in (0..grid.windows).filter(whole).filter(is_before) {
            alike.entry(place(window)).or_default().push(rows(window));
        }
        let all: Vec<f64> = alike.values().flatten().copied().collect();
        let all = moments::median(&all).ok()?;
        let usual = |window: usize| {
            let alike = alike.get(&place(window)).filter(|rows| rows.len() > 1);
            alike.and_then(|rows| moments::median(rows).ok()).unwrap_or(all)
        };
        let short = |window: usize| {
            let usual = usual(window);
            (whole(&window) && usual > 0.0).then(|| 1.0 - rows(window) / usual)
        };
        Some((grid, (0..grid.windows).map(short).collect()))
    }

    /// The largest share of rows, over the categories, whose level training does not hold.
    #[must_use]
    pub fn unseen(&self) -> Option<Series> {
        let (grid, map, rows) =
            window_split::widened(self.dossier, window_split::display_width(self.dossier));
        let mut unseen = vec![0.0_f64; rows.len()];
        let mut any = false;
        for (feature, counts) in self.dossier.plan.features.iter().zip(&self.dossier.production.features) {
            let Bins::Categorical(bins) = &feature.bins else { continue };
            any = true;
            let mut of_feature = vec![0_u64; rows.len()];
            for (window, &to) in map.iter().enumerate() {
                of_feature[to] += u64::from(counts.window(window).get(bins.unseen()).copied().unwrap_or(0));
            }
            for ((most, count), rows) in unseen.iter_mut().zip(of_feature).zip(&rows) {
                *most = most.max(count as f64 / (*rows).max(1) as f64);
            }
        }
        let enough = |(share, rows): (f64, &u64)| (*rows >= window_split::FEWEST_ROWS).then_some(share);
        any.then(|| Some((grid?, unseen.into_iter().zip(&rows).map(enough).collect())))?
    }

    /// Share of rows outside of training.
    #[must_use]
    pub fn outside(&self) -> Option<Series> {
        self.outside.map(|(grid, values)| (grid, values.to_vec()))
    }

    /// The median time from a request to its label, in days, by the window in which the label came.
    #[must_use]
    pub fn label_delay(&self) -> Option<Series> {
        let grid = self.drift.grid?;
        let sample = &self.dossier.production.sample;
        let mut delays: Vec<Vec<f64>> = vec![Vec::new(); grid.windows];
        for (&asked, &came) in
            sample.time.iter().zip(&sample.label_time).filter(|(_, came)| **came != NO_TIME)
        {
            // A label that came after the log's last row is none that was waited for inside of it.
            if let Some(window) = grid.window(came) {
                delays[window].push((came - asked) as f64 / DAY);
            }
        }
        let of = |delays: &Vec<f64>| moments::median(delays).ok().filter(|_| delays.len() >= 20);
        delays.iter().any(|d| !d.is_empty()).then(|| (grid, delays.iter().map(of).collect()))
    }

    /// The mean share of terms that training does not hold, of one column of texts.
    #[must_use]
    pub fn unknown_terms(&self, column: usize) -> Option<Series> {
        let name = self.dossier.breakdown.text.get(column)?;
        TextColumn::read(self.dossier, name).ok()?.course(self.dossier)
    }

    /// How far the mean answer lies from that before the onset, relative to it and beyond its own noise; of several classes,
    /// the share of answers of another class.
    #[must_use]
    pub fn answer_shift(&self) -> Option<Series> {
        let (grid, map, rows) =
            window_split::widened(self.dossier, window_split::display_width(self.dossier));
        let grid = grid?;
        let counts = &self.dossier.production.answers;
        let before = |window: usize| match self.framing.split() {
            Some(split) => self.dossier.grid().is_some_and(|fine| fine.span(window).to <= split),
            None => false,
        };
        let mut reference = counts.moments_of(before);
        if reference.n < window_split::FEWEST_ROWS {
            reference = self.dossier.training.answers.moments_of(|_| true);
        }
        let (was, spread) = (reference.mean()?, reference.deviation()?);
        let value = |window: usize| {
            let now = counts.moments_of(|fine| map.get(fine) == Some(&window));
            let is = now.mean().filter(|_| now.n >= window_split::FEWEST_ROWS && rows[window] > 0)?;
            let noise = 3.0 * spread / (now.n as f64).sqrt();
            let shift = ((is - was).abs() - noise).max(0.0);
            (was != 0.0).then(|| shift / was.abs())
        };
        Some((grid, (0..grid.windows).map(value).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn a_short_day_is_held_against_the_same_weekday() {
        let investigation = fixture::investigation();
        let (grid, values) = watch(&investigation).volume().expect("a clock");
        // The made-up log has fewer rows on weekends, every week alike: no window is short by a tenth.
        assert_eq!(values.len(), grid.windows);
        assert!(values[0].is_none() && values[grid.windows - 1].is_none(), "the ends are cut off");
        assert!(values.iter().flatten().all(|short| short.abs() < 0.1), "{values:?}");
    }

    #[test]
    fn the_delay_is_the_median_by_window_of_arrival() {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        let sample = &mut dossier.production.sample;
        // Every label takes three days.
        sample.label_time = sample.time.iter().map(|at| at + 3 * 86_400_000_000).collect();
        investigation.dossier = std::sync::Arc::new(dossier);
        let (_, values) = watch(&investigation).label_delay().expect("labels have a time");
        assert_eq!(&values[..3], [None, None, None]);
        assert_eq!(values[10], Some(3.0));
    }

    #[test]
    fn without_times_of_labels_no_delay_is_watched_and_load_is_a_share() {
        let investigation = fixture::investigation();
        let watch = watch(&investigation);
        assert!(watch.label_delay().is_none() && watch.business(0).is_none());
        let load = watch.utilization().expect("the log holds load");
        assert!(load.1.iter().flatten().all(|share| (0.0..=1.0).contains(share)), "{:?}", load.1);
    }
}
