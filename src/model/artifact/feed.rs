//! Fills the model's inputs from features.

use coroner_onnx::{ArtifactError, Data, Port, Tensor, Type, elements};

use crate::summary::{Column, Kind, MISSING, Plan, Table};

/// The text that replaces a missing category in an input of text.
pub const MISSING_TEXT: &str = "missing";

/// How the inputs of a model are filled from the rows of one table.
pub(super) struct Feed<'a> {
    fillings: Vec<Filling<'a>>,
}

/// One input, and the features whose columns are concatenated in it.
struct Filling<'a> {
    name: &'a str,
    kind: Type,
    /// The input has one axis only: one value per row.
    flat: bool,
    sources: Vec<FeedSource<'a>>,
}

/// One feature of the table.
struct FeedSource<'a> {
    column: &'a Column,
    levels: &'a [String],
    /// The levels as numbers; NaN for names. Empty when the input is text.
    numbers: Vec<f64>,
    /// Number of columns of the feature: 1, or the length of an embedding.
    width: usize,
}

impl<'a> Feed<'a> {
    /// Matches features to inputs: by name; one input for all of them, or for all of one kind; or by
    /// position.
    ///
    /// # Errors
    ///
    /// [`ArtifactError::Input`] when an input's features cannot be determined, or do not fit its type.
    pub(super) fn new(inputs: &'a [Port], plan: &'a Plan, table: &'a Table) -> Result<Self, ArtifactError> {
        let features = assign(inputs, plan, table)?;
        let filling = |(port, features): (&'a Port, Vec<usize>)| {
            let kind = port.kind.unwrap_or(Type::Float);
            let sources =
                features.iter().map(|&f| source(port, kind, f, plan, table)).collect::<Result<_, _>>()?;
            let flat = port.shape.as_ref().is_some_and(|s| s.len() == 1);
            Ok(Filling { name: &port.name, kind, flat, sources })
        };
        let fillings = inputs.iter().zip(features).map(filling).collect::<Result<_, _>>()?;
        Ok(Self { fillings })
    }

    /// The input tensors for some rows, in the order of the model's inputs.
    pub(super) fn fill(&self, rows: &[usize]) -> Result<Vec<Tensor>, ArtifactError> {
        self.fillings
            .iter()
            .map(|filling| {
                filling
                    .fill(rows)
                    .map_err(|reason| ArtifactError::Input { input: filling.name.to_owned(), reason })
            })
            .collect()
    }
}

impl Filling<'_> {
    fn fill(&self, rows: &[usize]) -> Result<Tensor, String> {
        let width: usize = self.sources.iter().map(|s| s.width).sum();
        let shape = if self.flat { vec![rows.len()] } else { vec![rows.len(), width] };
        elements(&shape)?;
        let data = match self.kind {
            Type::Float => Data::Float(self.numbers(rows, width, |x| x as f32)),
            Type::Double => Data::Double(self.numbers(rows, width, |x| x)),
            // Integers and booleans cannot be missing: 0 and false are used instead.
            Type::Integer => Data::Integer(self.numbers(rows, width, |x| x as i64)),
            Type::Truth => Data::Truth(self.numbers(rows, width, |x| !x.is_nan() && x != 0.0)),
            Type::Text => {
                let alone = self.sources.len() == 1;
                let texts = |&row: &usize| self.sources.iter().map(move |s| s.text(row, alone));
                Data::Text(rows.iter().flat_map(texts).collect())
            }
        };
        Tensor::new(shape, data)
    }

    fn numbers<T: Copy + Default>(&self, rows: &[usize], width: usize, of: impl Fn(f64) -> T) -> Vec<T> {
        let mut values = vec![T::default(); rows.len() * width];
        let mut at = 0;
        for source in &self.sources {
            for (line, &row) in values.chunks_exact_mut(width).zip(rows) {
                for (i, value) in line[at..at + source.width].iter_mut().enumerate() {
                    *value = of(source.number(row, i));
                }
            }
            at += source.width;
        }
        values
    }
}

impl FeedSource<'_> {
    fn number(&self, row: usize, part: usize) -> f64 {
        match self.column {
            Column::Numeric { values, .. } => values[row],
            Column::Categorical(codes) => self.numbers.get(codes[row] as usize).copied().unwrap_or(f64::NAN),
            Column::Embedding { width, values } => f64::from(values[row * width + part]),
            Column::Absent => f64::NAN,
        }
    }

    /// * `alone`: whether the input holds this feature only. Where names and numbers share a text input, the
    ///   model parses the numbers again, so a missing number must parse as missing.
    fn text(&self, row: usize, alone: bool) -> String {
        match self.column {
            Column::Categorical(codes) if codes[row] != MISSING => {
                self.levels.get(codes[row] as usize).map_or_else(|| MISSING_TEXT.to_owned(), Clone::clone)
            }
            Column::Numeric { values, .. } if !values[row].is_nan() => values[row].to_string(),
            Column::Numeric { .. } if !alone => "nan".to_owned(),
            _ => MISSING_TEXT.to_owned(),
        }
    }
}

