//! Is the loss concentrated in slow predictions, very fast ones, or those under load?

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Verdict,
        catalogue::{CheckSpec, checks, measures, signals},
        exam::{context::ExamContext, window_split::FEWEST_ROWS},
    },
    model::loss::LossKind,
    stats::{
        moments::{mean, quantile, spearman, variance},
        testing::mann_whitney_auc,
    },
    summary::{Micros, Width},
    text::number,
};

use super::{Losses, not_applicable};

/// Distance of the AUC from ½ that alarms; half of it is on watch.
const LINKED: f64 = 0.3;
const SOMEWHAT_LINKED: f64 = 0.15;

/// Below this distance costly and other answers are called alike.
const ALIKE: f64 = 0.05;

/// Minimum number of costly, and of cheap, predictions to measure the AUC.
const FEWEST_ANSWERS: usize = 30;

/// Latencies outside these quantiles of the rows before the onset are unusual.
const USUAL: (f64, f64) = (0.005, 0.995);

/// Share of the excess loss in rows of unusual latency that alarms.
const CONCENTRATED: f64 = 0.5;

/// One tenth of the rows by latency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decile {
    /// Its shortest and longest latency, in milliseconds.
    pub range: (f64, f64),
    /// Labelled rows.
    pub rows: usize,
    /// Their mean loss.
    pub loss: f64,
}

/// The mean loss by deciles of the latency since the onset; empty without latencies or labels.
#[must_use]
pub fn deciles(dossier: &Dossier, framing: &Framing) -> Vec<Decile> {
    let losses = Losses::new(dossier, framing);
    let mut rows = timed(&dossier.production.sample.latency_ms, &losses, &framing.after);
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    if rows.len() < 10 * FEWEST_ANSWERS {
        return Vec::new();
    }
    (0..10)
        .map(|d| {
            let part = &rows[d * rows.len() / 10..(d + 1) * rows.len() / 10];
            let loss = part.iter().map(|r| r.1).sum::<f64>() / part.len() as f64;
            Decile { range: (part[0].0, part[part.len() - 1].0), rows: part.len(), loss }
        })
        .collect()
}

/// Pairs (measurement, loss) of the rows with both.
fn timed(values: &[f64], losses: &Losses, rows: &[usize]) -> Vec<(f64, f64)> {
    let pair = |&r: &usize| Some((*values.get(r)?, losses.rows[r]));
    rows.iter().filter_map(pair).filter(|(x, loss)| x.is_finite() && loss.is_finite()).collect()
}

pub(super) fn examine(context: &ExamContext<'_>, losses: &Losses) -> Observations {
    let &ExamContext { dossier, framing, .. } = context;
    let mut observations = Observations::default();
    let sample = &dossier.production.sample;
    if sample.latency_ms.is_empty() && sample.cpu.is_empty() && sample.memory.is_empty() {
        let because = "production logs no answer times and no load";
        observations.findings.push(not_applicable(
            &checks::SERVING_LATENCY_LINK,
            "Whether the service causes the loss",
            because,
        ));
        return observations;
    }
    let costly = Costly::kinds(dossier, framing, losses);
    let strongest = |values: &[f64]| {
        costly
            .iter()
            .filter_map(|kind| kind.link(values, framing, losses))
            .max_by(|a, b| a.distance().total_cmp(&b.distance()))
    };
    let latency = strongest(&sample.latency_ms);
    let load = [("CPU load", &sample.cpu), ("memory in use", &sample.memory)]
        .into_iter()
        .filter_map(|(name, values)| Some((name, strongest(values)?)))
        .max_by(|a, b| a.1.distance().total_cmp(&b.1.distance()));
    if let Some(link) = &latency {
        observations.findings.push(finding(&checks::SERVING_LATENCY_LINK, "answer time", link));
        observations.signal(
            &signals::SERVING_LATENCY_LINK,
            link.distance(),
            &[],
            &checks::SERVING_LATENCY_LINK,
        );
    }
    if let Some((name, link)) = &load {
        observations.findings.push(finding(&checks::SERVING_LOAD_LINK, name, link));
        observations.signal(&signals::SERVING_LOAD_LINK, link.distance(), &[], &checks::SERVING_LOAD_LINK);
    }
    let links = [
        latency.as_ref().map(|l| (l, &checks::SERVING_LATENCY_LINK)),
        load.as_ref().map(|l| (&l.1, &checks::SERVING_LOAD_LINK)),
    ];
    let excess = links.into_iter().flatten().filter_map(|(link, id)| Some((link.excess?, id)));
    if let (true, Some((excess, id))) = (losses.real, excess.max_by(|a, b| a.0.total_cmp(&b.0))) {
        observations.signal(&signals::SERVING_LINK_EXCESS, excess, &[], id);
    }
    if latency.is_none() && load.is_none() {
        observations.findings.push(not_applicable(
            &checks::SERVING_LATENCY_LINK,
            "Whether the service causes the loss",
            "too few labels came",
        ));
    }
    unusual(dossier, framing, losses, &mut observations);
    hours(dossier, framing, losses, &mut observations);
    volume(dossier, framing, losses, &mut observations);
    observations
}

