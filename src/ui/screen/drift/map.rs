//! The heat map: features by windows.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    app::{
        Grouping, Model,
        screen::drift::{CellMeasure, MAP, window, window_name},
    },
    autopsy::{Investigation, exam::drift::DriftRow},
    summary::{Grid, Kind},
    text::number,
    ui::{
        look::{Look, Sign, StyleRole},
        part::{
            chart::EventMark,
            heatmap::{self, Cell, HeatMap, Ramp, Row, Side, Zoom},
            panel::{self, Panel},
            table::Align,
            text,
        },
        screen::triage::event_marks,
    },
};

/// Steps of the ramp for shares of missing values.
const SHARE_EDGES: [f64; 5] = [0.01, 0.02, 0.05, 0.10, 0.25];

/// The heat map.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
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
        let message =
            format!("No feature passes the filter {}. Esc clears it.", model.features.filter.text());
        text::paragraph(&message, look.style(StyleRole::Dim), look, room, buf);
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
            let title = (heading.unwrap_or_default().to_owned(), look.style(StyleRole::Strong));
            rows.push(Row { left: vec![title], heading: true, ..Row::default() });
            group = heading;
        }
        if at == model.features.at {
            cursor = rows.len();
        }
        let meaning = if row.level == 0 { StyleRole::Dim } else { StyleRole::Text };
        let mut left = vec![(feature.name.clone(), look.style(StyleRole::Text))];
        left.push((source.to_owned(), look.style(StyleRole::Dim)));
        left.truncate(texts);
        let mark = [Sign::Fine, Sign::Watch, Sign::Alarm][usize::from(row.level.min(2))];
        // The mark is the drift's; beside shares of missing values it would speak of something else.
        let marked = row.level > 0 && model.screens.drift.measure == CellMeasure::Psi;
        let sign = if marked { look.sign(mark) } else { "" };
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
    event_marks(investigation).into_iter().filter_map(inside).collect()
}
