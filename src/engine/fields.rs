//! Maps the columns of a snapshot to the fields that are read.

use std::{collections::HashSet, sync::Arc};

use crate::{
    case::{Candidate, Case, LAUNCH_COLUMNS, REVIEW_WEIGHT, SnapshotRole, is_index_name},
    summary::{
        Feature, Kind, Plan, Task,
        reservoir::Slot,
        values::{Form, Known, Spelling, TextStyle, same_class},
    },
};

/// Maximum number of columns other than inputs that a sample keeps.
const MOST_EXTRA: usize = 64;

/// The stored type of a column, as far as it matters for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    /// Integers of any width.
    Whole,
    /// Floats and decimals.
    Number,
    /// True or false.
    Boolean,
    /// Texts and categoricals.
    Text,
    /// Dates, times, timestamps, durations.
    Time,
    /// Lists or arrays of numbers.
    Vector,
    /// Null type: missing values only.
    Empty,
    /// Types that cannot be counted: binary, structs, lists of texts.
    Other,
}

impl Stored {
    /// Whether the values are measured or ordered, in place of names: numbers, instants, booleans.
    pub(super) fn is_measured(self) -> bool {
        matches!(self, Self::Whole | Self::Number | Self::Time | Self::Boolean)
    }
}

/// A column of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredColumn {
    pub name: String,
    /// Name of the stored type: `Int64`.
    pub type_name: String,
    pub stored: Stored,
    /// How its texts are parsed.
    pub reading: TextStyle,
    /// Whether the file declares it as a data frame's index.
    pub index: bool,
}

impl StoredColumn {
    /// Whether it is a data frame's row index, by the file's declaration or by its name.
    pub(super) fn is_index(&self) -> bool {
        self.index || is_index_name(&self.name)
    }
}

/// A column read by a pass.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Its slot in the sample.
    pub slot: Slot,
    /// Its name in the file.
    pub column: String,
    /// The form into which its values are converted.
    pub form: Form,
    /// Known levels, for texts.
    pub known: Arc<Known>,
    /// Whether it is needed for labels and predictions, and is therefore decoded first.
    pub first: bool,
}

impl Field {
    pub(super) fn new(slot: Slot, column: &str, form: Form, known: Known) -> Self {
        let first = !matches!(
            slot,
            Slot::Feature(_)
                | Slot::Extra(_)
                | Slot::ClassScore(_)
                | Slot::Weight
                | Slot::CandidatePrediction
                | Slot::CandidateScore
                | Slot::CandidateLatency
        );
        Self { slot, column: column.to_owned(), form, known: Arc::new(known), first }
    }

    fn plain(slot: Slot, column: &str, form: Form) -> Self {
        Self::new(slot, column, form, Known::default())
    }
}

/// Returns the spelling of a kind of feature.
pub(super) fn spelling(stored: Stored) -> Spelling {
    match stored {
        Stored::Boolean => Spelling::Boolean,
        Stored::Whole | Stored::Number => Spelling::Digits,
        Stored::Text | Stored::Time | Stored::Vector | Stored::Empty | Stored::Other => Spelling::Exact,
    }
}

/// The columns that a pass over a snapshot reads, with names and types of the extra ones.
#[expect(clippy::struct_field_names, reason = "the fields of a snapshot are its fields")]
pub(super) struct Fields {
    pub fields: Vec<Field>,
    pub extra: Vec<String>,
    /// Columns that training lacks and no role names: name and stored type.
    pub new_columns: Vec<(String, String)>,
}

/// Returns the fields of a snapshot's row id, as a hash and as a text.
pub(super) fn of_id(case: &Case, stored: &[StoredColumn]) -> Vec<Field> {
    let Some(column) = stored.iter().find(|c| Some(&c.name) == case.columns.id.as_ref()) else {
        return Vec::new();
    };
    let known = Known::new(Vec::new(), spelling(column.stored));
    vec![
        Field::plain(Slot::Id, &column.name, Form::Hash),
        Field::new(Slot::Extra(0), &column.name, Form::Code, known),
    ]
}

