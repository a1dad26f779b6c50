//! The challengers of Concept: the exam's own, and the one that the analyst asks for.

use super::CHALLENGER;
use crate::{
    app::{
        BackgroundEffect, Effect, Model,
        challenger::{Asked, Came, Refitted},
        navigate::go_to,
    },
    autopsy::{Step, catalogue::checks, exam::concept::ChallengerCourse},
    journal::Selection,
    text::{number, time},
};

/// What the pane of the challengers shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown<'a> {
    /// One of the exam's own.
    Exam(&'a ChallengerCourse),
    /// The one that was asked for.
    Asked(Asked, &'a Refitted),
    /// The one that was asked for is being refitted.
    Waiting(Asked),
    /// There is none; why.
    Nothing(String),
}

/// How many there are to choose from.
pub(super) fn number(model: &Model) -> usize {
    let own = model.investigation.as_ref().map_or(0, |i| i.concept.challengers.len());
    own + usize::from(model.screens.concept.asked.is_some())
}

/// What the pane shows.
#[must_use]
pub fn shown(model: &Model) -> Shown<'_> {
    let state = &model.screens.concept;
    let own = model.investigation.as_ref().map_or(&[][..], |i| &i.concept.challengers);
    if let (Some((asked, came)), true) = (&state.asked, state.challenger >= own.len()) {
        return match came {
            None => Shown::Waiting(*asked),
            Some(Ok(refitted)) => Shown::Asked(*asked, refitted),
            Some(Err(why)) => Shown::Nothing(format!("{}: {why}", asked.message())),
        };
    }
    match own.get(state.challenger.min(own.len().saturating_sub(1))) {
        Some(Ok(course)) => Shown::Exam(course),
        Some(Err(why)) => Shown::Nothing(format!("no challenger: {why}")),
        None => Shown::Nothing("no challenger was trained on this case".to_owned()),
    }
}

/// Asks for a challenger and opens its pane, or shows the exam's own again.
pub(in crate::app) fn challenge(model: &mut Model, asked: Option<Asked>) -> Vec<Effect> {
    let own = model.investigation.as_ref().map_or(0, |i| i.concept.challengers.len());
    let mut effects = go_to(model, Step::Concept);
    model.screens.pane[Step::Concept as usize] = CHALLENGER;
    let state = &mut model.screens.concept;
    state.challenger = if asked.is_some() { own } else { 0 };
    state.asked = asked.map(|asked| (asked, None));
    if asked.is_none() {
        model.toast("the exam's own challengers are shown");
    }
    effects.extend(again(model));
    effects
}

/// Asks once more for what was asked, on what is known now.
pub(in crate::app) fn again(model: &mut Model) -> Option<Effect> {
    let epoch = model.epoch;
    let (asked, came) = model.screens.concept.asked.as_mut()?;
    *came = None;
    Some(Effect::Background(BackgroundEffect::Refit { epoch, asked: *asked }))
}

/// Takes an answer, unless something else was asked for since.
pub(in crate::app) fn refitted(model: &mut Model, answered: Asked, what: Came) {
    if let Some((asked, came)) = &mut model.screens.concept.asked
        && *asked == answered
    {
        *came = Some(what);
    }
}

/// The challenger that was asked for, if it is shown, as something that can be pinned.
pub(super) fn selection(model: &Model) -> Option<Selection> {
    let Shown::Asked(asked, refitted) = shown(model) else {
        return None;
    };
    let challenge = &refitted.course.challenge;
    let mut message = format!(
        "{}: loss {} → {} on {} rows, out of fold (gain {} ± {})",
        asked.message(),
        number::metric(challenge.deployed),
        number::metric(challenge.challenger),
        number::whole(challenge.rows.len() as u64),
        number::signed(challenge.gain),
        number::metric(1.96 * challenge.error),
    );
    if let Some(later) = &refitted.later {
        message.push_str(&format!(
            "; on the {} rows after that, gain {} ± {}",
            number::whole(later.rows as u64),
            number::signed(later.gain),
            number::metric(1.96 * later.error)
        ));
    }
    Some(Selection {
        id: checks::CONCEPT_CHALLENGER.of(asked.message()).to_string(),
        step: Step::Concept,
        title: "challenger asked for by hand".to_owned(),
        message,
    })
}

