//! The two populations: an overlaid histogram, or the levels side by side.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::Panes;
use crate::ui::screen::parts::stacked;
use crate::{
    app::{
        Period,
        screen::feature::{SHAPE, kind_name, level_name},
    },
    autopsy::view::histogram::Histogram as Populations,
    text::number,
    ui::{
        look::StyleRole,
        part::{
            axis::{Axis, Tick},
            histogram::{self, Histogram},
            ridges::{self, Ridges},
            table::{self, Column, Row, Table},
            text,
        },
    },
};

impl Panes<'_> {
    /// The two populations, or a categorical feature's levels.
    pub(super) fn shape(&self, area: Rect, buf: &mut Buffer) {
        let source =
            self.investigation.dossier.plan.features.get(self.view.feature).and_then(|f| f.source.as_deref());
        let kind = kind_name(self.investigation, self.view.feature);
        let right = source.map_or_else(|| kind.clone(), |source| format!("{source} · {kind}"));
        let inside = self.panel(SHAPE, self.name(), &right, area, buf);
        if inside.height == 0 {
            return;
        }
        // Where lines are few, the picture needs them more than what it is made of.
        let foot = u16::from(inside.height >= 9);
        let repaired = self.repaired();
        let sides = self.model.sides();
        let period = repaired
            .as_ref()
            .map_or_else(|| self.period().to_owned(), |(name, _)| format!("{}, {name}", sides.since));
        histogram::legend([sides.reference, &period], self.look, (inside.x, inside.y), inside, buf);
        let [_, picture, foot] = stacked(inside, [1, inside.height.saturating_sub(1 + foot), foot]);
        match (&self.view.histogram, &self.view.categories) {
            (Some(populations), _) => {
                let overlaid = overlay(populations, sides.reference);
                if picture.height >= ridges::LEAST {
                    let place = |value: f64| place_of(populations, &overlaid.x, value);
                    let joined = self.view.joined.iter().map(|&(a, b)| (place(a), place(b))).collect();
                    let Histogram { x, training, production, marks } = overlaid;
                    let ridges = Ridges { x, training, production, joined, marks };
                    ridges::draw(&ridges, self.look, picture, buf);
                } else {
                    histogram::draw(&overlaid, self.look, picture, buf);
                }
                self.foot(populations, foot, buf);
            }
            (None, Some(_)) => self.levels(Rect { height: picture.height + foot.height, ..picture }, buf),
            (None, None) => {
                let message = "neither side holds a value";
                text::put(
                    message,
                    self.look.style(StyleRole::Dim),
                    self.look,
                    (picture.x, picture.y),
                    picture,
                    buf,
                );
            }
        }
    }

    /// What the picture is made of: axis, bins, rows, and what it leaves out.
    fn foot(&self, populations: &Populations, area: Rect, buf: &mut Buffer) {
        let outside = populations.outside.0 + populations.outside.1;
        let mut message = Vec::new();
        if outside > 0.0 {
            message.push(format!("out of range {}", number::share(outside)));
        }
        if populations.missing != (0.0, 0.0) {
            let (before, now) = populations.missing;
            message.push(format!("null {} → {}", number::share(before), number::share(now)));
        }
        message.push(format!("{} axis", axis_name(populations)));
        message.push(format!("{} bins", populations.training.len()));
        if area.width >= 70 {
            message.push("lines join the 5, 50 and 95 % quantiles".to_owned());
        }
        let basis = populations.basis.1;
        let rows = number::count(basis.rows as u64);
        message.push(format!("{rows} {}", if basis.whole { "rows" } else { "rows sampled" }));
        text::put(
            &text::parts(&message, usize::from(area.width)),
            self.look.style(StyleRole::Dim),
            self.look,
            (area.x, area.y),
            area,
            buf,
        );
    }

    /// A categorical feature's levels with both shares and an overlaid bar.
    pub(super) fn levels(&self, area: Rect, buf: &mut Buffer) {
        let Some(categories) = &self.view.categories else {
            return;
        };
        let look = self.look;
        let names = (area.width / 3).clamp(6, 26);
        let bars = area.width.saturating_sub(names + 18);
        let before = self.model.settings.period == Period::Before;
        let side = |share: &crate::autopsy::view::categories::Share| {
            if before { share.before.unwrap_or(0.0) } else { share.after }
        };
        let top = categories.shares.iter().map(|s| s.training.max(side(s))).fold(0.0, f64::max).max(1e-9);
        let shown: Vec<_> = categories.shares.iter().filter(|s| s.training > 0.0 || side(s) > 0.0).collect();
        for (y, share) in (area.top()..area.bottom()).zip(&shown) {
            let line = Rect { y, height: 1, ..area };
            let unseen = share.training == 0.0 && side(share) > 0.0;
            let style = look.style(if unseen { StyleRole::Watch } else { StyleRole::Text });
            text::put(
                &level_name(&share.level),
                style,
                look,
                (line.x, y),
                Rect { width: names, ..line },
                buf,
            );
            let numbers = format!("{:>8} {:>8}", number::share(share.training), number::share(side(share)));
            text::put(&numbers, look.style(StyleRole::Dim), look, (line.x + names, y), line, buf);
            let bar = Rect { x: line.x + names + 18, width: bars, ..line }.intersection(line);
            histogram::overlaid_bar(share.training / top, side(share) / top, look, bar, buf);
        }
        if shown.len() > usize::from(area.height) && area.height > 1 {
            let last = Rect { y: area.bottom() - 1, height: 1, ..area };
            text::put(
                &" ".repeat(usize::from(area.width)),
                look.style(StyleRole::Text),
                look,
                (last.x, last.y),
                last,
                buf,
            );
            let message = format!("{} more levels", shown.len() - usize::from(area.height) + 1);
            text::put(&message, look.style(StyleRole::Dim), look, (last.x, last.y), last, buf);
        }
    }

    pub(super) fn unseen(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let unseen = self.view.categories.as_ref().map_or(&[][..], |c| &c.unseen);
        if unseen.is_empty() {
            let message = "every level was seen in training";
            text::put(message, look.style(StyleRole::Dim), look, (area.x, area.y), area, buf);
            return;
        }
        let dim = look.style(StyleRole::Dim);
        let line = |(name, share): &(String, f64)| {
            Row::new(vec![Line::from(name.clone()), Line::styled(number::share(*share), dim)])
        };
        let rows: Vec<Row<'_>> = unseen.iter().map(line).collect();
        let columns = [Column::rest("level"), Column::numbers("of sampled rows")];
        table::draw(&Table { columns: &columns, rows: &rows, cursor: None, heads: true }, look, area, buf);
    }
}

