//! The counts of a snapshot on the cluster, in one scan.
//!
//! Every row becomes as many pairs as there are columns to count: the number of the column, and its value or its bin. A binary
//! search among the edges of all columns, kept in one array, gives a value its bin, so the expression does not grow with the
//! columns; then one aggregation counts rows by window, column and bin.

use std::collections::BTreeMap;

use super::{
    super::{EngineError, PassControl, fields::Field},
    connection::{Batch, Connection},
    relation::{Relation, float, largest, literal},
};
use crate::{
    stats::metric::SURE,
    summary::{
        Bins, FeatureCounts, Grid, LatencyHistogram, Micros, Moments, NumericBins, Plan, SnapshotSummary,
        Task, WindowTotals, reservoir::Slot, values::Form,
    },
};

/// The bin of a missing value, of an infinite one, of an unreadable text, and of a pair that is not counted.
const MISSING: i64 = -1;
const INFINITE: i64 = -2;
const UNREADABLE: i64 = -3;
const NOTHING: i64 = -9;

/// A bin and its rows travel in one number: rows below, the bin above, shifted so that none is negative.
const BIN_SHIFT: u32 = 40;
const BIN_OFFSET: i64 = 16;

/// What a column of pairs is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Rows,
    Feature(usize),
    Answers,
    Labels,
    Confusion,
    /// Scores of labelled rows, of negative labels, then of positive ones.
    ScoreByLabel(usize),
    LogLoss,
    Brier,
    /// Error, absolute error, squared error, relative error, label.
    Regression(usize),
    Latency,
    Cpu,
    Memory,
}

/// A column of pairs.
struct Part {
    purpose: Purpose,
    /// The bin (INT), where it needs no search; NULL for a search.
    bin: String,
    /// The value (DOUBLE).
    value: String,
    /// The edges that are searched.
    edges: Vec<f64>,
    /// The value about which squares are summed.
    center: f64,
}

/// The spellings of a class column, with the class that each stands for.
#[derive(Debug, Clone, Default)]
pub(super) struct Spellings {
    /// Text and code; codes beyond the plan's classes are new classes.
    pub(super) codes: Vec<(String, usize)>,
}

/// What is counted.
pub(super) struct Wanted<'a> {
    pub(super) relation: &'a Relation,
    pub(super) plan: &'a Plan,
    pub(super) fields: &'a [Field],
    /// Class names that training does not have, ascending.
    pub(super) fresh: &'a [String],
    pub(super) labels: Spellings,
    pub(super) predictions: Spellings,
    /// Conditions on the rows, each in SQL.
    pub(super) conditions: Vec<String>,
    /// The windows and the expression of a row's time; none without a clock.
    pub(super) windows: Option<(Grid, String)>,
}

/// The sums of one column of pairs in one window.
#[derive(Debug, Clone, Default)]
struct Cell {
    bins: Vec<(i64, u64)>,
    sum: f64,
    squares: f64,
    min: f64,
    max: f64,
}

