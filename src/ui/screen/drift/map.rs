//! The heat map: features by windows.

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    app::{
        Grouping, Model,
        screen::drift::{CellMeasure, MAP, NO_SOURCE, pinned_as, window, window_name},
        suspicion::{OF_ANSWERS, OF_OUTCOMES, tempered, worst_of},
    },
    autopsy::{Investigation, Severity, catalogue::CheckSpec, exam::drift::DriftRow, view::cell},
    summary::{Feature, Grid, Kind},
    text::number,
    ui::{
        look::{Look, Sign, StyleRole},
        part::{
            chart::EventMark,
            heatmap::{self, Cell, HeatMap, Ramp, Row, Side, Zoom},
            panel::{self, Panel},
            table::{Align, first_visible},
            text,
        },
        screen::triage::event_marks,
    },
};

/// Steps of the ramp for distances of Kolmogorov and Smirnov: what so many rows in other places of the order are.
const KS_EDGES: [f64; 5] = [0.05, 0.10, 0.20, 0.35, 0.60];

/// Steps of the ramp for divergences of Jensen and Shannon, in bits.
const JS_EDGES: [f64; 5] = [0.01, 0.03, 0.08, 0.20, 0.45];

/// Steps of the ramp for shares of missing values.
const SHARE_EDGES: [f64; 5] = [0.01, 0.02, 0.05, 0.10, 0.25];

/// The heat map.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(drift) = model.drift() else { return };
    let measure = model.screens.drift.measure;
    let name = measure.name();
    let ramp = match measure {
        CellMeasure::Psi => Ramp::PSI,
        CellMeasure::Ks => Ramp::Sequential(KS_EDGES),
        CellMeasure::Js => Ramp::Sequential(JS_EDGES),
        CellMeasure::Missing | CellMeasure::Outside => Ramp::Sequential(SHARE_EDGES),
    };
    let width =
        drift.grid.map_or_else(|| "one window".to_owned(), |grid| format!("{} windows", grid.width.name()));
    let title = format!("{name}  feature × window");
    let room = panel::draw(
        &Panel::new(&title, &format!("vs {} · {width}", model.sides().reference), model.focused(MAP)),
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
    // Names come before sources, which the pane of the sources shows as well.
    let most = if room.width > 100 { 32 } else { 26 };
    let mut left = vec![Side { head: "feature", width: longest.clamp(12, most) as u16, align: Align::Left }];
    if let Some(source) = source.filter(|_| room.width > 100) {
        left.push(Side { head: "source", width: source.clamp(6, 16) as u16, align: Align::Left });
    }
    let mut right = vec![
        // Of the PSI the largest window, of the other measures all rows of the second side.
        Side {
            head: if measure == CellMeasure::Psi { "max" } else { model.sides().since_head },
            width: 6,
            align: Align::Right,
        },
        Side { head: "", width: 2, align: Align::Left },
        Side { head: "out", width: 6, align: Align::Right },
    ];
    // Where the windows leave room, the numbers of the whole period.
    let windows = drift.grid.map_or(1, |grid| grid.windows) as u16;
    if room.width > windows + 90 {
        right.extend([
            Side { head: model.sides().since_head, width: 6, align: Align::Right },
            Side { head: "KS/V", width: 5, align: Align::Right },
            Side { head: "ρ loss", width: 6, align: Align::Right },
        ]);
    }
    // The sign of the cursor, and a blank beside each text.
    let texts = 1 + left.iter().chain(&right).map(|side| side.width + 1).sum::<u16>();
    let with_shapes = room.width > texts + 18 + windows && measure == CellMeasure::Psi;
    let texts = texts + if with_shapes { 18 } else { 0 };
    let pinned = pinned(model, investigation, left.len(), look);
    let zoom = zoom(model, drift.grid.map_or(1, |grid| grid.windows), room.width.saturating_sub(texts));
    let wanted = Wanted { texts: left.len(), room: usize::from(room.height), zoom, shapes: with_shapes };
    let (rows, cursor_line) = lines(model, investigation, &drift.features, &wanted, look);
    let at = window(model);
    let ticks = drift.grid.map_or_else(Vec::new, |grid| ticks(&grid));
    let events = drift.grid.map_or_else(Vec::new, |grid| events(model, investigation, &grid));
    let order = &model.features;
    let arrow = if order.reversed { look.pick('↑', '^') } else { look.pick('↓', 'v') };
    // The line has the columns of the texts on the left.
    let room_left: usize = left.iter().map(|side| usize::from(side.width) + 1).sum();
    let sorted = ["sorted by ", "by ", ""].map(|lead| format!("{lead}{} {arrow}", order.order.name()));
    let sorted = sorted.iter().find(|text| text::width(text) < room_left).unwrap_or(&sorted[2]);
    let at_cursor = at.zip(drift.grid).map_or_else(String::new, |(at, grid)| window_name(&grid, at));
    let map = HeatMap {
        measure: name,
        ramp,
        left: &left,
        right: &right,
        pinned: &pinned,
        rows: &rows,
        shapes: with_shapes.then(|| [model.sides().reference_head, model.sides().since_head]),
        ticks: &ticks,
        events: &events,
        sorted,
        cursor: Some((cursor_line, at.unwrap_or(0))),
        zoom,
        at_cursor: &at_cursor,
    };
    heatmap::draw(&map, look, room, buf);
}

