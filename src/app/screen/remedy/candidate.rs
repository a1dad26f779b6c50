//! The candidate beside the deployed model, in words. Nothing is computed here.

use crate::{
    app::Model,
    remedy::{
        RemedyReport,
        comparison::{Calibrated, Comparison, ComparisonDesign, Disagreements, Exemplar, Latency},
    },
    text::{number, time},
    wording,
};

use super::{COMPARISON, Comparing};

/// The comparison, and what is shown of it.
#[must_use]
pub fn shown(model: &Model) -> Option<(&Comparison, Comparing)> {
    let comparison = comparison(model.backtests()?).ok()?;
    let wanted = model.screens.remedy.comparing;
    let view = if wanted.is_known(comparison) { wanted } else { Comparing::Verdict };
    Some((comparison, view))
}

/// Shows the next view that the comparison holds.
pub(super) fn next_view(model: &mut Model) {
    let Some((comparison, view)) = shown(model) else {
        return;
    };
    let all = Comparing::ALL.len();
    let next = (1..=all)
        .map(|step| Comparing::ALL[(view as usize + step) % all])
        .find(|next| next.is_known(comparison));
    model.screens.remedy.comparing = next.unwrap_or_default();
    model.screens.remedy.compared = 0;
}

/// The lines of the view that have a cursor.
pub(super) fn lines(model: &Model) -> usize {
    match shown(model) {
        Some((comparison, Comparing::Segments)) => comparison.segments.len(),
        Some((comparison, Comparing::Metrics)) => comparison.metrics.len(),
        Some((comparison, Comparing::Disagreements)) => exemplars(comparison).len(),
        _ => 0,
    }
}

/// Whether the focused pane shows a picture, which has no lines to move over.
pub(super) fn is_picture(model: &Model) -> bool {
    let view = shown(model).map(|(_, view)| view);
    model.pane() == COMPARISON
        && matches!(view, Some(Comparing::Days | Comparing::Calibration | Comparing::Latency))
}

/// The rows on which the two models differ most.
#[must_use]
pub fn exemplars(comparison: &Comparison) -> &[Exemplar] {
    comparison.disagreements.as_ref().map_or(&[][..], |differ| &differ.exemplars)
}

/// The comparison of the bench; why there is none, in a sentence.
///
/// # Errors
///
/// The sentence.
pub fn comparison(backtests: &RemedyReport) -> Result<&Comparison, String> {
    match &backtests.comparison {
        Some(Ok(comparison)) => Ok(comparison),
        Some(Err(why)) => Err(format!("The candidate can't be compared: {why}.")),
        None => Err("The case names no candidate: [candidate] in coroner.toml sets one beside the deployed \
                     model, in the shadow or in an arm."
            .to_owned()),
    }
}

/// The verdict with its numbers, in a sentence.
#[must_use]
pub fn verdict(comparison: &Comparison) -> String {
    let of = &comparison.overall;
    format!(
        "{}: {} {} → {} on {} rows",
        comparison.recommendation.name(),
        comparison.measure.name(),
        number::metric(of.incumbent),
        number::metric(of.candidate),
        number::count(of.rows.1)
    )
}

/// The facts about the candidate: a short name and a sentence each.
#[must_use]
pub fn compared(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let design = match comparison.design {
        ComparisonDesign::Shadow => "both answered the same rows",
        ComparisonDesign::Arms => "each answered the rows of its own arm",
    };
    let mut lines = vec![("verdict", format!("{}; {design}.", verdict(comparison)))];
    lines.extend(comparison.reasons.iter().map(|why| ("why", why.clone())));
    if let Some(look) = comparison.last().map(|day| day.look) {
        let interval = look.interval.map_or_else(|| "not known yet".to_owned(), wording::remedy::range);
        lines.push((
            "gain",
            format!(
                "{}, interval {interval} at every look together, p {}",
                number::signed(look.mean),
                number::p_value(look.p)
            ),
        ));
    }
    let needed = &comparison.needed;
    // Once it is decided nothing is needed any more.
    if let Some(rows) = needed.rows_in_all.filter(|_| comparison.decided().is_none()) {
        let days = needed
            .days_left
            .map_or_else(String::new, |days| format!(", {} days more", number::value(days.ceil())));
        lines.push((
            "needed",
            format!(
                "{} rows detect a difference of {}; {} are there{days}.",
                number::count(rows),
                number::metric(needed.difference),
                number::count(needed.rows)
            ),
        ));
    }
    if let Some(both) = &comparison.calibration {
        lines.push(("scores", calibration(both)));
    }
    if let Some(differ) = &comparison.disagreements {
        lines.push(("differ", disagreements(differ)));
    }
    if let Some(latency) = &comparison.latency {
        lines.push(("time", answer_time(latency)));
    }
    lines.extend(comparison.limits.iter().map(|limit| ("limit", limit.clone())));
    lines
}

/// Whose scores mean their share, in a sentence.
fn calibration((incumbent, candidate): &(Calibrated, Calibrated)) -> String {
    let tendency = match candidate.bias {
        bias if bias > 0.005 => ", its scores too high",
        bias if bias < -0.005 => ", its scores too low",
        _ => "",
    };
    format!(
        "Calibration error (ECE) {} deployed, {} candidate{tendency}.",
        number::metric(incumbent.ece),
        number::metric(candidate.ece)
    )
}

