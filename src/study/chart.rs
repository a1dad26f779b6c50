//! Which tables of the studies are drawn, and how; a report draws them.

/// How a table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A line for each value column over the rows, which follow each other in time.
    Course,
    /// A line with a mark for each value column on every row, for parts that are compared.
    Parts,
}

/// The drawing of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chart {
    /// The study's id.
    pub study: &'static str,
    /// The table's id.
    pub table: &'static str,
    /// How it is drawn.
    pub shape: Shape,
    /// The id of the column with the time, or the name of the part.
    pub label: &'static str,
    /// The id of a column by whose values the rows are split into panels.
    pub split: Option<&'static str>,
    /// The ids of the columns that are drawn; a `*` at the end stands for all that begin so.
    pub values: &'static [&'static str],
}

const fn chart(
    study: &'static str,
    table: &'static str,
    shape: Shape,
    label: &'static str,
    values: &'static [&'static str],
) -> Chart {
    Chart { study, table, shape, label, split: None, values }
}

const fn split(chart: Chart, by: &'static str) -> Chart {
    Chart { split: Some(by), ..chart }
}

/// Every table that is drawn.
pub const CHARTS: [Chart; 26] = [
    chart("classes", "classes", Shape::Parts, "class", &["recall_baseline", "recall"]),
    chart("golden", "replay", Shape::Course, "day", &["share"]),
    split(chart("business", "course", Shape::Course, "from", &["mean"]), "metric"),
    chart("segments", "segments", Shape::Parts, "segment", &["baseline", "production"]),
    split(chart("segments", "course", Shape::Course, "from", &["value"]), "segment"),
    chart("fairness", "groups", Shape::Parts, "group", &["selection_baseline", "selection"]),
    chart("versions", "same_days", Shape::Parts, "version", &["value"]),
    split(chart("versions", "course", Shape::Course, "from", &["value"]), "version"),
    chart("importance", "inputs", Shape::Parts, "input", &["attributed_training", "attributed_since"]),
    chart("importance", "course", Shape::Course, "from", &["input *"]),
    chart("columns", "unused", Shape::Parts, "column", &["gain"]),
    split(chart("estimates", "windows", Shape::Course, "from", &["cbpe", "pape", "realised"]), "metric"),
    chart("estimates", "probability", Shape::Course, "until", &["worse", "equivalent"]),
    chart("errors", "kinds", Shape::Parts, "kind", &["baseline", "share"]),
    chart("errors", "answer_time", Shape::Course, "up_to", &["wrong"]),
    chart("relations", "slopes", Shape::Parts, "input", &["change"]),
    chart("joint", "domain", Shape::Parts, "inputs", &["auc"]),
    chart("joint", "sources", Shape::Parts, "source", &["amount"]),
    chart("course", "delivery", Shape::Course, "from", &["failed"]),
    chart("course", "inputs", Shape::Parts, "input", &["psi", "psi_alike"]),
    chart("text", "course", Shape::Course, "from", &["unknown"]),
    chart("retraining", "ages", Shape::Course, "days", &["excess"]),
    chart("tuning", "settings", Shape::Parts, "setting", &["gain"]),
    chart("resilience", "fallbacks", Shape::Parts, "fallback", &["loss"]),
    chart("resilience", "sources", Shape::Parts, "source", &["costs"]),
    chart("history", "runs", Shape::Course, "until", &["baseline", "value"]),
];
