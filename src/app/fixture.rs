//! A made-up case that tells one consistent story, for tests: *utilization* arrives as a percentage since a deploy of
//! the feature store, so the model loses a tenth of its AUC within an hour. No number here was measured.

use std::sync::Arc;

use crate::{
    autopsy::{
        Baseline, Cause, Diagnosis, Dossier, Evidence, Exam, Finding, Framing, Hypothesis, Investigation,
        Onset, OnsetKind, Standing, Step, Subject, Verdict,
        exam::{
            drift::{Distances, Drift, DriftRow},
            golden::Golden,
            labels::LabelMaturity,
            performance::{Course, Estimate, MetricRow, Performance, Point},
            pipeline::{Delivery, Pipeline, Serving},
        },
    },
    case::{Costs, Event, Thresholds},
    stats::metric::Metric,
    summary::{
        Bins, CategoryBins, Feature, FeatureCounts, Grid, Kind, Micros, Moments, NumericBins, Plan,
        SnapshotSummary, Task, Width, WindowTotals,
    },
    text::time,
};

pub(crate) use bench::{bench, bench_without_labels};

use super::{Head, Model, journal::Journal};

mod bench;
mod relation;
mod rows;

const WINDOWS: usize = 42;
const ONSET_WINDOW: usize = 16;
const DAY: Micros = 24 * 3_600_000_000;

/// Name, source, whether it is numeric, and its course of PSI.
type Input = (&'static str, &'static str, bool, fn(usize) -> f64);

const INPUTS: [Input; 38] = [
    ("utilization", "bureau", true, |w| if w < ONSET_WINDOW { 0.01 } else { 3.72 + (w % 5) as f64 * 0.04 }),
    ("region", "app", false, |w| {
        [0.3, 0.62, 0.85, 0.7, 0.12].get(w.wrapping_sub(25)).copied().unwrap_or(0.02)
    }),
    ("dti", "bureau", true, |w| if w < ONSET_WINDOW { 0.02 } else { 0.55 + (w % 4) as f64 * 0.02 }),
    ("open_ratio", "bureau", true, |w| if w < ONSET_WINDOW { 0.02 } else { 0.40 + (w % 3) as f64 * 0.03 }),
    ("channel", "app", false, |w| (w as f64 / 42.0).powi(2) * 0.37),
    ("app_hour", "web", true, |w| if w % 7 == 5 { 0.21 } else { 0.03 }),
    ("n_inquiries", "bureau", true, |w| 0.02 + w as f64 * 0.0036),
    ("loan_amount", "app", true, |w| 0.03 + (w % 7) as f64 * 0.015),
    ("utm_source", "web", false, |w| if w % 7 == 3 { 0.08 } else { 0.02 }),
    ("income_est", "partner", true, |w| if w == 9 { 0.07 } else { 0.02 }),
    ("device", "web", false, |w| 0.01 + w as f64 * 0.0014),
    ("n_lines", "bureau", true, |_| 0.04),
    ("purpose", "app", false, |_| 0.03),
    ("home", "app", false, |_| 0.03),
    ("revol_bal", "bureau", true, |_| 0.03),
    ("session_s", "web", true, |_| 0.03),
    ("fico", "bureau", true, |_| 0.03),
    ("delinq_24m", "bureau", true, |_| 0.02),
    ("zip3", "app", false, |_| 0.02),
    ("term", "app", false, |_| 0.02),
    ("n_pages", "web", true, |_| 0.02),
    ("age_oldest", "bureau", true, |_| 0.02),
    ("months_dq", "bureau", true, |_| 0.02),
    ("emp_length", "app", true, |_| 0.02),
    ("n_accounts", "bureau", true, |_| 0.02),
    ("installment", "app", true, |_| 0.02),
    ("age", "app", true, |_| 0.02),
    ("referrer", "web", false, |_| 0.02),
    ("scroll_depth", "web", true, |_| 0.01),
    ("employer_size", "partner", true, |_| 0.01),
    ("industry", "partner", false, |_| 0.01),
    ("n_mortgages", "bureau", true, |_| 0.01),
    ("public_records", "bureau", true, |_| 0.01),
    ("joint", "app", false, |_| 0.01),
    ("co_income", "partner", true, |_| 0.01),
    ("bankcards", "bureau", true, |_| 0.01),
    ("verified", "app", false, |_| 0.01),
    ("weekday", "web", false, |_| 0.01),
];

