//! Snapshots of Pipeline, Feature, Concept, Support and Remedy: every layout in every look.

use crate::{
    app::{Key, Msg, fixture, update},
    ui::{
        frame,
        snapshot::{drawn, looks, printed},
    },
};

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (60, 16)];

/// Screens and the keys that lead to them.
const SHOWN: [(&str, &str); 8] = [
    ("pipeline", "2"),
    ("pipeline_vitals", "2 Tab Tab j j"),
    ("feature", "4"),
    ("feature_levels", "4 ]"),
    ("feature_boxes", "4 ] ] v v a Tab"),
    ("concept", "5"),
    ("support", "6"),
    ("remedy", "8"),
];

#[test]
fn every_layout_in_every_look() {
    for (name, keys) in SHOWN {
        for (width, height) in SIZES {
            let mut model = fixture::model(width, height);
            for key in keys.split(' ') {
                let key = Key::parse(key).unwrap_or_else(|| panic!("{key}"));
                let _ = update(&mut model, Msg::Key(key));
            }
            let all = looks().map(|(look_name, look)| {
                let buf = drawn(width, height, |area, buf| frame::draw(&model, &look, area, buf));
                format!("=== {look_name}\n{}", printed(&buf))
            });
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), all.concat());
        }
    }
}

#[test]
fn the_panes_of_small_layouts_are_reached_by_tab() {
    for step in ["2", "4", "5", "6", "8"] {
        let mut model = fixture::model(60, 16);
        let _ = update(&mut model, Msg::Key(Key::parse(step).unwrap()));
        let look = looks()[2].1;
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..model.panes().len() {
            let buf = drawn(60, 16, |area, buf| frame::draw(&model, &look, area, buf));
            seen.insert(printed(&buf));
            let _ = update(&mut model, Msg::Key(Key::Tab));
        }
        assert_eq!(seen.len(), model.panes().len(), "screen {step}");
    }
}

#[test]
fn no_chart_shows_a_fitting_axis_of_one_label_only() {
    // A vertical axis without two labels tells no scale.
    let mut model = fixture::model(120, 36);
    let _ = update(&mut model, Msg::Key(Key::Char('4')));
    let buf = drawn(120, 36, |area, buf| frame::draw(&model, &looks()[2].1, area, buf));
    let text = printed(&buf);
    assert!(
        text.lines().take(18).filter(|line| line.contains('┤')).count() >= 2,
        "{text}"
    );
}
