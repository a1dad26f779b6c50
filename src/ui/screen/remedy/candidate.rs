//! The candidate beside the deployed model, and what people should review.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Line};

use super::{Screen, sentences, stacked};
use crate::{
    app::screen::remedy::{
        COMPARISON, REVIEW,
        candidate::{compared, comparison, queue_table, review, reviewed},
    },
    autopsy::Step,
    remedy::{comparison::Comparison, review::Review},
    text::number,
    ui::{
        look::Meaning,
        part::{
            axis::Axis,
            chart::{self, Chart, Guide, Point, Series},
            dots::Stroke,
            interval::{self, Interval, Scale},
            table::{self, Column, Row, Table},
            text,
        },
    },
};

impl Screen<'_> {
    /// The verdict with its reasons, over the confidence sequence by day or the gain by segment.
    pub(super) fn comparison(&self, area: Rect, buf: &mut Buffer) {
        let bench = self.model.bench();
        let known = bench.and_then(|bench| comparison(bench).ok());
        let title = known.map_or_else(|| "Candidate".to_owned(), |c| format!("Candidate {}", c.name));
        let right = known.map_or("", |comparison| comparison.verdict.name());
        let inside = self.panel(COMPARISON, &title, right, area, buf);
        let Some(bench) = self.bench_or_progress(inside, buf) else {
            return;
        };
        let comparison = match comparison(bench) {
            Ok(comparison) => comparison,
            Err(why) => return self.empty(&why, inside, buf),
        };
        let skip = if self.model.focused(COMPARISON) {
            self.model.screens.scroll[Step::Remedy as usize]
        } else {
            0
        };
        let picture = if inside.height >= 10 { inside.height / 2 } else { 0 };
        let [texts, below] = stacked(inside, [inside.height - picture, 0]);
        sentences(&compared(comparison), skip, self.look, texts, buf);
        if picture == 0 {
            return;
        }
        if self.model.screens.remedy.segments {
            self.segments(comparison, below, buf);
        } else {
            self.days(comparison, below, buf);
        }
    }

    /// The confidence sequence, which may be looked at every day.
    fn days(&self, comparison: &Comparison, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let points: Vec<Point> = comparison
            .days
            .iter()
            .map(|day| Point {
                interval: day.look.interval,
                ..Point::new(day.day as f64, day.look.mean)
            })
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
                style: look.style(Meaning::Challenger),
                stroke: Stroke::DashDot,
                marker: None,
            }],
            levels: vec![Guide {
                at: 0.0,
                label: "no difference".to_owned(),
                style: look.style(Meaning::Dim),
            }],
            notes: vec![(
                format!("mean gain in {} so far", comparison.measure.name()),
                look.style(Meaning::Dim),
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
            Interval {
                value: gained.gain,
                range: gained.interval(),
            }
        };
        if comparison.segments.is_empty() {
            return self.empty("No segment has rows enough to be compared.", area, buf);
        }
        let scale = Scale::of((0..comparison.segments.len()).map(of));
        for (y, (index, segment)) in (area.top()..area.bottom()).zip(comparison.segments.iter().enumerate()) {
            let line = Rect { y, height: 1, ..area };
            let name = Rect {
                width: line.width * 2 / 5,
                ..line
            };
            let says = format!("{} {}", self.model.feature_name(segment.feature), segment.name);
            text::put(&says, look.style(Meaning::Text), look, (name.x, y), name, buf);
            let bar = Rect {
                x: name.right() + 1,
                width: line.width.saturating_sub(name.width + 17),
                ..line
            };
            let (style, word): (Style, &str) = if segment.harmed {
                (look.style(Meaning::Alarm), "harmed")
            } else {
                (look.style(Meaning::Text), "")
            };
            interval::draw(Some(of(index)), scale, style, look, bar, buf);
            let says = format!("{} {word}", number::signed(segment.gained.gain));
            text::put(&says, style, look, (bar.right() + 1, y), line, buf);
        }
    }

    /// What a review would bring, over the bands of doubt or the queue.
    pub(super) fn review(&self, area: Rect, buf: &mut Buffer) {
        let inside = self.panel(REVIEW, "Review by people", "v bands, queue", area, buf);
        let Some(bench) = self.bench_or_progress(inside, buf) else {
            return;
        };
        let review = match review(bench) {
            Ok(review) => review,
            Err(why) => return self.empty(&why, inside, buf),
        };
        let skip = if self.model.focused(REVIEW) {
            self.model.screens.scroll[Step::Remedy as usize]
        } else {
            0
        };
        let picture = if inside.height >= 10 {
            inside.height * 3 / 5
        } else {
            0
        };
        let [texts, below] = stacked(inside, [inside.height - picture, 0]);
        sentences(&reviewed(review), skip, self.look, texts, buf);
        if picture == 0 {
            return;
        }
        if self.model.screens.remedy.queue {
            self.queue(review, below, buf);
        } else {
            self.bands(review, below, buf);
        }
    }

    /// The rows in bands of doubt, each with its accuracy.
    fn bands(&self, review: &Review, area: Rect, buf: &mut Buffer) {
        let value = review.metric.name();
        let columns = [
            Column::words("expected loss", 20),
            Column::numbers("rows"),
            Column::numbers("share"),
            Column::numbers(value),
            Column::words("95 %", 20).optional(1),
        ];
        let rows: Vec<Row<'_>> = review
            .bands
            .iter()
            .map(|band| {
                let (low, high) = band.doubt;
                Row::new(vec![
                    Line::from(format!("{} to {}", number::metric(low), number::metric(high))),
                    Line::from(number::count(band.rows)),
                    Line::from(number::share(band.share)),
                    Line::from(
                        band.value
                            .map_or_else(|| number::MISSING.to_owned(), |v| number::metric(v.value)),
                    ),
                    Line::from(band.value.map_or_else(String::new, |v| {
                        format!(
                            "{} to {}",
                            number::metric(v.interval.0),
                            number::metric(v.interval.1)
                        )
                    })),
                ])
            })
            .collect();
        self.plain_table(&columns, &rows, area, buf);
    }

    /// The rows to look at first.
    fn queue(&self, review: &Review, area: Rect, buf: &mut Buffer) {
        let all = queue_table(self.model, review);
        let Some((heads, lines)) = all.split_first() else {
            return;
        };
        let columns: Vec<Column<'_>> = heads.iter().map(|head| Column::words(head, 16)).collect();
        let rows: Vec<Row<'_>> = lines
            .iter()
            .map(|cells| Row::new(cells.iter().map(|cell| Line::from(cell.as_str())).collect()))
            .collect();
        self.plain_table(&columns, &rows, area, buf);
    }

    fn plain_table(&self, columns: &[Column<'_>], rows: &[Row<'_>], area: Rect, buf: &mut Buffer) {
        let table = Table {
            columns,
            rows,
            cursor: None,
            heads: true,
        };
        table::draw(&table, self.look, area, buf);
    }
}
