//! Alarmed features by source.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use crate::{
    app::{
        Model,
        screen::drift::{SOURCES, by_source},
    },
    case::keys::PSI_ALARM,
    text::number,
    ui::{
        look::{Look, StyleRole},
        part::{
            panel::{self, Panel},
            table::{self, Column, Table},
            text,
        },
    },
};

/// Alarmed features by source.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let threshold = model.dossier.as_ref().map_or(PSI_ALARM, |d| d.thresholds.psi_alarm);
    let right = format!("PSI ≥ {}", number::psi(threshold));
    let room = panel::draw(&Panel::new("By source", &right, model.focused(SOURCES)), look, area, buf);
    let rows: Vec<table::Row<'_>> = by_source(model)
        .into_iter()
        .map(|(name, alarmed, of)| {
            let meaning = if alarmed > 0 { StyleRole::Strong } else { StyleRole::Dim };
            table::Row::new(vec![
                Line::from(text::span(name, meaning, look)),
                Line::from(text::span(format!("{alarmed} of {of}"), meaning, look)),
            ])
        })
        .collect();
    let cursor = model.focused(SOURCES).then_some(model.screens.drift.source);
    let columns = [Column::rest(""), Column::numbers("")];
    table::draw(&Table { columns: &columns, rows: &rows, cursor, heads: false }, look, room, buf);
}
