//! The layering of the folders of `src/`: which ones each may depend on, and which names it must not use.
//!
//! Comments and unit tests are exempt: a test may open a file that its folder must not.

use std::{
    fs,
    path::{Path, PathBuf},
};

mod circles;
mod modules;

/// A folder of `src/`, the folders that it may use, and words that it must not contain.
struct Layer {
    folder: &'static str,
    uses: &'static [&'static str],
    without: &'static [&'static [&'static str]],
}

const FILES: &[&str] = &["std::fs", "File::open", "File::create"];
const CLOCKS: &[&str] = &["Instant::now", "SystemTime", "Timestamp::now", "Zoned::now"];
const THREADS: &[&str] = &["std::thread", "thread::spawn", "crossbeam_channel"];
const TERMINAL: &[&str] = &["std::io::stdout", "std::io::stderr", "println!", "print!(", "indicatif"];
/// Randomness that is not reproducible.
const CHANCE: &[&str] = &["rand::rng()", "rand::random", "thread_rng", "from_os_rng", "OsRng", "RandomState"];

/// Forbidden in a pure folder: the same input gives the same result.
const PURE: &[&[&str]] = &[FILES, CLOCKS, THREADS, TERMINAL, CHANCE];

const LAYERS: &[Layer] = &[
    Layer { folder: "stats", uses: &[], without: PURE },
    Layer { folder: "onnx", uses: &[], without: PURE },
    Layer { folder: "progress", uses: &[], without: PURE },
    Layer { folder: "cached", uses: &["stats"], without: PURE },
    Layer { folder: "summary", uses: &["cached", "stats"], without: PURE },
    Layer { folder: "text", uses: &["summary"], without: PURE },
    Layer {
        folder: "case",
        uses: &["cached", "stats", "summary", "text"],
        without: &[CLOCKS, THREADS, TERMINAL, CHANCE],
    },
    Layer {
        folder: "engine",
        uses: &["cached", "case", "progress", "stats", "summary", "text"],
        without: &[TERMINAL, CHANCE],
    },
    Layer { folder: "model", uses: &["cached", "stats", "summary"], without: PURE },
    Layer {
        folder: "autopsy",
        uses: &["cached", "case", "model", "stats", "summary", "text"],
        without: PURE,
    },
    Layer {
        folder: "remedy",
        uses: &["autopsy", "cached", "case", "model", "progress", "stats", "summary", "text"],
        without: PURE,
    },
    Layer {
        folder: "study",
        uses: &["autopsy", "cached", "case", "model", "progress", "remedy", "stats", "summary", "text"],
        without: PURE,
    },
    Layer { folder: "wording", uses: &["autopsy", "remedy", "summary", "text"], without: PURE },
    Layer { folder: "journal", uses: &["autopsy", "summary"], without: PURE },
    Layer {
        folder: "report",
        uses: &["autopsy", "case", "journal", "remedy", "stats", "study", "summary", "text", "wording"],
        without: &[CLOCKS, THREADS, TERMINAL, CHANCE],
    },
    Layer {
        folder: "app",
        uses: &[
            "autopsy", "case", "journal", "model", "remedy", "stats", "study", "summary", "text", "wording",
        ],
        without: PURE,
    },
    Layer {
        folder: "ui",
        uses: &[
            "app", "autopsy", "case", "journal", "model", "remedy", "stats", "study", "summary", "text",
            "wording",
        ],
        without: PURE,
    },
    Layer {
        folder: "work",
        uses: &[
            "app", "autopsy", "cached", "case", "engine", "journal", "model", "progress", "remedy", "report",
            "study", "summary", "text",
        ],
        without: &[CHANCE],
    },
    Layer {
        folder: "tui",
        uses: &["app", "autopsy", "case", "engine", "journal", "report", "summary", "text", "ui", "work"],
        without: &[CHANCE],
    },
    Layer {
        folder: "cli",
        uses: &[
            "app", "autopsy", "case", "engine", "journal", "progress", "remedy", "report", "study",
            "summary", "text", "tui", "ui", "wording", "work",
        ],
        without: &[CHANCE],
    },
];

/// Crates that only some folders may name.
const CRATES: &[(&str, &[&str])] = &[
    ("polars", &["engine"]),
    ("coroner_spark", &["engine"]),
    ("crossterm", &["tui"]),
    ("ratatui", &["ui", "tui"]),
    ("plotters", &["report"]),
    ("clap", &["cli", "tui"]),
    ("indicatif", &["cli"]),
    ("toml", &["text", "case", "app", "tui"]),
];