/// The start of the log.
fn start() -> Micros {
    time::parse("2026-03-02").expect("a date")
}

/// The onset of the made-up fault.
pub(crate) fn onset() -> Micros {
    start() + ONSET_WINDOW as i64 * DAY + 2 * 3_600_000_000
}

/// Sampled rows before the onset.
fn rows_before() -> usize {
    ((onset() - start()) as usize * rows::PER_WINDOW).div_ceil(DAY as usize)
}

fn grid() -> Grid {
    Grid { start: start(), width: Width::Day, windows: WINDOWS }
}

/// Rows of a window: about thirty thousand, fewer on weekends.
fn rows(window: usize) -> u64 {
    29_900 + (window as u64 * 7919) % 1300 - if window % 7 >= 5 { 2400 } else { 0 }
}

/// Counts of a bell around `centre` (in bins) over `bins` bins.
fn bell(bins: usize, centre: f64, width: f64, total: f64) -> Vec<u32> {
    let heights: Vec<f64> = (0..bins).map(|b| (-((b as f64 - centre) / width).powi(2)).exp()).collect();
    let sum: f64 = heights.iter().sum();
    heights.iter().map(|h| (h / sum * total).round() as u32).collect()
}

fn numeric_bins() -> NumericBins {
    // 0.02, 0.04, … 1.42: the range of utilization in training.
    let edges: Vec<f64> = (0..=71).map(|i| f64::from(i) * 0.02).collect();
    let coarse_of = (0..=edges.len()).map(|fine| ((fine * 10) / (edges.len() + 1)) as u16).collect();
    NumericBins { edges, coarse_of, points: Vec::new() }
}

fn feature(&(name, source, numeric, _): &Input) -> Feature {
    let levels: Vec<String> = ["north", "south", "east", "west"].map(String::from).to_vec();
    Feature {
        name: name.to_owned(),
        kind: if numeric { Kind::Numeric } else { Kind::Categorical },
        source: Some(source.to_owned()),
        integer: false,
        bins: if numeric {
            Bins::Numeric(numeric_bins())
        } else {
            Bins::Categorical(CategoryBins { levels: 4, known: 4 })
        },
        levels: if numeric { Vec::new() } else { levels },
        known_levels: if numeric { 0 } else { 4 },
    }
}

/// A feature's counts; `shifted` says for each window how much of the mass left the range above.
fn counts(feature: &Feature, windows: &[u64], shifted: impl Fn(usize) -> f64, scale: f64) -> FeatureCounts {
    let bins = feature.bins.fine();
    let mut counts = Vec::new();
    let mut moments = Vec::new();
    for (window, &rows) in windows.iter().enumerate() {
        let rows = rows as f64;
        let out = shifted(window);
        let mut row = match &feature.bins {
            Bins::Numeric(_) => bell(bins, 18.0 + 12.0 * out.min(1.0) * 0.3, 12.0, rows * (1.0 - out)),
            _ => vec![
                (rows * 0.3) as u32,
                (rows * 0.3) as u32,
                (rows * 0.22) as u32,
                (rows * 0.17) as u32,
                0,
                0,
                0,
            ],
        };
        row[bins - 1] = (rows * 0.004) as u32;
        if let Bins::Numeric(_) = &feature.bins {
            row[bins - 2] += (rows * out) as u32;
            let mean = if out > 0.5 { 0.36 * scale } else { 0.36 };
            let n = rows as u64;
            let max = if out > 0.5 { 1.42 * scale } else { 1.42 };
            let sum_squares = rows * mean * mean * 1.25;
            moments.push(Moments { n, sum: mean * rows, sum_squares, min: 0.0, max });
        }
        counts.extend(row);
    }
    FeatureCounts {
        bins,
        counts,
        moments,
        unreadable: vec![0; windows.len()],
        present: true,
        stored_as: if matches!(feature.bins, Bins::Numeric(_)) { "Float64" } else { "String" }.to_owned(),
        unreadable_examples: Vec::new(),
    }
}

