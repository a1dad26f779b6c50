//! Tables of studies: courses over time, and parts that are compared.

use plotters::{
    element::{Circle, PathElement, Polygon, Text},
    series::DashedLineSeries,
    style::{Color as _, text_anchor::HPos},
};

use super::{
    Drawing, Face, Figure,
    frame::{self, ALARM, Area, Axes, DIM, Drawn, FAINT, GOLDEN, PRODUCTION, Shade, TEXT, TRAINING},
};
use crate::{
    report::sketch,
    study::{CHARTS, Cell, Chart, Format, Shape, Study, StudyTable},
    summary::Micros,
    text::{sanitize, time},
};

/// Shades of the series, the first for the earlier of two periods.
const SHADES: [Shade; 5] = [TRAINING, PRODUCTION, GOLDEN, ALARM, DIM];

/// Parts, panels and lines that are drawn at most.
const PARTS: usize = 14;
const PANELS: usize = 4;

/// Width of a figure, height of a panel and of a part, width of the parts' names.
const WIDTH: u32 = 860;
const PANEL: u32 = 240;
const PART: i32 = 26;
const NAMES: i32 = 260;

/// A value with its interval, where it has one.
type Mark = (f64, Option<(f64, f64)>);

/// Draws every table that is to be drawn.
///
/// * `onset`: marked in courses over time.
pub(super) fn draw(studies: &[Study], onset: Option<Micros>, face: Face) -> Vec<Figure> {
    let mut figures = Vec::new();
    for study in studies {
        let charts = CHARTS.iter().filter(|chart| chart.study == study.topic);
        for chart in charts {
            // Of several columns with a table each, the first is drawn.
            let Some(table) = study.tables.iter().find(|table| table.id == chart.table) else { continue };
            let drawing = match chart.shape {
                Shape::Course => course(table, chart, onset, face),
                Shape::Parts => parts(table, chart, face),
            };
            figures.extend(drawing.map(|drawing| drawing.named("study", &path(chart), face)));
        }
    }
    figures
}

/// The name of a figure's file, which says of which study it is.
fn path(chart: &Chart) -> String {
    format!("study-{}-{}", chart.study, chart.table)
}

fn column(table: &StudyTable, id: &str) -> Option<usize> {
    table.columns.iter().position(|column| column.id == id)
}

/// The columns that are drawn.
fn drawn(table: &StudyTable, chart: &Chart) -> Vec<usize> {
    let mut columns: Vec<usize> = Vec::new();
    for id in chart.values {
        match id.strip_suffix('*') {
            Some(begin) => {
                columns
                    .extend((0..table.columns.len()).filter(|&at| table.columns[at].id.starts_with(begin)));
            }
            None => columns.extend(column(table, id)),
        }
    }
    columns.truncate(SHADES.len());
    columns
}

fn mark(cell: &Cell) -> Option<Mark> {
    match cell {
        Cell::Number(x) if x.is_finite() => Some((*x, None)),
        Cell::Interval(x, (low, high)) if x.is_finite() => {
            Some((*x, Some((*low, *high)).filter(|(low, high)| low.is_finite() && high.is_finite())))
        }
        _ => None,
    }
}

/// The range of values and intervals; nothing without two ends.
fn range(marks: impl Iterator<Item = Mark>) -> Option<(f64, f64)> {
    let ends = marks.flat_map(|(x, interval)| {
        let (low, high) = interval.unwrap_or((x, x));
        [x, low, high]
    });
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    // What is never below 0 has no room there.
    (low <= high).then(|| match frame::roomy(low, high) {
        (from, to) if low >= 0.0 => (from.max(0.0), to),
        whole => whole,
    })
}

fn shown(text: &str, most: usize) -> String {
    sketch::clipped(&sanitize::terminal(text), most)
}

/// A number of a column as an axis shows it.
fn tick(format: Format, x: f64) -> String {
    Cell::Number(if x.abs() < 1e-12 { 0.0 } else { x }).text(format)
}

