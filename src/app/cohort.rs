//! A part of the rows, and two periods: what the analyst narrows the case to, and the exams that this asks for.

use std::sync::Arc;

use super::{BackgroundEffect, Effect, Model, Phase};
use crate::{
    autopsy::{Baseline, Choice, Stage, cohort::Cohort},
    summary::Span,
    text::time,
};

/// Asks for the exams on a part of the rows, or on all of them again.
///
/// # Errors
///
/// Why the text names no part of them.
pub(super) fn narrow(model: &mut Model, text: &str) -> Result<Vec<Effect>, String> {
    let whole = model.whole.clone().ok_or_else(|| model.not_yet())?;
    let cohort = match text.trim() {
        "" | "all" => None,
        text => Some(Arc::new(Cohort::parse(text, &whole).map_err(|error| error.to_string())?)),
    };
    let too_few = cohort.as_ref().and_then(|cohort| cohort.check(&whole).err());
    if let Some(error) = too_few {
        return Err(error.to_string());
    }
    // The onset of two periods belongs to them: with other rows the analyst's own choice is in force again.
    let was_compared = model.cohort.as_ref().is_some_and(|cohort| cohort.is_of_periods());
    let choice = if was_compared { model.journal.marks().choice } else { model.choice() };
    Ok(examine(model, choice, cohort))
}

/// Asks for the exams on two periods alone, the second held against the first.
///
/// # Errors
///
/// Why they cannot be compared.
pub(super) fn compare(model: &mut Model, text: &str) -> Result<Vec<Effect>, String> {
    let whole = model.whole.clone().ok_or_else(|| model.not_yet())?;
    let wanted = "write  2026-03-02..2026-03-09 2026-03-18..2026-03-25  (UTC), the earlier period first";
    let span = |text: &str| {
        let (from, to) = text.split_once("..")?;
        let span = Span { from: time::parse(from)?, to: time::parse(to)? };
        (span.from < span.to).then_some(span)
    };
    let (first, second) = text.trim().split_once(char::is_whitespace).ok_or(wanted)?;
    let (Some(first), Some(second)) = (span(first), span(second.trim())) else {
        return Err(wanted.to_owned());
    };
    if first.to > second.from {
        return Err(format!("the two periods overlap or stand in the wrong order; {wanted}"));
    }
    let cohort = Cohort::periods(first, second);
    cohort.check(&whole).map_err(|error| error.to_string())?;
    let choice = Choice { onset: Some(second.from), baseline: Some(Baseline::ProductionBefore) };
    Ok(examine(model, choice, Some(Arc::new(cohort))))
}

/// Asks for the exams on a comparison and the rows that it is made of; what is shown stays until they are done.
pub(super) fn examine(model: &mut Model, choice: Choice, cohort: Option<Arc<Cohort>>) -> Vec<Effect> {
    model.epoch += 1;
    model.opening.began_ms = model.clock.elapsed_ms;
    model.opening.phase =
        Phase::Examining { stage: Stage::Onset, parts: (0, 0), began_ms: model.clock.elapsed_ms };
    let of = cohort.as_ref().map_or_else(|| choice.message(), ToString::to_string);
    model.toast(format!("examining again: {of}"));
    model.asked_cohort.clone_from(&cohort);
    vec![Effect::Background(BackgroundEffect::Investigate { epoch: model.epoch, choice, cohort })]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Key, Msg, fixture, update};

    fn typed(model: &mut Model, line: &str) -> Vec<Effect> {
        let _ = update(model, Msg::Key(Key::Char(':')));
        for c in line.chars() {
            let _ = update(model, Msg::Key(Key::Char(c)));
        }
        update(model, Msg::Key(Key::Enter))
    }

    fn examined(model: &mut Model) {
        let (epoch, investigation) = (model.epoch, Arc::new(fixture::investigation()));
        let _ = update(model, Msg::Examined { epoch, investigation, data: "x".to_owned() });
    }

    #[test]
    fn a_cohort_is_asked_for_shown_once_it_is_examined_and_given_up() {
        let mut model = fixture::model(120, 36);
        examined(&mut model);
        let effects = typed(&mut model, "where utilization>0.2");
        let [Effect::Background(BackgroundEffect::Investigate { cohort: Some(cohort), epoch, .. })] =
            effects.as_slice()
        else {
            panic!("{effects:?}");
        };
        assert_eq!((cohort.to_string().as_str(), *epoch), ("utilization>0.2", model.epoch));
        assert!(model.cohort.is_none(), "not before it is examined");
        examined(&mut model);
        assert_eq!(model.cohort.as_ref().map(ToString::to_string).as_deref(), Some("utilization>0.2"));
        let effects = typed(&mut model, "where all");
        assert!(matches!(
            effects.as_slice(),
            [Effect::Background(BackgroundEffect::Investigate { cohort: None, .. })]
        ));
        examined(&mut model);
        assert!(model.cohort.is_none());
    }

    #[test]
    fn what_cannot_be_read_stays_on_the_line_and_says_why() {
        let mut model = fixture::model(120, 36);
        examined(&mut model);
        for (line, message) in [
            ("where utilisation>0.2", "did you mean utilization?"),
            ("where utilization>1e9", "are needed"),
            ("compare 2026-03-02..2026-03-05", "the earlier period first"),
            ("compare 2026-03-20..2026-03-25 2026-03-03..2026-03-09", "wrong order"),
        ] {
            assert!(typed(&mut model, line).is_empty(), "{line}");
            let toast = model.toast.take().map_or_else(String::new, |toast| toast.message);
            assert!(toast.contains(message), "{line}: {toast}");
            assert_eq!(model.overlays.len(), 1, "{line}");
            model.overlays.clear();
        }
    }

    #[test]
    fn two_periods_are_held_against_each_other() {
        let mut model = fixture::model(120, 36);
        examined(&mut model);
        let effects = typed(&mut model, "compare 2026-03-03..2026-03-12 2026-03-20..2026-03-30");
        let [Effect::Background(BackgroundEffect::Investigate { choice, cohort: Some(cohort), .. })] =
            effects.as_slice()
        else {
            panic!("{effects:?}");
        };
        assert_eq!(choice.onset, time::parse("2026-03-20"));
        let whole = model.whole.clone().expect("all rows");
        let sample = &whole.production.sample;
        let rows = cohort.rows(sample);
        assert!(!rows.is_empty() && rows.len() < sample.rows);
        // The journal does not keep the onset of the periods, and with all rows it is gone.
        let (choice, cohort) = (*choice, Arc::clone(cohort));
        let mut compared = fixture::investigation();
        compared.framing.choice = choice;
        let epoch = model.epoch;
        let data = "x".to_owned();
        let _ = update(&mut model, Msg::Examined { epoch, investigation: Arc::new(compared), data });
        assert!(model.cohort.as_deref() == Some(&*cohort));
        assert_eq!(model.journal.marks().choice, Choice::default());
        let effects = typed(&mut model, "where all");
        let [Effect::Background(BackgroundEffect::Investigate { choice, cohort: None, .. })] =
            effects.as_slice()
        else {
            panic!("{effects:?}");
        };
        assert_eq!(*choice, Choice::default());
    }
}