fn summary(features: &[Feature], windows: &[u64], is_production: bool) -> SnapshotSummary {
    let shift = |name: &str, w: usize| {
        let broken = is_production && name == "utilization" && w >= ONSET_WINDOW;
        if broken { 0.987 } else { 0.0 }
    };
    SnapshotSummary {
        rows: windows.iter().sum(),
        without_time: u64::from(is_production) * 412,
        grid: is_production.then(grid),
        windows: windows.iter().map(|&rows| WindowTotals { rows, ..WindowTotals::default() }).collect(),
        features: features.iter().map(|f| counts(f, windows, |w| shift(&f.name, w), 100.0)).collect(),
        sample: rows::sample(
            features,
            is_production.then(|| (start(), WINDOWS, onset())),
            windows.iter().sum(),
        ),
        ..SnapshotSummary::default()
    }
}

fn dossier() -> Dossier {
    let features: Vec<Feature> = INPUTS.iter().map(feature).collect();
    let windows: Vec<u64> = (0..WINDOWS).map(rows).collect();
    let event = |at: Micros, kind: &str, title: &str| Event { at, kind: kind.into(), title: title.into() };
    Dossier {
        title: "credit-default 2026-03".into(),
        training: summary(&features, &[982_140], false),
        production: summary(&features, &windows, true),
        plan: Arc::new(Plan {
            task: Task::Binary,
            features,
            classes: vec!["0".into(), "1".into()],
            known_classes: 2,
            answer_bins: Bins::Numeric(numeric_bins()),
            label_bins: Bins::Categorical(CategoryBins { levels: 2, known: 2 }),
            has_score: true,
            seed: 0,
            sample_rows: 100_000,
        }),
        golden: None,
        offline: None,
        candidate: None,
        reviewed: None,
        events: vec![
            event(start() + 5 * DAY, "business", "spring campaign starts"),
            event(onset() - 41 * 60_000_000, "deploy", "feature-store 4.2 \"unify ratio columns\""),
            event(start() + 27 * DAY, "data", "region campaign north"),
        ],
        artifact: Err("no artefact".into()),
        thresholds: Thresholds::default(),
        costs: Costs::default(),
        entities: Vec::new(),
        notes: vec![
            "promo_id is not in training: ignored".into(),
            "412 rows of production.parquet have no timestamp: dropped".into(),
        ],
        files: Vec::new(),
    }
}

fn estimate(value: f64, half: f64, rows: u64) -> Estimate {
    Estimate { value, interval: (value - half, value + half), rows }
}

fn metric(metric: Metric, before: f64, now: f64, half: f64) -> MetricRow {
    let loss = if metric.larger_is_better() { before - now } else { now - before };
    MetricRow {
        metric,
        baseline: Some(estimate(before, half, 5000)),
        production: Some(estimate(now, half, 5000)),
        loss: Some(estimate(loss, half, 5000)),
        undefined: None,
    }
}

/// How much of the metric is lost in a window, with a little noise.
fn course(metric: Metric, before: f64, now: f64, half: f64) -> Course {
    let noise = |w: usize| ((w * 37 % 11) as f64 - 5.0) / 5.0 * half * 0.5;
    let point = |w: usize| {
        let value = if w < ONSET_WINDOW { before } else { now } + noise(w);
        let labelled = if w < 36 { 0.98 } else { 0.9 - (w - 35) as f64 * 0.14 };
        Point { estimate: Some(estimate(value, half, 20_000)), rows: rows(w), labelled: labelled.max(0.04) }
    };
    Course { metric, points: (0..WINDOWS).map(point).collect() }
}

fn performance() -> Performance {
    Performance {
        headline: Metric::RocAuc,
        metrics: vec![
            metric(Metric::RocAuc, 0.822, 0.741, 0.004),
            metric(Metric::PrAuc, 0.571, 0.448, 0.008),
            metric(Metric::LogLoss, 0.338, 0.421, 0.004),
            metric(Metric::Brier, 0.104, 0.131, 0.002),
            metric(Metric::Accuracy, 0.881, 0.836, 0.003),
        ],
        grid: Some(grid()),
        courses: vec![
            course(Metric::RocAuc, 0.822, 0.741, 0.008),
            course(Metric::Accuracy, 0.881, 0.836, 0.006),
        ],
        worst_z: 41.0,
        real: true,
        exam: Exam::default(),
    }
}

