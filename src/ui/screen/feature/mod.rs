//! Feature: one column, two populations.
//!
//! Training lies under the period of production that `o` chooses; beside them their quantiles, below them the course
//! over the windows on the axis that the sparklines share, and what the checks say of this feature alone.

use ratatui::{buffer::Buffer, layout::Rect};

use super::parts::{beside, joined, layout, stacked};
use crate::{
    app::{
        Model, Period,
        screen::feature::{CHECKS, COURSE, QUANTILES, SUMMARY, View, findings},
        trial,
    },
    autopsy::{Finding, Investigation},
    text::number,
    ui::{
        look::Look,
        part::{
            layout::Layout,
            panel::{self, Panel},
            text,
        },
    },
};

mod comparison;
mod course;
mod shape;
mod summary;

/// Draws the screen into `area`.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let (Some(investigation), Some(view)) = (&model.investigation, &model.screens.feature.view) else {
        let inside = panel::draw(&Panel::new("Feature", "", true), look, area, buf);
        let message =
            if model.investigation.is_some() { "no feature is listed" } else { "waiting for the data" };
        text::hint(message, look, inside, buf);
        return;
    };
    let screen = Panes { model, investigation, view, look };
    match layout(model) {
        Layout::Wide => {
            let right = (area.width * 2 / 5).clamp(46, 64);
            let [left, right] = beside(area, [area.width - right, right]);
            // Without a clock there is no course: the pane needs one line.
            let has_course = model.drift().and_then(|drift| drift.grid).is_some();
            let shape = if has_course { left.height * 11 / 20 } else { left.height.saturating_sub(3) };
            let [shape, course] = stacked(left, [shape, 0]);
            let checks = screen.check_lines(right.width, right.height / 3);
            let table = view.summary.len() as u16 + 3;
            let quantiles = match &view.categories {
                Some(categories) => (categories.unseen.len() as u16 + 4).min(right.height / 2),
                None => right.height.saturating_sub(table + checks).max(right.height * 3 / 10),
            };
            let table = table.min(right.height.saturating_sub(quantiles + checks));
            let [quantiles, table, checks] = stacked(right, [quantiles, table, checks]);
            screen.shape(shape, buf);
            screen.course(course, buf);
            screen.quantiles(quantiles, buf);
            screen.summary(table, buf);
            screen.checks(checks, buf);
        }
        Layout::Normal => match model.pane() {
            // Sentences need the whole width.
            CHECKS => screen.checks(area, buf),
            QUANTILES | SUMMARY => {
                let [left, right] = beside(area, [area.width / 2, 0]);
                let [above, below] = joined(left, [left.height * 2 / 3, 0]);
                screen.quantiles(above, buf);
                screen.checks(below, buf);
                screen.summary(right, buf);
            }
            _ => {
                // Without a clock the course is a sentence.
                let course = if view.timeline.grid.is_some() { area.height.div_ceil(2) } else { 3 };
                let [above, below] = joined(area, [(area.height + 1).saturating_sub(course), 0]);
                screen.shape(above, buf);
                screen.course(below, buf);
            }
        },
        Layout::Compact | Layout::TooSmall => match model.pane() {
            QUANTILES => screen.quantiles(area, buf),
            COURSE => screen.course(area, buf),
            SUMMARY => screen.summary(area, buf),
            CHECKS => screen.checks(area, buf),
            _ => screen.shape(area, buf),
        },
    }
}

/// What every pane needs.
struct Panes<'a> {
    model: &'a Model,
    investigation: &'a Investigation,
    view: &'a View,
    look: &'a Look,
}

impl Panes<'_> {
    /// Lines for what the checks say, with the border: three sentences in full at least.
    fn check_lines(&self, width: u16, most: u16) -> u16 {
        let findings = findings(self.investigation, self.view.feature);
        let room = usize::from(width.saturating_sub(8));
        let lines = |finding: &&Finding| text::wrap(finding.sentence(), room, self.look).len().min(3) as u16;
        let said: u16 = findings.iter().take(3).map(lines).sum();
        (said + 2 + u16::from(findings.len() > 3)).clamp(3, most.max(3))
    }

    fn name(&self) -> &str {
        self.investigation.dossier.feature_name(self.view.feature)
    }

    fn period(&self) -> &'static str {
        let sides = self.model.sides();
        match (self.investigation.framing.split(), self.model.settings.period) {
            (None, _) | (_, Period::Both) => sides.both,
            (_, Period::Since) => sides.since,
            (_, Period::Before) => sides.before,
        }
    }

    /// What the picture shows of production: the repaired values, or the period as served.
    fn shown(&self) -> &'static str {
        if self.repaired().is_some() { "repaired" } else { self.period() }
    }

    /// The repair that the picture shows, with its numbers; none where the rows are as served.
    fn repaired(&self) -> Option<(&str, String)> {
        let (candidate, tried) = self.model.screens.feature.attempts.as_ref()?.on_screen()?;
        let mut message = format!("{}: PSI {}", candidate.name, trial::psi(tried));
        if let Ok(answered) = &tried.answer {
            let (name, values) = trial::measured(answered);
            message.push_str(&format!("   {name} {values}"));
        }
        if let Ok(Some((share, _))) = tried.answer.as_ref().map(|answered| answered.share) {
            message.push_str(&format!("   {} back", number::share(share)));
        }
        Some((candidate.name.as_str(), message))
    }

    fn panel(&self, pane: usize, title: &str, right: &str, area: Rect, buf: &mut Buffer) -> Rect {
        panel::draw(&Panel::new(title, right, self.model.focused(pane)), self.look, area, buf)
    }
}
