//! Small text charts, so that a report pasted without its figures is still informative.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::{
    autopsy::{
        Evidence, Hypothesis, Investigation,
        exam::drift::DriftRow,
        view::{
            Ascending, Period,
            histogram::{self, Axis},
        },
    },
    case::keys::PSI_EDGES,
    summary::Kind,
    text::{number, sanitize, time},
};

const SHADES: [char; 6] = [' ', '·', '░', '▒', '▓', '█'];
const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Maximum number of inputs in the drift chart.
const INPUTS: usize = 8;
/// Width of an input's name, in cells.
const NAME: usize = 22;
/// Bins of a text histogram.
const BINS: usize = 48;
/// Maximum pieces of evidence on each side.
const EVIDENCE: usize = 5;
/// Length of the longest bar, in cells.
const BAR: f64 = 24.0;

/// Returns the step of the ramp for a PSI.
pub(super) fn psi_step(psi: f64) -> usize {
    PSI_EDGES.iter().filter(|&&edge| psi >= edge).count()
}

/// Truncates a text to a number of characters, with an ellipsis if something was cut.
pub(super) fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Returns the inputs that moved most, largest first.
pub(super) fn moved_most(investigation: &Investigation, most: usize) -> Vec<&DriftRow> {
    let mut lines: Vec<&DriftRow> =
        investigation.drift.features.iter().filter(|line| line.psi.iter().any(Option::is_some)).collect();
    lines.sort_by(|a, b| {
        b.level.cmp(&a.level).then(b.max_psi.total_cmp(&a.max_psi)).then(a.feature.cmp(&b.feature))
    });
    lines.truncate(most);
    lines
}

/// Returns the axis for a feature's histogram of both populations: logarithmic if the linear one would be a
/// spike.
pub(super) fn axis(investigation: &Investigation, feature: usize) -> Axis {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let linear = histogram::histogram(
        dossier,
        &Ascending::of(dossier, framing, feature),
        Period::After,
        Axis::Linear,
        BINS,
    );
    let spike = |shares: &[f64]| {
        let filled = shares.iter().filter(|share| **share > 0.002).count();
        filled <= 3 && shares.iter().sum::<f64>() > 0.5
    };
    match linear {
        Some(shown) if spike(&shown.training) != spike(&shown.production) => Axis::Log,
        _ => Axis::Linear,
    }
}

/// Returns a sparkline of values in `low..high`; unknown values are blanks.
fn spark(values: impl Iterator<Item = Option<f64>>, low: f64, high: f64) -> String {
    values
        .map(|value| {
            value.filter(|x| x.is_finite()).map_or(' ', |x| {
                let share = if high > low { (x - low) / (high - low) } else { 0.5 };
                EIGHTHS[((share * 8.0) as usize).min(7)]
            })
        })
        .collect()
}

/// Charts the headline metric over time, with a mark below the onset.
pub(super) fn course(investigation: &Investigation) -> String {
    let performance = &investigation.performance;
    let Some((grid, course)) =
        performance.headline_row().and_then(|row| Some((performance.grid?, performance.course(row.metric)?)))
    else {
        return String::new();
    };
    let values: Vec<Option<f64>> = course.points.iter().map(|p| p.estimate.map(|e| e.value)).collect();
    let known = values.iter().flatten().copied().filter(|x| x.is_finite());
    let (low, high) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if low > high {
        return String::new();
    }
    let name = course.metric.name();
    let lead = name.width() + 1;
    let mut text = format!(
        "{name} {}  {} to {}, one character per {}\n",
        spark(values.iter().copied(), low, high),
        number::metric(low),
        number::metric(high),
        grid.width.noun()
    );
    if let Some(at) = investigation.framing.split().and_then(|at| Some((grid.window(at)?, at))) {
        let _ = writeln!(text, "{:lead$}{:at$}▲ onset {}", "", "", time::short(at.1), at = at.0);
    }
    text
}

/// Charts PSI by window of the inputs that moved most.
pub(super) fn drift(investigation: &Investigation) -> String {
    let mut text = String::new();
    let Some(grid) = investigation.drift.grid else {
        return text;
    };
    for line in moved_most(investigation, INPUTS) {
        let name = sanitize::terminal(investigation.dossier.feature_name(line.feature));
        let cells: String = line.psi.iter().map(|psi| psi.map_or('-', |psi| SHADES[psi_step(psi)])).collect();
        let psi = line.distances.psi.map_or(number::MISSING.to_owned(), number::psi);
        let name = clipped(&name, NAME);
        let pad = NAME.saturating_sub(name.width());
        let _ = writeln!(text, "{name}{:pad$} {cells} {psi}", "");
    }
    if !text.is_empty() {
        let at = investigation.framing.split().and_then(|at| grid.window(at));
        if let Some(at) = at {
            let _ = writeln!(text, "{:NAME$} {:at$}▲ onset", "", "");
        }
        let steps: Vec<String> =
            SHADES.iter().skip(1).zip(PSI_EDGES).map(|(shade, edge)| format!("{shade} {edge:.2}")).collect();
        let _ = writeln!(text, "PSI: {}  - too few rows", steps.join("  "));
    }
    text
}

/// Charts the weights for and against a cause.
pub(super) fn evidence(hypothesis: &Hypothesis) -> String {
    let (speak_for, speak_against) = hypothesis.by_finding();
    let sides = [&speak_for, &speak_against];
    let lines: Vec<&Evidence> = sides.iter().flat_map(|side| side.iter().take(EVIDENCE)).collect();
    let largest = lines.iter().map(|line| line.weight.abs()).fold(0.0, f64::max);
    let mut text = String::new();
    for line in lines {
        let cells = if largest > 0.0 { (line.weight.abs() / largest * BAR).round().max(1.0) } else { 1.0 };
        let bar = if line.weight > 0.0 { "█" } else { "▒" }.repeat(cells as usize);
        let weight = format!("{}{:.1}", if line.weight < 0.0 { '−' } else { '+' }, line.weight.abs());
        let name = line.finding.to_string();
        let finding = sanitize::terminal(&name);
        let _ = writeln!(text, "{weight:>5} {bar:24} {}", clipped(&finding, 48));
    }
    text
}

/// Charts a feature's histograms, training above production; empty for features without numbers.
pub(super) fn histogram(investigation: &Investigation, feature: usize) -> String {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    if dossier.plan.features[feature].kind == Kind::Categorical {
        return String::new();
    }
    let axis = axis(investigation, feature);
    let Some(shown) =
        histogram::histogram(dossier, &Ascending::of(dossier, framing, feature), Period::After, axis, BINS)
    else {
        return String::new();
    };
    let line = |shares: &[f64]| {
        let peak = shares.iter().copied().fold(0.0, f64::max);
        spark(shares.iter().map(|&share| (share > 0.0).then_some(share)), 0.0, peak)
    };
    let ends = format!(
        "{} to {}{}",
        number::value(shown.edges[0]),
        number::value(shown.edges[BINS]),
        if axis == Axis::Linear { "" } else { ", log axis" }
    );
    format!(
        "training   {}  {ends}\nproduction {}  missing {}\n",
        line(&shown.training),
        line(&shown.production),
        number::share(shown.missing.1)
    )
}