/// Returns the fields of a snapshot that only has columns to join: a candidate's predictions, reviewed
/// labels.
fn of_joined(case: &Case, role: SnapshotRole, plan: &Plan, stored: &[StoredColumn]) -> Vec<Field> {
    let plain = |slot: Slot, name: &Option<String>, form: Form| {
        name.as_ref().map(|name| Field::plain(slot, name, form))
    };
    let class =
        |slot: Slot, name: &Option<String>| name.as_ref().map(|name| of_class(case, slot, name, plan));
    let mut fields = vec![plain(Slot::Id, &case.columns.id, Form::Hash)];
    if role == SnapshotRole::Labels {
        fields.push(class(Slot::Label, &case.columns.label));
        fields.push(plain(Slot::LabelTime, &case.columns.label_time, Form::Instant));
    } else if role == SnapshotRole::Predictions {
        if plan.task == Task::Binary {
            fields.push(plain(Slot::Score, &case.columns.score, Form::Number));
        }
        fields.push(class(Slot::Prediction, &case.columns.prediction));
        fields.extend(of_class_scores(case, plan).into_iter().map(Some));
    } else if role == SnapshotRole::Reviewed {
        fields.push(class(Slot::Label, &case.columns.label));
        fields.push(Some(Field::plain(Slot::Score, REVIEW_WEIGHT, Form::Number)));
    } else if let Some(candidate) = &case.candidate {
        if plan.task == Task::Binary {
            fields.push(plain(Slot::Score, &candidate.score, Form::Number));
        }
        fields.push(class(Slot::Prediction, &candidate.prediction));
        fields.push(plain(Slot::Latency, &candidate.latency_ms, Form::Number));
    }
    let is_stored = |field: &Field| stored.iter().any(|column| column.name == field.column);
    fields.into_iter().flatten().filter(is_stored).collect()
}

/// Returns the field of a label or a prediction: a class, or a number.
fn of_class(case: &Case, slot: Slot, name: &str, plan: &Plan) -> Field {
    if plan.task == Task::Regression {
        Field::plain(slot, name, Form::Number)
    } else {
        let also = case.model.spellings();
        let known = Known::with_spellings(plan.classes.clone(), Spelling::Class, also);
        Field::new(slot, name, Form::Code, known)
    }
}

