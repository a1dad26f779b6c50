//! Support: in which ways rows lie where training has no rows, since when, and how the model does there.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use crate::{
    app::{
        Model,
        screen::support::{
            COURSE, PERFORMANCE, REASONS, ROWS, UNSEEN, WITH_ROW, doing, reasons, rose, strangest, unseen,
            values, way, words,
        },
    },
    autopsy::{Investigation, exam::support::Support},
    model::reference::LossChange,
    stats::interval::Z_95,
    text::{number, time},
    ui::{
        look::{Look, StyleRole},
        part::{
            axis::Axis,
            bar,
            chart::{self, Chart, Guide, Point, Series},
            dots::Stroke,
            layout::Layout,
            panel::{self, Panel},
            table::{self, Column, Row, Table, first_visible},
            text,
        },
    },
};

use super::parts::{beside, joined, layout, stacked};

mod row;

/// Lines of the pane that sets rows inside beside those outside, with its border.
const PERFORMANCE_LINES: u16 = 7;

/// Draws the screen into `area`.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        let inside = panel::draw(&Panel::new("Outside training", "", true), look, area, buf);
        text::hint("waiting for the data", look, inside, buf);
        return;
    };
    let screen = Panes { model, investigation, support: &investigation.support, look };
    match layout(model) {
        Layout::Wide if area.width >= WITH_ROW => {
            // The rows have the width of half a screen, and beside them what makes the one under the cursor strange.
            let features = investigation.dossier.plan.features.len().min(20);
            let lists = match screen.support.exemplars.len() {
                0 => 3,
                rows => rows.max(features) + 4,
            };
            let [above, below] = stacked(area, [area.height.saturating_sub(lists as u16).max(18), 0]);
            let [left, right] = beside(above, [area.width / 2, 0]);
            let unseen = (screen.support.unseen.len() as u16 + 3).min(left.height / 3);
            let reasons = left.height.saturating_sub(unseen + PERFORMANCE_LINES);
            let [reasons, performance, unseen] = stacked(left, [reasons, PERFORMANCE_LINES, unseen]);
            screen.reasons(reasons, buf);
            screen.performance(performance, buf);
            screen.unseen(unseen, buf);
            screen.course(right, buf);
            if screen.support.exemplars.is_empty() {
                return screen.rows(below, buf);
            }
            let [left, right] = beside(below, [area.width / 2, 0]);
            screen.rows(left, buf);
            screen.row(right, buf);
        }
        Layout::Wide => {
            // The lists take what they need, the course over time the rest.
            let lists = match screen.support.unseen.len() {
                0 => 3 + screen.support.exemplars.len() + 4,
                levels => levels.max(screen.support.exemplars.len()) + 5,
            };
            let least = (screen.support.reasons.len() as u16 + 5).max(12).min(area.height * 11 / 20);
            let reasons = area.height.saturating_sub(lists as u16).max(least);
            let [above, below] = stacked(area, [reasons, 0]);
            let half = (area.width * 11 / 20).max(56);
            let [reasons, right] = beside(above, [half, 0]);
            let performance = PERFORMANCE_LINES.min(right.height / 2);
            let [course, performance] = stacked(right, [right.height - performance, performance]);
            // Without a new level that pane needs one line, and the rows take the width.
            let [unseen, rows] = if screen.support.unseen.is_empty() {
                stacked(below, [3, 0])
            } else {
                beside(below, [(area.width * 2 / 5).max(44), 0])
            };
            screen.reasons(reasons, buf);
            screen.course(course, buf);
            screen.performance(performance, buf);
            screen.unseen(unseen, buf);
            screen.rows(rows, buf);
        }
        Layout::Normal => match model.pane() {
            UNSEEN | ROWS => {
                let lines = (screen.support.unseen.len() as u16 + 3).min(area.height / 2);
                let [above, below] = joined(area, [lines, 0]);
                screen.unseen(above, buf);
                screen.rows(below, buf);
            }
            COURSE | PERFORMANCE => {
                let [above, below] = joined(area, [(area.height + 1).saturating_sub(PERFORMANCE_LINES), 0]);
                screen.course(above, buf);
                screen.performance(below, buf);
            }
            _ => {
                let lines = (screen.support.reasons.len() as u16 + 4).max(5).min(area.height / 2);
                // Without a clock the course is a sentence.
                let lines = if screen.support.grid.is_some() { lines } else { area.height.saturating_sub(2) };
                let [above, below] = joined(area, [lines, 0]);
                screen.reasons(above, buf);
                screen.course(below, buf);
            }
        },
        Layout::Compact | Layout::TooSmall => match model.pane() {
            COURSE => screen.course(area, buf),
            PERFORMANCE => screen.performance(area, buf),
            UNSEEN => screen.unseen(area, buf),
            ROWS => screen.rows(area, buf),
            _ => screen.reasons(area, buf),
        },
    }
}

