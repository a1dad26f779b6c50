//! Periods marked on the axis of time: the two that are held against each other.

use super::{Brush, Effect, Model, Overlay, screen::drift};
use crate::{
    summary::{Grid, Micros, Span},
    text::time,
};

/// Marks the window under the cursor: the first time as the beginning of a period, then as its end. A marked period is held
/// against the one that was marked before it, else against all that lies before it in the log.
pub(super) fn mark(model: &mut Model) -> Vec<Effect> {
    let Some((grid, window)) = model.drift().and_then(|drift| drift.grid).zip(drift::window(model)) else {
        model.toast("this case has no clock, so it has no periods");
        return Vec::new();
    };
    let here = grid.span(window);
    let Some(begun) = model.brush.begun.take() else {
        if model.brush.periods.len() > 1 {
            model.brush.periods.clear();
        }
        model.brush.begun = Some(here);
        let name = drift::window_name(&grid, window);
        model.toast(format!("a period begins at {name}: h l move, C marks its end, Esc drops it"));
        return Vec::new();
    };
    let span = Span { from: begun.from.min(here.from), to: begun.to.max(here.to) };
    if model.brush.periods.iter().any(|known| known.from < span.to && span.from < known.to) {
        model.brush.periods.clear();
    }
    model.brush.periods.push(span);
    model.brush.periods.sort_by_key(|span| span.from);
    let Some((first, second)) = compared(&model.brush, grid) else {
        model.toast("nothing lies before this period: mark a second one after it");
        return Vec::new();
    };
    let line = format!(
        "compare {}..{} {}..{}",
        stamp(first.from),
        stamp(first.to),
        stamp(second.from),
        stamp(second.to)
    );
    model.overlays.push(Overlay::Palette { query: tui_input::Input::new(line), at: 0 });
    model.toast("Enter compares them; Esc keeps the marks, for another period");
    Vec::new()
}

/// An instant as it is typed: a day without its hour where it begins one.
fn stamp(at: Micros) -> String {
    let whole = time::rfc3339(at);
    let whole = whole.trim_end_matches('Z');
    let minute = whole.strip_suffix(":00").unwrap_or(whole);
    minute.strip_suffix("T00:00").unwrap_or(minute).to_owned()
}

/// The two periods to compare: both that were marked, else the one with all that lies before it; none where nothing does.
fn compared(brush: &Brush, grid: Grid) -> Option<(Span, Span)> {
    match brush.periods.as_slice() {
        [first, second] => Some((*first, *second)),
        [only] => {
            let before = Span { from: grid.span(0).from, to: only.from };
            (before.from < before.to).then_some((before, *only))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Key, Msg, fixture, update};

    fn press(model: &mut Model, keys: &str) {
        for name in keys.split(' ') {
            let _ = update(model, Msg::Key(Key::parse(name).expect("a key")));
        }
    }

    fn line(model: &mut Model) -> String {
        match model.overlays.pop() {
            Some(Overlay::Palette { query, .. }) => query.value().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_marked_period_is_compared_with_what_lies_before_it_and_then_with_a_second_one() {
        let mut model = fixture::model(120, 36);
        press(&mut model, "3 h h h C l l C");
        let grid = model.drift().and_then(|drift| drift.grid).expect("a clock");
        let [span] = model.brush.periods[..] else { panic!("{:?}", model.brush) };
        let first = grid.window(span.from).expect("a window");
        assert_eq!(grid.window(span.to - 1), Some(first + 2));
        let typed = line(&mut model);
        assert!(typed.starts_with(&format!("compare {}..", stamp(grid.span(0).from))), "{typed}");
        press(&mut model, "l l l C C");
        assert_eq!(model.brush.periods.len(), 2);
        let typed = line(&mut model);
        assert!(typed.starts_with(&format!("compare {}..", stamp(span.from))), "{typed}");
        // What is typed there is read again.
        model.overlays.push(Overlay::Palette { query: tui_input::Input::new(typed), at: 0 });
        press(&mut model, "Enter");
        assert!(model.overlays.is_empty(), "{:?}", model.toast);
    }

    #[test]
    fn an_instant_is_written_as_short_as_it_is_read() {
        for text in ["2026-03-14", "2026-03-14T02:00", "2026-03-14T02:00:07"] {
            let at = time::parse(text).expect("a time");
            assert_eq!((stamp(at).as_str(), time::parse(&stamp(at))), (text, Some(at)));
        }
    }

    #[test]
    fn escape_drops_a_period_that_has_begun() {
        let mut model = fixture::model(120, 36);
        press(&mut model, "3 C Esc");
        assert_eq!(model.brush, Brush::default());
        assert_eq!(model.screen, crate::autopsy::Step::Drift);
    }
}
