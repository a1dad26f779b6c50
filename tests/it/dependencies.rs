//! What docs/dependencies.md says of the lock file.

use std::{collections::BTreeMap, fs, path::Path};

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

/// Names and versions of the packages of the lock file; those from a registry must have a checksum.
fn packages() -> BTreeMap<String, Vec<String>> {
    let lock = read("Cargo.lock");
    let mut packages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
            line.map(|value| value.trim_end_matches('"').to_owned())
        };
        let name = field("name").expect("a name");
        if let Some(source) = field("source") {
            assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{name}");
            assert_eq!(field("checksum").map_or(0, |sum| sum.len()), 64, "{name}");
        }
        packages.entry(name).or_default().push(field("version").expect("a version"));
    }
    packages
}

#[test]
fn crates_in_several_versions_are_those_that_are_accounted_for() {
    let table = read("docs/dependencies.md");
    let rows = table.split("## Crates in more versions than one").nth(1).expect("a section");
    let rows = rows.lines().filter_map(|line| line.strip_prefix("| "));
    let mut told: Vec<(String, String)> = Vec::new();
    for row in rows.skip(1) {
        let mut cells = row.split(" | ").map(str::to_owned);
        told.push((cells.next().unwrap_or_default(), cells.next().unwrap_or_default()));
    }
    let several = packages().into_iter().filter(|(_, versions)| versions.len() > 1);
    let mut found: Vec<(String, String)> =
        several.flat_map(|(name, versions)| versions.into_iter().map(move |v| (name.clone(), v))).collect();
    found.sort();
    told.sort();
    assert_eq!(told, found, "docs/dependencies.md has to say who asks for each");
}
