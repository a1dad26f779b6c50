//! Concept: residuals by segment, a challenger on recent rows, calibration, and the four questions that tell a moved
//! population from a moved relation.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::{
            self,
            concept::{
                self, CALIBRATION, CHALLENGER, IMPORTANCE, QUESTIONS, SEGMENTS, SegmentMeasure, Shown,
                answers_by_part, is_flat, is_worse, questions, segments, share_of_rise, shown,
                shown_challenger, verdict, weights,
            },
        },
    },
    autopsy::{
        Investigation, Step,
        catalogue::{CheckSpec, checks},
        exam::concept::Segment,
    },
    summary::Task,
    text::number,
    ui::{
        look::{Look, Sign, StyleRole},
        part::{
            chart,
            heatmap::{Cell, Ramp},
            layout::Layout,
            panel::{self, Panel},
            quantiles::{self, Calibration},
            table::{self, first_visible, more},
            text,
        },
    },
};

use super::parts::{beside, layout, stacked};

mod challenger;

/// Lines below the segments from which on another pane stands there.
const ROOMY: u16 = 8;

/// Draws the screen into `area`.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        let inside = panel::draw(&Panel::new("Segments", "", true), look, area, buf);
        text::hint("waiting for the data", look, inside, buf);
        return;
    };
    let screen = Panes { model, investigation, look };
    match layout(model) {
        Layout::Wide => {
            let right = (area.width * 2 / 5).clamp(46, 72);
            let [left, right] = beside(area, [area.width - right, right]);
            let questions = screen.question_lines(right.width).min(right.height / 2);
            let challenger = match shown_challenger(model) {
                Shown::Nothing(_) | Shown::Waiting(_) => 3,
                // Without a clock there is no course to draw.
                Shown::Exam(_) | Shown::Asked(..) if investigation.concept.grid.is_none() => 4,
                Shown::Exam(_) | Shown::Asked(..) => (right.height - questions) / 2,
            };
            let listed = segments(model).len() as u16 + SEGMENTS_APART;
            let roomy = left.height >= listed + ROOMY;
            let [above, below] = stacked(left, [if roomy { listed } else { left.height }, 0]);
            screen.segments(above, buf);
            // A table of classes needs lines; where the segments leave them, it stands below them.
            let is_moved = roomy && area.width < 170 && investigation.concept.calibration.is_none();
            let calibration = right.height.saturating_sub(questions + challenger);
            let calibration = if is_moved { 0 } else { calibration };
            let challenger = right.height.saturating_sub(questions + calibration);
            let [challenger, calibration, questions] = stacked(right, [challenger, calibration, questions]);
            screen.challenger(challenger, buf);
            screen.questions(questions, buf);
            // Both tell how the answers come about; where one has room, it is the one that is looked at.
            match (model.pane(), is_moved) {
                (IMPORTANCE, true) => screen.importance(below, buf),
                (_, true) => screen.calibration(below, buf),
                (IMPORTANCE, false) if !roomy => screen.importance(calibration, buf),
                _ => screen.calibration(calibration, buf),
            }
            if roomy && !is_moved {
                screen.importance(below, buf);
            }
        }
        Layout::Normal => match model.pane() {
            IMPORTANCE => screen.importance(area, buf),
            CHALLENGER | CALIBRATION => {
                let [left, right] = beside(area, [area.width / 2, 0]);
                screen.challenger(left, buf);
                screen.calibration(right, buf);
            }
            _ => {
                let below = screen.question_lines(area.width).min(area.height / 2);
                let above = if segments(model).is_empty() { 3 } else { area.height.saturating_sub(below) };
                let [above, below] = stacked(area, [above, 0]);
                screen.segments(above, buf);
                screen.questions(below, buf);
            }
        },
        Layout::Compact | Layout::TooSmall => match model.pane() {
            CHALLENGER => screen.challenger(area, buf),
            CALIBRATION => screen.calibration(area, buf),
            QUESTIONS => screen.questions(area, buf),
            IMPORTANCE => screen.importance(area, buf),
            _ => screen.segments(area, buf),
        },
    }
}

/// What every pane needs.
struct Panes<'a> {
    model: &'a Model,
    investigation: &'a Investigation,
    look: &'a Look,
}

