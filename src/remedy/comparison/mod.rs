//! A candidate against the deployed model: on the same rows (shadow), or each on its own arm (A/B).
//!
//! A gain above 0 means that the candidate is better, whatever the direction of the measure. The
//! recommendation is based on the confidence sequence of the mean gain, which stays valid when it is looked
//! at every day ([`crate::stats::sequential`]).

mod arms;
mod detail;
mod recommendation;
mod result;
mod shadow;
mod sides;
pub mod strata;

pub use result::{
    Calibrated, Comparison, ComparisonDesign, Day, Disagreements, Exemplar, Flips, Gained, Latency, Measure,
    Method, MetricPair, Needed, Ratio, Recommendation, SegmentGain, WindowGain,
};
pub use sides::FEWEST_ROWS;

use crate::{autopsy::Investigation, remedy::unavailable::Unavailable};

/// Compares the candidate of the case with the deployed model; `None` if the case names no candidate.
///
/// # Errors
///
/// A sentence that explains why the two can't be compared.
#[must_use]
pub fn compare(investigation: &Investigation) -> Option<Result<Comparison, Unavailable>> {
    let candidate = investigation.dossier.candidate.as_ref()?;
    Some(if candidate.arm.is_some() {
        arms::compare(investigation, candidate)
    } else {
        shadow::compare(investigation, candidate)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::fixture,
        autopsy::Investigation,
        case::Candidate,
        stats::random::{rng, unit},
        summary::Column,
    };
    use std::sync::Arc;

    /// The synthetic incident with a candidate whose scores are moved by the fraction `pull` towards the
    /// truth.
    fn shadow(pull: f64, noise: f64) -> Investigation {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        let sample = &mut dossier.production.sample;
        let mut generator = rng(3);
        sample.candidate_score = (0..sample.rows)
            .map(|row| {
                let label = sample.label[row];
                let label = if label.is_nan() { 0.5 } else { label };
                let moved = sample.score[row] + pull * (label - sample.score[row]);
                (moved + noise * (unit(&mut generator) - 0.5)).clamp(0.01, 0.99)
            })
            .collect();
        sample.candidate_prediction =
            sample.candidate_score.iter().map(|&score| crate::summary::class_of_score(score)).collect();
        dossier.candidate =
            Some(Candidate { name: "next".to_owned(), score: Some("s".to_owned()), ..Candidate::default() });
        investigation.dossier = Arc::new(dossier);
        investigation
    }

    fn compared(investigation: &Investigation) -> Comparison {
        compare(investigation).expect("there is a candidate").expect("it can be compared")
    }

    #[test]
    fn a_better_candidate_is_promoted() {
        let comparison = compared(&shadow(0.5, 0.0));
        assert_eq!(comparison.recommendation, Recommendation::Promote, "{:?}", comparison.reasons);
        assert!(comparison.overall.gain > 0.0 && comparison.last().expect("days").look.decides());
        assert!(comparison.decided().is_some());
        assert!(comparison.flips.expect("classes").won >= comparison.flips.expect("classes").lost);
        assert!(!comparison.windows.is_empty() && !comparison.segments.is_empty());
        assert_eq!(comparison.harmed().count(), 0);
        let headline = comparison.headline().expect("metrics");
        assert!(headline.gain > 0.0 && headline.interval.expect("an interval").0 > 0.0);
    }

    #[test]
    fn a_worse_candidate_is_rolled_back_and_says_whom_it_harms() {
        let comparison = compared(&shadow(-0.3, 0.0));
        assert_eq!(comparison.recommendation, Recommendation::RollBack, "{:?}", comparison.reasons);
        assert!(comparison.harmed().count() > 0);
        assert!(comparison.segments[0].harmed && comparison.segments[0].gained.gain < 0.0);
    }

    #[test]
    fn an_equal_candidate_is_held_and_says_what_it_takes() {
        let comparison = compared(&shadow(0.0, 0.02));
        assert_eq!(comparison.recommendation, Recommendation::Hold, "{:?}", comparison.reasons);
        assert!(comparison.needed.rows_in_all.is_some());
        let same = compared(&shadow(0.0, 0.0));
        assert_eq!(same.recommendation, Recommendation::Hold);
        assert_eq!(same.overall.gain, 0.0);
    }

    #[test]
    fn without_answers_or_labels_it_says_why() {
        let mut investigation = shadow(0.5, 0.0);
        let mut dossier = (*investigation.dossier).clone();
        dossier.production.sample.candidate_score.fill(f64::NAN);
        dossier.production.sample.candidate_prediction.fill(f64::NAN);
        investigation.dossier = Arc::new(dossier);
        let why = compare(&investigation).expect("a candidate").expect_err("no answers");
        assert!(why.as_ref().contains("no readable answer"), "{why}");
        let mut investigation = shadow(0.5, 0.0);
        let mut dossier = (*investigation.dossier).clone();
        dossier.production.sample.label.fill(f64::NAN);
        investigation.dossier = Arc::new(dossier);
        let why = compare(&investigation).expect("a candidate").expect_err("no labels");
        assert!(why.as_ref().contains("label"), "{why}");
        assert!(compare(&fixture::investigation()).is_none());
    }

    /// The synthetic incident with two arms; the candidate's success rate is higher by `lift`.
    fn arms(lift: f64, share: f64) -> Investigation {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        let sample = &mut dossier.production.sample;
        let mut generator = rng(5);
        let candidate: Vec<bool> = (0..sample.rows).map(|_| unit(&mut generator) < share).collect();
        let success = candidate
            .iter()
            .map(|&arm| f64::from(u8::from(unit(&mut generator) < 0.3 + if arm { lift } else { 0.0 })))
            .collect();
        let codes = candidate.iter().map(|&arm| u32::from(arm)).collect();
        sample.extra.push((
            "variant".to_owned(),
            Column::Categorical(codes),
            vec!["a".to_owned(), "b".to_owned()],
        ));
        let numeric = Column::Numeric { values: success, unreadable: Vec::new(), examples: Vec::new() };
        sample.extra.push(("bought".to_owned(), numeric, Vec::new()));
        dossier.candidate = Some(Candidate {
            name: "next".to_owned(),
            arm: Some("variant".to_owned()),
            arm_value: Some("b".to_owned()),
            success: Some("bought".to_owned()),
            share: Some(0.5),
            ..Candidate::default()
        });
        investigation.dossier = Arc::new(dossier);
        investigation
    }

    #[test]
    fn arms_are_compared_by_what_the_contract_calls_success() {
        let better = compared(&arms(0.25, 0.5));
        assert_eq!(better.recommendation, Recommendation::Promote, "{:?}", better.reasons);
        assert!((better.overall.gain - 0.25).abs() < 0.1);
        let worse = compared(&arms(-0.25, 0.5));
        assert_eq!(worse.recommendation, Recommendation::RollBack, "{:?}", worse.reasons);
        assert!(better.ratio.expect("arms").p.expect("a share") > 0.001);
    }

    #[test]
    fn a_broken_assignment_is_never_promoted() {
        let comparison = compared(&arms(0.25, 0.7));
        assert!(comparison.ratio.expect("arms").is_mismatch());
        assert_eq!(comparison.recommendation, Recommendation::Hold);
        assert!(comparison.reasons.iter().any(|message| message.contains("sample-ratio mismatch")));
    }

    #[test]
    fn a_ramp_on_better_days_is_no_reason_to_promote() {
        // The later days are better for everybody, and the candidate has most rows there.
        let mut investigation = arms(0.0, 0.5);
        let mut dossier = (*investigation.dossier).clone();
        if let Some(candidate) = &mut dossier.candidate {
            candidate.share = None;
        }
        let sample = &mut dossier.production.sample;
        let rows = sample.rows;
        let mut generator = rng(9);
        let late = |row: usize| row * 2 > rows;
        let arm: Vec<bool> =
            (0..rows).map(|row| unit(&mut generator) < if late(row) { 0.8 } else { 0.2 }).collect();
        let bought: Vec<f64> = (0..rows)
            .map(|row| f64::from(u8::from(unit(&mut generator) < if late(row) { 0.7 } else { 0.2 })))
            .collect();
        for (name, column, _) in &mut sample.extra {
            match name.as_str() {
                "variant" => *column = Column::Categorical(arm.iter().map(|&arm| u32::from(arm)).collect()),
                "bought" => {
                    let values = bought.clone();
                    *column = Column::Numeric { values, unreadable: Vec::new(), examples: Vec::new() };
                }
                _ => {}
            }
        }
        investigation.dossier = Arc::new(dossier);
        let comparison = compared(&investigation);
        assert!(comparison.overall.gain > 0.2, "over all rows it looks better");
        assert_eq!(comparison.recommendation, Recommendation::Hold, "{:?}", comparison.reasons);
        assert!(
            comparison.reasons.iter().any(|reason| reason.contains("day by day it is not better")),
            "{:?}",
            comparison.reasons
        );
    }

    #[test]
    fn an_arm_that_nobody_is_in_is_told() {
        let mut investigation = arms(0.0, 0.5);
        let mut dossier = (*investigation.dossier).clone();
        if let Some(candidate) = &mut dossier.candidate {
            candidate.arm_value = Some("c".to_owned());
        }
        investigation.dossier = Arc::new(dossier);
        let why = compare(&investigation).expect("a candidate").expect_err("no such arm");
        assert!(why.as_ref().contains("it holds a, b"), "{why}");
    }
}
