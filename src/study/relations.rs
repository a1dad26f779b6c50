//! Input by input: how the outcome depends on it beyond the score, before and since the onset.
//!
//! For each input the outcome is regressed on an offset, the deployed model's own answer (its log-odds, or its value), with the
//! input's normal score, the period, and their product. The product's coefficient is the change of the slope: what one
//! standard deviation of the input says more, or less, about the outcome than before.

use rayon::prelude::*;

use crate::{
    autopsy::{Cause, Dossier, Investigation, Standing},
    model::{encode::RankScale, folds::thin, loss::clipped_logit},
    stats::{
        distribution::normal_two_sided_p,
        linear::{Cholesky, Matrix, sigmoid},
        testing::benjamini_hochberg,
    },
    summary::{Column, Kind, MISSING, Task},
    text::{number, phrase::list},
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
    two_periods::{Period, TwoPeriods},
};

/// Rows of a period at most, and at least.
const MOST_ROWS: usize = 4000;
const FEWEST_ROWS: usize = 200;

/// Levels of a category that have a slope of their own.
const LEVELS: usize = 6;

/// Newton steps.
const ROUNDS: usize = 30;

/// A slope in both periods.
#[derive(Debug, Clone, PartialEq)]
struct Slope {
    feature: usize,
    /// What one unit is: a standard deviation, or the level.
    unit: String,
    then: (f64, f64),
    change: (f64, f64),
}

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    if dossier.task() == Task::Multiclass {
        return Err("slopes are told of two classes and of numbers".to_owned());
    }
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let rows = [&periods.then, &periods.now].map(|period| thin(&period.judged(), MOST_ROWS));
    let is_log = dossier.task() == Task::Binary;
    if rows.iter().any(|rows| rows.len() < FEWEST_ROWS) {
        return Err(format!("fewer than {FEWEST_ROWS} judged rows in one of the periods"));
    }
    let offset = |period: &Period<'_>, row: usize| {
        if is_log {
            period.answers.score_of(row).map_or_else(|| 0.0, clipped_logit)
        } else {
            period.answers.answer_of(row)
        }
    };
    let of = |pick: &dyn Fn(&Period<'_>, usize) -> f64| -> Vec<f64> {
        let mut all: Vec<f64> = rows[0].iter().map(|&row| pick(&periods.then, row)).collect();
        all.extend(rows[1].iter().map(|&row| pick(&periods.now, row)));
        all
    };
    let label = of(&|period, row| period.answers.label[row]);
    let base = of(&offset);
    let slopes: Vec<Slope> = (0..dossier.plan.features.len())
        .into_par_iter()
        .filter(|&feature| dossier.plan.features[feature].kind != Kind::Embedding)
        .flat_map_iter(|feature| {
            let columns = columns(investigation, &periods, &rows, feature);
            columns
                .into_iter()
                .filter_map(|(unit, x)| {
                    let (then, change) = changed(&x, rows[0].len(), &label, &base, is_log)?;
                    Some(Slope { feature, unit, then, change })
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let z = |slope: &Slope| slope.change.0 / slope.change.1;
    let p: Vec<f64> = slopes.iter().map(|slope| normal_two_sided_p(z(slope))).collect();
    let q = benjamini_hochberg(&p);
    let mut lines: Vec<(&Slope, f64)> = slopes.iter().zip(q).collect();
    lines.sort_by(|a, b| z(b.0).abs().total_cmp(&z(a.0).abs()));
    let mut table = StudyTable::new(
        "slopes",
        if is_log {
            "Log-odds of the outcome beyond the score, by unit of the input"
        } else {
            "The outcome beyond the answer, by unit of the input"
        },
        &[
            ("input", "input", Format::Text),
            ("unit", "unit", Format::Text),
            ("then", "then", Format::Signed),
            ("now", "now", Format::Signed),
            ("change", "change (95 %)", Format::Signed),
            ("z", "standard errors", Format::Metric),
            ("q_value", "q", Format::PValue),
        ],
    );
    for (slope, q) in &lines {
        let half = 1.96 * slope.change.1;
        table.push(vec![
            dossier.feature_name(slope.feature).into(),
            slope.unit.as_str().into(),
            slope.then.0.into(),
            (slope.then.0 + slope.change.0).into(),
            Cell::Interval(slope.change.0, (slope.change.0 - half, slope.change.0 + half)),
            z(slope).into(),
            (*q).into(),
        ]);
    }
    let mut study = Study::new(Topic::Relations);
    study.says.push(said(investigation, &lines));
    study.tables.push(table);
    study.limits.extend(undetermined(dossier, &slopes));
    study.limits.push(
        "Each input is looked at alone: of inputs that go together, all show the change of one. A broken input shows one, too."
            .to_owned(),
    );
    Ok(study)
}

/// Which inputs follow the outcome otherwise than before.
///
/// * `lines`: the slopes with their q-values, those that changed most first.
fn said(investigation: &Investigation, lines: &[(&Slope, f64)]) -> String {
    let dossier = &investigation.dossier;
    let mut moved: Vec<&str> = Vec::new();
    for (slope, q) in lines {
        let name = dossier.feature_name(slope.feature);
        if *q <= 0.01 && !moved.contains(&name) {
            moved.push(name);
        }
    }
    match (moved.as_slice(), lines.first()) {
        ([], _) | (_, None) => {
            "No input tells another thing about the outcome than before, beyond noise.".to_owned()
        }
        (moved, Some((first, _))) => {
            let most = format!(
                "most on {}, by {} ± {} a unit",
                dossier.feature_name(first.feature),
                number::signed(first.change.0),
                number::metric(1.96 * first.change.1)
            );
            match elsewhere(investigation) {
                // The slopes are those beyond the logged answer, so altered answers or inputs change them as well.
                Some(cause) => format!(
                    "Beyond the answers, the outcome follows {} otherwise than before; {most}. The diagnosis is {}: the answers changed, not the outcome.",
                    list(moved),
                    cause.name()
                ),
                None => format!("The outcome depends otherwise than before on {}; {most}.", list(moved)),
            }
        }
    }
}

/// The cause that was found, if it is none of the world: then the answers, or what they were made from, changed.
fn elsewhere(investigation: &Investigation) -> Option<Cause> {
    let found = investigation.diagnosis.hypotheses.iter().filter(|h| h.standing == Standing::Found);
    let mut causes = found.map(|hypothesis| hypothesis.cause).peekable();
    let first = *causes.peek()?;
    causes.all(|cause| cause.is_of_inputs() || cause.is_of_answers()).then_some(first)
}

/// A sentence on the inputs without a slope, if there are any.
fn undetermined(dossier: &Dossier, slopes: &[Slope]) -> Option<String> {
    let names: Vec<&str> = (0..dossier.plan.features.len())
        .filter(|feature| !slopes.iter().any(|slope| slope.feature == *feature))
        .map(|feature| dossier.feature_name(feature))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "No slope is determined of {}: its values hardly vary within training's range in one of the periods.",
            list(&names)
        )
    })
}