/// What the lines of the map are to hold.
struct Wanted {
    /// Texts on the left.
    texts: usize,
    /// Lines of the screen.
    room: usize,
    zoom: Zoom,
    /// Whether the distributions have room.
    shapes: bool,
}

impl Wanted {
    /// The lines that can be in view: of those beside them nothing is computed, as there may be thousands of features.
    fn in_view(&self, cursor: usize, lines: usize) -> Range<usize> {
        // The narrowest zoom may put two lines of the map on one of the screen, and then begins with an even one.
        let room = if self.zoom == Zoom::Half { 2 * self.room } else { self.room };
        let first = first_visible(cursor, lines, room);
        first.saturating_sub(1)..first + room
    }
}

/// The lines of the map, with headings where features are grouped, and the line of the cursor.
fn lines(
    model: &Model,
    investigation: &Investigation,
    drift: &[DriftRow],
    wanted: &Wanted,
    look: &Look,
) -> (Vec<Row>, usize) {
    let plan = &investigation.dossier.plan.features;
    let heading = |feature: &Feature| match model.features.grouping {
        Grouping::None => None,
        Grouping::Source => Some(feature.source.clone().unwrap_or_else(|| NO_SOURCE.to_owned())),
        Grouping::Type => {
            Some(if feature.kind == Kind::Numeric { "numeric" } else { "categorical" }.to_owned())
        }
    };
    let (mut kept, mut cursor, mut group) = (Vec::new(), 0, None);
    for (at, &feature) in model.features.listed.iter().enumerate() {
        let Some(row) = drift.get(feature) else { continue };
        let own = heading(&plan[feature]);
        if own != group {
            kept.extend(own.iter().cloned().map(Err));
            group = own;
        }
        if at == model.features.at {
            cursor = kept.len();
        }
        kept.push(Ok(row));
    }
    let in_view = wanted.in_view(cursor, kept.len());
    let line = |(at, kept): (usize, Result<&DriftRow, String>)| match kept {
        Ok(row) if in_view.contains(&at) => line(model, investigation, row, wanted, look),
        Ok(_) => Row::default(),
        Err(heading) => {
            Row { left: vec![(heading, look.style(StyleRole::Strong))], heading: true, ..Row::default() }
        }
    };
    (kept.into_iter().enumerate().map(line).collect(), cursor)
}

/// The line of a feature.
fn line(model: &Model, investigation: &Investigation, row: &DriftRow, wanted: &Wanted, look: &Look) -> Row {
    let feature = &investigation.dossier.plan.features[row.feature];
    let source = feature.source.as_deref().unwrap_or(NO_SOURCE);
    let meaning = if row.level == 0 { StyleRole::Dim } else { StyleRole::Text };
    // Without a pin nothing is looked up.
    let is_pinned = !model.journal.marks().pins.is_empty()
        && model.journal.pinned(&pinned_as(investigation, row.feature).0);
    let name =
        if is_pinned { format!("{} {}", look.pick('★', 'P'), feature.name) } else { feature.name.clone() };
    let mut left = vec![(name, look.style(StyleRole::Text))];
    left.push((source.to_owned(), look.style(StyleRole::Dim)));
    left.truncate(wanted.texts);
    let level = [Severity::Clear, Severity::Watch, Severity::Alarm][usize::from(row.level.min(2))];
    let mark = Sign::from(tempered(investigation, level));
    // The mark is the drift's; beside shares of missing values it would speak of something else.
    let marked = row.level > 0 && model.screens.drift.measure == CellMeasure::Psi;
    let sign = if marked { look.sign(mark) } else { "" };
    let outside = row.distances.outside;
    let outside = if outside >= 0.001 { number::share(outside) } else { String::new() };
    let worst = match model.screens.drift.measure {
        CellMeasure::Psi => number::psi(row.max_psi),
        CellMeasure::Missing => number::share(row.distances.missing.1),
        CellMeasure::Outside => number::share(row.distances.outside),
        CellMeasure::Ks => optional(row.distances.ks),
        CellMeasure::Js => optional(row.distances.jensen_shannon),
    };
    Row {
        left,
        cells: cells(model, investigation, row),
        right: vec![
            (worst, look.style(meaning)),
            (sign.to_owned(), look.style(mark.meaning())),
            (outside, Style::new()),
            (optional(row.distances.psi), Style::new()),
            (optional(row.distances.ks.or(row.distances.cramers_v)), look.style(StyleRole::Dim)),
            (row.follows_loss.map_or_else(String::new, number::correlation), look.style(StyleRole::Dim)),
        ],
        heading: false,
        shapes: if wanted.shapes { shapes(model, investigation, row.feature) } else { Vec::new() },
    }
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(String::new, number::psi)
}

