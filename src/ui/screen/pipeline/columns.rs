//! The columns as training and production hold them.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::Panes;
use crate::ui::screen::parts::stacked;
use crate::{
    app::{
        screen::pipeline::{COLUMNS, column, columns, elsewhere, overall, standings},
        suspicion::tempered,
    },
    autopsy::{Finding, Severity, exam::pipeline::Delivery},
    text::number,
    ui::{
        look::{Sign, StyleRole},
        part::{
            table::{self, Column, Row, Table},
            text,
        },
    },
};

/// Lines that are said of one column at most: what was found, and its facts.
const OWN: u16 = 3;

impl Panes<'_> {
    /// One line a column, worst first, and below them the finding about the one under the cursor.
    pub(super) fn columns(&self, area: Rect, buf: &mut Buffer) {
        let pipeline = &self.investigation.pipeline;
        let present = pipeline.columns.iter().filter(|column| column.types.1.is_some()).count();
        let new = pipeline.new_columns.len();
        let right = format!("{present} of {} in production, {new} new", pipeline.columns.len());
        let inside = self.panel(COLUMNS, "Columns, worst first", &right, area, buf);
        let shown = columns(self.model);
        let at = column(self.model);
        let flagged: Vec<&Finding> =
            overall(self.investigation).into_iter().filter(|f| f.flagged()).collect();
        // Where the list is short, what is said of the column under the cursor follows it at once.
        let (rows, own, others) = self.wanted(&shown, inside.width);
        let said = own + others;
        let spare = inside.height.saturating_sub(rows + 1);
        let detail = said.min((inside.height / 3).min(8).max(spare));
        let list = inside.height.saturating_sub(detail + 1).min(rows.max(4));
        let [list, rule, message] = stacked(inside, [list, u16::from(detail > 0), detail]);
        self.list(&shown, at, list, buf);
        if detail == 0 {
            return;
        }
        for x in rule.left()..rule.right() {
            text::put_char(
                self.look.pick('─', '-'),
                self.look.style(StyleRole::Faint),
                (x, rule.y),
                rule,
                buf,
            );
        }
        let mut left = message;
        if let Some(column) = shown.get(at) {
            let used = self.detail(column, left, buf);
            left = Rect { y: left.y + used, height: left.height - used, ..left };
        }
        for finding in flagged {
            if left.height == 0 {
                break;
            }
            let mark = Sign::from(&finding.verdict);
            text::put(
                self.look.sign(mark),
                self.look.style(mark.meaning()),
                self.look,
                (left.x, left.y),
                left,
                buf,
            );
            let room = Rect {
                x: left.x + 3,
                width: left.width.saturating_sub(3),
                height: left.height.min(2),
                ..left
            };
            let used =
                text::paragraph(&finding.message, self.look.style(StyleRole::Text), self.look, room, buf);
            left = Rect { y: left.y + used, height: left.height - used, ..left };
        }
    }

    /// Lines that the pane needs with its border to show all columns and all that is said of them.
    pub(super) fn columns_lines(&self, width: u16) -> u16 {
        let (rows, _, others) = self.wanted(&columns(self.model), width.saturating_sub(4));
        rows + OWN + others + 3
    }

    /// Lines of the list, of what is said of the column under the cursor, and of all columns.
    fn wanted(&self, shown: &[&Delivery], width: u16) -> (u16, u16, u16) {
        let lines =
            |message: &str, room: u16| text::wrap(message, usize::from(room), self.look).len().min(2) as u16;
        let own = shown.get(column(self.model)).map_or(0, |column| {
            let facts = u16::from(column.mode.is_some() || column.unreadable > 0.0);
            lines(&self.says(column), width).max(1) + facts
        });
        let flagged = overall(self.investigation).into_iter().filter(|finding| finding.flagged());
        let others: u16 = flagged.map(|finding| lines(&finding.message, width.saturating_sub(3))).sum();
        let new = u16::from(!self.investigation.pipeline.new_columns.is_empty());
        (shown.len() as u16 + 2 + new, own, others)
    }

    /// What is found of a column, here or on the screen of another step.
    fn says(&self, column: &Delivery) -> String {
        match elsewhere(self.investigation, column) {
            Some(finding) => {
                format!("{} ({} {})", finding.message, finding.step as usize + 1, finding.step.name())
            }
            None if column.message.is_empty() => {
                format!("{}: nothing to say", self.investigation.dossier.feature_name(column.feature))
            }
            None => column.message.clone(),
        }
    }

    pub(super) fn list(&self, shown: &[&Delivery], at: usize, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        if shown.is_empty() {
            self.empty("no column passes the filter", area, buf);
            return;
        }
        let split = self.investigation.framing.split().is_some();
        // A type that is the same on both sides says least.
        let retyped = shown.iter().any(|column| column.types.1.as_ref() != Some(&column.types.0));
        let names = shown.iter().map(|c| text::width(self.investigation.dossier.feature_name(c.feature)));
        let longest = names.max().unwrap_or(0).clamp(6, 26) as u16;
        let columns = [
            Column {
                width: table::Width::Fixed(if look.is_ascii() { 2 } else { 1 }),
                ..Column::words("", 2)
            },
            Column::words("column", longest),
            Column::words("source", 12).optional(3),
            Column::words("type", 20).optional(if retyped { 2 } else { 5 }),
            Column::numbers("null train"),
            Column::numbers(if split { "before" } else { "" }).optional(4),
            Column::numbers(if split { "after" } else { "now" }),
            Column::numbers("out"),
            Column::words("most frequent value, training to now", 60).optional(6),
        ];
        let (dim, plain, strong) =
            (look.style(StyleRole::Dim), look.style(StyleRole::Text), look.style(StyleRole::Strong));
        let standings = standings(self.investigation);
        let row = |column: &&Delivery| {
            let plan = self.investigation.dossier.plan.features.get(column.feature);
            let severity = standings.get(column.feature).copied().unwrap_or(Severity::Unknown);
            let mark = Sign::from(severity);
            // What arrives as it should and is flagged by another step carries that step's digit, not a sign of this one.
            let other =
                elsewhere(self.investigation, column).map(|finding| (finding.step as usize + 1).to_string());
            let own = Sign::from(tempered(self.investigation, column.verdict.severity()));
            let sign = match other {
                Some(digit) if own != mark => Line::styled(digit, look.style(mark.meaning())),
                _ => Line::styled(look.sign(own), look.style(own.meaning())),
            };
            let (was, is) = &column.types;
            let types = match is {
                None => Span::styled("absent", look.style(StyleRole::Alarm)),
                Some(is) if is == was => Span::styled(was.clone(), dim),
                Some(is) => Span::styled(format!("{was} → {is}"), look.style(StyleRole::Watch)),
            };
            let rose = column.missing.2 > column.missing.1.unwrap_or(column.missing.0) + 0.01;
            let outside =
                if column.outside.1 > 0.0 { number::share(column.outside.1) } else { String::new() };
            let quiet = severity <= Severity::Clear;
            let name = plan.map_or_else(String::new, |feature| feature.name.clone());
            Row::new(vec![
                sign,
                Line::styled(name, if quiet { plain } else { strong }),
                Line::styled(plan.and_then(|f| f.source.clone()).unwrap_or_default(), dim),
                Line::from(types),
                Line::styled(number::share(column.missing.0), dim),
                Line::styled(column.missing.1.filter(|_| split).map(number::share).unwrap_or_default(), dim),
                Line::styled(number::share(column.missing.2), if rose { strong } else { plain }),
                Line::styled(outside, if quiet { dim } else { strong }),
                mode(column).map_or_else(Line::default, |(message, moved)| {
                    Line::styled(message, if moved { strong } else { dim })
                }),
            ])
        };
        let mut rows: Vec<Row<'_>> = shown.iter().map(row).collect();
        let new = &self.investigation.pipeline.new_columns;
        if !new.is_empty() {
            let message = format!("in production only: {}", listed(new));
            rows.push(Row { cells: vec![Line::styled(message, dim)], heading: true, pinned: false });
        }
        let cursor = Some(at);
        table::draw(&Table { columns: &columns, rows: &rows, cursor, heads: true }, look, area, buf);
    }

    /// The finding about one column; returns the number of lines used.
    fn detail(&self, column: &Delivery, area: Rect, buf: &mut Buffer) -> u16 {
        let look = self.look;
        let room = Rect { height: area.height.min(4), ..area };
        let mut used = text::paragraph(&self.says(column), look.style(StyleRole::Text), look, room, buf);
        let mut facts = Vec::new();
        facts.extend(mode(column).map(|(message, _)| format!("most frequent value {message}")));
        if column.unreadable > 0.0 {
            facts.push(format!("unreadable as numbers {}", number::share(column.unreadable)));
        }
        if !facts.is_empty() && used < area.height {
            let at = (area.x, area.y + used);
            text::put(&facts.join("   "), look.style(StyleRole::Dim), look, at, area, buf);
            used += 1;
        }
        used
    }
}

/// The most frequent value with its share in training and now, and whether that share moved far.
fn mode(column: &Delivery) -> Option<(String, bool)> {
    let (value, now, training) = column.mode.as_ref()?;
    let message = format!("{value}: {} → {}", number::share(*training), number::share(*now));
    Some((message, (now - training).abs() >= 0.05))
}

/// Names and types, a few of them.
fn listed(columns: &[(String, String)]) -> String {
    let named: Vec<String> = columns.iter().take(4).map(|(name, kind)| format!("{name} ({kind})")).collect();
    match columns.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