#[test]
fn every_folder_keeps_to_its_layer() {
    let mut wrong = Vec::new();
    for layer in LAYERS {
        for path in rust_files(&folder_of(layer.folder)) {
            let text = fs::read_to_string(&path).expect("a source file");
            check(layer, &path, &code_of(&text), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_folder_uses_only_folders_that_come_before_it() {
    for (at, layer) in LAYERS.iter().enumerate() {
        for used in layer.uses {
            let before = LAYERS[..at].iter().any(|other| other.folder == *used);
            assert!(before, "{} uses {used}, which comes after it or has no layer", layer.folder);
        }
    }
}

#[test]
fn every_folder_has_a_layer() {
    for entry in fs::read_dir(source()).expect("src").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = LAYERS.iter().any(|layer| layer.folder == name);
        assert!(known || ["lib.rs", "main.rs"].contains(&name.as_str()), "src/{name} has no layer");
    }
}

#[test]
fn the_check_finds_what_it_is_for() {
    let layer = &LAYERS[0];
    for (code, found) in [
        ("use crate::{\n    autopsy::Cause,\n};\n", 1),
        ("fn f() { crate::text::number::psi(0.1); }\n", 1),
        ("use polars::prelude::*;\nfn f() { std::fs::read(\"x\"); }\n", 2),
        ("// crate::text and polars in a comment\nfn f() {}\n", 0),
        ("#[cfg(test)]\nmod tests {\n    use crate::text::number;\n}\n", 0),
        ("use crate::stats::Undefined;\nuse super::x;\n", 0),
        ("let polarscope = 1;\n", 0),
    ] {
        let mut wrong = Vec::new();
        check(layer, Path::new("stats/x.rs"), &code_of(code), &mut wrong);
        assert_eq!(wrong.len(), found, "{code}: {wrong:?}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source() -> PathBuf {
    root().join("src")
}

/// The location of a layer: a crate of its own, or a folder of `src/`.
fn folder_of(layer: &str) -> PathBuf {
    let in_crates = root().join("crates").join(layer).join("src");
    if in_crates.is_dir() { in_crates } else { source().join(layer) }
}

/// The files of a folder, without modules of unit tests.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of src").flatten() {
        let path = entry.path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The code without comments and unit tests, with line numbers unchanged.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let next_is_tests = lines.peek().is_some_and(|next| next.trim_end().ends_with("mod tests {"));
        if line.trim() == "#[cfg(test)]" && next_is_tests {
            break;
        }
        code.push_str(if line.trim_start().starts_with("//") { "" } else { line });
        code.push('\n');
    }
    code
}

fn check(layer: &Layer, path: &Path, code: &str, wrong: &mut Vec<String>) {
    let shown = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display().to_string();
    let mut complain = |at: usize, word: &str| {
        let line = code[..at].matches('\n').count() + 1;
        wrong.push(format!("{shown}:{line}: {} must not use {word}", layer.folder));
    };
    for (at, folder) in folders_used(code) {
        let is_folder = LAYERS.iter().any(|other| other.folder == folder);
        if is_folder && folder != layer.folder && !layer.uses.contains(&folder) {
            complain(at, &format!("crate::{folder}"));
        }
    }
    for (name, folders) in CRATES {
        if !folders.contains(&layer.folder) {
            for at in words(code, &format!("{name}::")) {
                complain(at, name);
            }
        }
    }
    for word in layer.without.iter().copied().flatten() {
        for at in words(code, word) {
            complain(at, word);
        }
    }
}

/// The positions of a word, except as the end of a longer one.
fn words<'a>(code: &'a str, word: &str) -> impl Iterator<Item = usize> + use<'a> {
    let word = word.to_owned();
    let starts: Vec<usize> = code.match_indices(&word).map(|(at, _)| at).collect();
    starts.into_iter().filter(|&at| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The folders named by `crate::…` paths, including those in braces.
fn folders_used(code: &str) -> Vec<(usize, &str)> {
    let mut used = Vec::new();
    for at in words(code, "crate::") {
        let start = at + "crate::".len();
        if !code[start..].starts_with('{') {
            used.push((at, first_word(&code[start..])));
            continue;
        }
        let (mut depth, mut expects_name) = (0, false);
        for (offset, c) in code[start..].char_indices() {
            match c {
                '{' => {
                    depth += 1;
                    expects_name = depth == 1;
                }
                '}' => depth -= 1,
                ',' => expects_name = depth == 1,
                c if c.is_alphabetic() && expects_name => {
                    used.push((start + offset, first_word(&code[start + offset..])));
                    expects_name = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    used
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}
