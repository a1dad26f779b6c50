//! The candidate beside the deployed model: the verdict, and one view for each thing that leads to it.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Line};

use super::{Panes, sentences, stacked};
use crate::{
    app::screen::remedy::{
        COMPARISON, Comparing,
        candidate::{answer_time, compared, comparison, disagreements, shown, view_table},
    },
    autopsy::Step,
    remedy::comparison::{Calibrated, Comparison},
    text::number,
    ui::{
        look::StyleRole,
        part::{
            axis::Axis,
            chart::{self, Chart, Guide, Point, Series},
            dots::Stroke,
            interval::{self, Interval, Scale},
            quantiles,
            table::{self, Column, Row, Table, first_visible, more},
            text,
        },
    },
};

impl Panes<'_> {
    /// The verdict with its reasons, over the confidence sequence where there is room; or one of the other views.
    pub(super) fn comparison(&self, area: Rect, buf: &mut Buffer) {
        let known = shown(self.model);
        let title = known.map_or_else(
            || "Candidate".to_owned(),
            |(comparison, view)| match view {
                Comparing::Verdict => format!("Candidate {}", comparison.name),
                view => format!("Candidate {}, {}", comparison.name, view.name()),
            },
        );
        let right = known
            .map_or_else(String::new, |(comparison, _)| format!("{} · v", comparison.recommendation.name()));
        let inside = self.panel(COMPARISON, &title, &right, area, buf);
        let Some((comparison, view)) = known else {
            if let Some(Err(why)) = self.backtests_or_promise(COMPARISON, inside, buf).map(comparison) {
                self.empty(&why, inside, buf);
            }
            return;
        };
        match view {
            Comparing::Verdict => self.verdict(comparison, inside, buf),
            Comparing::Days => self.days(comparison, inside, buf),
            Comparing::Segments => self.segments(comparison, inside, buf),
            Comparing::Calibration => self.both_calibrated(comparison, inside, buf),
            Comparing::Metrics => self.compared_lines(comparison, None, inside, buf),
            Comparing::Disagreements => {
                let message = comparison.disagreements.as_ref().map(disagreements);
                self.compared_lines(comparison, message, inside, buf);
            }
            Comparing::Latency => {
                let message = comparison.latency.as_ref().map(answer_time);
                self.compared_lines(comparison, message, inside, buf);
            }
        }
    }

    fn verdict(&self, comparison: &Comparison, area: Rect, buf: &mut Buffer) {
        let skip =
            if self.model.focused(COMPARISON) { self.model.screens.scroll[Step::Remedy as usize] } else { 0 };
        let picture = if area.height >= 12 { area.height / 2 } else { 0 };
        let [texts, below] = stacked(area, [area.height - picture, 0]);
        sentences(&compared(comparison), skip, self.look, texts, buf);
        if picture > 0 {
            self.days(comparison, below, buf);
        }
    }

    /// A view that is a table, below a sentence that describes it.
    fn compared_lines(&self, comparison: &Comparison, message: Option<String>, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let lines =
            message.map_or_else(Vec::new, |message| text::wrap(&message, usize::from(area.width), look));
        let [above, below] = stacked(area, [(lines.len() as u16).min(area.height / 2), 0]);
        for (y, line) in (above.top()..above.bottom()).zip(&lines) {
            text::put(line, look.style(StyleRole::Text), look, (above.x, y), above, buf);
        }
        let all = view_table(self.model, comparison).unwrap_or_default();
        let has_cursor = !matches!(self.model.screens.remedy.comparing, Comparing::Latency);
        let at = (has_cursor && self.model.focused(COMPARISON)).then_some(self.model.screens.remedy.compared);
        self.lines_of(&all, &["truth", "95 %", "at"], at, below, buf);
    }

    /// A table of texts, heads first.
    ///
    /// * `optional`: the columns that give way where there is no room, the last one first.
    pub(super) fn lines_of(
        &self,
        all: &[Vec<String>],
        optional: &[&str],
        at: Option<usize>,
        area: Rect,
        buf: &mut Buffer,
    ) {
        let Some((heads, lines)) = all.split_first() else {
            return;
        };
        let numbers = |column: usize| {
            let is_number = |cell: &String| !cell.starts_with(char::is_alphabetic);
            lines.iter().filter_map(|cells| cells.get(column)).all(is_number)
        };
        let columns: Vec<Column<'_>> = heads
            .iter()
            .enumerate()
            .map(|(at, head)| {
                let column = if numbers(at) { Column::numbers(head) } else { Column::words(head, 40) };
                let rank = optional.iter().position(|name| name == head);
                column.optional(rank.map_or(0, |rank| rank as u8 + 1))
            })
            .collect();
        let rows: Vec<Row<'_>> = lines
            .iter()
            .map(|cells| Row::new(cells.iter().map(|cell| Line::from(cell.as_str())).collect()))
            .collect();
        let table = Table {
            columns: &columns,
            rows: &rows,
            cursor: at.map(|at| at.min(rows.len().saturating_sub(1))),
            heads: true,
        };
        table::draw(&table, self.look, area, buf);
    }

    /// Scores against outcomes, of the deployed model and of the candidate.
    fn both_calibrated(&self, comparison: &Comparison, area: Rect, buf: &mut Buffer) {
        let Some((deployed, candidate)) = &comparison.calibration else {
            return;
        };
        let points = |side: &Calibrated| -> Vec<quantiles::Calibration> {
            let point = |bin: &crate::stats::calibration::ReliabilityBin| quantiles::Calibration {
                predicted: bin.score,
                observed: bin.share,
                interval: None,
            };
            side.bins.iter().map(point).collect()
        };
        let note = format!(
            "ECE {} deployed, {} candidate",
            number::metric(deployed.ece),
            number::metric(candidate.ece)
        );
        let (deployed, candidate) = (points(deployed), points(candidate));
        let side = |name, bins, meaning, marked| quantiles::Side { name, bins, meaning, marked };
        let sides = [
            side("deployed", &deployed[..], StyleRole::Production, false),
            side("candidate", &candidate[..], StyleRole::Challenger, true),
        ];
        let plot = quantiles::calibration_of(sides, &[note], self.look);
        chart::draw(&plot, self.look, area, buf);
    }

    /// The confidence sequence, which may be looked at every day.
    fn days(&self, comparison: &Comparison, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let points: Vec<Point> = comparison
            .days
            .iter()
            .map(|day| Point { interval: day.look.interval, ..Point::new(day.day as f64, day.look.mean) })
            .collect();
        let (Some(first), Some(last)) = (comparison.days.first(), comparison.last()) else {
            return self.empty("There is no day with both models yet.", area, buf);
        };
        // The first days' intervals are so wide that they would hide all others.
        let settled = comparison.days.iter().skip(comparison.days.len() / 3);
        let values = settled.flat_map(|day| {
            let (low, high) = day.look.interval.unwrap_or((day.look.mean, day.look.mean));
            [low, high, day.look.mean]
        });
        let chart = Chart {
            x: Axis::time(first.day, last.day),
            y: Axis::around(values.chain([0.0])),
            series: vec![Series {
                points,
                style: look.style(StyleRole::Challenger),
                stroke: Stroke::DashDot,
                marker: None,
            }],
            levels: vec![Guide {
                at: 0.0,
                label: "no difference".to_owned(),
                style: look.style(StyleRole::Dim),
            }],
            notes: vec![(
                format!("mean gain in {} so far", comparison.measure.name()),
                look.style(StyleRole::Dim),
            )],
            ..Chart::default()
        };
        chart::draw(&chart, look, area, buf);
    }

    /// The gain in each segment, the greatest harm first.
    fn segments(&self, comparison: &Comparison, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let of = |index: usize| {
            let gained = &comparison.segments[index].gained;
            Interval { value: gained.gain, range: gained.interval() }
        };
        if comparison.segments.is_empty() {
            return self.empty("No segment has rows enough to be compared.", area, buf);
        }
        let scale = Scale::of((0..comparison.segments.len()).map(of));
        let n = comparison.segments.len();
        let at = self.model.screens.remedy.compared.min(n - 1);
        let scrolls = n > usize::from(area.height) && area.height > 1;
        let [area, foot] = stacked(area, [area.height - u16::from(scrolls), 0]);
        let room = usize::from(area.height);
        let first = first_visible(at, n, room);
        if scrolls {
            more(first, room, n, look, foot, buf);
        }
        let listed = comparison.segments.iter().enumerate().skip(first);
        for (y, (index, segment)) in (area.top()..area.bottom()).zip(listed) {
            let line = Rect { y, height: 1, ..area };
            let name = Rect { width: line.width * 2 / 5, ..line };
            let message = format!("{} {}", self.model.feature_name(segment.feature), segment.name);
            text::put(&message, look.style(StyleRole::Text), look, (name.x, y), name, buf);
            let bar = Rect { x: name.right() + 1, width: line.width.saturating_sub(name.width + 17), ..line };
            let (style, word): (Style, &str) = if segment.harmed {
                (look.style(StyleRole::Alarm), "harmed")
            } else {
                (look.style(StyleRole::Text), "")
            };
            interval::draw(Some(of(index)), scale, style, look, bar, buf);
            let message = format!("{} {word}", number::signed(segment.gained.gain));
            text::put(&message, style, look, (bar.right() + 1, y), line, buf);
            if index == at && self.model.focused(COMPARISON) {
                text::highlight(name, look, buf);
            }
        }
    }
}
