//! The console operated by keys, as an analyst would.

#![cfg(unix)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::console::{EXAMINED, Home};

/// The relative targets of markdown's links and images.
fn links(markdown: &str) -> Vec<&str> {
    markdown
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn from_the_demo_to_the_report_and_back() {
    let home = Home::new();
    let mut console = home.start(&["demo"]);
    console.see(&["credit-default", "Golden set", "Checks", EXAMINED]);
    for (key, word) in [
        ("2", "▐2 Pipeline"),
        ("3", "▐3 Drift"),
        ("4", "▐4 Feature"),
        ("5", "▐5 Concept"),
        ("6", "▐6 Support"),
        ("7", "▐7 Diagnosis"),
        ("8", "▐8 Remedy"),
        ("9", "▐9 Report"),
        ("1", "▐1 Triage"),
    ] {
        console.press(key);
        console.see(&[word, "Reading"]);
    }
    console.press("8");
    console.see(&["not offered, and why", "Begin with “"]);
    console.press("1");
    console.see(&["▐1 Triage"]);
    console.press(" ");
    console.see(&["1 pin"]);
    console.press("i");
    console.see(&["Note"]);
    console.press("asked the owners of the export\r");
    console.see(&["1 note"]);
    console.press("7");
    console.see(&["▐7 Diagnosis"]);
    console.press("A");
    console.see(&["accepted"]);
    assert!(files_below(&home.here()).is_empty(), "nothing is written unasked");
    console.press("9");
    console.see(&["Incident report"]);
    console.press("w");
    console.see(&["wrote "]);
    console.quit();

    let report = home.here().join("coroner-report/normalised-counts/report.md");
    let text = fs::read_to_string(&report).expect("the report is there");
    assert!(text.contains("asked the owners of the export"), "{text}");
    let targets = links(&text);
    assert!(targets.iter().any(|target| target.contains(".svg")), "{targets:?}");
    for target in targets {
        let path = report.with_file_name(target);
        assert!(path.is_file(), "{target} leads nowhere");
    }

    let mut again = home.start(&["demo"]);
    again.see(&["▐9 Report", "1 pin", "1 note", EXAMINED]);
    again.press("7");
    again.see(&["▐7 Diagnosis", "accepted"]);
    again.quit();
}

#[test]
fn a_repair_is_tried_shown_and_pinned() {
    let home = Home::new();
    let mut console = home.start(&["demo"]);
    console.see(&[EXAMINED]);
    console.press("4");
    console.see(&["▐4 Feature"]);
    console.press("t");
    console.see(&["Try a repair", "freeze at", "of the loss back"]);
    console.wait("every repair tried", |screen| screen.contains("Best in bold"));
    console.press(" ");
    console.see(&["pinned"]);
    console.press("\r");
    console.wait("the repair in the summary", |screen| {
        !screen.contains("Try a repair") && screen.contains(": PSI ") && screen.contains(" → ")
    });
    console.press("p");
    console.see(&["Pinned evidence", "tried by hand"]);
    console.press("\x1b");
    console.wait("the pins closed", |screen| !screen.contains("Pinned evidence"));
    console.quit();
}

#[test]
fn a_key_that_changes_nothing_says_so() {
    let home = Home::new();
    let mut console = home.start(&["demo"]);
    console.see(&[EXAMINED]);
    console.press("5");
    console.see(&["▐5 Concept"]);
    console.press("G");
    console.see(&["▶visits_30d"]);
    for _ in 0..2 {
        // Also the second time: that the message of the key before goes is no change.
        console.answer("j");
        console.see(&["nothing further below"]);
    }
    console.quit();
}

#[test]
fn an_onset_set_by_hand_frames_everything_anew_and_is_undone() {
    let home = Home::new();
    let mut console = home.start(&["demo"]);
    console.see(&[EXAMINED]);
    console.press(":");
    console.see(&["Run"]);
    console.press("onset yesterday\r");
    console.see(&["is no time", "onset yesterday"]);
    console.press("\x15onset 2026-03-25T06:00\r");
    console.see(&["onset set by hand 03-25 06:00", EXAMINED]);
    console.press("9");
    console.see(&["▐9 Report", "Incident report"]);
    console.quit();

    // It is restored with the case, and removed by an undo.
    let mut again = home.start(&["demo"]);
    again.see(&["onset set by hand 03-25 06:00", EXAMINED]);
    again.press("u");
    again.wait("the onset as found", |screen| screen.contains(EXAMINED) && !screen.contains("by hand"));
    again.quit();
}

#[test]
fn keys_of_the_configuration_are_in_force_and_shown() {
    let home = Home::new();
    let folder = home.folder.path().join("config/coroner");
    fs::create_dir_all(&folder).expect("a folder");
    let config = "[keys]\nquit = \"f\"\nhelp = [\"F2\", \"?\"]\ngo_drift = \"#\"\n";
    fs::write(folder.join("config.toml"), config).expect("a file");
    let mut console = home.start(&["demo"]);
    console.see(&[EXAMINED, "f quit"]);
    console.press("#");
    console.see(&["▐3 Drift"]);
    console.press("?");
    console.see(&["Help · Drift", "PSI 10.7 since onset against training"]);
    console.press("quit;");
    console.wait("its key in the help", |screen| {
        screen.lines().any(|line| line.contains(" f ") && line.contains("quit; the case opens again"))
    });
    console.press("\x1b");
    // Escape and a letter that arrive together are one key to a terminal.
    console.wait("the help closed", |screen| !screen.contains("Help · Drift"));
    console.press("q");
    console.see(&["q does nothing here"]);
    console.press("f");
    assert!(console.end().success());

    fs::write(folder.join("config.toml"), "[keys]\nquit = \"j\"\n").expect("a file");
    let mut refused = home.start(&["demo"]);
    refused.see(&["E405", "config.toml:2", "down and quit"]);
    assert!(!refused.end().success());
}

#[test]
fn the_place_and_the_filter_come_back_and_the_last_screen_may_stay() {
    let home = Home::new();
    let mut console = home.start(&["demo", "transaction-window"]);
    console.see(&[EXAMINED]);
    console.press("3/ledger");
    console.see(&["/ ledger"]);
    console.press("\x15src:ledger\r");
    console.see(&["filter src:ledger"]);
    console.quit();

    let mut again = home.start(&["demo", "transaction-window"]);
    again.see(&["▐3 Drift", "filter src:ledger", EXAMINED]);
    again.press("Q");
    assert!(again.end().success());
    again.is_sane();
    assert!(again.screen().contains("filter src:ledger"), "{}", again.screen());
}

#[test]
fn copying_goes_through_the_terminal() {
    let home = Home::new();
    let mut console = home.start(&["demo", "false-alarm"]);
    console.see(&[EXAMINED]);
    console.press("y");
    console.see(&["copied"]);
    let sequence = b"\x1b]52;c;";
    assert!(console.sent.windows(sequence.len()).any(|sent| sent == sequence));
    console.quit();
}

#[test]
fn a_terminal_may_become_tiny_and_large_again() {
    let home = Home::new();
    let mut console = home.start(&["demo", "false-alarm"]);
    console.see(&[EXAMINED]);
    console.resize(2, 4);
    console.wait("anything", |screen| !screen.trim().is_empty());
    console.press("3");
    console.resize(80, 24);
    console.see(&["PSI", "Reading"]);
    console.quit();
}

#[test]
fn without_colour_the_ramp_still_shows() {
    let home = Home::new();
    let mut console = home.start_with(&["demo"], &[("NO_COLOR", "1")]);
    console.see(&[EXAMINED]);
    console.press("3");
    console.see(&["░░", "▒▒", "▓▓", "██"]);
    console.press("q");
    console.end();
    let colours: Vec<u16> = parameters(&console.sent)
        .into_iter()
        .filter(|p| matches!(p, 30..=38 | 40..=48 | 90..=97 | 100..=107))
        .collect();
    assert!(colours.is_empty(), "{colours:?}");

    // The same screen with colours, to show that the test above can fail.
    let mut console = home.start(&["demo"]);
    console.see(&[EXAMINED]);
    assert!(parameters(&console.sent).contains(&38));
    console.quit();
}

/// The parameters of all sequences that set colours and styles (`ESC [ … m`).
fn parameters(sent: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(sent);
    text.split("\x1b[")
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
            rest[end..].starts_with('m').then_some(&rest[..end])
        })
        .flat_map(|list| list.split([';', ':']))
        .filter_map(|number| number.parse().ok())
        .collect()
}

