//! The comparison of a candidate as JSON.

use serde_json::{Value, json};

use super::instant;
use crate::{
    autopsy::Dossier,
    remedy::comparison::{Calibrated, Comparison, Gained},
};

pub(super) fn value(dossier: &Dossier, comparison: &Comparison) -> Value {
    let needed = &comparison.needed;
    let metrics: Vec<Value> = comparison
        .metrics
        .iter()
        .map(|pair| {
            json!({
                "metric": pair.metric.id(),
                "name": pair.metric.name(),
                "incumbent": pair.incumbent,
                "candidate": pair.candidate,
                "gain": pair.gain,
                "interval": pair.interval,
                "method": pair.method,
                "method_name": pair.method.name(),
            })
        })
        .collect();
    let days: Vec<Value> = comparison
        .days
        .iter()
        .map(|day| {
            json!({
                "day": (day.day != 0).then(|| crate::text::time::date(day.day)),
                "rows": day.rows,
                "rows_so_far": day.look.rows,
                "gain": day.look.mean,
                "interval": day.look.interval,
                "p": day.look.p,
            })
        })
        .collect();
    let windows: Vec<Value> = comparison
        .windows
        .iter()
        .map(|window| {
            let mut value = gained(&window.gained);
            value["from"] = json!(instant(comparison.grid.map(|grid| grid.span(window.window).from)));
            value
        })
        .collect();
    let segments: Vec<Value> = comparison
        .segments
        .iter()
        .map(|segment| {
            let mut value = gained(&segment.gained);
            value["feature"] = json!(dossier.feature_name(segment.feature));
            value["segment"] = json!(segment.name);
            value["q_value"] = json!(segment.q_value);
            value["harmed"] = json!(segment.harmed);
            value
        })
        .collect();
    let class = |answer: f64| {
        let name = dossier.plan.classes.get(answer as usize).filter(|_| !answer.is_nan());
        name.map_or_else(|| json!(answer), |name| json!(name))
    };
    let disagreements = comparison.disagreements.as_ref().map(|found| {
        let exemplars: Vec<Value> = found
            .exemplars
            .iter()
            .map(|row| {
                json!({
                    "row": row.row,
                    "at": instant(row.at),
                    "label": class(row.label),
                    "incumbent": class(row.incumbent.0),
                    "incumbent_score": row.incumbent.1,
                    "candidate": class(row.candidate.0),
                    "candidate_score": row.candidate.1,
                    "gain": row.gain,
                })
            })
            .collect();
        json!({
            "answered": found.answered,
            "rows": found.rows,
            "labelled": found.labelled,
            "candidate_right": found.candidate_right,
            "incumbent_right": found.incumbent_right,
            "exemplars": exemplars,
        })
    });
    json!({
        "name": comparison.name,
        "design": comparison.design,
        "verdict": comparison.recommendation,
        "reasons": comparison.reasons,
        "says": super::says::comparison(comparison),
        "limits": comparison.limits,
        "since": instant(comparison.since),
        "measure": comparison.measure.name(),
        "overall": gained(&comparison.overall),
        "before_onset": comparison.before.as_ref().map(gained),
        "metrics": metrics,
        "flips": comparison.flips.map(|flips| json!({
            "lost": flips.lost,
            "won": flips.won,
            "mcnemar_p": flips.p,
            "always_valid_p": flips.always_valid_p,
        })),
        "days": days,
        "decided": comparison.decided().map(|day| crate::text::time::date(day.day)),
        "windows": windows,
        "segments": segments,
        "calibration": comparison.calibration.as_ref().map(|(ours, theirs)| json!({
            "incumbent": calibrated(ours),
            "candidate": calibrated(theirs),
        })),
        "disagreements": disagreements,
        "latency_ms": comparison.latency.map(|latency| json!({
            "median": latency.median,
            "p95": latency.p95,
            "p99": latency.p99,
            "p95_difference": latency.difference,
        })),
        "needed": {
            "difference": needed.difference,
            "stated": needed.stated,
            "rows": needed.rows,
            "rows_single_look": needed.rows_fixed,
            "rows_daily_looks": needed.rows_in_all,
            "rows_a_day": needed.a_day,
            "days_left": needed.days_left,
            "detectable": needed.detectable,
        },
        "arms": comparison.ratio.map(|ratio| json!({
            "rows": ratio.rows,
            "expected_share": ratio.expected,
            "p": ratio.p,
            "p_steady": ratio.p_steady,
            "mismatch": ratio.is_mismatch(),
        })),
    })
}

fn gained(gained: &Gained) -> Value {
    json!({
        "rows": gained.rows,
        "incumbent": gained.incumbent,
        "candidate": gained.candidate,
        "gain": gained.gain,
        "interval": gained.interval(),
    })
}

fn calibrated(calibrated: &Calibrated) -> Value {
    let bins: Vec<Value> = calibrated
        .bins
        .iter()
        .map(|bin| json!({ "rows": bin.rows, "score": bin.score, "share": bin.share }))
        .collect();
    json!({ "ece": calibrated.ece, "bias": calibrated.bias, "bins": bins })
}
