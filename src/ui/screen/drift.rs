//! Drift: the heat map of features and windows, the cell under the cursor bin by bin, and who moved together.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout as Split, Rect},
    style::Style,
    text::Line,
};

use super::alone;
use crate::{
    app::{
        Grouping, Model,
        screen::drift::{
            CELL, CellMeasure, MAP, SAME_ONSET, SOURCES, by_source, row, same_onset, window, window_name,
        },
    },
    autopsy::{Investigation, exam::drift::DriftRow, view::cell},
    case::keys::PSI_ALARM,
    summary::{Grid, Kind},
    text::number,
    ui::{
        frame::Layout,
        look::{Look, Mark, Meaning},
        part::{
            bar,
            chart::EventMark,
            heatmap::{self, Cell, HeatMap, Ramp, Row, Side, Zoom},
            histogram::overlaid_bar,
            panel::{self, Panel},
            table::{self, Align, Column, Table},
            text,
        },
    },
};

/// Steps of the ramp for shares of missing values.
const SHARE_EDGES: [f64; 5] = [0.01, 0.02, 0.05, 0.10, 0.25];

/// Draws the screen.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        return;
    };
    let pane = |pane: usize, area: Rect, buf: &mut Buffer| match pane {
        MAP => map(model, investigation, look, area, buf),
        CELL => explained(model, investigation, look, area, buf),
        SAME_ONSET => together(model, look, area, buf),
        _ => sources(model, look, area, buf),
    };
    if let Some(only) = alone(model, &[MAP]) {
        return pane(only, area, buf);
    }
    if Layout::of_model(model) != Layout::Wide {
        return pane(MAP, area, buf);
    }
    let [left, right] = Split::horizontal([Constraint::Fill(1), Constraint::Length(34)]).areas(area);
    let listed = by_source(model).len().min(5) as u16;
    let [above, middle, below] =
        Split::vertical([Constraint::Fill(1), Constraint::Length(8), Constraint::Length(listed + 3)])
            .areas(right);
    pane(MAP, left, buf);
    pane(CELL, above, buf);
    pane(SAME_ONSET, middle, buf);
    pane(SOURCES, below, buf);
}

/// The heat map.
fn map(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(drift) = model.drift() else { return };
    let measure = model.screens.drift.measure;
    let (name, ramp) = match measure {
        CellMeasure::Psi => ("PSI", Ramp::PSI),
        CellMeasure::Missing => ("nulls", Ramp::Sequential(SHARE_EDGES)),
    };
    let width =
        drift.grid.map_or_else(|| "one window".to_owned(), |grid| format!("{} windows", grid.width.name()));
    let title = format!("{name}  feature × window");
    let room = panel::draw(
        &Panel::new(&title, &format!("vs training · {width}"), model.focused(MAP)),
        look,
        area,
        buf,
    );
    if model.features.listed.is_empty() {
        let says = format!("No feature passes the filter {}. Esc clears it.", model.features.filter.text());
        text::paragraph(&says, look.style(Meaning::Dim), look, room, buf);
        return;
    }
    let listed = &model.features.listed;
    let plan = &investigation.dossier.plan.features;
    let longest = listed.iter().map(|&f| text::width(&plan[f].name)).max().unwrap_or(0);
    let sources = plan.iter().filter_map(|feature| feature.source.as_deref());
    let source = sources.map(text::width).max();
    let mut left = vec![Side { head: "feature", width: longest.clamp(12, 20) as u16, align: Align::Left }];
    if let Some(source) = source.filter(|_| room.width > 60) {
        left.push(Side {
            head: "source",
            width: source.clamp(6, if room.width > 100 { 16 } else { 9 }) as u16,
            align: Align::Left,
        });
    }
    let right = [
        Side { head: "max", width: 4, align: Align::Right },
        Side { head: "", width: 2, align: Align::Left },
        Side { head: "out", width: 6, align: Align::Right },
    ];
    // The sign of the cursor, and a blank beside each text.
    let texts = 1 + left.iter().chain(&right).map(|side| side.width + 1).sum::<u16>();
    let (rows, cursor_line) = lines(model, investigation, &drift.features, left.len(), look);
    let at = window(model);
    let ticks = drift.grid.map_or_else(Vec::new, |grid| ticks(&grid));
    let events = drift.grid.map_or_else(Vec::new, |grid| events(investigation, &grid));
    let order = &model.features;
    let arrow = if order.reversed { look.pick('↑', '^') } else { look.pick('↓', 'v') };
    let sorted = format!("sorted by {} {arrow}", order.order.name());
    let at_cursor = at.zip(drift.grid).map_or_else(String::new, |(at, grid)| window_name(&grid, at));
    let map = HeatMap {
        measure: name,
        ramp,
        left: &left,
        right: &right,
        rows: &rows,
        ticks: &ticks,
        events: &events,
        sorted: &sorted,
        cursor: Some((cursor_line, at.unwrap_or(0))),
        zoom: zoom(model, drift.grid.map_or(1, |grid| grid.windows), room.width.saturating_sub(texts)),
        at_cursor: &at_cursor,
    };
    heatmap::draw(&map, look, room, buf);
}