/// The input as columns of a regression: normal scores by training's ranks, or an indicator for each frequent level.
fn columns(
    investigation: &Investigation,
    periods: &TwoPeriods<'_>,
    rows: &[Vec<usize>; 2],
    feature: usize,
) -> Vec<(String, Vec<f64>)> {
    let dossier = &investigation.dossier;
    let both = |pick: &dyn Fn(&Column, usize) -> f64| -> Vec<f64> {
        let mut all = Vec::new();
        for (period, rows) in [&periods.then, &periods.now].into_iter().zip(rows) {
            let column = period.table.features.get(feature).unwrap_or(&Column::Absent);
            all.extend(rows.iter().map(|&row| if column.is_missing(row) { 0.0 } else { pick(column, row) }));
        }
        all
    };
    match dossier.training.sample.features.get(feature) {
        Some(Column::Numeric { values, .. }) => {
            let scale = RankScale::fit(values.iter().copied().filter(|x| x.is_finite()).collect());
            let score =
                |column: &Column, row: usize| column.numbers().map_or(0.0, |values| scale.score(values[row]));
            vec![("1 sd".to_owned(), both(&score))]
        }
        Some(Column::Categorical(codes)) => {
            let levels = &dossier.plan.features[feature].levels;
            let mut count = vec![0_usize; levels.len()];
            for &code in codes.iter().filter(|code| **code != MISSING) {
                if let Some(count) = count.get_mut(code as usize) {
                    *count += 1;
                }
            }
            let mut order: Vec<usize> = (0..levels.len()).filter(|&level| count[level] > 0).collect();
            order.sort_by_key(|&level| (std::cmp::Reverse(count[level]), level));
            order.truncate(LEVELS);
            let is = |level: usize| {
                move |column: &Column, row: usize| {
                    f64::from(u8::from(column.codes().is_some_and(|codes| codes[row] as usize == level)))
                }
            };
            order.into_iter().map(|level| (levels[level].clone(), both(&is(level)))).collect()
        }
        _ => Vec::new(),
    }
}

