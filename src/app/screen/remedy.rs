//! Remedy: what fixes it, and does it hold?

use crate::{
    autopsy::{Hypothesis, Standing, Step},
    text::number,
};

use super::{Behaviour, moved};
use crate::app::{
    Action, Effect, Measuring, Model, Reading, Selection,
    update::{go_to, measure},
};

/// The pane with what each cause asks for.
pub const MITIGATIONS: usize = 0;
/// The pane with what was measured.
pub const MEASURED: usize = 1;

/// The state of Remedy.
#[derive(Debug, Clone, Default)]
pub struct Remedy {
    /// The cursor over the causes.
    pub at: usize,
}

pub(super) const BEHAVIOUR: Behaviour = Behaviour {
    panes: &["What each cause asks for", "What was measured"],
    act,
    disabled: |model, action| match action {
        Action::View => Some("no remedy has been measured on this case".to_owned()),
        Action::Measure if !model.investigation.as_ref().is_some_and(|i| i.is_whole()) => {
            Some("the case is still being read".to_owned())
        }
        _ => None,
    },
    reading,
    selection,
    table,
};

/// What is said where a measured remedy would stand.
pub const NOT_MEASURED: &str = "No remedy has been measured on this case: no retraining was back-tested, no threshold \
                                was moved, no candidate ran beside the deployed model. What stands on the left \
                                follows from the diagnosis alone.";

/// The causes that are not ruled out, most probable first.
#[must_use]
pub fn causes(model: &Model) -> Vec<&Hypothesis> {
    let all = model
        .investigation
        .as_ref()
        .map_or(&[][..], |investigation| &investigation.diagnosis.hypotheses);
    all.iter()
        .filter(|cause| matches!(cause.standing, Standing::Found | Standing::Possible))
        .collect()
}

fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let n = causes(model).len();
    if action == Action::Measure {
        let runs = matches!(model.remedy, Measuring::Running { .. });
        return Some(if runs { Vec::new() } else { measure(model) });
    }
    if action == Action::Enter {
        let cause = causes(model)
            .get(model.screens.remedy.at)
            .map(|hypothesis| hypothesis.cause);
        let all = model
            .investigation
            .as_ref()
            .map_or(&[][..], |i| &i.diagnosis.hypotheses);
        if let Some(at) = all.iter().position(|hypothesis| Some(hypothesis.cause) == cause) {
            model.screens.diagnosis.at = at;
        }
        return Some(go_to(model, Step::Diagnosis));
    }
    model.screens.remedy.at = moved(model.screens.remedy.at, n, model.page(), action)?;
    Some(Vec::new())
}

fn reading(model: &Model) -> Reading {
    let says = match causes(model).first() {
        Some(leading) => format!(
            "If it is {}: {}",
            leading.cause.id().replace('_', " "),
            leading.cause.mitigation()
        ),
        None => "No cause is left standing, so nothing asks for a remedy.".to_owned(),
    };
    Reading::new(says, Step::Report)
}

fn selection(model: &Model) -> Option<Selection> {
    let causes = causes(model);
    let hypothesis = causes.get(model.screens.remedy.at)?;
    Some(Selection {
        id: format!("remedy.mitigation:{}", hypothesis.cause.id()),
        step: Step::Remedy,
        title: format!("remedy for {}", hypothesis.cause.id()),
        says: hypothesis.cause.mitigation().to_owned(),
    })
}

fn table(model: &Model) -> Vec<Vec<String>> {
    let mut rows = vec![
        ["cause", "probability", "what it asks for"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(causes(model).into_iter().map(|hypothesis| {
        vec![
            hypothesis.cause.id().to_owned(),
            number::share(hypothesis.probability),
            hypothesis.cause.mitigation().to_owned(),
        ]
    }));
    rows
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        app::{Key, Msg, fixture, update},
        remedy,
    };

    #[test]
    fn the_screen_measures_once_and_escape_stops_it() {
        let mut model = fixture::model(120, 36);
        let press = |model: &mut Model, key| update(model, Msg::Key(key));
        let asked = Effect::Remedy { epoch: model.epoch };
        assert!(press(&mut model, Key::Char('8')).contains(&asked));
        let running = Msg::Remedying {
            epoch: model.epoch,
            done: 3,
            of: 9,
            what: "full".to_owned(),
        };
        let _ = update(&mut model, running.clone());
        assert!(matches!(model.remedy, Measuring::Running { done: 3, of: 9, .. }));
        assert_eq!(press(&mut model, Key::Esc), [Effect::Cancel]);
        let _ = update(&mut model, running);
        assert_eq!(model.remedy, Measuring::Stopped, "late progress changes nothing");
        assert_eq!(press(&mut model, Key::Char('m')), [asked.clone()]);

        let bench =
            remedy::measure(&fixture::investigation(), &remedy::Watch::default()).expect("nobody stops it");
        let epoch = model.epoch;
        let _ = update(
            &mut model,
            Msg::Remedied {
                epoch,
                bench: Arc::new(bench),
            },
        );
        assert!(model.bench().is_some());
        press(&mut model, Key::Char('7'));
        assert!(
            !press(&mut model, Key::Char('8')).contains(&asked),
            "it is known by now"
        );
    }
}
