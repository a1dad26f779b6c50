//! The first two lines: what and how bad, and the steps with their verdicts.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::{self, step_label, step_widths},
    },
    autopsy::{Cause, Standing, Step},
    text::{number, phrase::plural, time},
    ui::{
        look::{Look, Sign, StyleRole},
        part::{status, text},
    },
    wording::{causes, onset},
};

/// Draws what is investigated, how bad it is and since when.
pub(super) fn header(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let x = text::put(" coroner ", look.style(StyleRole::Dim), look, (area.x, area.y), area, buf);
    let x =
        text::put(&look.pick('▸', '>').to_string(), look.style(StyleRole::Dim), look, (x, area.y), area, buf);
    let mut right = verdict(model, look);
    let wide = |parts: &[(String, StyleRole)]| -> usize {
        parts.iter().map(|(part, _)| text::width(&text::shown(part, look))).sum()
    };
    let of_rows = model.cohort.as_ref().map_or_else(String::new, |cohort| format!(" where {cohort}"));
    let mut title = format!(" {} ", model.head.title);
    // Which rows are shown must be read: the instant of the onset and the title of the case give way to it.
    let fits = |title: &str, right: &[(String, StyleRole)]| {
        let left = usize::from(x - area.x) + text::width(title) + text::width(&text::shown(&of_rows, look));
        left + wide(right) + 3 <= usize::from(area.width)
    };
    if model.cohort.is_some() && !fits(&title, &right) {
        right.retain(|(_, meaning)| *meaning != StyleRole::Text);
        if !fits(&title, &right) {
            title.clear();
        }
    }
    let taken = wide(&right);
    let room = Rect { width: area.width.saturating_sub(taken as u16 + 3), ..area };
    let x = text::put(title.trim_end(), look.style(StyleRole::Strong), look, (x, area.y), room, buf);
    let x = text::put(&of_rows, look.style(StyleRole::Watch), look, (x, area.y), room, buf);
    let facts = facts(model);
    if usize::from(room.right().saturating_sub(x)) > text::width(&facts) + 3 {
        text::put(&format!("   {facts}"), look.style(StyleRole::Dim), look, (x, area.y), room, buf);
    }
    let mut x = area.right().saturating_sub(taken as u16 + 1);
    for (part, meaning) in right {
        x = text::put(&part, look.style(meaning), look, (x, area.y), area, buf);
    }
}

/// `binary · 38 features · 1.28 M rows`
fn facts(model: &Model) -> String {
    let task = model.dossier.as_ref().map(|d| d.task()).or(model.head.task);
    let mut facts: Vec<String> = Vec::new();
    facts.extend(task.map(|task| task.name().to_owned()));
    if let Some(dossier) = &model.dossier {
        facts.push(plural(dossier.plan.features.len(), "feature"));
        facts.push(format!("{} rows", number::count(dossier.production.rows)));
    }
    facts.join(" · ")
}

/// `ROC AUC 0.741 ▼ 0.081   onset 03-18 02:00`
fn verdict(model: &Model, look: &Look) -> Vec<(String, StyleRole)> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let performance = &investigation.performance;
    let mut parts = Vec::new();
    if let Some(row) = performance.headline_row() {
        if let Some(now) = row.production {
            parts.push((format!("{} {}", row.metric.name(), number::metric(now.value)), StyleRole::Strong));
        }
        if let Some(loss) = row.loss {
            let (meaning, sign) = match (performance.real, row.metric.larger_is_better()) {
                (false, _) => (StyleRole::Dim, "="),
                (true, true) => (StyleRole::Alarm, if look.is_ascii() { "-" } else { "▼ " }),
                (true, false) => (StyleRole::Alarm, if look.is_ascii() { "+" } else { "▲ " }),
            };
            let message = if performance.real {
                format!(" {sign}{}", number::metric(loss.value))
            } else {
                " as before".into()
            };
            parts.push((message, meaning));
        }
    }
    if let Some(onset) = onset::brief(&investigation.framing) {
        parts.push((format!("   {onset}"), StyleRole::Text));
    }
    let top = investigation.diagnosis.top().filter(|top| top.standing == Standing::Found);
    if let Some(top) = top.filter(|top| top.cause != Cause::None && model.size.0 >= 110) {
        let feature = top.features.first().map(|&feature| investigation.dossier.feature_name(feature));
        let named = feature.map_or_else(String::new, |name| format!(": {name}"));
        let number = match causes::shown_share(top) {
            Some(share) => format!("{:.0} % of loss", 100.0 * share),
            None => format!("{:.0} %", 100.0 * top.probability),
        };
        let message = format!("   {}{named} {number}", top.cause.name());
        let taken: usize = parts.iter().map(|(part, _)| text::width(part)).sum();
        // The title of the case comes first.
        if taken + text::width(&message) + text::width(&model.head.title) + 16 < usize::from(model.size.0) {
            parts.push((message, StyleRole::Alarm));
        }
    }
    parts
}

/// Draws the steps with their verdicts; the present one in reverse.
pub(super) fn steps(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let mut x = area.x;
    for (step, width) in step_widths(model) {
        let here = step == model.screen;
        let named = here || model.named_steps();
        let mark = status::sign(screen::step_status(model, step), model);
        let room = Rect { x, width: width.min(area.right().saturating_sub(x)), ..area };
        step_cell(step, here, named, mark, look, room, buf);
        x += width;
    }
    let period = model.dossier.as_ref().and_then(|d| d.grid());
    if let Some(grid) = period.filter(|grid| grid.windows > 0 && !model.named_steps()) {
        let (from, to) = (grid.span(0).from, grid.span(grid.windows - 1).from);
        let message = format!("{} {} {} ", time::day(from), look.pick('→', '-'), time::day(to));
        if usize::from(area.right().saturating_sub(x)) > message.len() {
            text::put_right(&message, look.style(StyleRole::Dim), look, area.y, area, buf);
        }
    }
}

fn step_cell(step: Step, here: bool, named: bool, mark: Sign, look: &Look, room: Rect, buf: &mut Buffer) {
    let label = step_label(step, named);
    let sign = look.narrow_sign(mark);
    let style = look.style(if here { StyleRole::Strong } else { StyleRole::Text });
    let (open, close) = if here { (look.pick('▐', '['), look.pick('▌', ']')) } else { (' ', ' ') };
    let x = text::put(&open.to_string(), style, look, (room.x, room.y), room, buf);
    let from = x;
    let x = text::put(&format!("{label} "), style, look, (x, room.y), room, buf);
    let x = text::put(sign, look.style(mark.meaning()), look, (x, room.y), room, buf);
    if here {
        let inner = Rect { x: from, width: x.saturating_sub(from), ..room };
        buf.set_style(inner, look.style(StyleRole::Cursor));
    }
    text::put(&close.to_string(), style, look, (x, room.y), room, buf);
}
