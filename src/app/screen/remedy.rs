//! Remedy: what fixes it, and does it hold?

use crate::{
    autopsy::{Hypothesis, Standing, Step},
    text::number,
};

use super::{Behaviour, moved};
use crate::app::{Action, Effect, Model, Reading, Selection, update::go_to};

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
    disabled: |_, action| match action {
        Action::View | Action::Measure => Some("no remedy has been measured on this case".to_owned()),
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