/// Returns the fields of a snapshot.
pub(super) fn of_snapshot(case: &Case, role: SnapshotRole, plan: &Plan, stored: &[StoredColumn]) -> Fields {
    if matches!(
        role,
        SnapshotRole::Candidate | SnapshotRole::Reviewed | SnapshotRole::Labels | SnapshotRole::Predictions
    ) {
        return Fields {
            fields: of_joined(case, role, plan, stored),
            extra: Vec::new(),
            new_columns: Vec::new(),
        };
    }
    let columns = &case.columns;
    let has = |name: &str| stored.iter().any(|column| column.name == name);
    let mut fields = Vec::new();
    let mut add = |slot: Slot, name: Option<&str>, form: Form| {
        if let Some(name) = name.filter(|name| has(name)) {
            fields.push(Field::plain(slot, name, form));
        }
    };
    if role == SnapshotRole::Production || role == SnapshotRole::Training && case.snapshots.split.is_some() {
        add(Slot::Time, columns.timestamp.as_deref(), Form::Instant);
    }
    if role == SnapshotRole::Production {
        add(Slot::LabelTime, columns.label_time.as_deref(), Form::Instant);
        add(Slot::Latency, columns.latency_ms.as_deref(), Form::Number);
        add(Slot::Cpu, columns.cpu.as_deref(), Form::Number);
        add(Slot::Memory, columns.memory.as_deref(), Form::Number);
    }
    if matches!(role, SnapshotRole::Production | SnapshotRole::Offline) {
        add(Slot::Id, columns.id.as_deref(), Form::Hash);
    }
    if plan.task == Task::Binary {
        add(Slot::Score, columns.score.as_deref(), Form::Number);
        if role == SnapshotRole::Golden {
            add(Slot::LaunchScore, Some(LAUNCH_COLUMNS[1]), Form::Number);
        }
    }
    let mut classes =
        vec![(Slot::Label, columns.label.as_deref()), (Slot::Prediction, columns.prediction.as_deref())];
    if role == SnapshotRole::Golden {
        classes.push((Slot::LaunchPrediction, Some(LAUNCH_COLUMNS[0])));
    }
    for (slot, name) in classes {
        let Some(name) = name.filter(|name| has(name)) else {
            continue;
        };
        fields.push(of_class(case, slot, name, plan));
    }
    for (index, feature) in plan.features.iter().enumerate() {
        fields.push(of_feature(index, feature));
    }
    if matches!(role, SnapshotRole::Training | SnapshotRole::Production) {
        let weight = columns.weight.as_deref().filter(|name| has(name));
        fields.extend(weight.map(|name| Field::plain(Slot::Weight, name, Form::Number)));
    }
    if role != SnapshotRole::Offline {
        let class_scores = of_class_scores(case, plan).into_iter();
        fields.extend(class_scores.filter(|field| has(&field.column)));
    }
    let planned: HashSet<&str> = plan.features.iter().map(|feature| feature.name.as_str()).collect();
    let is_planned = |name: &str| planned.contains(name);
    let is_role =
        |name: &str| columns.roles().any(|(_, column)| column == name) || LAUNCH_COLUMNS.contains(&name);
    let candidates: Vec<(&str, &str)> = case.candidate.iter().flat_map(Candidate::in_the_log).collect();
    let key_of = |name: &str| candidates.iter().find(|(_, column)| *column == name).map(|(key, _)| *key);
    if role == SnapshotRole::Production {
        fields.extend(of_candidate(case, &candidates, plan));
    }
    let mut extra = Vec::new();
    let mut new_columns = Vec::new();
    // Experiment arms first: the limit must not exclude them.
    let mut others: Vec<&StoredColumn> = stored
        .iter()
        .filter(|c| !is_planned(&c.name) && !is_role(&c.name))
        .filter(|c| matches!(key_of(&c.name), None | Some("arm" | "success")))
        .collect();
    others.sort_by_key(|c| key_of(&c.name).is_none() && !case.breaks_down_by(&c.name));
    for column in others {
        let is_known = columns.ignore.contains(&column.name) || case.breaks_down_by(&column.name);
        if !is_known && key_of(&column.name).is_none() && !column.is_index() {
            new_columns.push((column.name.clone(), column.type_name.clone()));
        }
        let form = match column.stored {
            Stored::Whole | Stored::Number | Stored::Time => Form::Number,
            Stored::Boolean | Stored::Text => Form::Code,
            Stored::Vector | Stored::Empty | Stored::Other => continue,
        };
        if extra.len() < MOST_EXTRA && role != SnapshotRole::Offline {
            let known = Known::new(Vec::new(), spelling(column.stored));
            fields.push(Field::new(Slot::Extra(extra.len()), &column.name, form, known));
            extra.push(column.name.clone());
        }
    }
    Fields { fields, extra, new_columns }
}

/// The probabilities of several classes, for those that training holds.
fn of_class_scores(case: &Case, plan: &Plan) -> Vec<Field> {
    if plan.task != Task::Multiclass {
        return Vec::new();
    }
    let known = || plan.classes.iter();
    let place = |class: &str| {
        let same = || known().position(|known| same_class(known, class));
        known().position(|known| known == class).or_else(same)
    };
    let scores = case.columns.scores.iter();
    scores
        .filter_map(|(class, column)| {
            Some(Field::plain(Slot::ClassScore(place(class)?), column, Form::Number))
        })
        .collect()
}