/// How often the two differ and who is right then, in a sentence.
#[must_use]
pub fn disagreements(differ: &Disagreements) -> String {
    let share = differ.rows as f64 / differ.answered.max(1) as f64;
    let mut message = format!(
        "They differ on {} of {} rows ({})",
        number::count(differ.rows),
        number::count(differ.answered),
        number::share(share)
    );
    if differ.labelled > 0 {
        message.push_str(&format!(
            "; of {} with a label the candidate is right on {}, the deployed model on {}",
            number::count(differ.labelled),
            number::count(differ.candidate_right),
            number::count(differ.incumbent_right)
        ));
    }
    message.push('.');
    message
}

/// Who answers faster, in a sentence.
#[must_use]
pub fn answer_time(latency: &Latency) -> String {
    let slower = if latency.is_slower() { ": noticeably slower" } else { "" };
    let range = latency.difference.map_or_else(String::new, |(low, high)| {
        format!(" (95 % interval {} to {} ms)", number::signed(low), number::signed(high))
    });
    format!(
        "95 % of the answers within {} ms deployed, {} ms candidate{range}{slower}.",
        number::value(latency.p95.0),
        number::value(latency.p95.1)
    )
}

/// A model's output for a row: its score if there is one, otherwise its answer.
fn answer((answer, score): (f64, Option<f64>)) -> String {
    score.map_or_else(|| number::value(answer), number::metric)
}

/// The view as a table, heads first; none for views of sentences and pictures.
#[must_use]
pub fn view_table(model: &Model, comparison: &Comparison) -> Option<Vec<Vec<String>>> {
    let texts = |cells: &[&str]| cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
    let (_, view) = shown(model)?;
    let name = comparison.measure.name();
    Some(match view {
        Comparing::Verdict => return None,
        Comparing::Days => {
            let mut rows = vec![texts(&["day", "rows", "mean gain so far", "interval"])];
            rows.extend(comparison.days.iter().map(|day| {
                vec![
                    time::date(day.day),
                    number::count(day.rows),
                    number::signed(day.look.mean),
                    day.look.interval.map_or_else(String::new, wording::remedy::range),
                ]
            }));
            rows
        }
        Comparing::Segments => {
            let mut rows =
                vec![texts(&["segment", "rows", "deployed", "candidate", &format!("gain in {name}"), ""])];
            rows.extend(comparison.segments.iter().map(|segment| {
                let of = &segment.gained;
                vec![
                    format!("{} {}", model.feature_name(segment.feature), segment.name),
                    number::count(of.rows.1),
                    number::metric(of.incumbent),
                    number::metric(of.candidate),
                    number::signed(of.gain),
                    if segment.harmed { "harmed" } else { "" }.to_owned(),
                ]
            }));
            rows
        }
        Comparing::Metrics => {
            let mut rows = vec![texts(&["metric", "deployed", "candidate", "gain", "95 %"])];
            rows.extend(comparison.metrics.iter().map(|pair| {
                vec![
                    pair.metric.name().to_owned(),
                    number::metric(pair.incumbent),
                    number::metric(pair.candidate),
                    number::signed(pair.gain),
                    pair.interval.map_or_else(String::new, wording::remedy::range),
                ]
            }));
            rows
        }
        Comparing::Calibration => {
            let mut rows = vec![texts(&["model", "mean score", "share positive", "rows"])];
            let (deployed, candidate) = comparison.calibration.as_ref()?;
            for (name, side) in [("deployed", deployed), ("candidate", candidate)] {
                rows.extend(side.bins.iter().map(|bin| {
                    vec![
                        name.to_owned(),
                        number::metric(bin.score),
                        number::metric(bin.share),
                        number::whole(bin.rows),
                    ]
                }));
            }
            rows
        }
        Comparing::Disagreements => {
            let mut rows = vec![texts(&["row", "at", "truth", "deployed", "candidate", "gain"])];
            rows.extend(exemplars(comparison).iter().map(|row| {
                vec![
                    row.row.to_string(),
                    row.at.map_or_else(|| number::MISSING.to_owned(), time::short),
                    truth(model, row.label),
                    answer(row.incumbent),
                    answer(row.candidate),
                    number::signed(row.gain),
                ]
            }));
            rows
        }
        Comparing::Latency => {
            let latency = comparison.latency.as_ref()?;
            let mut rows = vec![texts(&["answer time", "deployed, ms", "candidate, ms"])];
            for (name, (deployed, candidate)) in
                [("median", latency.median), ("95 % within", latency.p95), ("99 % within", latency.p99)]
            {
                rows.push(vec![name.to_owned(), number::value(deployed), number::value(candidate)]);
            }
            rows
        }
    })
}

/// A label as people read it: the class by its name, a number as it is.
fn truth(model: &Model, label: f64) -> String {
    if label.is_nan() {
        return number::MISSING.to_owned();
    }
    let plan = model.dossier.as_ref().map(|dossier| &dossier.plan);
    let class = plan.and_then(|plan| plan.classes.get(label as usize));
    class.cloned().unwrap_or_else(|| number::value(label))
}
