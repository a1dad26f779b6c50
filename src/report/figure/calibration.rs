//! Reliability diagram: predicted scores against observed outcomes, before and since the onset.

use plotters::{
    element::{Circle, PathElement},
    series::DashedLineSeries,
    style::Color as _,
};

use super::{
    Drawing, Face,
    frame::{self, Axes, DIM, PRODUCTION, TRAINING},
    histogram::period,
};
use crate::{
    autopsy::{Investigation, scoring::Answers},
    stats::calibration::{ReliabilityBin, reliability},
    summary::Task,
    text::number,
};

/// Equal-count bins.
const BINS: usize = 10;
/// Minimum number of labelled rows.
const LEAST: usize = 200;

pub(super) fn draw(investigation: &Investigation, face: Face) -> Option<Drawing> {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    if dossier.task() != Task::Binary || !dossier.plan.has_score {
        return None;
    }
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let bins = |rows: &[usize]| -> Option<Vec<ReliabilityBin>> {
        let judged = answers.judged_rows(rows);
        let (score, positive): (Vec<f64>, Vec<bool>) = judged
            .iter()
            .filter_map(|&row| Some((answers.score_of(row)?, answers.label[row] == 1.0)))
            .unzip();
        (score.len() >= LEAST).then(|| reliability(&score, &positive, BINS).ok())?
    };
    let after = bins(&framing.after)?;
    let before = bins(&framing.before);
    let title = "Calibration".to_owned();
    let gap = |bins: &[ReliabilityBin]| {
        let rows: u64 = bins.iter().map(|bin| bin.rows).sum();
        bins.iter().map(|bin| bin.rows as f64 * (bin.score - bin.share).abs()).sum::<f64>()
            / rows.max(1) as f64
    };
    let description = format!(
        "Share of positive outcomes against the mean score in {BINS} bins; the mean gap is {} {}{}.",
        number::share(gap(&after)),
        period(investigation),
        before.as_ref().map_or_else(String::new, |bins| format!(", {} before", number::share(gap(bins))))
    );
    Drawing::new(face, (420, 360), title.clone(), description, |area| {
        let mut legend = vec![(period(investigation), PRODUCTION)];
        if before.is_some() {
            legend.insert(0, ("before", TRAINING));
        }
        frame::heading(area, &title, &legend)?;
        let axes = Axes {
            x: (0.0, 1.0, "mean score"),
            y: (0.0, 1.0, "share of positive outcomes"),
            x_text: &|x| format!("{x:.1}"),
            y_text: &|y| format!("{y:.1}"),
        };
        let mut chart = axes.draw(area)?;
        let diagonal = [(0.0, 0.0), (1.0, 1.0)];
        chart.draw_series(DashedLineSeries::new(diagonal, 5, 4, DIM.ink().stroke_width(1)))?;
        for (bins, shade) in before.iter().map(|bins| (bins, TRAINING)).chain([(&after, PRODUCTION)]) {
            let points: Vec<(f64, f64)> = bins.iter().map(|bin| (bin.score, bin.share)).collect();
            chart.draw_series([PathElement::new(points.clone(), shade.ink().stroke_width(2))])?;
            chart.draw_series(points.iter().map(|&at| Circle::new(at, 3, shade.ink().filled())))?;
        }
        Ok(())
    })
}