/// The shares of each coarse bin on both sides, the missing bin last.
fn shapes(model: &Model, investigation: &Investigation, feature: usize) -> Vec<(f64, f64)> {
    let held = model.held().unwrap_or(&investigation.dossier);
    cell::since_onset(held, &investigation.framing, feature)
        .map_or_else(Vec::new, |cell| cell.bins.iter().map(|bin| (bin.training, bin.production)).collect())
}

/// The answers and the outcomes, shown above the inputs: they contribute to the step's sign.
fn pinned(model: &Model, investigation: &Investigation, texts: usize, look: &Look) -> Vec<Row> {
    let Some(drift) = model.drift().filter(|_| model.screens.drift.measure == CellMeasure::Psi) else {
        return Vec::new();
    };
    let worst = |asked: &[&'static CheckSpec]| worst_of(investigation, asked).map(Sign::from);
    let lines =
        [("answers", &drift.answers, worst(&OF_ANSWERS)), ("outcomes", &drift.labels, worst(&OF_OUTCOMES))];
    let known = lines.into_iter().filter(|(_, row, _)| row.psi.iter().any(Option::is_some));
    known
        .map(|(name, row, mark)| {
            let mark = mark.filter(|mark| !matches!(mark, Sign::NotApplicable)).unwrap_or(Sign::Pending);
            let mut left =
                vec![(name.to_owned(), look.style(StyleRole::Strong)), (String::new(), Style::new())];
            left.truncate(texts);
            Row {
                left,
                cells: row.psi.iter().map(|value| value.map_or(Cell::Unknown, Cell::Value)).collect(),
                right: vec![
                    (number::psi(row.max_psi), look.style(StyleRole::Text)),
                    (look.sign(mark).to_owned(), look.style(mark.meaning())),
                    (String::new(), Style::new()),
                    (optional(row.distances.psi), Style::new()),
                    (String::new(), Style::new()),
                    (
                        row.follows_loss.map_or_else(String::new, number::correlation),
                        look.style(StyleRole::Dim),
                    ),
                ],
                ..Row::default()
            }
        })
        .collect()
}

/// Picks one of the distances of a window.
type Pick = fn((Option<f64>, Option<f64>)) -> Option<f64>;

/// One cell a window.
fn cells(model: &Model, investigation: &Investigation, row: &DriftRow) -> Vec<Cell> {
    let of = |value: Option<f64>| value.map_or(Cell::Unknown, Cell::Value);
    let held = model.held().unwrap_or(&investigation.dossier);
    let grid = model.drift().and_then(|drift| drift.grid);
    let distance = |pick: Pick| -> Vec<Cell> {
        let Some(grid) = grid else {
            return vec![of(pick((row.distances.ks, row.distances.jensen_shannon)))];
        };
        let measured = |window: usize| {
            // Where too few rows are for the PSI, there are too few for any distance.
            row.psi.get(window).copied().flatten()?;
            pick(cell::distances(held, row.feature, grid.span(window)))
        };
        (0..grid.windows).map(|window| of(measured(window))).collect()
    };
    match model.screens.drift.measure {
        CellMeasure::Psi => row.psi.iter().map(|&value| of(value)).collect(),
        CellMeasure::Missing => row.missing.iter().map(|&value| of(value)).collect(),
        CellMeasure::Ks => distance(|(ks, _)| ks),
        CellMeasure::Js => distance(|(_, js)| js),
        CellMeasure::Outside => match grid {
            None => vec![Cell::Value(row.distances.outside)],
            Some(grid) => (0..grid.windows)
                .map(|window| of(cell::outside(held, row.feature, grid.span(window))))
                .collect(),
        },
    }
}

/// The zoom that was asked for, from the nearest one that shows all windows.
///
/// * `room`: columns for the cells.
fn zoom(model: &Model, windows: usize, room: u16) -> Zoom {
    let fits = |zoom: &Zoom| windows * usize::from(zoom.columns()) <= usize::from(room);
    let widest = [Zoom::Number, Zoom::Four, Zoom::Three, Zoom::Two];
    let mut zoom = widest.into_iter().find(fits).unwrap_or(Zoom::One);
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
fn events(model: &Model, investigation: &Investigation, grid: &Grid) -> Vec<EventMark> {
    let inside =
        |mark: EventMark| grid.window(mark.at as i64).map(|window| EventMark { at: window as f64, ..mark });
    event_marks(model, investigation).into_iter().filter_map(inside).collect()
}