/// Lines over the rows, one panel for each value of the column that splits them.
fn course(table: &StudyTable, chart: &Chart, onset: Option<Micros>, face: Face) -> Option<Drawing> {
    let label = column(table, chart.label)?;
    let columns = drawn(table, chart);
    let mut panels: Vec<(String, Vec<&Vec<Cell>>)> = Vec::new();
    for row in &table.rows {
        let name = match chart.split {
            Some(id) => row[column(table, id)?].text(Format::Text),
            None => String::new(),
        };
        match panels.iter_mut().find(|(known, _)| *known == name) {
            Some((_, rows)) => rows.push(row),
            None => panels.push((name, vec![row])),
        }
    }
    let has_line = |(_, rows): &(String, Vec<&Vec<Cell>>)| {
        columns.iter().any(|&at| rows.iter().filter(|row| mark(&row[at]).is_some()).count() > 1)
    };
    panels.retain(has_line);
    let left_out = panels.len().saturating_sub(PANELS);
    panels.truncate(PANELS);
    if panels.is_empty() {
        return None;
    }
    // Every panel has the same axis: a window that one of them lacks is a gap there.
    let mut labels: Vec<String> = Vec::new();
    for row in &table.rows {
        let text = row[label].text(table.columns[label].format);
        if !labels.contains(&text) {
            labels.push(text);
        }
    }
    if let Some(times) = labels.iter().map(|label| time::parse(label)).collect::<Option<Vec<Micros>>>() {
        let mut order: Vec<(Micros, String)> = times.into_iter().zip(labels).collect();
        order.sort();
        labels = order.into_iter().map(|(_, label)| label).collect();
    }
    let names: Vec<&str> = columns.iter().map(|&at| table.columns[at].name.as_str()).collect();
    let mut description = format!("{} by {}: {}.", table.title, table.columns[label].name, names.join(", "));
    if left_out > 0 {
        description.push_str(&format!(" {left_out} more are in the table."));
    }
    let size = (WIDTH, PANEL * panels.len() as u32);
    Drawing::new(face, size, table.title.clone(), description, |area| {
        for (room, (name, rows)) in area.split_evenly((panels.len(), 1)).iter().zip(&panels) {
            panel(room, table, (label, &labels), &columns, (name, rows), onset)?;
        }
        Ok(())
    })
}

/// One panel: its lines with their bands, and the onset.
fn panel(
    area: &Area<'_>,
    table: &StudyTable,
    (label, labels): (usize, &[String]),
    columns: &[usize],
    (name, rows): (&str, &[&Vec<Cell>]),
    onset: Option<Micros>,
) -> Drawn {
    let legend: Vec<(&str, Shade)> = columns
        .iter()
        .zip(SHADES)
        .map(|(&at, shade)| (table.columns[at].name.as_str(), shade))
        .filter(|_| columns.len() > 1)
        .collect();
    let title = if name.is_empty() { &table.title } else { name };
    frame::heading(area, &shown(title, 70), &legend)?;
    let Some((low, high)) =
        range(rows.iter().flat_map(|row| columns.iter().filter_map(|&at| mark(&row[at]))))
    else {
        return Ok(());
    };
    let format = table.columns[columns[0]].format;
    let place_of = |row: &[Cell]| {
        let text = row[label].text(table.columns[label].format);
        labels.iter().position(|label| *label == text).map(|at| at as f64 + 0.5)
    };
    let axes = Axes {
        x: (0.0, labels.len() as f64, &table.columns[label].name),
        y: (low, high, &table.columns[columns[0]].name),
        x_text: &|x| {
            let at = (*x - 0.5).round();
            let is_row = (*x - 0.5 - at).abs() < 0.51 && at >= 0.0;
            labels.get(at as usize).filter(|_| is_row).map_or_else(String::new, |label| short(label))
        },
        y_text: &|y| tick(format, *y),
    };
    let mut chart = axes.draw(area)?;
    if let Some(place) = onset.and_then(|onset| place(labels, onset)) {
        let ends = [(place, low), (place, high)];
        chart.draw_series([PathElement::new(ends, ALARM.ink().stroke_width(2))])?;
    }
    for (&at, shade) in columns.iter().zip(SHADES) {
        let points: Vec<(f64, Mark)> =
            rows.iter().filter_map(|cells| Some((place_of(cells)?, mark(&cells[at])?))).collect();
        // A row without a value interrupts the line: unknown values are not drawn.
        for piece in points.chunk_by(|a, b| b.0 - a.0 < 1.5) {
            let ends = |(x, (y, interval)): &(f64, Mark)| (*x, interval.unwrap_or((*y, *y)));
            let over = piece.iter().map(ends).map(|(x, (_, high))| (x, high));
            let under = piece.iter().rev().map(ends).map(|(x, (low, _))| (x, low));
            chart
                .draw_series([Polygon::new(over.chain(under).collect::<Vec<_>>(), shade.ink().mix(0.18))])?;
            let line: Vec<(f64, f64)> = piece.iter().map(|(x, (y, _))| (*x, *y)).collect();
            chart.draw_series([PathElement::new(line, shade.ink().stroke_width(2))])?;
        }
        chart.draw_series(points.iter().map(|(x, (y, _))| Circle::new((*x, *y), 2, shade.ink().filled())))?;
    }
    if low < 0.0 && high > 0.0 {
        let zero = [(0.0, 0.0), (labels.len() as f64, 0.0)];
        chart.draw_series(DashedLineSeries::new(zero, 3, 4, DIM.ink().stroke_width(1)))?;
    }
    Ok(())
}

