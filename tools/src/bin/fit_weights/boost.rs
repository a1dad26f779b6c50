//! Additive multinomial boosting: every round adds, for every cause, the one step of one signal that improves
//! the fit most.
//!
//! Incidents of an unforeseen kind lack the signals that were designed for the known ones. Each round may
//! therefore choose among a few signals only, and in each subsample the signals of a whole exam are hidden in
//! some of its incidents. The fitted weights are thus spread over many signals, each of which may be missing.

use std::collections::{BTreeMap, BTreeSet};

use coroner::{
    autopsy::{Cause, Curve, Weights},
    stats::random::{ChaCha8Rng, rng, unit},
};

use crate::collect::Incident;

/// Rounds of boosting.
const ROUNDS: usize = 220;

/// The learning rate.
const RATE: f64 = 0.1;

/// The ridge term, added to the hessian on either side of a step.
const RIDGE: f64 = 2.0;

/// Minimum number of incidents on either side of a step.
const LEAST: usize = 6;

/// Number of places into which a signal's values are cut, and minimum number of values in each.
const PLACES: usize = 16;
const FEWEST_BETWEEN: usize = 8;

/// Subsamples whose fits are averaged, and the share of incidents in each.
const BAGS: usize = 10;
const BAG_SHARE: f64 = 0.7;

/// Prior log-odds of a false alarm: twice as likely as any one cause. The fitted incidents hold all causes
/// equally often, unlike real alerts, and a false accusation costs more than a second look.
const FALSE_ALARM: f64 = 0.693;

/// Share of the signals that a round may choose among (random subspaces: Ho 1998).
const OFFERED: f64 = 0.3;

/// Share of a subsample's incidents in which an exam's signals are hidden, for each exam.
const HIDDEN: f64 = 0.15;

/// Maximum absolute weight of a step function (nats).
const HEAVIEST: f64 = 6.0;

/// One signal over all incidents.
struct Signal {
    key: String,
    edges: Vec<f64>,
    /// Index of the step of each incident; none where the signal is absent.
    step: Vec<Option<u8>>,
}

/// Fits the weights.
pub(crate) fn fit(incidents: &[&Incident], seed: u64) -> Weights {
    let signals = signals(incidents);
    let causes = Cause::ALL;
    let truth: Vec<usize> =
        incidents.iter().map(|i| causes.iter().position(|&c| c == i.cause).unwrap_or(0)).collect();
    let mut total: Vec<Vec<Vec<f64>>> =
        signals.iter().map(|s| vec![vec![0.0; s.edges.len() + 1]; causes.len()]).collect();
    let bags: Vec<_> = std::thread::scope(|scope| {
        let (signals, truth) = (&signals, &truth);
        let handles: Vec<_> = (0..BAGS as u64)
            .map(|bag| scope.spawn(move || boost(signals, truth, seed ^ (bag << 20))))
            .collect();
        handles.into_iter().map(|h| h.join().expect("a fit does not panic")).collect()
    });
    for bag in bags {
        for (s, by_cause) in bag.into_iter().enumerate() {
            for (c, steps) in by_cause.into_iter().enumerate() {
                for (k, w) in steps.into_iter().enumerate() {
                    total[s][c][k] += w / BAGS as f64;
                }
            }
        }
    }
    let curves = signals
        .into_iter()
        .zip(total)
        .filter_map(|(signal, by_cause)| Some((signal.key.clone(), curve(&signal, by_cause)?)))
        .collect();
    Weights {
        origin: format!(
            "boosted stumps, {ROUNDS} rounds, {BAGS} subsamples, {} incidents of {} faults on {} tables; before any \
             evidence a false alarm is twice as likely as any one cause",
            incidents.len(),
            distinct(incidents, |i| &i.fault),
            distinct(incidents, |i| &i.base)
        ),
        prior: BTreeMap::from([(Cause::None, FALSE_ALARM)]),
        signals: curves,
    }
}

fn distinct<'a>(incidents: &[&'a Incident], of: impl Fn(&'a Incident) -> &'a String) -> usize {
    incidents.iter().map(|i| of(i)).collect::<BTreeSet<_>>().len()
}

/// The signals that occur, each divided into steps.
fn signals(incidents: &[&Incident]) -> Vec<Signal> {
    let keys: BTreeSet<&String> = incidents.iter().flat_map(|i| i.signals.keys()).collect();
    keys.into_iter()
        .map(|key| {
            let value = |i: &&Incident| i.signals.get(key).copied();
            let mut sorted: Vec<f64> = incidents.iter().filter_map(value).collect();
            sorted.sort_by(f64::total_cmp);
            let edges = edges(&sorted);
            let step = |v: f64| edges.partition_point(|&e| e <= v) as u8;
            Signal { key: key.clone(), step: incidents.iter().map(|i| value(i).map(step)).collect(), edges }
        })
        .collect()
}

/// The edges of a signal's steps: on both sides of each value that many incidents share (most often 0, the
/// value without evidence), and at quantiles of the other values.
fn edges(sorted: &[f64]) -> Vec<f64> {
    let runs: Vec<&[f64]> = sorted.chunk_by(|a, b| a == b).collect();
    let shared = |run: &[f64]| run.len() * PLACES > sorted.len();
    let beside = runs
        .windows(2)
        .filter(|pair| shared(pair[0]) || shared(pair[1]))
        .map(|pair| (pair[0][0], pair[1][0]));
    let others: Vec<f64> =
        runs.iter().filter(|run| !shared(run)).flat_map(|run| run.iter().copied()).collect();
    let places = (PLACES - runs.iter().filter(|run| shared(run)).count()).min(others.len() / FEWEST_BETWEEN);
    let quantiles = (1..places).filter_map(|place| {
        let low = others[place * others.len() / places - 1];
        Some((low, *others[others.partition_point(|&v| v <= low)..].first()?))
    });
    let mut edges: Vec<f64> = beside
        .chain(quantiles)
        .map(|(low, high)| {
            // Between two values, to tolerate small numeric differences.
            let between = round(0.5 * (low + high));
            if low < between && between <= high { between } else { high }
        })
        .collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    edges
}

