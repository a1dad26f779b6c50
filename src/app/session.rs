//! What the analyst chose to see, as words of the journal, so that a case opens again as it was left.

use std::collections::BTreeMap;

use super::{
    Axis, FeatureOrder, Grouping, Model, Period,
    screen::state::{
        CellMeasure, Comparing, Comparison, MOST_PANES, Order, Reviewing, Screens, SegmentMeasure,
    },
};
use crate::{autopsy::Step, summary::Width, wording::remedy::Unit};

/// The cursors of all lists, in one order.
macro_rules! cursors {
    ($($screen:ident.$cursor:ident),* $(,)?) => {
        /// Where the cursors of all lists stand.
        fn cursors(screens: &Screens) -> Vec<usize> {
            vec![$(screens.$screen.$cursor),*]
        }

        /// Puts them back; those that are not told stay.
        fn put_cursors(screens: &mut Screens, all: &[usize]) {
            let mut all = all.iter();
            $(if let Some(&at) = all.next() {
                screens.$screen.$cursor = at;
            })*
        }
    };
}

// People's journals hold the places in this order: new ones come at the end.
cursors! {
    triage.line, triage.check, triage.hypothesis, pipeline.source, pipeline.vital, pipeline.event, drift.same,
    drift.source, concept.at, concept.line, support.reason, support.level, support.row, diagnosis.at,
    diagnosis.line, diagnosis.evidence, diagnosis.duel, remedy.at, remedy.trial, remedy.score, remedy.monitor,
    remedy.compared, remedy.queued, remedy.proposed, report.heading, report.pin, report.missing,
}

/// A choice: its name, its value in words, and how it is taken back from them. A word that is not known changes nothing.
struct Choice {
    name: &'static str,
    kept: fn(&Model) -> String,
    take: fn(&mut Model, &str),
}