/// A label of the time axis: a day, or the hour of one.
fn short(label: &str) -> String {
    match time::parse(label) {
        Some(at) if label.ends_with("00:00") || label.len() > 16 => time::day(at),
        Some(at) => time::short(at),
        None => shown(label, 16),
    }
}

/// Where an instant lies among the rows that begin at labelled ones.
fn place(labels: &[String], at: Micros) -> Option<f64> {
    let times: Vec<Micros> = labels.iter().map(|label| time::parse(label)).collect::<Option<_>>()?;
    let row = times.iter().rposition(|time| *time <= at)?;
    let width = match times.get(row + 1) {
        Some(next) => next - times[row],
        None => times[row] - times.get(row.checked_sub(1)?)?,
    };
    let share = (at - times[row]) as f64 / width.max(1) as f64;
    (share <= 1.0).then_some(row as f64 + share)
}

/// Parts below each other, with a mark and its interval for each value.
pub(super) fn parts(table: &StudyTable, chart: &Chart, face: Face) -> Option<Drawing> {
    let label = column(table, chart.label)?;
    let columns = drawn(table, chart);
    let marks = |row: &Vec<Cell>| columns.iter().map(|&at| mark(&row[at])).collect::<Vec<Option<Mark>>>();
    let lines: Vec<(String, Vec<Option<Mark>>)> = table
        .rows
        .iter()
        .map(|row| (row[label].text(table.columns[label].format), marks(row)))
        .filter(|(_, marks)| marks.iter().any(Option::is_some))
        .take(PARTS)
        .collect();
    if lines.is_empty() {
        return None;
    }
    let (low, high) = range(lines.iter().flat_map(|(_, marks)| marks.iter().flatten().copied()))?;
    let format = table.columns[columns[0]].format;
    let names: Vec<&str> = columns.iter().map(|&at| table.columns[at].name.as_str()).collect();
    let description = format!(
        "{}: {} of {} parts, with 95 % intervals where known.",
        table.title,
        names.join(" and "),
        lines.len()
    );
    let top = 48;
    let height = top + PART * lines.len() as i32 + 40;
    Drawing::new(face, (WIDTH, height as u32), table.title.clone(), description, |area| {
        let legend: Vec<(&str, Shade)> = names.iter().copied().zip(SHADES).collect();
        frame::heading(area, &shown(&table.title, 64), &legend)?;
        let (left, right) = (NAMES + 20, WIDTH as i32 - 40);
        let x = |value: f64| left + ((value - low) / (high - low) * f64::from(right - left)) as i32;
        let bottom = top + PART * lines.len() as i32;
        for step in 0..=4 {
            let value = low + (high - low) * f64::from(step) / 4.0;
            area.draw(&PathElement::new([(x(value), top - 6), (x(value), bottom)], FAINT.ink()))?;
            area.draw(&Text::new(
                tick(format, value),
                (x(value), bottom + 14),
                frame::small(DIM, HPos::Center),
            ))?;
        }
        if low < 0.0 && high > 0.0 {
            area.draw(&PathElement::new([(x(0.0), top - 6), (x(0.0), bottom)], DIM.ink()))?;
        }
        for (at, (name, marks)) in lines.iter().enumerate() {
            let middle = top + at as i32 * PART + PART / 2;
            area.draw(&Text::new(shown(name, 38), (NAMES, middle), frame::small(TEXT, HPos::Right)))?;
            for (place, (mark, shade)) in marks.iter().zip(SHADES).enumerate() {
                let Some((value, interval)) = mark else { continue };
                // Two marks lie above each other, so that their intervals are told apart.
                let y = if marks.len() == 1 { middle } else { middle - 4 + 8 * place as i32 };
                if let Some((from, to)) = interval {
                    let ends = [(x(*from), y), (x(*to), y)];
                    area.draw(&PathElement::new(ends, shade.ink().stroke_width(2)))?;
                }
                area.draw(&Circle::new((x(*value), y), 4, shade.ink().filled()))?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::fixture, study};

    fn svg(figure: &Figure) -> &str {
        match &figure.image {
            crate::report::figure::Image::Svg(text) => text,
            crate::report::figure::Image::Png(_) => panic!("asked for SVG"),
        }
    }

    #[test]
    fn an_onset_lies_within_its_window() {
        let labels = ["2026-03-02 00:00", "2026-03-03 00:00", "2026-03-05 00:00"].map(String::from);
        let at = |text: &str| place(&labels, time::parse(text).expect("an instant"));
        assert_eq!(at("2026-03-02T12:00:00Z"), Some(0.5));
        assert_eq!(at("2026-03-04T00:00:00Z"), Some(1.5));
        assert_eq!(at("2026-03-06T00:00:00Z"), Some(2.5));
        assert_eq!((at("2026-03-01T00:00:00Z"), at("2026-03-09T00:00:00Z")), (None, None));
        assert_eq!(place(&["a".to_owned()], 0), None);
    }

    #[test]
    fn courses_and_parts_of_an_incident_are_drawn_with_their_names() {
        let investigation = fixture::investigation();
        let studies = study::all(&investigation, true);
        let onset = investigation.framing.split();
        let figures = draw(&studies, onset, Face::Svg);
        let named = |path: &str| {
            let wanted = format!("figures/study-{path}.svg");
            figures.iter().find(|figure| figure.picture.path == wanted)
        };
        let classes = svg(named("classes-classes").expect("two classes"));
        assert!(classes.contains("recall then") && classes.contains("By class"), "{classes}");
        let course = named("estimates-windows").expect("scores and a clock");
        assert!(course.picture.description.contains("by from") && svg(course).contains("realised"));
        // Every figure is of a table that is there, and every chart of a study names columns that its table has.
        for study in &studies {
            for chart in CHARTS.iter().filter(|chart| chart.study == study.topic) {
                let Some(table) = study.tables.iter().find(|table| table.id == chart.table) else { continue };
                assert!(column(table, chart.label).is_some(), "{chart:?}");
                assert!(chart.split.is_none_or(|id| column(table, id).is_some()), "{chart:?}");
                assert!(!drawn(table, chart).is_empty(), "{chart:?}");
            }
        }
    }

    #[test]
    fn hostile_names_are_escaped() {
        let mut table = StudyTable::new(
            "groups",
            "Groups of <script>",
            &[
                ("group", "group", Format::Text),
                ("selection_baseline", "chosen then", Format::Share),
                ("selection", "chosen", Format::Share),
            ],
        );
        table.push(vec!["<b>\u{202e}a".into(), 0.4.into(), Cell::Interval(0.2, (0.1, 0.3))]);
        let chart = CHARTS.iter().find(|chart| chart.study == "fairness").expect("it is drawn");
        let drawing = parts(&table, chart, Face::Svg).expect("one group");
        let figure = drawing.named("study", "a", Face::Svg);
        assert!(!svg(&figure).contains("<b>") && !svg(&figure).contains("<script>"), "{}", svg(&figure));
        table.rows.clear();
        assert!(parts(&table, chart, Face::Svg).is_none());

        // Names of lines and of axes come from the data, too: of inputs, of versions.
        let weights = Chart {
            study: "importance",
            table: "course",
            shape: Shape::Course,
            label: "window",
            split: None,
            values: &["a", "b"],
        };
        let mut course_of = StudyTable::new(
            "course",
            "Weights",
            &[
                ("window", "w\u{202e}indow", Format::Text),
                ("a", "inco\u{202e}me", Format::Share),
                ("b", "a\u{2066}ge", Format::Share),
            ],
        );
        for row in 0..3 {
            course_of.push(vec![format!("x\u{200b}{row}").into(), 0.4.into(), 0.3.into()]);
        }
        let drawing = course(&course_of, &weights, None, Face::Svg).expect("two lines");
        let figure = drawing.named("study", "a", Face::Svg);
        assert!(!svg(&figure).contains(|c| c != '\n' && sanitize::is_unsafe(c)), "{}", svg(&figure));
    }
}