fn source<'a>(
    port: &Port,
    kind: Type,
    feature: usize,
    plan: &'a Plan,
    table: &'a Table,
) -> Result<FeedSource<'a>, ArtifactError> {
    let (of_plan, column) = (&plan.features[feature], column(table, feature));
    let mut numbers = Vec::new();
    if kind != Type::Text && of_plan.kind == Kind::Categorical {
        numbers = of_plan.levels.iter().map(|level| as_number(level)).collect();
        if !numbers.is_empty() && numbers.iter().all(|x| x.is_nan()) {
            let reason = format!("it takes numbers, and the feature {:?} holds names", of_plan.name);
            return Err(ArtifactError::Input { input: port.name.clone(), reason });
        }
    }
    if kind == Type::Text && of_plan.kind == Kind::Embedding {
        let reason = format!("it takes text, and the feature {:?} holds vectors", of_plan.name);
        return Err(ArtifactError::Input { input: port.name.clone(), reason });
    }
    Ok(FeedSource { column, levels: &of_plan.levels, numbers, width: width(table, feature) })
}

fn column(table: &Table, feature: usize) -> &Column {
    table.features.get(feature).unwrap_or(&Column::Absent)
}

fn width(table: &Table, feature: usize) -> usize {
    if let Column::Embedding { width, .. } = column(table, feature) { *width } else { 1 }
}

/// A category as a number: digits, or the booleans that some formats write as words.
pub(super) fn as_number(text: &str) -> f64 {
    match text.trim() {
        t if t.eq_ignore_ascii_case("true") => 1.0,
        t if t.eq_ignore_ascii_case("false") => 0.0,
        t => t.parse().unwrap_or(f64::NAN),
    }
}

/// Assigns features to each input.
fn assign(inputs: &[Port], plan: &Plan, table: &Table) -> Result<Vec<Vec<usize>>, ArtifactError> {
    let count = plan.features.len();
    let mut assigned: Vec<Vec<usize>> = vec![Vec::new(); inputs.len()];
    let mut free = vec![true; count];
    for simplify in [false, true] {
        for (port, features) in inputs.iter().zip(&mut assigned).filter(|(_, f)| f.is_empty()) {
            let same = |f: usize| {
                let (a, b) = (&plan.features[f].name, &port.name);
                if simplify { simplified(a) == simplified(b) } else { a == b }
            };
            let fits = |f: usize| columns(port).is_none_or(|c| c == width(table, f));
            if let Some(f) = (0..count).find(|&f| free[f] && same(f) && fits(f)) {
                free[f] = false;
                features.push(f);
            }
        }
    }
    let nameless = inputs.len() > 1 && inputs.len() == count && free.iter().all(|&f| f);
    if nameless && inputs.iter().all(|p| columns(p).is_none_or(|c| c == 1)) {
        return Ok((0..count).map(|f| vec![f]).collect());
    }
    for at in 0..inputs.len() {
        if !assigned[at].is_empty() {
            continue;
        }
        let last = !assigned[at + 1..].iter().any(Vec::is_empty);
        let all: Vec<usize> = (0..count).filter(|&f| free[f]).collect();
        let of_kind = all.iter().copied().filter(|&f| suits(&inputs[at], plan, f)).collect::<Vec<_>>();
        let wanted = columns(&inputs[at]);
        // Of several inputs, one with a single column should match by name; assigning another feature would
        // be a guess.
        if inputs.len() > 1 && wanted == Some(1) {
            return Err(unfilled(&inputs[at], plan, &all));
        }
        let total = |features: &[usize]| features.iter().map(|&f| width(table, f)).sum::<usize>();
        let fits = |features: &[usize]| !features.is_empty() && wanted.is_none_or(|w| w == total(features));
        // A single input takes all features; of several, each takes the features of its kind.
        let choices = if inputs.len() == 1 { [&all, &of_kind] } else { [&of_kind, &all] };
        let choice =
            choices.into_iter().find(|c| fits(c) && (wanted.is_some() || last || c.len() == of_kind.len()));
        let Some(choice) = choice else {
            return Err(unfilled(&inputs[at], plan, &all));
        };
        for &f in choice {
            free[f] = false;
        }
        assigned[at].clone_from(choice);
    }
    Ok(assigned)
}

/// The number of columns of an input, if fixed.
fn columns(port: &Port) -> Option<usize> {
    match port.shape.as_deref() {
        Some([_]) => Some(1),
        Some([_, rest @ ..]) => rest.iter().try_fold(1, |product, d| d.map(|d| product * d)),
        _ => None,
    }
}

fn suits(port: &Port, plan: &Plan, feature: usize) -> bool {
    (port.kind == Some(Type::Text)) == (plan.features[feature].kind == Kind::Categorical)
}

/// A name in lower case, with `_` for everything that is neither letter nor digit, as exporters write it.
fn simplified(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

fn unfilled(port: &Port, plan: &Plan, free: &[usize]) -> ArtifactError {
    let reason = match columns(port) {
        Some(1) => "no feature has its name".to_owned(),
        Some(columns) => format!(
            "it takes {columns} columns, and {} of the {} features are left for it",
            free.len(),
            plan.features.len()
        ),
        None => "no features are left for it".to_owned(),
    };
    ArtifactError::Input { input: port.name.clone(), reason }
}