/// The lines of the map, with headings where features are grouped, and the line of the cursor.
fn lines(
    model: &Model,
    investigation: &Investigation,
    drift: &[DriftRow],
    texts: usize,
    look: &Look,
) -> (Vec<Row>, usize) {
    let plan = &investigation.dossier.plan.features;
    let (mut rows, mut cursor, mut group) = (Vec::new(), 0, None);
    for (at, &feature) in model.features.listed.iter().enumerate() {
        let (Some(row), feature) = (drift.get(feature), &plan[feature]) else {
            continue;
        };
        let source = feature.source.as_deref().unwrap_or("no source");
        let heading = match model.features.grouping {
            Grouping::None => None,
            Grouping::Source => Some(source),
            Grouping::Type => Some(if feature.kind == Kind::Numeric { "numeric" } else { "categorical" }),
        };
        if heading.is_some() && heading != group {
            let title = (heading.unwrap_or_default().to_owned(), look.style(Meaning::Strong));
            rows.push(Row { left: vec![title], heading: true, ..Row::default() });
            group = heading;
        }
        if at == model.features.at {
            cursor = rows.len();
        }
        let meaning = if row.level == 0 { Meaning::Dim } else { Meaning::Text };
        let mut left = vec![(feature.name.clone(), look.style(Meaning::Text))];
        left.push((source.to_owned(), look.style(Meaning::Dim)));
        left.truncate(texts);
        let mark = [Mark::Fine, Mark::Watch, Mark::Alarm][usize::from(row.level.min(2))];
        // The mark is the drift's; beside shares of missing values it would speak of something else.
        let marked = row.level > 0 && model.screens.drift.measure == CellMeasure::Psi;
        let sign = if marked { look.mark(mark) } else { "" };
        let outside = row.distances.outside;
        let outside = if outside >= 0.001 { number::share(outside) } else { String::new() };
        let worst = match model.screens.drift.measure {
            CellMeasure::Psi => number::psi(row.max_psi),
            CellMeasure::Missing => number::share(row.distances.missing.1),
        };
        rows.push(Row {
            left,
            cells: cells(row, &model.screens.drift.measure),
            right: vec![
                (worst, look.style(meaning)),
                (sign.to_owned(), look.style(mark.meaning())),
                (outside, Style::new()),
            ],
            heading: false,
        });
    }
    (rows, cursor)
}

fn cells(row: &DriftRow, measure: &CellMeasure) -> Vec<Cell> {
    let values = match measure {
        CellMeasure::Psi => &row.psi,
        CellMeasure::Missing => &row.missing,
    };
    values.iter().map(|value| value.map_or(Cell::Unknown, Cell::Value)).collect()
}

/// The zoom that was asked for, from the nearest one that shows all windows.
///
/// * `room`: columns for the cells.
fn zoom(model: &Model, windows: usize, room: u16) -> Zoom {
    let fits = |zoom: &Zoom| windows * usize::from(zoom.columns()) <= usize::from(room);
    let mut zoom = [Zoom::Number, Zoom::Two].into_iter().find(fits).unwrap_or(Zoom::One);
    for _ in 0..model.settings.zoom.unsigned_abs() {
        zoom = if model.settings.zoom > 0 { zoom.nearer() } else { zoom.farther() };
    }
    zoom
}

/// A label about every week, or as often as five labels allow.
fn ticks(grid: &Grid) -> Vec<(usize, String)> {
    let step = grid.windows.div_ceil(6).max(1);
    (0..grid.windows)
        .step_by(step)
        .map(|window| (window, crate::text::time::day(grid.span(window).from)))
        .collect()
}

/// Events by their window.
fn events(investigation: &Investigation, grid: &Grid) -> Vec<EventMark> {
    let inside =
        |mark: EventMark| grid.window(mark.at as i64).map(|window| EventMark { at: window as f64, ..mark });
    super::triage::event_marks(investigation).into_iter().filter_map(inside).collect()
}