fn drift() -> Drift {
    let line = |(index, &(name, _, numeric, psi)): (usize, &Input)| {
        let course: Vec<Option<f64>> = (0..WINDOWS).map(|w| Some(psi(w))).collect();
        let max_psi = (0..WINDOWS).map(psi).fold(0.0, |a: f64, b| if b > a { b } else { a });
        let after = (ONSET_WINDOW..WINDOWS).map(psi).sum::<f64>() / (WINDOWS - ONSET_WINDOW) as f64;
        DriftRow {
            feature: index,
            levels: (0..WINDOWS).map(|w| u8::from(psi(w) >= 0.1) + u8::from(psi(w) >= 0.25)).collect(),
            psi: course,
            missing: vec![Some(0.004); WINDOWS],
            max_psi,
            distances: Distances {
                psi: Some(after),
                ks: numeric.then_some((after / 4.0).min(0.97)),
                wasserstein: numeric.then_some(after * 8.5),
                jensen_shannon: Some((after / 5.0).min(0.8)),
                cramers_v: (!numeric).then_some(after / 6.0),
                p_value: Some(if after > 0.1 { 0.0 } else { 0.4 }),
                q_value: Some(if after > 0.1 { 0.0 } else { 0.6 }),
                beyond_watch: Some(if after > 0.25 { 0.0 } else { 0.9 }),
                missing: (0.004, 0.004),
                outside: if name == "utilization" { 0.987 } else { 0.0 },
            },
            psi_before: Some(0.02),
            psi_since_onset: Some(after),
            follows_loss: Some(match name {
                "utilization" => 1.0,
                "dti" => 0.96,
                "open_ratio" => 0.91,
                "n_inquiries" => 0.38,
                "region" => -0.07,
                _ => 0.05 - index as f64 * 0.004,
            }),
            level: if max_psi >= 0.25 { 2 } else { u8::from(max_psi >= 0.1) },
        }
    };
    let features: Vec<DriftRow> = INPUTS.iter().enumerate().map(line).collect();
    let answers = DriftRow { feature: usize::MAX, ..features[2].clone() };
    Drift {
        grid: Some(grid()),
        rows: (0..WINDOWS).map(rows).collect(),
        features,
        answers,
        exam: Exam::default(),
    }
}

fn pipeline() -> Pipeline {
    let column = |(index, &(name, _, numeric, _)): (usize, &Input)| {
        let stored = if numeric { "Float64" } else { "String" };
        let broken = name == "utilization";
        Delivery {
            feature: index,
            types: (stored.into(), Some(stored.into())),
            missing: (0.004, Some(0.004), 0.004),
            unreadable: 0.0,
            outside: (Some(0.0), if broken { 0.987 } else { 0.0 }),
            mode: None,
            verdict: if broken { Verdict::Alarm } else { Verdict::Clear },
            says: if broken {
                "98.7 % of utilization lies above training's maximum 1.42"
            } else {
                "as in training"
            }
            .into(),
        }
    };
    let sources = ["bureau", "app", "web", "partner"].map(|source| {
        let members: Vec<usize> = (0..INPUTS.len()).filter(|&i| INPUTS[i].1 == source).collect();
        (source.to_owned(), members, usize::from(source == "bureau"))
    });
    let wave = |w: usize, at: f64, by: f64| Some(at + by * ((w * 13 % 7) as f64 - 3.0) / 3.0);
    Pipeline {
        grid: Some(grid()),
        volume: (0..WINDOWS).map(rows).collect(),
        duplicates: vec![Some(0.0); WINDOWS],
        columns: INPUTS.iter().enumerate().map(column).collect(),
        new_columns: vec![("promo_id".into(), "String".into())],
        sources: sources.to_vec(),
        serving: Serving {
            latency: (0..WINDOWS).map(|w| Some((62.0, wave(w, 184.0, 9.0)?, 410.0))).collect(),
            cpu: (0..WINDOWS).map(|w| wave(w, 41.0, 4.0)).collect(),
            memory: (0..WINDOWS).map(|w| wave(w, 63.0, 1.0)).collect(),
        },
        exam: Exam::default(),
    }
}