/// Every choice that outlives the session.
const CHOICES: &[Choice] = &[
    Choice {
        name: "window",
        kept: |model| model.settings.window.map_or_else(String::new, |width| width.name().to_owned()),
        take: |model, word| model.settings.window = Width::ALL.into_iter().find(|width| width.name() == word),
    },
    Choice {
        name: "period",
        kept: |model| numbered(model.settings.period as usize),
        take: |model, word| {
            set(&mut model.settings.period, [Period::Since, Period::Before, Period::Both], word);
        },
    },
    Choice {
        name: "axis",
        kept: |model| model.settings.axis.map_or_else(String::new, |axis| numbered(axis as usize)),
        take: |model, word| {
            let mut axis = Axis::Linear;
            set(&mut axis, [Axis::Linear, Axis::Log, Axis::Rank], word);
            model.settings.axis = Some(axis);
        },
    },
    Choice {
        name: "zoom",
        kept: |model| if model.settings.zoom == 0 { String::new() } else { model.settings.zoom.to_string() },
        take: |model, word| model.settings.zoom = word.parse().unwrap_or(0).clamp(-3, 3),
    },
    Choice {
        name: "sort",
        kept: |model| numbered(model.features.order as usize),
        take: |model, word| set(&mut model.features.order, FeatureOrder::ALL, word),
    },
    Choice {
        name: "reversed",
        kept: |model| flag(model.features.reversed),
        take: |model, word| model.features.reversed = word == "yes",
    },
    Choice {
        name: "group",
        kept: |model| numbered(model.features.grouping as usize),
        take: |model, word| {
            set(&mut model.features.grouping, [Grouping::None, Grouping::Source, Grouping::Type], word);
        },
    },
    Choice {
        name: "panes",
        kept: |model| model.screens.pane.map(|pane| pane.to_string()).join(" "),
        take: |model, word| {
            for (step, pane) in Step::ALL.into_iter().zip(word.split(' ')) {
                model.screens.pane[step as usize] = pane.parse().unwrap_or(0);
            }
        },
    },
    Choice {
        name: "enlarged",
        kept: |model| flag(model.screens.enlarged),
        take: |model, word| model.screens.enlarged = word == "yes",
    },
    Choice {
        name: "metric",
        kept: |model| model.screens.triage.metric.map_or_else(String::new, |metric| metric.id().to_owned()),
        take: |model, word| {
            let courses = model.investigation.as_ref().map_or(&[][..], |i| &i.performance.courses);
            let known = courses.iter().map(|course| course.metric).find(|metric| metric.id() == word);
            model.screens.triage.metric = known;
        },
    },
    Choice {
        name: "cells",
        kept: |model| numbered(model.screens.drift.measure as usize),
        take: |model, word| set(&mut model.screens.drift.measure, CellMeasure::ALL, word),
    },
    Choice {
        name: "comparison",
        kept: |model| numbered(model.screens.feature.comparison as usize),
        take: |model, word| {
            let all = [Comparison::Quantiles, Comparison::Cumulative, Comparison::Boxes];
            set(&mut model.screens.feature.comparison, all, word);
        },
    },
    Choice {
        name: "segments",
        kept: |model| numbered(model.screens.concept.measure as usize),
        take: |model, word| {
            set(&mut model.screens.concept.measure, [SegmentMeasure::Residual, SegmentMeasure::Loss], word);
        },
    },
    Choice {
        name: "similarity",
        kept: |model| flag(model.screens.support.similarity),
        take: |model, word| model.screens.support.similarity = word == "yes",
    },
    Choice {
        name: "challenger",
        kept: |model| numbered(model.screens.concept.challenger),
        take: |model, word| model.screens.concept.challenger = word.parse().unwrap_or(0),
    },
    Choice {
        name: "orders",
        kept: |model| orders(&model.screens.orders),
        take: |model, word| {
            for (step, pane, order) in word.split(' ').filter_map(order) {
                if let Some(known) = model.screens.orders.get_mut(step).and_then(|panes| panes.get_mut(pane))
                {
                    *known = order;
                }
            }
            model.arrange_checks();
        },
    },
    Choice {
        name: "cursors",
        kept: |model| {
            let all = cursors(&model.screens);
            let last = all.iter().rposition(|&at| at > 0).map_or(0, |last| last + 1);
            all[..last].iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
        },
        take: |model, word| {
            let all: Vec<usize> = word.split(' ').map_while(|at| at.parse().ok()).collect();
            put_cursors(&mut model.screens, &all);
            // Where it was is known, so that it is not put on the worst segment.
            model.screens.concept.begun = true;
        },
    },
    Choice {
        name: "unfolded",
        kept: |model| model.screens.concept.unfolded.map_or_else(String::new, |feature| feature.to_string()),
        take: |model, word| model.screens.concept.unfolded = word.parse().ok(),
    },
    Choice {
        name: "matrix",
        kept: |model| flag(model.screens.diagnosis.matrix),
        take: |model, word| model.screens.diagnosis.matrix = word == "yes",
    },
    Choice {
        name: "unit",
        kept: |model| numbered(model.screens.remedy.unit as usize),
        take: |model, word| set(&mut model.screens.remedy.unit, Unit::ALL, word),
    },
    Choice {
        name: "next block",
        kept: |model| flag(model.screens.remedy.next),
        take: |model, word| model.screens.remedy.next = word == "yes",
    },
    Choice {
        name: "strategies",
        kept: |model| flag(model.screens.remedy.matrix),
        take: |model, word| model.screens.remedy.matrix = word == "yes",
    },
    Choice {
        name: "candidate",
        kept: |model| numbered(model.screens.remedy.comparing as usize),
        take: |model, word| set(&mut model.screens.remedy.comparing, Comparing::ALL, word),
    },
    Choice {
        name: "review",
        kept: |model| numbered(model.screens.remedy.reviewing as usize),
        take: |model, word| {
            let all = [Reviewing::Plan, Reviewing::Bands, Reviewing::Queue];
            set(&mut model.screens.remedy.reviewing, all, word);
        },
    },
    Choice {
        name: "alerts",
        kept: |model| flag(model.screens.remedy.replayed),
        take: |model, word| model.screens.remedy.replayed = word == "yes",
    },
];

