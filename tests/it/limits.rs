//! Limits of the shell: each is an error with a sentence, and outputs are whole or not there.

#![cfg(unix)]

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use super::commands::Folder;

/// Runs a command on a case below a limit.
fn limited(limit: &str, folder: &Folder, arguments: &[&str]) -> Output {
    Command::new("sh")
        .args(["-c", &format!("{limit}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_coroner")])
        .args(arguments)
        .current_dir(folder.path(""))
        .stdin(Stdio::null())
        .env("XDG_CONFIG_HOME", "/nowhere")
        .env("XDG_STATE_HOME", "/proc/nowhere")
        .env("TERM", "xterm-256color")
        .output()
        .expect("the program starts")
}

#[track_caller]
fn fails(ended: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{:?}: {said}", ended.status);
    for word in words.iter().chain(&["hint"]) {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_file_that_may_not_grow_leaves_the_older_one_whole() {
    let folder = Folder::healthy();
    folder.write("older.json", "older");
    let ended = limited("ulimit -f 1", &folder, &["profile", ".", "-o", "older.json"]);
    fails(&ended, &["older.json", "cannot be written", "too large"]);
    assert_eq!(fs::read_to_string(folder.path("older.json")).expect("it is there"), "older");
    let left = fs::read_dir(folder.path("")).expect("a folder").flatten();
    let drafts: Vec<_> = left.filter(|e| e.file_name().to_string_lossy().starts_with(".coroner")).collect();
    assert!(drafts.is_empty(), "{drafts:?}");
}

#[test]
fn too_few_open_files_are_an_error() {
    let folder = Folder::healthy();
    for most in [5, 8, 10] {
        let ended = limited(&format!("ulimit -n {most}"), &folder, &["check", "."]);
        fails(&ended, &["coroner"]);
    }
    fails(&limited("ulimit -n 10", &folder, &["check", "."]), &["[E208]", "ulimit -n"]);
}

#[test]
fn no_thread_is_an_error() {
    let folder = Folder::healthy();
    let ended = limited("ulimit -v 60000", &folder, &["check", "."]);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(matches!(ended.status.code(), Some(0 | 2)), "{:?}: {said}", ended.status);
}

#[test]
fn a_history_that_was_cut_off_goes_on_in_a_line_of_its_own() {
    let folder = Folder::healthy();
    folder.write("runs.jsonl", "{\"degraded\":true}\n{\"degraded\":tr");
    let history = folder.path("runs.jsonl").to_string_lossy().into_owned();
    let run = folder.run("check", &["--history", &history]);
    assert!(matches!(run.code, Some(0 | 1)), "{:?} {}", run.code, run.stderr);
    assert!(run.stderr.contains("cannot be read") && run.stderr.contains(": 1"), "{}", run.stderr);
    let text = fs::read_to_string(&history).expect("it is there");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["{\"degraded\":true}", "{\"degraded\":tr"]);
    let own: serde_json::Value = serde_json::from_str(lines[2]).expect("a line of its own");
    assert!(own["degraded"].is_boolean() && lines.len() == 3 && text.ends_with('\n'), "{text}");
    let endless = folder.run("check", &["--history", "/dev/zero"]);
    assert_eq!(endless.code, Some(2));
    assert!(endless.stderr.contains("[E306]") && endless.stderr.contains("device"), "{}", endless.stderr);
}

#[test]
fn more_threads_than_help_are_refused_whoever_asks_for_them() {
    let folder = Folder::healthy();
    fails(&limited("true", &folder, &["check", ".", "--threads", "65535"]), &["[E206]", "--threads 65535"]);
    let asked = limited("export RAYON_NUM_THREADS=100000", &folder, &["check", "."]);
    fails(&asked, &["[E206]", "RAYON_NUM_THREADS=100000"]);
    for few in ["2", "x", ""] {
        let ended = limited(&format!("export RAYON_NUM_THREADS={few}"), &folder, &["check", "."]);
        assert!(matches!(ended.status.code(), Some(0 | 1)), "{few}: {:?}", ended.status);
    }
}