impl Wanted<'_> {
    /// Counts the snapshot.
    pub(super) fn count(
        &self,
        connection: &Connection,
        control: &PassControl<'_>,
        on_progress: &dyn Fn(u64, u64),
    ) -> Result<SnapshotSummary, EngineError> {
        let parts = self.parts();
        let windows = self.windows.as_ref().map_or(1, |(grid, _)| grid.windows);
        let mut summary = self.empty(windows);
        let mut on_batch = |batch: &Batch| {
            let whole = [batch.cells(0)?, batch.cells(1)?];
            let bins = batch.cells(2)?;
            let floats = [batch.cells(3)?, batch.cells(4)?, batch.cells(5)?, batch.cells(6)?];
            for row in 0..batch.rows {
                let window = whole[0].whole(row).and_then(|window| usize::try_from(window).ok());
                let part = whole[1].whole(row).and_then(|part| parts.get(usize::try_from(part).ok()?));
                let (Some(window), Some(part)) = (window.filter(|window| *window < windows), part) else {
                    return Err("a window or a column that was not asked for".to_owned());
                };
                let packed = bins.list(row).ok_or("a list of bins is missing")?;
                let unpack = |x: i64| ((x >> BIN_SHIFT) - BIN_OFFSET, (x & ((1 << BIN_SHIFT) - 1)) as u64);
                let [sum, squares, min, max] = [0, 1, 2, 3].map(|at: usize| floats[at].number(row));
                let cell = Cell { bins: packed.into_iter().map(unpack).collect(), sum, squares, min, max };
                self.add(&mut summary, part, window, &cell)?;
            }
            Ok(())
        };
        connection.query(&self.sql(&parts), control, &mut on_batch, on_progress)?;
        summary.rows = summary.windows.iter().map(|window| window.rows).sum();
        Ok(summary)
    }

    fn empty(&self, windows: usize) -> SnapshotSummary {
        let counts = |bins: &Bins, present: bool| FeatureCounts {
            bins: bins.fine(),
            counts: vec![0; windows * bins.fine()],
            moments: if matches!(bins, Bins::Numeric(_)) {
                vec![Moments::about(bins.center()); windows]
            } else {
                Vec::new()
            },
            unreadable: vec![0; windows],
            present,
            ..FeatureCounts::default()
        };
        let has = |slot: Slot| self.column(slot).is_some();
        let answer = if self.plan.has_score { Slot::Score } else { Slot::Prediction };
        let features = self.plan.features.iter();
        SnapshotSummary {
            grid: self.windows.as_ref().map(|(grid, _)| *grid),
            windows: vec![WindowTotals::default(); windows],
            features: features.map(|f| counts(&f.bins, self.relation.has(&f.name))).collect(),
            answers: counts(&self.plan.answer_bins, has(answer)),
            labels: counts(&self.plan.label_bins, has(Slot::Label)),
            ..SnapshotSummary::default()
        }
    }

    fn column(&self, slot: Slot) -> Option<&Field> {
        self.fields.iter().find(|field| field.slot == slot && self.relation.has(&field.column))
    }

    /// A number of a role that counts, NULL where it is missing or too large.
    fn finite(&self, slot: Slot) -> Option<String> {
        let number = self.relation.number(&self.column(slot)?.column)?;
        Some(format!("(CASE WHEN abs({number}) <= {} THEN {number} END)", largest()))
    }

    /// The code of a class column (INT), NULL where it is missing.
    fn code(&self, slot: Slot) -> Option<String> {
        let field = self.column(slot)?;
        let spellings = if slot == Slot::Label { &self.labels } else { &self.predictions };
        let text = self.relation.text(&field.column, field.known.spelling())?;
        if spellings.codes.is_empty() {
            return Some("CAST(NULL AS INT)".to_owned());
        }
        let cases: Vec<String> = spellings
            .codes
            .iter()
            .map(|(text, code)| format!(" WHEN {} THEN {code}", literal(text)))
            .collect();
        Some(format!("(CASE {text}{} END)", cases.concat()))
    }

    fn parts(&self) -> Vec<Part> {
        let search = |purpose: Purpose, value: String, edges: Vec<f64>, center: f64| Part {
            purpose,
            bin: "CAST(NULL AS INT)".to_owned(),
            value,
            edges,
            center,
        };
        let given = |purpose: Purpose, bin: String| Part {
            purpose,
            bin,
            value: "CAST(NULL AS DOUBLE)".to_owned(),
            edges: Vec::new(),
            center: 0.0,
        };
        let sum = |purpose: Purpose, value: String| search(purpose, value, Vec::new(), 0.0);
        let mut parts = vec![given(Purpose::Rows, "0".to_owned())];
        for field in self.fields {
            if let Slot::Feature(at) = field.slot {
                parts.push(self.feature(at, field));
            }
        }
        let class_bin = |code: &str| {
            let known = self.plan.classes.len();
            format!(
                "(CASE WHEN {code} IS NULL THEN {MISSING} WHEN {code} < {known} THEN {code} ELSE {} END)",
                known + 1
            )
        };
        for (purpose, bins, slot) in [
            (
                Purpose::Answers,
                &self.plan.answer_bins,
                if self.plan.has_score { Slot::Score } else { Slot::Prediction },
            ),
            (Purpose::Labels, &self.plan.label_bins, Slot::Label),
        ] {
            parts.push(match bins {
                Bins::Numeric(bins) => {
                    let number = self.column(slot).and_then(|field| self.relation.number(&field.column));
                    let number = number.unwrap_or_else(|| "CAST(NULL AS DOUBLE)".to_owned());
                    search(purpose, number, bins.edges.clone(), bins.center())
                }
                Bins::Categorical(_) | Bins::None => {
                    given(purpose, self.code(slot).map_or(MISSING.to_string(), |code| class_bin(&code)))
                }
            });
        }
        self.answers(&mut parts, &search, &given, &sum);
        if let Some(ms) = self.finite(Slot::Latency) {
            let ms = format!("(CASE WHEN {ms} >= 0D THEN {ms} END)");
            parts.push(search(Purpose::Latency, ms, LatencyHistogram::edges(), 0.0));
        }
        for (purpose, slot) in [(Purpose::Cpu, Slot::Cpu), (Purpose::Memory, Slot::Memory)] {
            parts.extend(self.finite(slot).map(|value| sum(purpose, value)));
        }
        parts
    }

    fn feature(&self, at: usize, field: &Field) -> Part {
        let feature = &self.plan.features[at];
        let purpose = Purpose::Feature(at);
        let name = &field.column;
        let nothing = || "CAST(NULL AS DOUBLE)".to_owned();
        match &feature.bins {
            Bins::Numeric(bins) => {
                let bin = self.relation.unreadable(name).map_or_else(
                    || "CAST(NULL AS INT)".to_owned(),
                    |unreadable| format!("(CASE WHEN {unreadable} THEN {UNREADABLE} END)"),
                );
                let value = self.relation.number(name).unwrap_or_else(nothing);
                Part { purpose, bin, value, edges: bins.edges.clone(), center: bins.center() }
            }
            Bins::Categorical(bins) => {
                let bin = self.relation.text(name, field.known.spelling()).map_or_else(
                    || MISSING.to_string(),
                    |text| {
                        let (own, others) = feature.levels[..feature.known_levels].split_at(bins.levels);
                        let cases = (0..)
                            .zip(own)
                            .map(|(code, level)| format!(" WHEN {} THEN {code}", literal(level)))
                            .collect::<Vec<_>>()
                            .concat();
                        let list = |levels: &[String]| {
                            levels.iter().map(|level| literal(level)).collect::<Vec<_>>().join(", ")
                        };
                        let other = if others.is_empty() {
                            String::new()
                        } else {
                            format!("WHEN {text} IN ({}) THEN {} ", list(others), bins.levels)
                        };
                        let own = if own.is_empty() {
                            String::new()
                        } else {
                            format!("WHEN {text} IN ({}) THEN CASE {text}{cases} END ", list(own))
                        };
                        format!(
                            "(CASE WHEN {text} IS NULL THEN {MISSING} {own}{other}ELSE {} END)",
                            bins.unseen()
                        )
                    },
                );
                Part { purpose, bin, value: nothing(), edges: Vec::new(), center: 0.0 }
            }
            Bins::None => {
                let column = super::relation::quoted(name);
                let bin = if self.relation.has(name) && field.form == Form::Vector {
                    format!(
                        "(CASE WHEN {column} IS NULL OR size({column}) < 1 OR {column}[0] IS NULL \
                         OR isnan(CAST({column}[0] AS DOUBLE)) THEN {MISSING} ELSE {NOTHING} END)"
                    )
                } else {
                    MISSING.to_string()
                };
                Part { purpose, bin, value: nothing(), edges: Vec::new(), center: 0.0 }
            }
        }
    }

    /// The predictions against the labels.
    fn answers(
        &self,
        parts: &mut Vec<Part>,
        search: &dyn Fn(Purpose, String, Vec<f64>, f64) -> Part,
        given: &dyn Fn(Purpose, String) -> Part,
        sum: &dyn Fn(Purpose, String) -> Part,
    ) {
        let plan = self.plan;
        if plan.task == Task::Regression {
            let (Some(label), Some(answer)) = (self.finite(Slot::Label), self.finite(Slot::Prediction))
            else {
                return;
            };
            let error = format!("({answer} - {label})");
            let size = format!("abs({error})");
            let square = format!("({error} * {error})");
            let relative = format!("(CASE WHEN {label} <> 0D THEN {size} / abs({label}) END)");
            let own_label = format!("(CASE WHEN {error} IS NOT NULL THEN {label} END)");
            let values = [error.clone(), size, square, relative, own_label];
            parts.extend((0..).zip(values).map(|(at, value)| sum(Purpose::Regression(at), value)));
            return;
        }
        let score = self.finite(Slot::Score);
        let derived =
            score.as_ref().filter(|_| plan.task == Task::Binary && self.column(Slot::Prediction).is_none());
        let derived = derived
            .map(|score| format!("(CASE WHEN {score} > 0.5D THEN 1 WHEN {score} IS NOT NULL THEN 0 END)"));
        let (Some(label), Some(answer)) = (self.code(Slot::Label), self.code(Slot::Prediction).or(derived))
        else {
            return;
        };
        let known = plan.classes.len();
        let all = known + self.fresh.len();
        let cell = format!(
            "(CASE WHEN {label} < {all} AND {answer} < {all} THEN {label} * {all} + {answer} ELSE {NOTHING} END)"
        );
        parts.push(given(Purpose::Confusion, cell));
        let (Some(score), Bins::Numeric(bins)) = (score.filter(|_| plan.has_score), &plan.answer_bins) else {
            return;
        };
        let labelled = format!("{label} < {known} AND {answer} < {known} AND {score} IS NOT NULL");
        for (positive, condition) in [(0, "<> 1"), (1, "= 1")] {
            let mut part = search(Purpose::ScoreByLabel(positive), score.clone(), bins.edges.clone(), 0.0);
            part.bin = format!("(CASE WHEN {labelled} AND {label} {condition} THEN NULL ELSE {NOTHING} END)");
            parts.push(part);
        }
        let sure = float(SURE);
        let clamped = format!("least(greatest({score}, {sure}D), 1D - {sure}D)");
        let loss = format!(
            "(CASE WHEN {labelled} THEN -ln(CASE WHEN {label} = 1 THEN {clamped} ELSE 1D - {clamped} END) END)"
        );
        parts.push(sum(Purpose::LogLoss, loss));
        let distance = format!("({score} - CAST({label} AS DOUBLE))");
        parts.push(sum(Purpose::Brier, format!("(CASE WHEN {labelled} THEN {distance} * {distance} END)")));
    }

    /// The query: window, part, bins with their rows, sum, squares, smallest, largest.
    fn sql(&self, parts: &[Part]) -> String {
        let most = parts.iter().map(|part| part.edges.len()).max().unwrap_or(0);
        let steps = usize::BITS - most.leading_zeros();
        let stride = (1_usize << steps) - 1;
        let mut edges = Vec::with_capacity(parts.len() * stride);
        for part in parts {
            edges.extend(part.edges.iter().copied());
            edges.resize(edges.len() + stride - part.edges.len(), f64::MAX);
        }
        let array = |values: &mut dyn Iterator<Item = f64>| {
            let texts: Vec<String> = values.map(float).collect();
            format!("CAST(split('{}', ',') AS ARRAY<DOUBLE>)", texts.join(","))
        };
        let edges = array(&mut edges.into_iter());
        let centers = array(&mut parts.iter().map(|part| part.center));
        let pairs: Vec<String> = (0..)
            .zip(parts)
            .map(|(at, part)| format!("named_struct('f', {at}, 'b', {}, 'x', {})", part.bin, part.value))
            .collect();
        let window = self.windows.as_ref().map_or_else(
            || "0L".to_owned(),
            |(grid, time)| format!("({time} - {}L) div {}L", grid.start, grid.width.micros()),
        );
        let conditions = if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        };
        let mut sql = format!(
            "SELECT {window} AS w, explode(array({})) AS e FROM ({}){conditions}",
            pairs.join(", "),
            self.relation.rows()
        );
        sql = format!(
            "SELECT w, e.f AS f, e.x AS v, CASE WHEN e.b IS NOT NULL THEN e.b WHEN e.x IS NULL OR isnan(e.x) THEN {MISSING} \
             WHEN abs(e.x) > {} THEN {INFINITE} END AS b FROM ({sql}) WHERE e.b IS NULL OR e.b <> {NOTHING}",
            largest()
        );
        sql = format!("SELECT w, f, b, CASE WHEN b IS NULL THEN v END AS x, 0 AS p FROM ({sql})");
        for step in (0..steps).rev() {
            let half = 1_usize << step;
            sql = format!(
                "SELECT w, f, b, x, p + CASE WHEN {edges}[f * {stride} + p + {}] <= x THEN {half} ELSE 0 END AS p FROM ({sql})",
                half - 1
            );
        }
        let counted = format!(
            "SELECT w, f, coalesce(b, p) AS b, count(*) AS n, sum(x) AS s, \
             sum((x - {centers}[f]) * (x - {centers}[f])) AS q, min(x) AS lo, max(x) AS hi FROM ({sql}) GROUP BY 1, 2, 3"
        );
        format!(
            "SELECT CAST(w AS BIGINT) AS w, CAST(f AS BIGINT) AS f, \
             collect_list(shiftleft(CAST(b AS BIGINT) + {BIN_OFFSET}L, {BIN_SHIFT}) + n) AS bins, \
             sum(s) AS s, sum(q) AS q, min(lo) AS lo, max(hi) AS hi FROM ({counted}) GROUP BY 1, 2"
        )
    }

    /// Adds what was counted of one part in one window.
    fn add(
        &self,
        summary: &mut SnapshotSummary,
        part: &Part,
        window: usize,
        cell: &Cell,
    ) -> Result<(), String> {
        let found: u64 = cell.bins.iter().filter(|(bin, _)| *bin >= 0).map(|(_, rows)| rows).sum();
        let moments = Moments {
            n: found,
            sum: cell.sum,
            center: part.center,
            sum_squares: cell.squares,
            min: cell.min,
            max: cell.max,
        };
        let totals = &mut summary.windows[window];
        match part.purpose {
            Purpose::Rows => totals.rows = found,
            Purpose::Feature(at) => count_column(&mut summary.features[at], window, cell, moments)?,
            Purpose::Answers => count_column(&mut summary.answers, window, cell, moments)?,
            Purpose::Labels => count_column(&mut summary.labels, window, cell, moments)?,
            Purpose::Confusion => {
                let all = self.plan.classes.len() + self.fresh.len();
                totals.answers.confusion.resize(all * all, 0);
                for (bin, rows) in cell.bins.iter().filter(|(bin, _)| *bin >= 0) {
                    let place = totals.answers.confusion.get_mut(*bin as usize);
                    *place.ok_or("a pair of classes that was not asked for")? += rows;
                    totals.answers.labelled += rows;
                }
            }
            Purpose::ScoreByLabel(positive) => {
                let fine = self.plan.answer_bins.fine();
                totals.answers.score_by_label.resize(2 * fine, 0);
                for (bin, rows) in cell.bins.iter().filter(|(bin, _)| *bin >= 0) {
                    let place = totals.answers.score_by_label.get_mut(positive * fine + *bin as usize);
                    *place.ok_or("a bin that was not asked for")? += rows;
                }
            }
            Purpose::LogLoss if found > 0 => {
                (totals.answers.log_loss, totals.answers.scored) = (cell.sum, found);
            }
            Purpose::Brier if found > 0 => totals.answers.brier = cell.sum,
            Purpose::Regression(at) if found > 0 => {
                let answers = &mut totals.answers;
                match at {
                    0 => (answers.error, answers.labelled) = (cell.sum, found),
                    1 => answers.absolute_error = cell.sum,
                    2 => (answers.squared_error, answers.fourth_power_error) = (cell.sum, cell.squares),
                    3 => answers.relative_error = (cell.sum, found),
                    _ => answers.label = (cell.sum, cell.squares),
                }
            }
            Purpose::Latency => {
                for (bin, rows) in cell.bins.iter().filter(|(bin, _)| *bin >= 0) {
                    totals.serving.latency.counts.resize(LatencyHistogram::BINS, 0);
                    let place = totals.serving.latency.counts.get_mut(*bin as usize);
                    *place.ok_or("a bin that was not asked for")? += rows;
                }
            }
            Purpose::Cpu if found > 0 => totals.serving.cpu = moments,
            Purpose::Memory if found > 0 => totals.serving.memory = moments,
            Purpose::LogLoss | Purpose::Brier | Purpose::Regression(_) | Purpose::Cpu | Purpose::Memory => {}
        }
        Ok(())
    }
}