fn findings() -> Vec<Finding> {
    use Step::{Concept, Drift, Feature, Pipeline, Support, Triage};
    use Verdict::{Alarm, Clear, NotApplicable, Watch};

    let finding = |id: &str, step, verdict, says: &str| Finding::new(id, step, verdict, says);
    let on = |feature: usize, value: f64, finding: Finding| Finding {
        subject: Subject::Feature(feature),
        value: Some(value),
        onset: Some(onset()),
        ..finding
    };
    vec![
        finding(
            "golden.paired",
            Triage,
            Clear,
            "golden set holds: ROC AUC 0.826 → 0.824, same answer on 99.6 %",
        ),
        finding("performance.drop", Triage, Alarm, "ROC AUC fell from 0.822 to 0.741, 41 standard errors"),
        finding("label.shift", Triage, Clear, "positive rate 11.8 % → 12.1 %"),
        finding("pipeline.schema", Pipeline, Clear, "38 of 38 columns with their types"),
        finding("pipeline.nulls", Pipeline, Clear, "worst 0.9 % missing"),
        on(
            0,
            0.987,
            finding("pipeline.range:utilization", Pipeline, Alarm, "98.7 % of utilization above 1.42"),
        ),
        finding("serving.latency", Pipeline, Clear, "95 % of answers within 184 ms"),
        on(
            0,
            3.79,
            finding("drift.psi:utilization", Drift, Alarm, "PSI of utilization 3.79 since 03-18 02:00"),
        ),
        on(1, 0.85, finding("drift.psi:region", Drift, Alarm, "PSI of region 0.85 at most, for four days")),
        on(2, 0.61, finding("drift.psi:dti", Drift, Alarm, "PSI of dti 0.61")),
        on(3, 0.46, finding("drift.psi:open_ratio", Drift, Alarm, "PSI of open_ratio 0.46")),
        on(4, 0.36, finding("drift.psi:channel", Drift, Watch, "PSI of channel 0.36, creeping")),
        on(
            0,
            100.0,
            finding(
                "repair.scale:utilization",
                Feature,
                Alarm,
                "÷ 100 takes utilization back: PSI 3.79 → 0.02",
            ),
        ),
        on(
            0,
            0.94,
            finding("repair.model:utilization", Feature, Alarm, "÷ 100 wins back 94 % of the lost ROC AUC"),
        ),
        finding("concept.challenger", Concept, Clear, "challenger .815, repaired .817: no better"),
        finding(
            "support.unseen",
            Support,
            NotApplicable("no categorical feature has unseen levels".into()),
            "",
        ),
    ]
}

fn evidence(finding: &str, weight: f64, says: &str) -> Evidence {
    Evidence { finding: finding.into(), signal: finding.into(), weight, says: says.into() }
}

fn diagnosis() -> Diagnosis {
    let order = [
        (Cause::FeatureRecalibration, 0.91, Standing::Found),
        (Cause::TrainingServingSkew, 0.034, Standing::Possible),
        (Cause::UpstreamPipeline, 0.022, Standing::Possible),
        (Cause::DataDrift, 0.012, Standing::Weak),
        (Cause::ConceptDrift, 0.009, Standing::RuledOut),
        (Cause::FeatureDrift, 0.004, Standing::RuledOut),
        (Cause::LabelBias, 0.003, Standing::NotExamined),
        (Cause::LabelShift, 0.002, Standing::RuledOut),
        (Cause::ServingHealth, 0.002, Standing::RuledOut),
        (Cause::FeatureUnavailable, 0.001, Standing::RuledOut),
        (Cause::ModelRegression, 0.001, Standing::RuledOut),
        (Cause::None, 0.0, Standing::RuledOut),
    ];
    let hypothesis = |(cause, probability, standing)| {
        let leads = cause == Cause::FeatureRecalibration;
        let (evidence_for, evidence_against) = if leads {
            (
                vec![
                    evidence(
                        "repair.scale:utilization",
                        4.1,
                        "÷ 100 takes utilization back: PSI 3.79 → 0.02",
                    ),
                    evidence("repair.model:utilization", 3.8, "÷ 100 wins back 94 % of the lost ROC AUC"),
                    evidence("pipeline.range:utilization", 2.2, "98.7 % of utilization above 1.42"),
                    evidence(
                        "performance.drop",
                        1.2,
                        "the loss began at once, 41 min after feature-store 4.2",
                    ),
                ],
                vec![evidence(
                    "drift.psi:dti",
                    -0.8,
                    "dti and open_ratio moved, too, by a factor of 1.3 only",
                )],
            )
        } else {
            (
                vec![evidence("pipeline.range:utilization", 0.9, "98.7 % of utilization above 1.42")],
                vec![
                    evidence("golden.paired", -2.4, "golden set holds: same answer on 99.6 %"),
                    evidence("pipeline.schema", -1.1, "11 of 14 bureau columns are as before"),
                ],
            )
        };
        Hypothesis {
            cause,
            probability,
            standing,
            features: if leads { vec![0] } else { Vec::new() },
            onset: leads.then(onset),
            onset_kind: leads.then_some(OnsetKind::Sudden),
            evidence_for,
            evidence_against,
            would_settle: vec!["an offline replay of 03-17 that shows percentages before the deploy".into()],
        }
    };
    Diagnosis { hypotheses: order.into_iter().map(hypothesis).collect(), undecided: None }
}