impl Panes<'_> {
    fn panel(&self, pane: usize, title: &str, right: &str, area: Rect, buf: &mut Buffer) -> Rect {
        panel::draw(&Panel::new(title, right, self.model.focused(pane)), self.look, area, buf)
    }

    fn empty(&self, message: &str, area: Rect, buf: &mut Buffer) {
        text::paragraph(message, self.look.style(StyleRole::Dim), self.look, area, buf);
    }

    /// The sentence of a finding, if there is one.
    fn sentence(&self, check: &'static CheckSpec) -> Option<String> {
        Some(self.investigation.finding(check)?.message.clone())
    }

    /// One line a segment: rows, before, after, the rise in loss, and the residual's course.
    fn segments(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let state = &self.model.screens.concept;
        let title = match state.measure {
            SegmentMeasure::Residual => "Mean residual by segment",
            SegmentMeasure::Loss => "Mean loss by segment",
        };
        let flat = is_flat(self.model);
        let right = match (flat, self.model.screens.order(Step::Concept, SEGMENTS).reversed) {
            (true, false) => "by rise in loss ↓",
            (true, true) => "by rise in loss ↑",
            (false, false) => "worst segment of each, ↵ unfolds",
            (false, true) => "worst segment of each, smallest first",
        };
        let segments = segments(self.model);
        // Where no lines are left for it, the sentence of the cursor's line stands on the border.
        let own = screen::selection(self.model).filter(|_| self.model.focused(SEGMENTS));
        let own = own.map_or_else(String::new, |own| own.message);
        let roomy = area.height >= 14;
        let panel = Panel {
            bottom: if roomy { "" } else { &own },
            ..Panel::new(title, right, self.model.focused(SEGMENTS))
        };
        let inside = panel::draw(&panel, look, area, buf);
        if segments.is_empty() {
            self.empty("no labelled rows: segments need labels", inside, buf);
            return;
        }
        let message = if roomy { SAID } else { 0 };
        let lines = inside.height.saturating_sub(2 + message).min(segments.len() as u16);
        let [head, list, foot, below] = stacked(inside, [1, lines, 1, 0]);
        let columns = ConceptColumns::of(head, self.longest(&segments));
        columns.head(look, head, buf);
        let at = state.at.min(segments.len() - 1);
        let room = usize::from(list.height);
        let first = first_visible(at, segments.len(), room);
        let mut before = None;
        for (y, (index, segment)) in (list.top()..list.bottom()).zip(segments.iter().enumerate().skip(first))
        {
            let line = Rect { y, height: 1, ..list };
            let named = flat || before != Some(segment.feature);
            before = Some(segment.feature);
            self.segment(segment, named, &columns, line, buf);
            let id = format!("concept.segment:{}", concept::name(self.investigation, segment));
            if self.model.journal.pinned(&id) {
                panel::pin(look, line.x, y, buf);
            }
            if index == at {
                let texts = Rect { width: columns.texts, ..line };
                text::highlight(texts, look, buf);
                text::put_char(look.pick('▶', '>'), look.style(StyleRole::Cursor), (line.x, y), line, buf);
            }
        }
        if segments.len() > room {
            more(first, room, segments.len(), look, foot, buf);
        }
        let used = if own.is_empty() || below.height == 0 {
            0
        } else {
            let first = Rect { height: below.height.min(2), ..below };
            text::paragraph(&own, look.style(StyleRole::Strong), look, first, buf)
        };
        let below = Rect { y: below.y + used, height: below.height.saturating_sub(used), ..below };
        if let Some(best) = self.investigation.concept.slices.first().filter(|_| below.height > 0) {
            let parts: Vec<String> = best
                .parts
                .iter()
                .map(|(feature, part)| {
                    format!("{} {part}", self.investigation.dossier.feature_name(*feature))
                })
                .collect();
            let message = format!(
                "{}: {} of the rows, {} of the rise in loss (q {}).",
                parts.join(" and "),
                number::share(best.share_of_rows),
                number::share(best.share_of_rise),
                number::p_value(best.q_value)
            );
            text::paragraph(&message, look.style(StyleRole::Text), look, below, buf);
        } else if below.height > 0 {
            let message = self.sentence(&checks::CONCEPT_CARRIERS).unwrap_or_else(|| {
                let why = self.investigation.concept.split.as_ref().err();
                let why = why.map_or_else(String::new, |why| format!(": {why}"));
                format!("Which part of the rows carries the loss can't be determined{why}.")
            });
            text::paragraph(&message, look.style(StyleRole::Text), look, below, buf);
        }
    }

    /// The widths of the longest name of a feature and of a part.
    fn longest(&self, segments: &[&Segment]) -> (u16, u16) {
        let dossier = &self.investigation.dossier;
        let named = segments.iter().filter_map(|segment| Some((segment.feature?, &segment.name)));
        let widths =
            named.map(|(feature, part)| (text::width(dossier.feature_name(feature)), text::width(part)));
        let (feature, part) = widths.fold((7, 0), |most, own| (most.0.max(own.0), most.1.max(own.1)));
        (feature as u16, part as u16)
    }

    fn segment(
        &self,
        segment: &Segment,
        named: bool,
        columns: &ConceptColumns,
        line: Rect,
        buf: &mut Buffer,
    ) {
        let look = self.look;
        let feature = segment.feature.map_or("", |feature| self.investigation.dossier.feature_name(feature));
        let (plain, dim) = (look.style(StyleRole::Text), look.style(StyleRole::Dim));
        let place = |(from, width): (u16, u16)| Rect { x: line.x + from, width, ..line }.intersection(line);
        let name = place(columns.feature);
        if segment.feature.is_none() {
            text::put(&segment.name, look.style(StyleRole::Strong), look, (name.x, line.y), name, buf);
        } else if named {
            text::put(feature, plain, look, (name.x, line.y), name, buf);
        }
        if segment.feature.is_some() {
            let part = place(columns.part);
            text::put(&segment.name, dim, look, (part.x, line.y), part, buf);
        }
        let number = |value: Option<f64>| value.map_or_else(|| number::MISSING.to_owned(), number::metric);
        let (was, is) = shown(segment, self.model.screens.concept.measure);
        text::put_right(&number::count(segment.rows.1), dim, look, line.y, place(columns.rows), buf);
        text::put_right(&number(was), dim, look, line.y, place(columns.before), buf);
        text::put_right(&number(is), plain, look, line.y, place(columns.after), buf);
        let rise = segment.rise.map_or_else(String::new, |(rise, _)| number::signed(rise));
        let style = look.style(if is_worse(segment) { StyleRole::Strong } else { StyleRole::Dim });
        text::put_right(&rise, style, look, line.y, place(columns.rise), buf);
        let share = share_of_rise(self.investigation, segment);
        let share =
            share.map_or_else(String::new, |share| format!("{:.0} %", 100.0 * share).replace('-', "−"));
        text::put_right(&share, style, look, line.y, place(columns.share), buf);
        self.strip(segment, place(columns.spark), buf);
    }

    /// The residual's course as a diverging strip: quiet until it leaves the noise of the windows before the onset.
    fn strip(&self, segment: &Segment, area: Rect, buf: &mut Buffer) {
        let (look, n) = (self.look, segment.course.len());
        if n == 0 || area.width == 0 {
            return;
        }
        let onset = self.onset();
        let heat = departures(&segment.course, onset);
        let column_of = |window: usize| (window * usize::from(area.width) / n) as u16;
        for column in 0..area.width {
            let window = usize::from(column) * n / usize::from(area.width);
            let cell = heat[window].map_or(Cell::Unknown, Cell::Value);
            let swatch = Ramp::Diverging(DEPARTURE_EDGES).swatch(cell, look);
            let at = (area.x + column, area.y);
            text::put_char(swatch.glyph, swatch.style, at, area, buf);
            if onset.is_some_and(|onset| column_of(onset) == column) {
                let strong = swatch.text.patch(look.style(StyleRole::Strong));
                text::put_char(look.pick('┊', '|'), strong, at, area, buf);
            }
        }
    }

    fn onset(&self) -> Option<usize> {
        let grid = self.investigation.concept.grid?;
        self.investigation.framing.split().and_then(|at| grid.window(at))
    }

    /// Scores against outcomes, before and after.
    fn calibration(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let (title, right) = match self.investigation.dossier.task() {
            Task::Binary => ("Calibration", "share of positives by mean score"),
            Task::Multiclass => ("By class, before → since", "c confusion"),
            Task::Regression => ("By size of the answer, before → since", "c"),
        };
        let inside = self.panel(CALIBRATION, title, right, area, buf);
        let Some(calibration) = &self.investigation.concept.calibration else {
            let rows = answers_by_part(self.investigation);
            if rows.len() < 2 {
                let message = "needs labels since the onset, and of a binary model scores";
                return self.empty(message, inside, buf);
            }
            let cursor = self.line(CALIBRATION, rows.len());
            return table::texts(&rows, cursor, look, inside, buf);
        };
        let bins = |bins: &[crate::stats::calibration::ReliabilityBin]| -> Vec<Calibration> {
            bins.iter()
                .map(|bin| Calibration { predicted: bin.score, observed: bin.share, interval: None })
                .collect()
        };
        let number = |ece: Option<f64>| ece.map_or_else(|| number::MISSING.to_owned(), number::metric);
        let tendency = match calibration.bias {
            bias if bias > 0.005 => ", scores too high",
            bias if bias < -0.005 => ", scores too low",
            _ => "",
        };
        let notes = [format!("ECE {} → {}{tendency}", number(calibration.ece.0), number(calibration.ece.1))];
        let plot =
            quantiles::calibration_plot(&bins(&calibration.before), &bins(&calibration.after), &notes, look);
        chart::draw(&plot, look, inside, buf);
    }

    /// What the inputs weigh in the answers, and whether that is as before.
    fn importance(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let inside =
            self.panel(IMPORTANCE, "Weight of the inputs in the answers", ":study importance", area, buf);
        let Some(message) = self.sentence(&checks::CONCEPT_IMPORTANCE) else {
            let message = "no learnt function of the model shows what its inputs weigh";
            return self.empty(message, inside, buf);
        };
        let used = text::paragraph(&message, look.style(StyleRole::Text), look, inside, buf);
        let [_, below] = stacked(inside, [used, 0]);
        let rows = weights(self.model, self.investigation);
        table::texts(&rows, self.line(IMPORTANCE, rows.len()), look, below, buf);
    }

    /// The line under the cursor of a table with its heads.
    fn line(&self, pane: usize, rows: usize) -> Option<usize> {
        self.model.focused(pane).then_some(self.model.screens.concept.line.min(rows.saturating_sub(2)))
    }

    /// Lines that the questions take with their answers in full, and the border.
    fn question_lines(&self, width: u16) -> u16 {
        let room = usize::from(width.saturating_sub(4 + 2 + QUESTION + 8));
        let lines = |question: concept::Question| {
            let message = question.why.unwrap_or(question.number);
            text::wrap(&message, room, self.look).len().max(1) as u16
        };
        questions(self.investigation).into_iter().map(lines).sum::<u16>() + 2 + 2
    }

    /// The four questions, and how the rise in loss splits.
    fn questions(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let inside = self.panel(QUESTIONS, "Which drift is it?", "", area, buf);
        let sign = if look.is_ascii() { 3 } else { 2 };
        let mut y = inside.top();
        for question in questions(self.investigation) {
            if y >= inside.bottom() {
                return;
            }
            let line = Rect { y, height: 1, ..inside };
            let mark = Sign::from(&verdict(&question));
            text::put(look.sign(mark), look.style(mark.meaning()), look, (line.x, y), line, buf);
            let x = line.x + sign;
            text::put(question.asks, look.style(StyleRole::Text), look, (x, y), line, buf);
            let (answer, style) = match question.answer {
                Some(true) => ("yes", look.style(StyleRole::Strong)),
                Some(false) => ("no", look.style(StyleRole::Dim)),
                None => ("unknown", look.style(StyleRole::Dim)),
            };
            let end = text::put_right(answer, style, look, y, line, buf);
            let message = question.why.as_deref().unwrap_or(&question.number);
            let room = Rect {
                x: x + QUESTION,
                width: end.saturating_sub(x + QUESTION + 1),
                height: inside.bottom() - y,
                ..line
            };
            y += text::paragraph(message, look.style(StyleRole::Dim), look, room, buf).max(1);
        }
        let rest = Rect { y, height: inside.bottom().saturating_sub(y), ..inside };
        match &self.investigation.concept.split {
            Ok(split) if rest.height > 0 => {
                let part = |name: &str, part: &crate::model::decomposition::LossPart| {
                    format!("{name} {}", number::signed(part.value))
                };
                let message = format!(
                    "rise in loss {} = {} {} {}{}",
                    number::signed(split.total.value),
                    part("inputs", &split.inputs),
                    part("relation", &split.relation),
                    part("outside", &split.outside),
                    if split.trusted { "" } else { "; the periods share too few rows to trust it" }
                );
                text::paragraph(&message, look.style(StyleRole::Text), look, rest, buf);
            }
            Err(why) => self.empty(&format!("the rise in loss was not split: {why}"), rest, buf),
            Ok(_) => {}
        }
    }
}

