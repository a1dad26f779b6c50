//! What a click on the screen means: the pane under it, and how far the cursor has to move to the line under it.
//!
//! Nothing is noted while the screens are drawn: they are drawn again with each pane focused, and with the cursor moved,
//! until the clicked place is found. That costs some frames, once a click, and holds for every pane there will ever be.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{
    frame,
    look::{Look, StyleRole},
};
use crate::app::{Action, Model, Msg, screen, update};

/// Steps that a cursor is moved at most on the way to a line.
const STEPS: isize = 60;

/// The message of a click on a pane; none where nothing is.
#[must_use]
pub fn clicked(model: &Model, look: &Look, at: (u16, u16)) -> Option<Msg> {
    let (pane, area) = found(model, look, at)?;
    let mut tried = model.clone();
    tried.screens.pane[model.screen as usize] = pane;
    Some(Msg::Point { pane, by: steps(tried, look, area, at.1) })
}

/// The pane at a place; none where nothing is.
#[must_use]
pub fn pane(model: &Model, look: &Look, at: (u16, u16)) -> Option<usize> {
    found(model, look, at).map(|(pane, _)| pane)
}

/// The pane at a place, and the room that it takes.
fn found(model: &Model, look: &Look, (x, y): (u16, u16)) -> Option<(usize, Rect)> {
    if !model.overlays.is_empty() {
        return None;
    }
    let before = drawn(model, look);
    let panes = screen::panes(model.screen).len();
    let here = model.pane();
    let order = std::iter::once(here).chain((0..panes).filter(|&pane| pane != here));
    for pane in order {
        let mut tried = model.clone();
        tried.screens.pane[model.screen as usize] = pane;
        let buf = drawn(&tried, look);
        let Some(area) = focused(&buf, look).filter(|area| area.contains((x, y).into())) else { continue };
        // A pane that was not on the screen takes the place of others once it has the focus: that one was not meant.
        if same_corners(&before, &buf, area) {
            return Some((pane, area));
        }
    }
    None
}

fn drawn(model: &Model, look: &Look) -> Buffer {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buf = Buffer::empty(area);
    frame::draw(model, look, area, &mut buf);
    buf
}

/// Whether a cell has the attributes that a style sets.
fn has(buf: &Buffer, at: (u16, u16), style: Style) -> bool {
    let cell = &buf[at];
    style.fg.is_none_or(|fg| cell.fg == fg)
        && style.bg.is_none_or(|bg| cell.bg == bg)
        && cell.modifier.contains(style.add_modifier)
}

/// The pane with the bright border.
fn focused(buf: &Buffer, look: &Look) -> Option<Rect> {
    let (borders, style) = (look.borders(), look.style(StyleRole::Focus));
    // Where two panes share a line its ends are tees.
    let corner =
        |glyphs: [char; 2], at: (u16, u16)| buf[at].symbol().starts_with(glyphs) && has(buf, at, style);
    let mut places = buf.area.positions().map(|place| (place.x, place.y));
    let (left, top) = places.find(|&at| corner([borders.top_left, borders.tee_left], at))?;
    let right =
        (left + 1..buf.area.right()).find(|&x| corner([borders.top_right, borders.tee_right], (x, top)))?;
    let bottom =
        (top + 1..buf.area.bottom()).find(|&y| corner([borders.bottom_left, borders.tee_left], (left, y)))?;
    Some(Rect { x: left, y: top, width: right - left + 1, height: bottom - top + 1 })
}

/// Whether a pane has the same corners in both pictures.
fn same_corners(a: &Buffer, b: &Buffer, area: Rect) -> bool {
    [(area.left(), area.top()), (area.right() - 1, area.top()), (area.left(), area.bottom() - 1)]
        .into_iter()
        .all(|at| a[at].symbol() == b[at].symbol())
}

/// The line of the cursor within a pane.
fn cursor(buf: &Buffer, look: &Look, area: Rect) -> Option<u16> {
    let style = look.style(StyleRole::Cursor);
    (area.top() + 1..area.bottom().saturating_sub(1))
        .find(|&y| (area.left() + 1..area.right().saturating_sub(1)).any(|x| has(buf, (x, y), style)))
}

/// How far the cursor has to move to reach a line, or the last place before it; 0 where it does not come there.
fn steps(mut model: Model, look: &Look, area: Rect, y: u16) -> isize {
    let Some(mut at) = cursor(&drawn(&model, look), look, area) else { return 0 };
    let (action, way) = if y > at { (Action::Down, 1) } else { (Action::Up, -1) };
    for step in 1..=STEPS {
        if at == y {
            return (step - 1) * way;
        }
        let _ = update(&mut model, Msg::Do(action));
        let Some(next) = cursor(&drawn(&model, look), look, area) else { return 0 };
        // An entry of several lines is reached at its first one.
        if (way > 0 && next > y) || next == at {
            return (step - 1) * way;
        }
        if way < 0 && next < y {
            return step * way;
        }
        at = next;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{fixture, screen::triage},
        autopsy::Step,
        ui::snapshot::looks,
    };

    #[test]
    fn a_click_focuses_the_pane_and_moves_to_the_line_in_every_look() {
        for (name, look) in looks() {
            let mut model = fixture::model(120, 36);
            let mut checks = fixture::model(120, 36);
            checks.screens.pane[Step::Triage as usize] = triage::CHECKS;
            let area = focused(&drawn(&checks, &look), &look).expect("the list of checks");
            let first = cursor(&drawn(&checks, &look), &look, area).expect("its cursor");
            let Some(Msg::Point { pane, by }) = clicked(&model, &look, (area.x + 4, first + 3)) else {
                panic!("{name}: nothing there");
            };
            assert_eq!(pane, triage::CHECKS, "{name}");
            assert!((1..=3).contains(&by), "{name}: {by}");
            let _ = update(&mut model, Msg::Point { pane, by });
            assert_eq!((model.pane(), model.screens.triage.check), (pane, by as usize), "{name}");
            assert!(clicked(&model, &look, (2, 0)).is_none(), "{name}: the header is no pane");
        }
    }

    #[test]
    fn the_wheel_moves_the_pane_under_the_pointer() {
        let (_, look) = looks().into_iter().next().expect("a look");
        let mut model = fixture::model(120, 36);
        let mut checks = model.clone();
        checks.screens.pane[Step::Triage as usize] = triage::CHECKS;
        let area = focused(&drawn(&checks, &look), &look).expect("the list of checks");
        let pane = pane(&model, &look, (area.x + 3, area.y + 2));
        assert_eq!((model.pane(), pane), (triage::BOARD, Some(triage::CHECKS)));
        let _ = update(&mut model, Msg::Roll { pane, down: true });
        assert_eq!((model.screens.triage.line, model.screens.triage.check), (0, 1));
        // Above the screens it moves what is open there.
        let _ = update(&mut model, Msg::Do(Action::Problems));
        let _ = update(&mut model, Msg::Roll { pane: None, down: true });
        assert_eq!(model.screens.triage.check, 1);
        assert!(matches!(model.overlays.last(), Some(crate::app::Overlay::Problems { at: 1 })));
    }

    #[test]
    fn a_second_click_on_the_same_line_opens_it() {
        let mut model = fixture::model(120, 36);
        model.screens.pane[Step::Triage as usize] = triage::VERDICT;
        let _ = update(&mut model, Msg::Point { pane: triage::VERDICT, by: 0 });
        assert_eq!(model.screen, Step::Triage, "the first click chooses");
        let _ = update(&mut model, Msg::Point { pane: triage::VERDICT, by: 0 });
        assert_eq!(model.screen, Step::Diagnosis);
    }
}