/// The definition of a costly prediction, and its frequency before the onset.
struct Costly {
    hit: Vec<bool>,
    base: Option<f64>,
}

/// The association between a measurement and costly predictions.
struct Link {
    /// The probability that a costly prediction has the larger value of the measurement.
    auc: f64,
    /// The distance from ½ of the costly predictions in excess of the base rate alone.
    excess: Option<f64>,
}

impl Link {
    fn distance(&self) -> f64 {
        (self.auc - 0.5).abs()
    }
}

impl Costly {
    /// Wrong predictions, and losses above the ninth decile of those before the onset: the first detects
    /// wrong classes, the second predictions that are costly without a change of class.
    fn kinds(dossier: &Dossier, framing: &Framing, losses: &Losses) -> Vec<Self> {
        let sample = &dossier.production.sample;
        let base = |hit: &[bool]| {
            let known: Vec<usize> =
                framing.before.iter().copied().filter(|&r| losses.rows[r].is_finite()).collect();
            let hits = known.iter().filter(|&&r| hit[r]).count();
            (known.len() as u64 >= FEWEST_ROWS).then(|| hits as f64 / known.len() as f64)
        };
        let mut kinds = Vec::new();
        let kind = LossKind::of(&dossier.plan);
        if kind != LossKind::Absolute && !sample.prediction.is_empty() && !sample.label.is_empty() {
            let hit: Vec<bool> = sample.prediction.iter().zip(&sample.label).map(|(p, y)| p != y).collect();
            kinds.push(Self { base: base(&hit), hit });
        }
        if kind != LossKind::Wrong {
            let period = if losses.before.is_some() { &framing.before } else { &framing.after };
            let mut known: Vec<f64> =
                period.iter().map(|&r| losses.rows[r]).filter(|l| l.is_finite()).collect();
            known.sort_unstable_by(f64::total_cmp);
            if let Ok(limit) = quantile(&known, 0.9) {
                let hit: Vec<bool> = losses.rows.iter().map(|&l| l > limit).collect();
                kinds.push(Self { base: base(&hit), hit });
            }
        }
        kinds
    }

    fn link(&self, values: &[f64], framing: &Framing, losses: &Losses) -> Option<Link> {
        let known =
            |r: &&usize| losses.rows[**r].is_finite() && values.get(**r).is_some_and(|x| x.is_finite());
        let (bad, good): (Vec<usize>, Vec<usize>) =
            framing.after.iter().filter(known).partition(|&&r| self.hit[r]);
        if bad.len() < FEWEST_ANSWERS || good.len() < FEWEST_ANSWERS {
            return None;
        }
        let of = |rows: &[usize]| -> Vec<f64> { rows.iter().map(|&r| values[r]).collect() };
        let auc = mann_whitney_auc(&of(&good), &of(&bad)).ok()?.auc;
        let rate = bad.len() as f64 / (bad.len() + good.len()) as f64;
        // The share of the costly predictions in excess of the base rate.
        let added = self.base.map(|base| (rate - base) / rate).filter(|added| *added > 0.02);
        Some(Link { auc, excess: added.map(|added| ((auc - 0.5).abs() / added).min(0.5)) })
    }
}

fn finding(id: &'static CheckSpec, what: &str, link: &Link) -> Finding {
    let verdict = if link.distance() >= LINKED {
        Verdict::Alarm
    } else if link.distance() >= SOMEWHAT_LINKED {
        Verdict::Watch
    } else {
        Verdict::Clear
    };
    let (how, side) = (
        if verdict == Verdict::Clear { "somewhat " } else { "" },
        if link.auc > 0.5 { "higher" } else { "lower" },
    );
    let message = if link.distance() < ALIKE {
        format!("Costly answers come at about the same {what} as others: AUC {:.2}.", link.auc)
    } else {
        format!("Costly answers come at a {how}{side} {what} than others: AUC {:.2}.", link.auc)
    };
    Finding {
        measure: measures::AUC_DISTANCE.name,
        value: Some(link.distance()),
        threshold: Some(LINKED),
        ..Finding::new(id, verdict, message)
    }
}

