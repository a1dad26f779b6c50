//! Swapped columns: columns that hold another column's values.

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Observations, Subject, Verdict,
        catalogue::{checks, measures, signals},
        exam::{context::ExamContext, window_split::Periods},
    },
    stats::distance::{ks, ks_samples},
    summary::Bins,
    text::number,
};

use super::facts::Facts;

/// Minimum Kolmogorov-Smirnov distance of a column from its own former values.
const MOVED: f64 = 0.1;

/// Minimum degree of a fit (1 − distance to the other column over distance to its own) to count as a swap.
const FITS: f64 = 0.7;

/// Values per side, evenly spread over the rows; the error of their distance is about 0.03.
const VALUES: usize = 2000;

/// The fit of one column's new values to another column's old ones: 1 is perfect, 0 not better than its own.
struct Fit {
    from: usize,
    to: usize,
    own: f64,
    cross: f64,
}

impl Fit {
    fn degree(&self) -> f64 {
        (1.0 - self.cross / self.own).max(0.0)
    }
}

pub(super) fn examine(context: &ExamContext<'_>, facts: &[Facts]) -> Observations {
    let &ExamContext { dossier, framing, ref periods, .. } = context;
    let mut observations = Observations::default();
    let numeric: Vec<usize> = facts
        .iter()
        .filter(|f| f.present && matches!(dossier.plan.features[f.feature].bins, Bins::Numeric(_)))
        .map(|f| f.feature)
        .collect();
    if numeric.len() < 2 {
        return observations;
    }
    let reference = usize::from(periods.has_before());
    let own = |j: usize| {
        let counts = &facts[j].counts;
        let last = counts[0].len() - 1;
        ks(&counts[reference][..last], &counts[2][..last]).unwrap_or(0.0)
    };
    let mut moved: Vec<(usize, f64)> =
        numeric.iter().map(|&j| (j, own(j))).filter(|(_, d)| *d >= MOVED).collect();
    moved.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    // A swap concerns a few columns; if dozens moved, the ones that moved furthest include them.
    moved.truncate(40);
    let old: Vec<(usize, Vec<f64>)> = if moved.is_empty() {
        Vec::new()
    } else {
        numeric.iter().map(|&j| (j, old_values(dossier, framing, periods, j))).collect()
    };
    let fits: Vec<Fit> = moved
        .iter()
        .filter_map(|&(from, own)| {
            let new = thinned(dossier, &framing.after, from);
            old.iter()
                .filter(|(to, _)| *to != from)
                .filter_map(|(to, values)| Some((*to, ks_samples(values, &new).ok()?)))
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .map(|(to, cross)| Fit { from, to, own, cross })
        })
        .collect();
    swapped(dossier, &fits, &mut observations);
    copied(dossier, framing, &moved, &fits, &mut observations);
    observations
}

fn old_values(dossier: &Dossier, framing: &Framing, periods: &Periods, feature: usize) -> Vec<f64> {
    if periods.has_before() && !framing.before.is_empty() {
        return thinned(dossier, &framing.before, feature);
    }
    let values = dossier.training.sample.features[feature].numbers().unwrap_or_default();
    let step = (values.len() / VALUES).max(1);
    values.iter().step_by(step).copied().filter(|x| x.is_finite()).collect()
}

fn thinned(dossier: &Dossier, rows: &[usize], feature: usize) -> Vec<f64> {
    let values = dossier.production.sample.features[feature].numbers().unwrap_or_default();
    let step = (rows.len() / VALUES).max(1);
    rows.iter().step_by(step).filter_map(|&r| values.get(r).copied()).filter(|x| x.is_finite()).collect()
}

/// Two columns (or a cycle of them) that swapped places.
fn swapped(dossier: &Dossier, fits: &[Fit], observations: &mut Observations) {
    // A cycle is followed through the best fits; its degree is that of its weakest link.
    let next = |j: usize| fits.iter().find(|f| f.from == j);
    let ring = |start: &Fit| {
        let mut members = vec![start.from];
        let mut degree = start.degree();
        let mut at = start.to;
        while at != start.from {
            if members.contains(&at) || members.len() > 6 {
                return None;
            }
            members.push(at);
            let fit = next(at)?;
            degree = degree.min(fit.degree());
            at = fit.to;
        }
        Some((members, degree))
    };
    let best = fits.iter().filter_map(ring).fold(None, |best: Option<(Vec<usize>, f64)>, ring| match best {
        Some(b) if b.1 >= ring.1 => Some(b),
        _ => Some(ring),
    });
    let (members, degree) = best.unwrap_or_default();
    let id = &checks::PIPELINE_SWAP;
    if degree >= FITS {
        let names: Vec<&str> = members.iter().map(|&j| dossier.feature_name(j)).collect();
        observations.findings.push(Finding {
            subject: Subject::Feature(members[0]),
            measure: measures::SWAP_FIT.name,
            value: Some(degree),
            threshold: Some(FITS),
            ..Finding::new(
                id,
                Verdict::Alarm,
                format!("{} hold each other's values: the columns were swapped.", names.join(" and ")),
            )
        });
        for &j in &members[1..] {
            let name = dossier.feature_name(j);
            observations.findings.push(Finding {
                subject: Subject::Feature(j),
                ..Finding::new(
                    id.of(name),
                    Verdict::Alarm,
                    format!("{name} holds the values of another column."),
                )
            });
        }
    } else {
        let message = "No column holds another one's values.";
        observations.findings.push(Finding::new(id, Verdict::Clear, message));
    }
    observations.signal(&signals::PIPELINE_SWAP, degree, if degree >= FITS { &members } else { &[] }, id);
}

/// A column that now holds the values of an unchanged one, row by row.
fn copied(
    dossier: &Dossier,
    framing: &Framing,
    moved: &[(usize, f64)],
    fits: &[Fit],
    observations: &mut Observations,
) {
    let stayed = |j: usize| !moved.iter().any(|m| m.0 == j);
    let columns = &dossier.production.sample.features;
    let same = |rows: &[usize], a: usize, b: usize| {
        let (Some(x), Some(y)) = (columns[a].numbers(), columns[b].numbers()) else {
            return 0.0;
        };
        let equal = rows.iter().filter(|&&r| x[r] == y[r]).count();
        equal as f64 / rows.len().max(1) as f64
    };
    let candidates = fits.iter().filter(|f| stayed(f.to) && f.degree() >= FITS).map(|f| {
        let rise = same(&framing.after, f.from, f.to) - same(&framing.before, f.from, f.to);
        (f, f.degree() * rise.max(0.0))
    });
    let best = candidates.max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((fit, _)) = best.filter(|b| b.1 >= 0.3) {
        let (name, other) = (dossier.feature_name(fit.from), dossier.feature_name(fit.to));
        observations.findings.push(Finding {
            subject: Subject::Feature(fit.from),
            measure: measures::COPIED_ROWS.name,
            value: Some(same(&framing.after, fit.from, fit.to)),
            ..Finding::new(
                checks::PIPELINE_COPY.of(name),
                Verdict::Alarm,
                format!(
                    "{name} repeats {other} on {} of the rows {}.",
                    number::share(same(&framing.after, fit.from, fit.to)),
                    framing.period(),
                ),
            )
        });
    }
}
