//! Pipeline: how every column arrives, worst first, and how the service does, window by window.

use ratatui::{buffer::Buffer, layout::Rect};

use super::parts::{beside, joined, layout, stacked};
use crate::{
    app::{
        Model,
        screen::pipeline::{COURSE, EVENTS, SOURCES, VITALS, Vital, distance, events, sources, vitals},
    },
    autopsy::Investigation,
    text::time,
    ui::{
        look::{Look, StyleRole},
        part::{
            bar,
            layout::Layout,
            list::{self, Item, List},
            panel::{self, Panel},
            table, text,
        },
    },
};

mod column;
mod columns;
mod serving;

/// Draws the screen into `area`.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        let inside = panel::draw(&Panel::new("Columns", "", true), look, area, buf);
        text::hint("waiting for the data", look, inside, buf);
        return;
    };
    let vitals = vitals(model, investigation);
    let screen = Panes { model, investigation, vitals: &vitals, look };
    match layout(model) {
        Layout::Wide => {
            let right = (area.width * 2 / 5).clamp(46, 70);
            let [left, right] = beside(area, [area.width - right, right]);
            let (wanted, least) = (screen.columns_lines(left.width), 12);
            if area.width >= 170 && left.height >= wanted + least {
                // Where the list is short, the column under the cursor is drawn below it.
                let [above, below] = stacked(left, [wanted, 0]);
                screen.columns(above, buf);
                screen.column(below, buf);
            } else {
                screen.columns(left, buf);
            }
            let sources = (investigation.pipeline.sources.len() as u16 + 2).clamp(3, 8);
            let list = (vitals.len() as u16 + 2).clamp(3, 10);
            let events = (investigation.dossier.events.len() as u16 * 2 + 2).clamp(4, 8);
            let course = match investigation.pipeline.grid {
                Some(_) => right.height.saturating_sub(sources + list + events).max(7),
                // Without a clock there is no course to draw.
                None => 4,
            };
            let [sources, list, course, events] = stacked(right, [sources, list, course, events]);
            screen.sources(sources, buf);
            screen.vitals(list, buf);
            screen.course(course, buf);
            screen.events(events, buf);
        }
        Layout::Normal => match model.pane() {
            VITALS | COURSE => {
                let [above, below] = joined(area, [(vitals.len() as u16 + 2).clamp(3, 9), 0]);
                screen.vitals(above, buf);
                screen.course(below, buf);
            }
            SOURCES | EVENTS => {
                let [above, below] = joined(area, [area.height / 2, 0]);
                screen.sources(above, buf);
                screen.events(below, buf);
            }
            _ => screen.columns(area, buf),
        },
        Layout::Compact | Layout::TooSmall => match model.pane() {
            SOURCES => screen.sources(area, buf),
            VITALS => screen.vitals(area, buf),
            COURSE => screen.course(area, buf),
            EVENTS => screen.events(area, buf),
            _ => screen.columns(area, buf),
        },
    }
}

/// What every pane needs.
struct Panes<'a> {
    model: &'a Model,
    investigation: &'a Investigation,
    vitals: &'a [Vital],
    look: &'a Look,
}

impl Panes<'_> {
    fn panel(&self, pane: usize, title: &str, right: &str, area: Rect, buf: &mut Buffer) -> Rect {
        panel::draw(&Panel::new(title, right, self.model.focused(pane)), self.look, area, buf)
    }

    fn empty(&self, message: &str, area: Rect, buf: &mut Buffer) {
        text::paragraph(message, self.look.style(StyleRole::Dim), self.look, area, buf);
    }

    fn cursor(&self, pane: usize, at: usize) -> Option<usize> {
        self.model.focused(pane).then_some(at)
    }

    /// Flagged columns by the system that delivers them.
    fn sources(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let sources = sources(self.model, self.investigation);
        let inside = self.panel(SOURCES, "By source", "columns flagged", area, buf);
        if sources.is_empty() {
            self.empty("coroner.toml names no [sources]", inside, buf);
            return;
        }
        let names = sources.iter().map(|(name, ..)| text::width(name)).max().unwrap_or(0).min(16) as u16;
        let cursor = self.cursor(SOURCES, self.model.screens.pipeline.source);
        let first = table::first_visible(cursor.unwrap_or(0), sources.len(), usize::from(inside.height));
        for (y, (at, (name, features, flagged))) in
            (inside.top()..inside.bottom()).zip(sources.iter().enumerate().skip(first))
        {
            let line = Rect { y, height: 1, ..inside };
            text::put(
                name,
                look.style(StyleRole::Text),
                look,
                (line.x, y),
                Rect { width: names, ..line },
                buf,
            );
            let count = format!("{flagged:>3} of {features:<3}");
            let meaning = if *flagged > 0 { StyleRole::Strong } else { StyleRole::Dim };
            let x = text::put(&count, look.style(meaning), look, (line.x + names + 1, y), line, buf);
            let room = Rect { x: x + 1, width: line.right().saturating_sub(x + 1), ..line };
            let share = *flagged as f64 / (*features).max(1) as f64;
            bar::horizontal(share, look.style(StyleRole::Production), true, look, room, buf);
            if cursor == Some(at) {
                text::highlight(line, look, buf);
            }
        }
    }

    /// What happened, with its distance from the onset.
    fn events(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let events = events(self.model, self.investigation);
        let onset = self.investigation.framing.split();
        let right = if onset.is_some() { "from onset" } else { "" };
        let inside = self.panel(EVENTS, "Events", right, area, buf);
        if events.is_empty() {
            self.empty("the case has no events: add [snapshots] events to coroner.toml", inside, buf);
            return;
        }
        let nearest = onset.and_then(|onset| events.iter().map(|event| (event.at - onset).abs()).min());
        let items: Vec<Item<'_>> = events
            .iter()
            .map(|event| {
                let near = onset.map(|onset| (event.at - onset).abs()) == nearest && nearest.is_some();
                let style = look.style(if near { StyleRole::Strong } else { StyleRole::Text });
                let sign = if near { look.pick('◆', '*') } else { look.pick('◇', 'o') };
                let lead = format!("{sign} {}", time::short(event.at));
                Item::new(lead, style, format!("{}: {}", event.kind, event.title), style)
                    .ending(distance(event.at, onset))
            })
            .collect();
        let focused = self.model.focused(EVENTS);
        let cursor = Some(self.model.screens.pipeline.event);
        list::draw(&List { items: &items, cursor, focused, most: 2 }, look, inside, buf);
    }
}