fn count_column(
    counts: &mut FeatureCounts,
    window: usize,
    cell: &Cell,
    moments: Moments,
) -> Result<(), String> {
    let row = &mut counts.counts[window * counts.bins..(window + 1) * counts.bins];
    let last = row.len() - 1;
    for &(bin, rows) in &cell.bins {
        let place = match bin {
            MISSING => last,
            INFINITE => {
                counts.infinite += rows;
                last
            }
            UNREADABLE => {
                counts.unreadable[window] += rows as u32;
                last
            }
            bin => usize::try_from(bin)
                .ok()
                .filter(|bin| *bin < row.len())
                .ok_or("a bin that was not asked for")?,
        };
        row[place] += rows as u32;
    }
    if let Some(known) = counts.moments.get_mut(window).filter(|_| moments.n > 0) {
        *known = moments;
    }
    Ok(())
}

/// Rows by the start of their hour; with a clock, rows without a time and rows outside of the log.
#[derive(Debug, Clone, Default)]
pub(super) struct Hours {
    pub(super) rows: BTreeMap<Micros, u64>,
    pub(super) without_time: u64,
    pub(super) outside: u64,
}

impl NumericBins {
    /// Edges among which a search gives the bin of a step function of ascending values.
    ///
    /// * `bin`: the function; does not descend.
    /// * `bins`: the number of its values, from 0.
    fn steps(bin: impl Fn(f64) -> usize, bins: usize) -> Vec<f64> {
        (1..bins)
            .map(|wanted| {
                // The floats above 0 are ordered as their bits.
                let (mut low, mut high) = (0_u64, f64::MAX.to_bits());
                while low < high {
                    let middle = low + (high - low) / 2;
                    if bin(f64::from_bits(middle)) >= wanted { high = middle } else { low = middle + 1 }
                }
                f64::from_bits(low)
            })
            .collect()
    }
}

impl LatencyHistogram {
    /// Edges among which a search gives the bin of a latency.
    fn edges() -> Vec<f64> {
        NumericBins::steps(Self::bin, Self::BINS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_among_edges_finds_the_bin_of_a_latency() {
        let edges = LatencyHistogram::edges();
        assert_eq!(edges.len(), LatencyHistogram::BINS - 1);
        let exact = (-20..60).map(|power| f64::from(power).exp2());
        for ms in exact.chain((0..2000).map(|step| f64::from(step) * 0.37)) {
            for ms in [ms, ms.next_up(), ms.next_down().max(0.0)] {
                assert_eq!(edges.partition_point(|&edge| edge <= ms), LatencyHistogram::bin(ms), "{ms}");
            }
        }
    }
}