/// The candidate's answers in the production log.
fn of_candidate(case: &Case, candidates: &[(&str, &str)], plan: &Plan) -> Vec<Field> {
    let field = |&(key, name): &(&str, &str)| match key {
        "prediction" => Some(of_class(case, Slot::CandidatePrediction, name, plan)),
        "score" if plan.task == Task::Binary => Some(Field::plain(Slot::CandidateScore, name, Form::Number)),
        "latency_ms" => Some(Field::plain(Slot::CandidateLatency, name, Form::Number)),
        _ => None,
    };
    candidates.iter().filter_map(field).collect()
}

fn of_feature(index: usize, feature: &Feature) -> Field {
    let slot = Slot::Feature(index);
    match feature.kind {
        Kind::Numeric => Field::plain(slot, &feature.name, Form::Number),
        Kind::Embedding => Field::plain(slot, &feature.name, Form::Vector),
        Kind::Categorical => {
            let known = &feature.levels[..feature.known_levels];
            let spelling = if !known.is_empty() && known.iter().all(|l| l == "true" || l == "false") {
                Spelling::Boolean
            } else if known.iter().all(|l| l.parse::<f64>().is_ok()) {
                Spelling::Digits
            } else {
                Spelling::Exact
            };
            Field::new(slot, &feature.name, Form::Code, Known::new(feature.levels.clone(), spelling))
        }
    }
}

/// Returns the fields of training from which the plan is made; features are numbered in file order.
pub(super) fn of_training(
    case: &Case,
    stored: &[StoredColumn],
    notes: &mut Vec<String>,
) -> (Vec<Field>, Vec<StoredColumn>) {
    let columns = &case.columns;
    let mut fields = Vec::new();
    let mut features = Vec::new();
    let roles = [
        (Slot::Label, &columns.label),
        (Slot::Prediction, &columns.prediction),
        (Slot::Score, &columns.score),
    ];
    for (slot, name) in roles {
        let Some(column) = stored.iter().find(|c| Some(&c.name) == name.as_ref()) else {
            continue;
        };
        // Class spellings listed in the contract are names, even if they look like numbers.
        let named = !case.model.classes.is_empty() && slot != Slot::Score;
        let is_number =
            slot == Slot::Score || (matches!(column.stored, Stored::Whole | Stored::Number) && !named);
        fields.push(if is_number {
            Field::plain(slot, &column.name, Form::Number)
        } else {
            let known = Known::with_spellings(Vec::new(), Spelling::Class, case.model.spellings());
            Field::new(slot, &column.name, Form::Code, known)
        });
    }
    // A split is by time.
    let clock = case.columns.timestamp.as_ref().filter(|_| case.snapshots.split.is_some());
    fields.extend(clock.map(|name| Field::plain(Slot::Time, name, Form::Instant)));
    let is_role = |name: &str| case.columns.roles().any(|(_, role)| role == name);
    let index =
        stored.iter().filter(|c| c.is_index() && !is_role(&c.name) && !case.columns.ignore.contains(&c.name));
    let index: Vec<&str> = index.map(|column| column.name.as_str()).collect();
    if !index.is_empty() {
        notes.push(format!("{} numbers the rows of a data frame: left out", index.join(", ")));
    }
    for column in stored.iter().filter(|c| case.is_feature(&c.name) && !c.is_index()) {
        let slot = Slot::Feature(features.len());
        let is_category = columns.categorical.contains(&column.name);
        let form = match column.stored {
            Stored::Vector => Form::Vector,
            Stored::Text | Stored::Boolean => Form::Code,
            Stored::Whole | Stored::Number | Stored::Time | Stored::Empty | Stored::Other if is_category => {
                Form::Code
            }
            Stored::Other => {
                notes.push(format!(
                    "{} holds {}, which cannot be a feature: left out",
                    column.name, column.type_name
                ));
                continue;
            }
            Stored::Whole | Stored::Number | Stored::Time | Stored::Empty => Form::Number,
        };
        let known = Known::new(Vec::new(), spelling(column.stored));
        fields.push(Field::new(slot, &column.name, form, known));
        features.push(column.clone());
    }
    (fields, features)
}