/// The loss in rows with unusually long or short latency.
fn unusual(dossier: &Dossier, framing: &Framing, losses: &Losses, observations: &mut Observations) {
    let times = &dossier.production.sample.latency_ms;
    let mut before: Vec<f64> =
        framing.before.iter().filter_map(|&r| times.get(r).copied()).filter(|x| x.is_finite()).collect();
    if (before.len() as u64) < FEWEST_ROWS {
        return;
    }
    before.sort_unstable_by(f64::total_cmp);
    let (Ok(low), Ok(high)) = (quantile(&before, USUAL.0), quantile(&before, USUAL.1)) else {
        return;
    };
    let odd = |r: usize| times[r] < low || times[r] > high;
    let rows = framing.after.len().max(1) as f64;
    let share = framing.after.iter().filter(|&&r| odd(r)).count() as f64 / rows;
    let id = &checks::SERVING_ODD;
    observations.signal(&signals::SERVING_ODD_SHARE, share, &[], id);
    let part = losses.concentration(&framing.after, odd);
    let of = |hit: bool| -> Vec<f64> {
        let rows = framing.after.iter().filter(|&&r| odd(r) == hit);
        rows.map(|&r| losses.rows[r]).filter(|l| l.is_finite()).collect()
    };
    let (unusual, usual) = (of(true), of(false));
    if unusual.len() >= FEWEST_ANSWERS
        && let (Ok(is), Ok(rest), Ok(spread)) = (mean(&unusual), mean(&usual), variance(&usual))
        && spread > 0.0
    {
        observations.signal(&signals::SERVING_ODD_LOSS, (is - rest) / spread.sqrt(), &[], id);
    }
    let verdict = match part {
        Some(part) if part >= CONCENTRATED => Verdict::Alarm,
        Some(part) if part >= CONCENTRATED / 2.0 => Verdict::Watch,
        _ => Verdict::Clear,
    };
    let mut message = format!(
        "{} of the answers since the onset took longer than {} ms or less than {} ms, which 1 % did before",
        number::share(share),
        number::value(high),
        number::value(low),
    );
    if let Some(part) = part {
        observations.signal(&signals::SERVING_LOSS_IN_ODD, part, &[], id);
        message += ", and hold ";
        message += &number::share((part + share).clamp(0.0, 1.0));
        message += " of the added loss";
    }
    message.push('.');
    observations.findings.push(Finding {
        measure: measures::LOSS_BEYOND_ROWS.name,
        value: part,
        threshold: Some(CONCENTRATED),
        ..Finding::new(id, verdict, message)
    });
}

/// Whether the loss since the onset depends on the hour of the day more than before.
fn hours(dossier: &Dossier, framing: &Framing, losses: &Losses, observations: &mut Observations) {
    let time = &dossier.production.sample.time;
    let explained = |rows: &[usize]| {
        let (mut sums, mut total, mut squares) = ([(0.0_f64, 0.0_f64); 24], 0.0, 0.0);
        let mut n = 0.0;
        for &r in rows.iter().filter(|&&r| losses.rows[r].is_finite() && r < time.len()) {
            let cell = &mut sums[hour(time[r])];
            cell.0 += losses.rows[r];
            cell.1 += 1.0;
            total += losses.rows[r];
            squares += losses.rows[r].powi(2);
            n += 1.0;
        }
        let groups = sums.iter().filter(|s| s.1 > 0.0).count() as f64;
        let whole = squares - total * total / n;
        let between: f64 =
            sums.iter().filter(|s| s.1 > 0.0).map(|s| s.0 * s.0 / s.1).sum::<f64>() - total * total / n;
        // R² less the expected R² of 24 groups of noise.
        (n >= FEWEST_ROWS as f64 && whole > 0.0 && groups > 1.0 && n > groups)
            .then(|| 1.0 - (1.0 - between / whole) * (n - 1.0) / (n - groups))
    };
    let (Some(is), Some(was)) = (explained(&framing.after), explained(&framing.before)) else {
        return;
    };
    let id = &checks::SERVING_HOURS;
    let rise = is - was.max(0.0);
    let verdict = if rise >= 0.02 { Verdict::Watch } else { Verdict::Clear };
    let message = format!(
        "The hour of the day explains {} of the loss since the onset, {} before.",
        number::share(is.max(0.0)),
        number::share(was.max(0.0)),
    );
    observations.findings.push(Finding {
        measure: measures::LOSS_BY_HOUR.name,
        value: Some(is),
        threshold: Some(was.max(0.0) + 0.02),
        ..Finding::new(id, verdict, message)
    });
    observations.signal(&signals::SERVING_HOURS, rise, &[], id);
}

fn hour(at: Micros) -> usize {
    (at.rem_euclid(Width::Day.micros()) / Width::Hour.micros()) as usize
}

/// Whether the loss in busy hours since the onset is larger than before.
fn volume(dossier: &Dossier, framing: &Framing, losses: &Losses, observations: &mut Observations) {
    let time = &dossier.production.sample.time;
    let linked = |rows: &[usize]| {
        let mut hours: std::collections::BTreeMap<Micros, (f64, f64, f64)> =
            std::collections::BTreeMap::new();
        for &r in rows.iter().filter(|&&r| r < time.len()) {
            let cell = hours.entry(Width::Hour.floor(time[r])).or_default();
            cell.0 += 1.0;
            if losses.rows[r].is_finite() {
                cell.1 += 1.0;
                cell.2 += losses.rows[r];
            }
        }
        let (volume, loss): (Vec<f64>, Vec<f64>) =
            hours.values().filter(|h| h.1 >= 5.0).map(|h| (h.0, h.2 / h.1)).unzip();
        if volume.len() < 48 { None } else { spearman(&volume, &loss).ok() }
    };
    if let (Some(is), Some(was)) = (linked(&framing.after), linked(&framing.before)) {
        observations.signal(&signals::SERVING_VOLUME_LINK, is - was, &[], &checks::SERVING_HOURS);
    }
}