/// Lines below the segments for what is said of them.
const SAID: u16 = 4;

/// Lines of the pane of the segments besides these: border, head, foot and what is said of them.
const SEGMENTS_APART: u16 = 4 + SAID;

/// Columns that a question takes before its answer.
const QUESTION: u16 = 18;

/// Standard deviations of the windows before the onset at which a residual goes one shade up.
const DEPARTURE_EDGES: [f64; 3] = [2.5, 5.0, 10.0];

/// How far each window's residual lies from the mean before the onset, in the standard deviations of those windows; of
/// all windows where there are fewer than three before.
fn departures(course: &[Option<f64>], onset: Option<usize>) -> Vec<Option<f64>> {
    let known = |part: &[Option<f64>]| -> Vec<f64> {
        part.iter().flatten().copied().filter(|value| value.is_finite()).collect()
    };
    let before = known(&course[..onset.unwrap_or(course.len()).min(course.len())]);
    let base = if before.len() < 3 { known(course) } else { before };
    let n = base.len().max(1) as f64;
    let mean = base.iter().sum::<f64>() / n;
    let deviation = (base.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    let apart = |value: f64| if deviation > 0.0 { (value - mean) / deviation } else { 0.0 };
    course.iter().map(|value| value.map(apart)).collect()
}

/// Where the columns of the segments stand: from and width.
struct ConceptColumns {
    feature: (u16, u16),
    part: (u16, u16),
    rows: (u16, u16),
    before: (u16, u16),
    after: (u16, u16),
    rise: (u16, u16),
    share: (u16, u16),
    spark: (u16, u16),
    texts: u16,
}

/// Columns of the strip at least, before names are cut.
const STRIP: u16 = 8;

impl ConceptColumns {
    /// * `longest`: the widths of the longest name of a feature and of a part; they come before the strip, which takes
    ///   what is left, and before the number of rows.
    fn of(area: Rect, longest: (u16, u16)) -> Self {
        let wanted = longest.0 + longest.1 + 2;
        let others = 3 * 8 + 6;
        let left = area.width.saturating_sub(others + STRIP + 2);
        let rows = if left >= wanted + 7 { 7 } else { 0 };
        let names = (left - rows).min(wanted).max(12.min(left));
        let part = longest
            .1
            .min(names.saturating_sub(2) / 2)
            .max(names.saturating_sub(longest.0 + 2).min(longest.1));
        let feature = names.saturating_sub(part + 2);
        let from = 1 + names;
        let texts = from + rows + others;
        Self {
            feature: (1, feature),
            part: (2 + feature, part),
            rows: (from, rows),
            before: (from + rows, 8),
            after: (from + rows + 8, 8),
            rise: (from + rows + 16, 8),
            share: (from + rows + 24, 6),
            spark: (texts + 1, area.width.saturating_sub(texts + 1)),
            texts,
        }
    }

    fn head(&self, look: &Look, area: Rect, buf: &mut Buffer) {
        let dim = look.style(StyleRole::Dim);
        let place = |(from, width): (u16, u16)| Rect { x: area.x + from, width, ..area }.intersection(area);
        let name = place(self.feature);
        text::put("segment", dim, look, (name.x, area.y), name, buf);
        let heads = [
            (self.rows, "rows"),
            (self.before, "before"),
            (self.after, "after"),
            (self.rise, "rise"),
            (self.share, "of it"),
        ];
        for (column, head) in heads {
            text::put_right(head, dim, look, area.y, place(column), buf);
        }
        let spark = place(self.spark);
        if spark.width >= 8 {
            text::put("residual", dim, look, (spark.x, area.y), spark, buf);
        }
    }
}