#[test]
fn an_answer_that_comes_late_is_no_key() {
    let mut session = Home::new().start(&["demo"]);
    session.see(&["Triage", EXAMINED]);
    assert!(session.sent.windows(6).any(|ask| ask == b"\x1b]11;?"), "the background is asked for");
    let before = session.screen();
    for answer in ["\x1b]11;rgb:1111/1111/1111\x1b\\", "\x1b[>41;354;0c", "\x1bP>|XTerm(390)\x1b\\"] {
        session.press(answer);
    }
    session.answer("\x0c");
    assert_eq!(session.screen(), before);
    // A light background has its own palette.
    session.press("\x1b]11;rgb:ff");
    session.answer("ff/ffff/ffff\x07");
    assert_eq!(session.screen(), before);
    session.quit();
}

#[test]
fn a_long_paste_is_taken_at_once() {
    let mut session = Home::new().start(&["demo"]);
    session.see(&["Triage", EXAMINED]);
    for field in ["4/", ":", "?"] {
        session.press(&format!("{field}\x1b[200~{}\x1b[201~", "x".repeat(200_000)));
        session.see(&["xxxxxxxx"]);
        // Without brackets, as in old terminals.
        session.press(&"x".repeat(20_000));
        session.press("\x1b");
        session.wait("the field is closed", |screen| !screen.contains("xxxxxxxx"));
    }
    session.quit();
}