/// How the axis is called: a logarithmic one that reaches 0 is linear there.
fn axis_name(populations: &Populations) -> &'static str {
    use crate::autopsy::view::histogram::Axis as Layout;
    let reaches_zero = populations.edges.first().is_some_and(|&edge| edge <= 0.0);
    if populations.axis == Layout::Log && reaches_zero {
        "log (linear near 0)"
    } else {
        populations.axis.name()
    }
}

/// The position of a value on the axis of the bins: itself where the axis has a formula, else its place among the edges.
fn place_of(populations: &Populations, x: &Axis, value: f64) -> f64 {
    if x.ticks.is_none() {
        return value;
    }
    let edges = &populations.edges;
    let above = edges.partition_point(|&edge| edge <= value).clamp(1, edges.len() - 1);
    let (low, high) = (edges[above - 1], edges[above]);
    let inside = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
    (above - 1) as f64 + inside
}

/// The picture of two populations: on their own axis where it has a formula, else on the bins with the edges' values.
///
/// * `reference`: what production is held against, by name.
fn overlay(populations: &Populations, reference: &str) -> Histogram {
    use crate::autopsy::view::histogram::Axis as Layout;
    let bins = populations.training.len();
    let ends =
        (populations.edges.first().copied().unwrap_or(0.0), populations.edges.last().copied().unwrap_or(1.0));
    let formula = match populations.axis {
        Layout::Linear => Some(Axis::linear(ends.0, ends.1)),
        Layout::Log if ends.0 > 0.0 => Some(Axis::log(ends.0, ends.1)),
        Layout::Log | Layout::Rank => None,
    };
    let by_bins = formula.is_none();
    let x = formula.filter(|axis| axis.from < axis.to).unwrap_or_else(|| {
        let every = (bins / 6).max(1);
        let tick = |(at, edge): (usize, &f64)| Tick { at: at as f64, label: number::value(*edge) };
        let ticks = populations.edges.iter().enumerate().step_by(every).map(tick).collect();
        Axis { ticks: Some(ticks), ..Axis::linear(0.0, bins as f64) }
    });
    let place = |value: f64| {
        if by_bins { populations.edges.partition_point(|&edge| edge <= value) as f64 } else { value }
    };
    let mark = |value: f64, name: &str| Tick {
        at: place(value),
        label: format!("{reference}'s {name} {}", number::value(value)),
    };
    let mut marks = Vec::new();
    if let Some((low, high)) = populations.training_range {
        if populations.outside.1 > 0.001 {
            marks.push(mark(high, "max"));
        } else if populations.outside.0 > 0.001 {
            marks.push(mark(low, "min"));
        }
    }
    Histogram { x, training: populations.training.clone(), production: populations.production.clone(), marks }
}