/// What every pane needs.
struct Panes<'a> {
    model: &'a Model,
    investigation: &'a Investigation,
    support: &'a Support,
    look: &'a Look,
}

impl Panes<'_> {
    fn panel(&self, pane: usize, title: &str, right: &str, area: Rect, buf: &mut Buffer) -> Rect {
        panel::draw(&Panel::new(title, right, self.model.focused(pane)), self.look, area, buf)
    }

    fn empty(&self, message: &str, area: Rect, buf: &mut Buffer) {
        text::paragraph(message, self.look.style(StyleRole::Dim), self.look, area, buf);
    }

    /// The room of a list, and below it the lines that a text of its cursor needs, two at most.
    fn with_full(&self, message: &str, area: Rect) -> [Rect; 2] {
        let lines = text::wrap(message, usize::from(area.width), self.look).len().min(2) as u16;
        let lines = if area.height > lines + 4 { lines } else { 0 };
        stacked(area, [area.height - lines, 0])
    }

    /// Every way in which rows lie outside, with a bar of its share since the onset.
    fn reasons(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let (was, is) = self.support.outside;
        let right = format!("rows outside {} → {}", number::share(was), number::share(is));
        let inside = self.panel(REASONS, "Outside training", &right, area, buf);
        let reasons = reasons(self.model, self.support);
        if reasons.is_empty() {
            let message = if self.support.rows.1 == 0 {
                "no production rows could be placed against training"
            } else {
                "no row lies where training held nothing"
            };
            return self.empty(message, inside, buf);
        }
        let (dim, plain, strong) =
            (look.style(StyleRole::Dim), look.style(StyleRole::Text), look.style(StyleRole::Strong));
        let numbers = 27;
        let names = reasons.iter().map(|outside| text::width(&words(self.investigation, outside.reason)));
        let longest = names.max().unwrap_or(0) as u16;
        let bar_width = inside.width.saturating_sub(numbers + longest + 2).clamp(4, 16);
        let name_width = inside.width.saturating_sub(numbers + bar_width + 1);
        let at = self.model.screens.support.reason.min(reasons.len() - 1);
        let message = words(self.investigation, reasons[at].reason);
        let [inside, full] = self.with_full(&message, inside);
        text::paragraph(&message, look.style(StyleRole::Text), look, full, buf);
        let [head, list] = stacked(inside, [1, 0]);
        let right = Rect { x: head.x + name_width, width: numbers, ..head }.intersection(head);
        text::put("how", dim, look, (head.x, head.y), head, buf);
        let split = self.investigation.framing.split().is_some();
        let heads = if split { "  before    after     loss" } else { "training      log     loss" };
        text::put(heads, dim, look, (right.x, right.y), right, buf);
        let top = reasons.iter().map(|outside| outside.share.1).fold(1e-9, f64::max);
        let first = first_visible(at, reasons.len(), usize::from(list.height));
        for (y, (index, outside)) in (list.top()..list.bottom()).zip(reasons.iter().enumerate().skip(first)) {
            let line = Rect { y, height: 1, ..list };
            let (was, is) = outside.share;
            let rose = rose(outside);
            let name = Rect { width: name_width.saturating_sub(1), ..line };
            let style = if rose { strong } else { plain };
            text::put(&words(self.investigation, outside.reason), style, look, (name.x, y), name, buf);
            let loss = outside.loss.map_or_else(|| number::MISSING.to_owned(), number::metric);
            let row = format!("{:>8} {:>8} {:>8}", number::share(was), number::share(is), loss);
            let x = line.x + name_width;
            text::put(&row, if rose { plain } else { dim }, look, (x, y), line, buf);
            if self.model.focused(REASONS) && index == at {
                text::highlight(Rect { width: name_width + numbers - 1, ..line }, look, buf);
            }
            let place = Rect { x: x + numbers, width: bar_width, ..line }.intersection(line);
            bar::horizontal(is / top, look.style(StyleRole::Production), false, look, place, buf);
        }
    }

    /// The share of rows outside, or the similarity of vectors, window by window.
    fn course(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let similar = self.model.screens.support.similarity && !self.support.similarity.is_empty();
        let values = if similar { &self.support.similarity } else { &self.support.course };
        let title = if similar { "Similarity to training" } else { "Rows outside, over time" };
        let width = self.support.grid.map_or("", |grid| grid.width.name());
        let inside = self.panel(COURSE, title, width, area, buf);
        let Some(grid) = self.support.grid.filter(|_| values.iter().any(Option::is_some)) else {
            return self.empty("production has no timestamp, so there is no course over time", inside, buf);
        };
        let middle = |window: usize| {
            let span = grid.span(window);
            (span.from + (span.to - span.from) / 2) as f64
        };
        let top =
            values.iter().flatten().copied().fold(0.0, |top, share| if share > top { share } else { top });
        let y = if similar {
            Axis::around(values.iter().flatten().copied())
        } else {
            Axis::shares(0.0, (top * 1.1).max(0.01))
        };
        let points = values.iter().enumerate();
        let chart = Chart {
            x: Axis::time(grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to),
            y,
            series: vec![Series {
                points: points
                    .map(|(w, &y)| Point { x: middle(w), y, interval: None, faint: false })
                    .collect(),
                style: look.style(StyleRole::Production),
                stroke: Stroke::Solid,
                marker: None,
            }],
            marks: self
                .investigation
                .framing
                .split()
                .map(|at| Guide {
                    at: at as f64,
                    label: format!("onset {}", time::short(at)),
                    style: look.style(StyleRole::Strong),
                })
                .into_iter()
                .collect(),
            ..Chart::default()
        };
        chart::draw(&chart, look, inside, buf);
    }

    /// How the model does on rows inside and outside, and whether the rows inside lost anything.
    fn performance(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let inside =
            self.panel(PERFORMANCE, "Inside and outside", self.investigation.framing.period(), area, buf);
        let (within, outside) = &self.support.performance;
        let mut y = inside.top();
        for (name, side) in [("inside", within), ("outside", outside)] {
            if y >= inside.bottom() {
                return;
            }
            let line = Rect { y, height: 1, ..inside };
            text::put(name, look.style(StyleRole::Text), look, (line.x, y), line, buf);
            let message = doing(self.investigation, side);
            let right = text::put_right(&message, look.style(StyleRole::Strong), look, y, line, buf);
            let rows = format!("{} rows", number::count(side.rows as u64));
            let both = format!("{rows}, {} labelled", number::count(side.labelled as u64));
            let room = Rect { x: line.x + 9, width: right.saturating_sub(line.x + 10), ..line };
            let counted = [both, rows].into_iter().find(|text| text::width(text) <= usize::from(room.width));
            if let Some(counted) = counted {
                text::put(&counted, look.style(StyleRole::Dim), look, (room.x, y), room, buf);
            }
            y += 1;
        }
        let rest = Rect { y, height: inside.bottom().saturating_sub(y), ..inside };
        let message = match &self.support.loss {
            Some((all, kept)) => {
                let change = |change: &LossChange| {
                    format!(
                        "{} → {} ({} ± {})",
                        number::metric(change.before),
                        number::metric(change.after),
                        number::signed(change.after - change.before),
                        number::metric(Z_95 * change.error)
                    )
                };
                format!("mean loss of all {}; mean loss inside {}", change(all), change(kept))
            }
            None => {
                "too few labelled rows lie inside in one of the periods to tell what they lost".to_owned()
            }
        };
        text::paragraph(&message, look.style(StyleRole::Dim), look, rest, buf);
    }

    /// Levels never seen in training, the most frequent first.
    fn unseen(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let levels = unseen(self.model, self.support);
        let right = match levels.len() {
            1 => "1 level".to_owned(),
            n => format!("{n} levels"),
        };
        let inside = self.panel(UNSEEN, "Never seen in training", &right, area, buf);
        if levels.is_empty() {
            return self.empty("every level of every category was seen in training", inside, buf);
        }
        let dim = look.style(StyleRole::Dim);
        let rows: Vec<Row<'_>> = levels
            .iter()
            .map(|level| {
                Row::new(vec![
                    Line::from(self.investigation.dossier.feature_name(level.feature).to_owned()),
                    Line::styled(level.level.clone(), look.style(StyleRole::Strong)),
                    Line::from(number::count(level.rows as u64)),
                    Line::styled(level.first.map_or_else(String::new, time::short), dim),
                ])
            })
            .collect();
        let columns = [
            Column::words("feature", 18),
            Column::rest("level"),
            Column::numbers("rows"),
            Column::words("first met", 11).optional(1),
        ];
        let at = self.model.screens.support.level.min(levels.len() - 1);
        let cursor = self.model.focused(UNSEEN).then_some(at);
        table::draw(&Table { columns: &columns, rows: &rows, cursor, heads: true }, look, inside, buf);
    }

    /// Rows that show what lies outside, the farthest first.
    fn rows(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let exemplars = strangest(self.model, self.support);
        let inside = self.panel(ROWS, "Strangest rows", "distance 1 = edge of training", area, buf);
        if exemplars.is_empty() {
            return self.empty("no row lies where training held nothing", inside, buf);
        }
        let dim = look.style(StyleRole::Dim);
        let rows: Vec<Row<'_>> = exemplars
            .iter()
            .map(|row| {
                let held = values(self.investigation, &row.values);
                let message =
                    if held.is_empty() { "no single value, the row as a whole".to_owned() } else { held };
                Row::new(vec![
                    Line::styled(row.at.map_or_else(|| format!("row {}", row.row), time::short), dim),
                    Line::from(format!("{:.1}", row.distance)),
                    Line::from(message),
                    Line::styled(way(row.reason), dim),
                ])
            })
            .collect();
        let columns = [
            Column::words("when", 12),
            Column::numbers("distance"),
            Column::rest("values"),
            Column::words("why", 27).optional(1),
        ];
        let at = self.model.screens.support.row.min(exemplars.len() - 1);
        let cursor = self.model.focused(ROWS).then_some(at);
        // The row under the cursor in full, where the columns cut it.
        let held = values(self.investigation, &exemplars[at].values);
        let message = words(self.investigation, exemplars[at].reason);
        let message = if held.is_empty() { message } else { format!("{message}: {held}") };
        let [list, full] = self.with_full(&message, inside);
        text::paragraph(&message, look.style(StyleRole::Text), look, full, buf);
        table::draw(&Table { columns: &columns, rows: &rows, cursor, heads: true }, look, list, buf);
    }
}