/// The orders of the panes' lists that are not those in which they open: `step.pane:by`, with a minus where turned round.
fn orders(all: &[[Order; MOST_PANES]; 9]) -> String {
    let panes =
        all.iter().enumerate().flat_map(|(step, panes)| panes.iter().enumerate().map(move |of| (step, of)));
    let chosen = panes.filter(|(_, (_, order))| **order != Order::default());
    let word = |(step, (pane, order)): (usize, (usize, &Order))| {
        format!("{step}.{pane}:{}{}", order.by, if order.reversed { "-" } else { "" })
    };
    chosen.map(word).collect::<Vec<_>>().join(" ")
}

/// One of [`orders`], read back: the step, the pane, and its order.
fn order(word: &str) -> Option<(usize, usize, Order)> {
    let (place, order) = word.split_once(':')?;
    let (step, pane) = place.split_once('.')?;
    let by = order.trim_end_matches('-');
    let order = Order { by: by.parse().ok()?, reversed: by.len() < order.len() };
    Some((step.parse().ok()?, pane.parse().ok()?, order))
}

/// The place of a choice among those that there are; empty for the first one, the default.
fn numbered(at: usize) -> String {
    if at == 0 { String::new() } else { at.to_string() }
}

fn flag(yes: bool) -> String {
    if yes { "yes".to_owned() } else { String::new() }
}

fn set<T: Copy, const N: usize>(value: &mut T, all: [T; N], word: &str) {
    if let Some(&known) = word.parse().ok().and_then(|at: usize| all.get(at)) {
        *value = known;
    }
}

/// What differs from what a new session shows.
pub(super) fn kept(model: &Model) -> BTreeMap<String, String> {
    let said = CHOICES.iter().map(|choice| (choice.name.to_owned(), (choice.kept)(model)));
    said.filter(|(name, word)| !word.is_empty() && (name != "panes" || word.contains(|c| c > '0'))).collect()
}

/// Takes back what was kept.
pub(super) fn take(model: &mut Model, settings: &BTreeMap<String, String>) {
    for choice in CHOICES {
        if let Some(word) = settings.get(choice.name) {
            (choice.take)(model, word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Msg, fixture, screen::state::CHECKS, update};

    #[test]
    fn what_was_chosen_comes_back_and_a_strange_word_does_nothing() {
        let mut model = fixture::model(120, 36);
        assert!(kept(&model).is_empty(), "{:?}", kept(&model));
        for action in [
            Action::Go(Step::Drift),
            Action::Sort,
            Action::Reverse,
            Action::GroupBy,
            Action::ZoomIn,
            Action::Measure,
            Action::Window(Width::Week),
            Action::Go(Step::Triage),
            Action::NextPane,
            Action::Sort,
            Action::Down,
            Action::Go(Step::Diagnosis),
            Action::NextPane,
            Action::Reverse,
            Action::Go(Step::Feature),
            Action::View,
            Action::Axis,
            Action::NextPane,
            Action::Enlarge,
        ] {
            let _ = update(&mut model, Msg::Do(action));
        }
        let settings = kept(&model);
        let mut again = fixture::model(120, 36);
        take(&mut again, &settings);
        assert_eq!(kept(&again), settings);
        assert_eq!((again.features.order, again.settings.zoom), (FeatureOrder::MaxPsi, 1));
        assert_eq!(again.screens.orders, model.screens.orders);
        assert!(again.screens.order(Step::Triage, CHECKS).by == 1 && again.screens.triage.check == 1);
        assert!(again.screens.order(Step::Diagnosis, 1).reversed);
        assert!(again.screens.enlarged && again.settings.window == Some(Width::Week));
        let strange = CHOICES.iter().map(|choice| (choice.name.to_owned(), "9".to_owned())).collect();
        let before = again.features.order;
        take(&mut again, &strange);
        assert_eq!(
            (again.features.order, again.settings.zoom),
            (before, 3),
            "a zoom has bounds, an order is known"
        );
    }
}
