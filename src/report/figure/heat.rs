//! PSI of the inputs by window.

use plotters::{
    element::{PathElement, Rectangle, Text},
    style::{Color as _, text_anchor::HPos},
};

use super::{
    Drawing, Face, course,
    frame::{self, ALARM, DIM, EMPTY, HEAT, TEXT},
};
use crate::{
    autopsy::{Investigation, exam::drift::DriftRow},
    case::keys::PSI_EDGES,
    report::sketch,
    text::{number, sanitize},
};

/// Maximum number of inputs, those with the largest PSI.
const SHOWN: usize = 24;
const CELL: i32 = 18;
const LEFT: i32 = 200;
const TOP: i32 = 44;

pub(super) fn draw(investigation: &Investigation, face: Face) -> Option<Drawing> {
    let drift = &investigation.drift;
    let grid = drift.grid?;
    let lines = sketch::moved_most(investigation, SHOWN);
    if lines.is_empty() || grid.windows == 0 {
        return None;
    }
    let alarming = drift.features.iter().filter(|line| line.level == 2).count();
    let title = format!("PSI by {}", grid.width.noun());
    let shown = if lines.len() == drift.features.len() {
        format!("all {} inputs", lines.len())
    } else {
        format!("the {} inputs that moved most, of {}", lines.len(), drift.features.len())
    };
    let alarms = match alarming {
        0 => "none alarms".to_owned(),
        1 => "1 alarms".to_owned(),
        n => format!("{n} alarm"),
    };
    let description = format!(
        "Population stability index of {shown}, against training, by {}; {alarms}. The largest value is {}.",
        grid.width.noun(),
        number::psi(lines.iter().map(|line| line.max_psi).fold(0.0, f64::max))
    );
    let width = 860;
    let step = f64::from(width - LEFT - 18) / grid.windows as f64;
    let height = TOP + CELL * lines.len() as i32 + 58;
    Drawing::new(face, (width as u32, height as u32), title.clone(), description, |area| {
        frame::heading(area, &title, &[])?;
        legend(area, width)?;
        for (at, line) in lines.iter().enumerate() {
            row(area, investigation, line, TOP + at as i32 * CELL, step)?;
        }
        let bottom = TOP + CELL * lines.len() as i32;
        let every = (grid.windows as f64 / 8.0).ceil().max(1.0) as usize;
        for window in (0..grid.windows).step_by(every) {
            let x = LEFT + (window as f64 * step) as i32;
            area.draw(&PathElement::new([(x, bottom), (x, bottom + 4)], DIM.ink()))?;
            area.draw(&Text::new(
                course::tick(grid, window as f64),
                (x, bottom + 14),
                frame::small(DIM, HPos::Left),
            ))?;
        }
        area.draw(&Text::new(
            "time (UTC)",
            (LEFT + (grid.windows as f64 * step / 2.0) as i32, bottom + 38),
            frame::small(DIM, HPos::Center),
        ))?;
        if let Some(onset) = investigation.framing.onset {
            let x = LEFT + (course::place(grid, onset.at).clamp(0.0, grid.windows as f64) * step) as i32;
            area.draw(&PathElement::new([(x, TOP - 5), (x, bottom + 5)], ALARM.ink().stroke_width(2)))?;
        }
        Ok(())
    })
}

fn row(
    area: &frame::Area<'_>,
    investigation: &Investigation,
    line: &DriftRow,
    y: i32,
    step: f64,
) -> frame::Drawn {
    let name = sanitize::terminal(investigation.dossier.feature_name(line.feature));
    area.draw(&Text::new(
        sketch::clipped(&name, 24),
        (LEFT - 8, y + CELL / 2),
        frame::small(TEXT, HPos::Right),
    ))?;
    for (window, psi) in line.psi.iter().enumerate() {
        let shade = psi.map_or(EMPTY, |psi| HEAT[sketch::psi_step(psi)]);
        let from = LEFT + (window as f64 * step) as i32;
        let to = LEFT + ((window + 1) as f64 * step) as i32;
        area.draw(&Rectangle::new([(from, y), (to, y + CELL - 2)], shade.ink().filled()))?;
    }
    Ok(())
}

/// Draws the steps of the ramp with their lower ends.
fn legend(area: &frame::Area<'_>, width: i32) -> frame::Drawn {
    let names = std::iter::once("0".to_owned()).chain(PSI_EDGES.map(|edge| format!("{edge:.2}")));
    let mut x = width - 18 - 6 * 62;
    for (shade, name) in HEAT.into_iter().zip(names) {
        area.draw(&Rectangle::new([(x, 12), (x + 16, 24)], shade.ink().filled()))?;
        area.draw(&Text::new(name.as_str(), (x + 20, 18), frame::small(DIM, HPos::Left)))?;
        x += 62;
    }
    Ok(())
}