/// The made-up investigation.
pub(crate) fn investigation() -> Investigation {
    let golden_metrics = vec![
        metric(Metric::RocAuc, 0.826, 0.824, 0.007),
        metric(Metric::PrAuc, 0.571, 0.568, 0.011),
        metric(Metric::LogLoss, 0.338, 0.339, 0.004),
        metric(Metric::Brier, 0.104, 0.104, 0.001),
    ];
    let labelled: Vec<f64> = performance().courses[0].points.iter().map(|point| point.labelled).collect();
    Investigation {
        dossier: Arc::new(dossier()),
        framing: Framing {
            onset: Some(Onset {
                at: onset(),
                interval: (onset() - 3_600_000_000, onset() + 3_600_000_000),
                kind: OnsetKind::Sudden,
                complete: onset(),
            }),
            baseline: Baseline::ProductionBefore,
            before: (0..rows_before()).collect(),
            after: (rows_before()..WINDOWS * rows::PER_WINDOW).collect(),
            choice: crate::autopsy::Choice::default(),
        },
        performance: performance(),
        golden: Some(Golden {
            rows: 5000,
            metrics: golden_metrics,
            same_answer: 0.996,
            broken: (0..11).collect(),
            fixed: (0..9).collect(),
            mcnemar_p: Some(0.82),
            worst_z: 0.6,
            exam: Exam { findings: findings().into_iter().take(1).collect(), signals: Vec::new() },
        }),
        labels: LabelMaturity {
            grid: Some(grid()),
            labelled,
            rows: 1_100_000,
            mature_until: Some(start() + 36 * DAY),
            exam: Exam::default(),
        },
        pipeline: pipeline(),
        drift: drift(),
        integrity: crate::autopsy::exam::integrity::Integrity::default(),
        concept: relation::concept(grid()),
        support: relation::support(grid(), onset()),
        surrogate: None,
        findings: findings(),
        signals: Vec::new(),
        diagnosis: diagnosis(),
        done: crate::autopsy::Stage::ALL.len(),
    }
}

/// What `coroner.toml` of the made-up case says.
pub(crate) fn head() -> Head {
    Head {
        title: "credit-default 2026-03".into(),
        task: Some(Task::Binary),
        folder: "cases/credit-0318".into(),
        report_folder: "cases/credit-0318/report".into(),
        info: vec!["coroner".into(), "config       /home/analyst/.config/coroner/config.toml".into()],
    }
}

/// A console on which the made-up case is open.
pub(crate) fn model(columns: u16, lines: u16) -> Model {
    let mut model = Model::new(head(), Journal::default(), (columns, lines));
    let _ = super::update(&mut model, super::Msg::at(2100, onset() + 30 * DAY));
    let investigation = Arc::new(investigation());
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let golden = crate::remedy::golden_refresh::propose(dossier, framing, 24).into();
    let msg =
        super::Msg::Examined { epoch: 0, investigation: Arc::clone(&investigation), data: "fixture".into() };
    let _ = super::update(&mut model, msg);
    let msg = super::Msg::Remedied { epoch: 0, bench: Arc::new(bench()), golden };
    let _ = super::update(&mut model, msg);
    model
}