#[test]
fn a_killed_console_leaves_a_sane_terminal() {
    let home = Home::new();
    let mut console = home.start(&["demo"]);
    console.see(&["Golden set"]);
    assert!(console.terminal.screen().alternate_screen());
    console.signal("TERM");
    console.end();
    console.is_sane();
}

#[test]
fn a_suspended_console_comes_back() {
    let home = Home::new();
    let mut console = home.start(&["demo", "false-alarm"]);
    console.see(&[EXAMINED]);
    console.press("\x1a");
    console.wait_for("the terminal as it was", |session| !session.terminal.screen().alternate_screen());
    console.is_sane();
    console.stops();
    console.signal("CONT");
    console.wait_for("the console", |session| session.terminal.screen().alternate_screen());
    console.see(&["Golden set", EXAMINED]);
    console.press("3");
    console.see(&["▐3 Drift", "Reading"]);
    console.quit();
}

#[test]
fn a_line_of_9600_baud_is_enough() {
    // 960 bytes a second, in the layout for a slow line: the target of a key appears within a second and a half,
    // another feature within three, a pane that replaces another and a screen within five.
    let home = Home::new();
    let mut console = home.start(&["demo"]);
    console.see(&[EXAMINED]);
    console.resize(80, 24);
    console.see(&["Reading"]);
    // The measurement of remedies draws its progress, more often on a slower machine: wait for its end before
    // counting bytes.
    console.press("8");
    console.see(&["begin here"]);
    for screen in 1..=9 {
        let whole = console.answer(&screen.to_string());
        assert!(whole < 4800, "screen {screen} takes {whole} bytes");
        // On Feature these keys select another feature, and all panes about it change.
        let most = if screen == 4 { 2880 } else { 1440 };
        for key in ["j", "j", "k"] {
            let moved = console.answer(key);
            assert!(moved < most, "{key:?} on screen {screen} takes {moved} bytes");
        }
        // On Diagnosis the next pane is already visible; on the others it replaces this one.
        let most = if screen == 7 { 1920 } else { 4800 };
        let pane = console.answer("\t");
        assert!(pane < most, "the next pane of screen {screen} takes {pane} bytes");
    }
    console.quit();
}

#[test]
fn esc_stops_the_exams_and_shows_what_is_known() {
    let home = Home::new();
    let mut console = home.start(&["demo"]);
    console.see(&["still running"]);
    console.press("\x1b");
    console.see(&["stopped"]);
    console.press("3");
    console.see(&["▐3 Drift"]);
    console.quit();
}

#[test]
fn a_broken_case_shows_what_to_do() {
    let home = Home::new();
    let mut made = home.start(&["demo", "false-alarm", "--extract", "case"]);
    assert!(made.end().success());
    let contract = home.here().join("case/coroner.toml");
    let text = fs::read_to_string(&contract).expect("it was extracted");
    fs::write(&contract, text.replace("timestamp = \"ts\"", "timestamp = \"tz\""))
        .expect("it can be written");

    let mut console = home.start(&["open", "case"]);
    console.see(&["Cannot open this case", "E012", "hint", "coroner.toml:"]);
    console.press("q");
    assert_eq!(console.end().exit_code(), 2);
    console.is_sane();
    // The error stays on the terminal.
    console.see(&["E012", "hint"]);
}

#[test]
fn the_editor_mends_a_broken_case() {
    let home = Home::new();
    let mut made = home.start(&["demo", "false-alarm", "--extract", "case"]);
    assert!(made.end().success());
    let contract = home.here().join("case/coroner.toml");
    let text = fs::read_to_string(&contract).expect("it was extracted");
    fs::write(&contract, text.replace("score = \"score\"", "scor = \"score\"")).expect("it can be written");

    let editor = home.here().join("editor.sh");
    let script = "#!/bin/sh\nsed -i 's/^scor =/score =/' \"$1\"\n";
    fs::write(&editor, script).expect("it can be written");
    let command = format!("sh {}", editor.display());
    let mut console = home.start_with(&["open", "case"], &[("EDITOR", &command)]);
    console.see(&["Cannot open this case", "scor"]);
    console.press("e");
    console.see(&["Golden set", EXAMINED]);
    console.quit();
}