/// The slope in the first period and its change in the second, each with its standard error; none where it isn't determined.
fn changed(
    x: &[f64],
    first: usize,
    label: &[f64],
    offset: &[f64],
    is_log: bool,
) -> Option<((f64, f64), (f64, f64))> {
    let row = |at: usize| {
        let since = f64::from(u8::from(at >= first));
        [1.0, since, x[at], since * x[at]]
    };
    let mut beta = [0.0; 4];
    let mut inverse = None;
    for _ in 0..if is_log { ROUNDS } else { 1 } {
        let mut information = Matrix::zeros(4, 4);
        let mut gradient = [0.0; 4];
        for at in 0..x.len() {
            let z = row(at);
            let raw: f64 = offset[at] + z.iter().zip(&beta).map(|(z, b)| z * b).sum::<f64>();
            let (mean, weight) = if is_log {
                let p = sigmoid(raw);
                (p, p * (1.0 - p))
            } else {
                (raw, 1.0)
            };
            for i in 0..4 {
                gradient[i] += z[i] * (label[at] - mean);
                for j in 0..4 {
                    information.set(i, j, information.get(i, j) + weight * z[i] * z[j]);
                }
            }
        }
        let factor = Cholesky::new(&information).ok()?;
        let step = factor.solve(&gradient).ok()?;
        beta.iter_mut().zip(&step).for_each(|(b, step)| *b += step);
        inverse = Some(factor.inverse_diagonal());
        if step.iter().all(|step| step.abs() < 1e-10) {
            break;
        }
    }
    let inverse = inverse?;
    let spread = if is_log {
        1.0
    } else {
        let rest =
            |at: usize| label[at] - offset[at] - row(at).iter().zip(&beta).map(|(z, b)| z * b).sum::<f64>();
        (0..x.len()).map(|at| rest(at).powi(2)).sum::<f64>() / (x.len() as f64 - 4.0)
    };
    let error = |at: usize| (inverse[at] * spread).sqrt();
    let known = beta.iter().all(|b| b.is_finite()) && error(3).is_finite() && error(3) > 0.0;
    known.then(|| ((beta[2], error(2)), (beta[3], error(3))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_causes_outside_of_the_world_take_the_outcome_back() {
        let mut investigation = crate::app::fixture::investigation();
        assert_eq!(elsewhere(&investigation), Some(Cause::FeatureRecalibration));
        let other = investigation.diagnosis.hypotheses.iter().position(|h| h.cause == Cause::ConceptDrift);
        investigation.diagnosis.hypotheses[other.expect("all causes are judged")].standing = Standing::Found;
        assert_eq!(elsewhere(&investigation), None, "the relation may have changed, too");
        investigation.diagnosis.hypotheses.clear();
        assert_eq!(elsewhere(&investigation), None);
    }

    #[test]
    fn the_change_of_a_slope_agrees_with_an_independent_fit() {
        // t = np.arange(40); x = (t * 7 % 11 - 5) / 3; o = (t * 3 % 5 - 2) / 4; y = (t * 13 % 7 + 2 * (t >= 20) * (x > 0) > 4) * 1.
        // Z = np.c_[np.ones(40), t >= 20, x, (t >= 20) * x]; f = lambda b: np.logaddexp(0, o + Z @ b).sum() - y @ (o + Z @ b)
        // b = scipy.optimize.minimize(f, np.zeros(4), method='BFGS', tol=1e-12).x; p = expit(o + Z @ b)
        // np.linalg.inv(Z.T @ (Z * (p * (1 - p))[:, None])).diagonal()**.5; of numbers np.linalg.lstsq(Z, y - o)
        let x: Vec<f64> = (0..40).map(|t| f64::from(t * 7 % 11 - 5) / 3.0).collect();
        let offset: Vec<f64> = (0..40).map(|t| f64::from(t * 3 % 5 - 2) / 4.0).collect();
        let label: Vec<f64> = (0..40)
            .map(|t: i32| {
                let more = if t >= 20 && x[t as usize] > 0.0 { 2 } else { 0 };
                f64::from(u8::from(t * 13 % 7 + more > 4))
            })
            .collect();
        let (then, change) = changed(&x, 20, &label, &offset, true).expect("it is determined");
        for (got, want) in [
            (then.0, -0.187_202_403_668_438_93),
            (then.1, 0.455_921_167_666_830_9),
            (change.0, 0.753_828_646_177_881_9),
            (change.1, 0.650_296_701_746_204_5),
        ] {
            assert!((got - want).abs() < 1e-6, "{got} instead of {want}");
        }
        let (then, change) = changed(&x, 20, &label, &offset, false).expect("it is determined");
        for (got, want) in [
            (then.0, -0.062_917_063_870_352_88),
            (change.0, 0.169_216_276_468_778_1),
            (change.1, 0.186_117_832_633_539_3),
        ] {
            assert!((got - want).abs() < 1e-9, "{got} instead of {want}");
        }
        assert_eq!(changed(&[1.0; 40], 20, &label, &offset, true), None);
    }
}
