//! No circular dependencies between folders or between files.

use std::collections::{BTreeMap, BTreeSet};

use super::{modules::Modules, root};

/// Maximum number of files of one folder that may depend on each other: enough for a type, its parts and its
/// tests.
const FILES_IN_A_CIRCLE: usize = 3;

#[test]
fn no_folders_need_each_other() {
    let modules = Modules::read(root());
    let found = circles_of_folders(&modules.uses());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn few_files_of_a_folder_need_each_other() {
    let modules = Modules::read(root());
    let found = circles_of_files(&modules.uses());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_parent_may_hand_names_on_but_not_need_what_needs_it() {
    for (parent, found) in
        [("pub use child::Kind;", 0), ("use child::Kind;", 1), ("fn f() { child::f(); }", 1)]
    {
        let parent = format!("mod child;\n{parent}\npub struct Own;");
        let modules = Modules::from_texts(&[
            ("lib.rs", ""),
            ("app/mod.rs", ""),
            ("app/screen/mod.rs", &parent),
            ("app/screen/child.rs", "use super::Own;\nuse crate::app::{a::A, b::B};\npub struct Kind;"),
            ("app/a.rs", "use super::screen::Own;\npub struct A;"),
            ("app/b.rs", "use super::{screen::Own, a::A};\npub struct B;"),
        ]);
        let circles = circles_of_files(&modules.uses());
        assert_eq!(circles.len(), found, "{parent}: {circles:?}");
    }
}

#[test]
fn a_circle_of_folders_is_found() {
    let sound = [("app/mod.rs", "mod model;\npub use model::Model;"), ("app/model.rs", "pub struct Model;")];
    for (report, app, found) in [
        ("use crate::app::Model;", "", 0),
        ("use crate::app::Model;", "use crate::report::Report;", 1),
        (
            "fn f() -> crate::app::Model {}",
            "fn f() { crate::{report}::f(); use crate::{report::f, text}; }",
            1,
        ),
        (
            "use crate::app::Model;",
            "// use crate::report::Report;\n#[cfg(test)]\nmod tests { use crate::report::f; }",
            0,
        ),
        ("use crate::app::Model;", "const CODE: &str = \"use crate::report::f;\";", 0),
    ] {
        let report = [("report/mod.rs", report), ("app/update.rs", app)];
        let modules = Modules::from_texts(&[("lib.rs", ""), sound[0], sound[1], report[0], report[1]]);
        let circles = circles_of_folders(&modules.uses());
        assert_eq!(circles.len(), found, "{report:?}: {circles:?}");
    }
}

#[test]
fn a_circle_of_folders_within_one_is_found() {
    for (part, found) in [("pub fn put() {}", 0), ("use super::super::frame::foot::Height;", 1)] {
        let modules = Modules::from_texts(&[
            ("lib.rs", ""),
            ("ui/mod.rs", ""),
            ("ui/part/mod.rs", ""),
            ("ui/part/text.rs", part),
            ("ui/frame/mod.rs", ""),
            ("ui/frame/foot.rs", "use crate::ui::part::text;\npub struct Height;"),
        ]);
        let circles = circles_of_folders(&modules.uses());
        assert_eq!(circles.len(), found, "{part}: {circles:?}");
    }
}

#[test]
fn a_circle_of_files_is_found() {
    // The files behind a facade depend on each other in a circle: a b c d a.
    let facade = "mod a; mod b; mod c; mod d;\npub use a::{A, begin as start};\npub use c::*;";
    let round = [
        ("lib.rs", "mod app;"),
        ("app/mod.rs", facade),
        ("app/a.rs", "use super::b::{self, Kind};\npub struct A;"),
        ("app/b.rs", "fn f(c: crate::app::C<'_>) -> char { '\"' }"),
        ("app/c.rs", "use crate::{text, app::{d::{D as Other}}};\npub struct C;"),
        ("app/d.rs", "use super::start;\npub struct D;"),
    ];
    let circles = circles_of_files(&Modules::from_texts(&round).uses());
    assert_eq!(circles.len(), 1, "{circles:?}");
    assert!(
        circles[0].starts_with("4 files need each other: app/a.rs, app/b.rs, app/c.rs, app/d.rs"),
        "{circles:?}"
    );

    // A module within a file is one level deeper.
    let mut inline = round;
    inline[5].1 = "pub struct D;\nmod own { use super::super::start; }";
    let circles = circles_of_files(&Modules::from_texts(&inline).uses());
    assert_eq!(circles.len(), 1, "{circles:?}");

    for (at, instead) in [
        (5, "pub struct D;\nfn start() {}\nmod own { fn f() { if true {} } use super::start; }"),
        (5, "pub struct D;\nmod own { mod inner { use super::super::start; } }"),
        (5, "use super::{Facade, other};"),
        (5, "use std::a::A;\nfn f<'a>() -> impl Fn() + use<'a> {}"),
        (5, "/// As [`super::start`] does.\nfn f() {}"),
        (4, "#[cfg(test)]\npub(crate) use super::d::D;\npub struct C;"),
        (1, "mod a; mod b; mod c;\n#[cfg(test)]\nmod d;\npub use a::{A, begin as start};\npub use c::*;"),
    ] {
        let mut open = round;
        open[at].1 = instead;
        let circles = circles_of_files(&Modules::from_texts(&open).uses());
        assert!(circles.is_empty(), "{instead}: {circles:?}");
    }
}

/// Sibling folders, at any depth, that depend on each other, each circle with the files that close it.
fn circles_of_folders(uses: &BTreeSet<(&str, &str)>) -> Vec<String> {
    let folders: BTreeMap<(&str, &str), (String, String)> =
        uses.iter().filter_map(|&(from, to)| Some(((from, to), folders_between(from, to)?))).collect();
    let between = folders.values().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let circles = circles(&between).into_iter();
    circles
        .map(|circle| {
            let inside = |(from, to): &(String, String)| circle.contains(&**from) && circle.contains(&**to);
            told(
                "folders",
                &circle,
                folders.iter().filter(|(_, between)| inside(between)).map(|(&uses, _)| uses),
            )
        })
        .collect()
}

/// The sibling folders that contain two files; none where a file is beside the other one's folder.
fn folders_between(from: &str, to: &str) -> Option<(String, String)> {
    let (from, to): (Vec<&str>, Vec<&str>) = (place_of(from).collect(), place_of(to).collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let folder = |place: &[&str]| (place.len() > common + 1).then(|| place[..=common].join("/"));
    Some((folder(&from)?, folder(&to)?))
}

/// Circles of more than [`FILES_IN_A_CIRCLE`] files of one folder.
fn circles_of_files(uses: &BTreeSet<(&str, &str)>) -> Vec<String> {
    let within: BTreeSet<(&str, &str)> =
        uses.iter().copied().filter(|(from, to)| folder_of(from) == folder_of(to)).collect();
    let circles = circles(&within).into_iter().filter(|files| files.len() > FILES_IN_A_CIRCLE);
    circles
        .map(|files| {
            let inside = |(from, to): &(&str, &str)| files.contains(from) && files.contains(to);
            told("files", &files, within.iter().copied().filter(inside))
        })
        .collect()
}

fn told<'a>(what: &str, circle: &BTreeSet<&str>, uses: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let names: Vec<&str> = circle.iter().copied().collect();
    let mut text = format!("{} {what} need each other: {}\n", names.len(), names.join(", "));
    for (from, to) in uses {
        text += &format!("    {from} uses {to}\n");
    }
    text
}

/// The folder of `src`, or the crate, that contains a file.
fn folder_of(file: &str) -> &str {
    place_of(file).next().unwrap_or_default()
}

/// The path components of a file: the folder of `src` or the crate, the folders in it, the file.
fn place_of(file: &str) -> impl Iterator<Item = &str> {
    file.split('/').filter(|part| !["src", "crates"].contains(part))
}

/// The strongly connected components of two or more nodes.
fn circles<'a>(edges: &BTreeSet<(&'a str, &'a str)>) -> Vec<BTreeSet<&'a str>> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for &(from, to) in edges {
        next.entry(from).or_default().insert(to);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        next.keys().map(|&from| (from, reach(from, &next))).collect();
    let mut circles: Vec<BTreeSet<&str>> = Vec::new();
    for (&from, all) in &reached {
        if circles.iter().any(|circle| circle.contains(from)) {
            continue;
        }
        let back = |to: &&&str| reached.get(**to).is_some_and(|all| all.contains(from));
        let circle: BTreeSet<&str> = all.iter().filter(back).copied().collect();
        if circle.len() > 1 {
            circles.push(circle);
        }
    }
    circles
}

fn reach<'a>(from: &'a str, next: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(here) = open.pop() {
        for &to in next.get(here).into_iter().flatten() {
            if reached.insert(to) {
                open.push(to);
            }
        }
    }
    reached
}