/// The cell under the cursor, bin by bin.
fn explained(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let (Some(row), Some(drift)) = (row(model), model.drift()) else {
        panel::draw(&Panel::new("Cell", "", model.focused(CELL)), look, area, buf);
        return;
    };
    let name = investigation.dossier.feature_name(row.feature);
    let at = window(model);
    let when = at.zip(drift.grid).map_or_else(String::new, |(at, grid)| window_name(&grid, at));
    let room = panel::draw(&Panel::new(name, &when, model.focused(CELL)), look, area, buf);
    let psi = at.and_then(|at| row.psi.get(at).copied().flatten());
    let part = |name: &str, value: Option<f64>| {
        format!("{name} {}   ", value.map_or_else(|| number::MISSING.to_owned(), number::psi))
    };
    let distances = &row.distances;
    let head = part("PSI", psi) + &part("KS", distances.ks) + &part("W₁", distances.wasserstein);
    text::put(head.trim_end(), look.style(Meaning::Strong), look, (room.x, room.y), room, buf);
    let span = at.zip(drift.grid).map(|(at, grid)| grid.span(at));
    let Some(cell) = cell::cell(&investigation.dossier, row.feature, span) else {
        let says = "No rows of it in this window.";
        text::put(says, look.style(Meaning::Dim), look, (room.x, room.y + 1), room, buf);
        return;
    };
    let missing = cell.bins.last().map_or(0.0, |bin| bin.production);
    let says = format!("{} rows   null {}", number::count(cell.rows), number::share(missing));
    text::put(&says, look.style(Meaning::Dim), look, (room.x, room.y + 1), room, buf);
    if let Some(q) = distances.q_value {
        let tests = drift.features.len();
        let says = format!("q {} over {tests} features", number::p_value(q));
        text::put(&says, look.style(Meaning::Dim), look, (room.x, room.y + 2), room, buf);
    }
    let list = Rect { y: room.y + 3, height: room.height.saturating_sub(3), ..room }.intersection(room);
    bins(&cell, look, list, buf);
}

fn bins(cell: &cell::Cell, look: &Look, area: Rect, buf: &mut Buffer) {
    const SHARES: u16 = 14;
    let dim = look.style(Meaning::Dim);
    let labels = cell.bins.iter().map(|bin| text::width(&bin.label)).max().unwrap_or(0).clamp(5, 13) as u16;
    text::put("bin", dim, look, (area.x, area.y), area, buf);
    let shares = Rect { x: area.x + labels, width: SHARES.min(area.width.saturating_sub(labels)), ..area };
    let training = Rect { width: shares.width.saturating_sub(7), ..shares };
    text::put_right("train", look.style(Meaning::Training), look, area.y, training, buf);
    text::put_right("prod", look.style(Meaning::Production), look, area.y, shares, buf);
    let peak = cell
        .bins
        .iter()
        .flat_map(|bin| [bin.training, bin.production])
        .fold(0.01, |a: f64, b| if b > a { b } else { a });
    for (y, bin) in (area.top() + 1..area.bottom()).zip(&cell.bins) {
        let line = Rect { y, height: 1, ..area };
        // `0.7099 – 0.752` without blanks where it is too long with them.
        let label = if text::width(&bin.label) > usize::from(labels) {
            bin.label.replace(" – ", "–")
        } else {
            bin.label.clone()
        };
        text::put(&label, look.style(Meaning::Text), look, (line.x, y), Rect { width: labels, ..line }, buf);
        let percent = |share: f64| format!("{:.1}", share * 100.0);
        text::put_right(&percent(bin.training), dim, look, y, Rect { y, height: 1, ..training }, buf);
        text::put_right(
            &percent(bin.production),
            look.style(Meaning::Text),
            look,
            y,
            Rect { y, height: 1, ..shares },
            buf,
        );
        let from = shares.right() + 1;
        if line.right() > from {
            let room = Rect { x: from, width: line.right() - from, ..line };
            overlaid_bar(bin.training / peak, bin.production / peak, look, room, buf);
        }
    }
}

/// Features ranked by how well their drift follows the loss.
fn together(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let room =
        panel::draw(&Panel::new("Same onset", "ρ with the loss", model.focused(SAME_ONSET)), look, area, buf);
    let ranked = same_onset(model);
    if ranked.is_empty() {
        text::paragraph("No course of the loss to compare with.", look.style(Meaning::Dim), look, room, buf);
        return;
    }
    let at = model.screens.drift.same.min(ranked.len() - 1);
    let first = table::first_visible(at, ranked.len(), usize::from(room.height));
    for (y, (index, &(feature, rho))) in
        (room.top()..room.bottom()).zip(ranked.iter().enumerate().skip(first))
    {
        let line = Rect { y, height: 1, ..room };
        let right = text::put_right(
            &format!("{rho:.2}").replace('-', "−"),
            look.style(Meaning::Text),
            look,
            y,
            line,
            buf,
        );
        let name = Rect { width: 14, ..line };
        text::put(model.feature_name(feature), look.style(Meaning::Text), look, (line.x, y), name, buf);
        let from = line.x + 15;
        if right > from + 1 && rho > 0.0 {
            let bar_room = Rect { x: from, width: right - from - 1, ..line };
            bar::horizontal(rho, look.style(Meaning::Production), false, look, bar_room, buf);
        }
        if model.focused(SAME_ONSET) && index == at {
            buf.set_style(line, look.style(Meaning::Cursor));
        }
    }
}

/// Alarmed features by source.
fn sources(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let threshold = model.dossier.as_ref().map_or(PSI_ALARM, |d| d.thresholds.psi_alarm);
    let right = format!("PSI ≥ {}", number::psi(threshold));
    let room = panel::draw(&Panel::new("By source", &right, model.focused(SOURCES)), look, area, buf);
    let rows: Vec<table::Row<'_>> = by_source(model)
        .into_iter()
        .map(|(name, alarmed, of)| {
            let meaning = if alarmed > 0 { Meaning::Strong } else { Meaning::Dim };
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