/// The course of the challenger that is shown, window by window.
pub(super) fn table(model: &Model) -> Vec<Vec<String>> {
    let heads = ["window", "deployed, mean loss", "challenger, mean loss"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let course = match shown(model) {
        Shown::Exam(course) => course,
        Shown::Asked(_, refitted) => &refitted.course,
        Shown::Waiting(_) | Shown::Nothing(_) => return rows,
    };
    let grid = model.investigation.as_ref().and_then(|i| i.concept.grid);
    let points = course.course.iter().enumerate();
    rows.extend(points.filter_map(|(window, point)| {
        let (deployed, challenger) = (*point)?;
        let when = grid.map_or_else(|| "all".to_owned(), |grid| time::minute(grid.span(window).from));
        Some(vec![when, number::metric(deployed), number::metric(challenger)])
    }));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Key, Msg, challenger, fixture, update};

    fn run(model: &mut Model, line: &str) -> Vec<Effect> {
        let _ = update(model, Msg::Key(Key::Char(':')));
        for c in line.chars() {
            let _ = update(model, Msg::Key(Key::Char(c)));
        }
        update(model, Msg::Key(Key::Enter))
    }

    #[test]
    fn a_challenger_is_asked_for_shown_pinned_and_put_away() {
        let mut model = fixture::model(120, 36);
        let effects = run(&mut model, "challenger logistic 14d");
        let asked = Asked { kind: challenger::Kind::Regression, span: challenger::span("14d") };
        assert!(
            effects.contains(&Effect::Background(BackgroundEffect::Refit { epoch: 0, asked })),
            "{effects:?}"
        );
        assert_eq!((model.screen, model.pane()), (Step::Concept, CHALLENGER));
        assert_eq!(shown(&model), Shown::Waiting(asked));

        let came = challenger::refit(model.investigation.as_ref().unwrap(), asked).map(Box::new);
        let other = Asked { span: None, ..asked };
        for (epoch, asked) in [(7, asked), (0, other)] {
            let came = came.clone();
            let _ = update(&mut model, Msg::Refitted { epoch, asked, came });
            assert!(matches!(shown(&model), Shown::Waiting(_)), "another question's answer");
        }
        let _ = update(&mut model, Msg::Refitted { epoch: 0, asked, came });
        assert!(matches!(shown(&model), Shown::Asked(..)));
        assert!(table(&model).len() > 10);
        let _ = update(&mut model, Msg::Key(Key::Char(' ')));
        let pinned = &model.journal.marks().pins[0];
        assert!(
            pinned.message.contains("14 d after the onset") && pinned.message.contains("rows after that")
        );

        // The views go round over all of them, and the exam's own come back alone.
        let _ = update(&mut model, Msg::Key(Key::Char('v')));
        assert!(!matches!(shown(&model), Shown::Asked(..)));
        assert!(run(&mut model, "challenger auto").is_empty());
        assert_eq!(number(&model), model.investigation.as_ref().unwrap().concept.challengers.len());
    }

    #[test]
    fn a_second_look_refits_it_on_the_new_comparison() {
        let mut model = fixture::model(120, 36);
        let _ = run(&mut model, "challenger trees");
        let investigation = model.investigation.clone().unwrap();
        let data = "x".to_owned();
        let effects = update(&mut model, Msg::Examined { epoch: 0, investigation, data });
        assert!(
            effects.iter().any(|effect| matches!(effect, Effect::Background(BackgroundEffect::Refit { .. })))
        );
        let _ = update(&mut model, Msg::Do(Action::Challenger(None)));
        assert!(matches!(shown(&model), Shown::Exam(_) | Shown::Nothing(_)));
    }
}