/// Five significant digits; more would be spurious precision.
fn round(x: f64) -> f64 {
    format!("{x:.4e}").parse().unwrap_or(x)
}

/// For each signal, the incidents in which a subsample sees it.
fn shown(signals: &[Signal], n: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<bool>> {
    let inside: Vec<bool> = (0..n).map(|_| unit(rng) < BAG_SHARE).collect();
    let exam = |signal: &Signal| signal.key.split('.').next().unwrap_or_default().to_owned();
    let exams: BTreeSet<String> = signals.iter().map(exam).collect();
    let shown: BTreeMap<String, Vec<bool>> = exams
        .into_iter()
        .map(|exam| {
            let of = inside.iter().map(|&inside| inside && unit(rng) >= HIDDEN).collect();
            (exam, of)
        })
        .collect();
    signals.iter().map(|signal| shown[&exam(signal)].clone()).collect()
}

/// The weights of the steps, for each signal and cause.
fn boost(signals: &[Signal], truth: &[usize], seed: u64) -> Vec<Vec<Vec<f64>>> {
    let causes = Cause::ALL.len();
    let n = truth.len();
    let mut rng = rng(seed);
    let shown = shown(signals, n, &mut rng);
    let mut curves: Vec<Vec<Vec<f64>>> =
        signals.iter().map(|s| vec![vec![0.0; s.edges.len() + 1]; causes]).collect();
    let mut score = vec![vec![0.0_f64; causes]; n];
    for _ in 0..ROUNDS {
        let p: Vec<Vec<f64>> = score.iter().map(|s| softmax(s)).collect();
        for cause in 0..causes {
            let mut best: Option<(f64, usize, usize, f64, f64)> = None;
            let offered: Vec<bool> = signals.iter().map(|_| unit(&mut rng) < OFFERED).collect();
            for (at, signal) in signals.iter().enumerate().filter(|&(at, _)| offered[at]) {
                let steps = signal.edges.len() + 1;
                if steps < 2 {
                    continue;
                }
                let (mut g, mut h, mut rows) = (vec![0.0; steps], vec![0.0; steps], vec![0_usize; steps]);
                for i in 0..n {
                    let (true, Some(step)) = (shown[at][i], signal.step[i]) else {
                        continue;
                    };
                    let step = usize::from(step);
                    g[step] += f64::from(u8::from(truth[i] == cause)) - p[i][cause];
                    h[step] += p[i][cause] * (1.0 - p[i][cause]);
                    rows[step] += 1;
                }
                let (gt, ht, nt): (f64, f64, usize) = (g.iter().sum(), h.iter().sum(), rows.iter().sum());
                let (mut gl, mut hl, mut nl) = (0.0, 0.0, 0);
                for edge in 0..steps - 1 {
                    gl += g[edge];
                    hl += h[edge];
                    nl += rows[edge];
                    if nl < LEAST || nt - nl < LEAST {
                        continue;
                    }
                    let (gr, hr) = (gt - gl, ht - hl);
                    let gain = gl * gl / (hl + RIDGE) + gr * gr / (hr + RIDGE);
                    if best.is_none_or(|(most, ..)| gain > most) {
                        best = Some((gain, at, edge, RATE * gl / (hl + RIDGE), RATE * gr / (hr + RIDGE)));
                    }
                }
            }
            let Some((_, at, edge, left, right)) = best else {
                continue;
            };
            for (step, weight) in curves[at][cause].iter_mut().enumerate() {
                *weight += if step <= edge { left } else { right };
            }
            for (i, step) in signals[at].step.iter().enumerate() {
                if let (true, Some(step)) = (shown[at][i], step) {
                    score[i][cause] += if usize::from(*step) <= edge { left } else { right };
                }
            }
        }
    }
    curves
}

/// Probabilities from log-weights.
pub(crate) fn softmax(score: &[f64]) -> Vec<f64> {
    let top = score.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = score.iter().map(|s| (s - top).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / total).collect()
}

/// A signal's step functions, less their mean over the causes: only differences between causes are
/// identified.
fn curve(signal: &Signal, by_cause: Vec<Vec<f64>>) -> Option<Curve> {
    let steps = signal.edges.len() + 1;
    let mean: Vec<f64> =
        (0..steps).map(|k| by_cause.iter().map(|w| w[k]).sum::<f64>() / by_cause.len() as f64).collect();
    let weights: BTreeMap<Cause, Vec<f64>> = Cause::ALL
        .into_iter()
        .zip(by_cause)
        .map(|(cause, w)| {
            let centred = |k: usize| ((w[k] - mean[k]).clamp(-HEAVIEST, HEAVIEST) * 1000.0).round() / 1000.0;
            (cause, (0..steps).map(centred).collect::<Vec<f64>>())
        })
        .filter(|(_, w)| w.iter().any(|x| x.abs() >= 0.005))
        .collect();
    (!weights.is_empty()).then(|| Curve { edges: signal.edges.clone(), weights })
}
