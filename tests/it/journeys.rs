//! The console in a terminal, operated by keys as an analyst would. Tests wait for words to appear on the
//! screen, not for time to pass; on a timeout the screen is printed.

#![cfg(unix)]

use std::{
    fs,
    io::{Read as _, Write},
    num::NonZeroU16,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// Timeout for words to appear; a debug build on a busy machine needs some of it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A separate home folder and a current folder, which are deleted at the end of the test.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("here")).expect("a current folder");
        Self { folder }
    }

    /// The folder that the program is started in.
    fn here(&self) -> PathBuf {
        self.folder.path().join("here")
    }

    /// Starts the program at 120 columns and 36 lines.
    fn start(&self, arguments: &[&str]) -> Session {
        self.start_with(arguments, &[])
    }

    fn start_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Session {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_coroner"));
        command.args(arguments);
        command.cwd(self.here());
        for name in ["NO_COLOR", "COLORFGBG", "LC_ALL", "LC_CTYPE", "EDITOR", "VISUAL"] {
            command.env_remove(name);
        }
        for (name, folder) in [
            ("HOME", ""),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
        ] {
            command.env(name, self.folder.path().join(folder));
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in variables {
            command.env(name, value);
        }
        Session::of(command)
    }
}

/// A running console.
pub(crate) struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    terminal: vt100::Parser,
    /// Everything that was sent to the terminal.
    sent: Vec<u8>,
}

impl Session {
    pub(crate) fn of(command: CommandBuilder) -> Self {
        let pty = native_pty_system().openpty(size(120, 36)).expect("a terminal");
        let child = pty.slave.spawn_command(command).expect("the program starts");
        // The output ends only when nobody else holds the other side of the terminal.
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().expect("a reader");
        let keys = pty.master.take_writer().expect("a writer");
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || send.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, master: pty.master, keys, output, terminal: parser(120, 36), sent: Vec::new() }
    }

    pub(crate) fn screen(&self) -> String {
        self.terminal.screen().contents()
    }

    /// Receives the program's output until `until` at the latest; an error on a timeout or at its end.
    fn listen(&mut self, until: Instant) -> Result<(), RecvTimeoutError> {
        let bytes = self.output.recv_timeout(until.saturating_duration_since(Instant::now()))?;
        self.terminal.process(&bytes);
        self.sent.extend(bytes);
        Ok(())
    }

    /// Waits until the screen satisfies a condition.
    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, condition: impl Fn(&str) -> bool) {
        self.wait_for(what, |session| condition(&session.screen()));
    }

    #[track_caller]
    fn wait_for(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !condition(self) {
            if let Err(error) = self.listen(until) {
                panic!("waited for {what} ({error}):\n{}", self.screen());
            }
        }
    }

    /// Waits until all words are on the screen.
    #[track_caller]
    pub(crate) fn see(&mut self, words: &[&str]) {
        self.wait(&format!("{words:?}"), |screen| words.iter().all(|word| screen.contains(word)));
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("keys can be typed");
        self.keys.flush().expect("keys can be typed");
    }

    /// Presses a key and waits for the resulting frame; returns the number of bytes sent.
    #[track_caller]
    fn answer(&mut self, key: &str) -> usize {
        const FRAME_ENDS: &[u8] = b"\x1b[?2026l";
        let before = self.sent.len();
        self.press(key);
        self.wait_for(&format!("a frame after {key:?}"), |session| {
            let new = &session.sent[before..];
            new.windows(FRAME_ENDS.len()).any(|end| end == FRAME_ENDS)
        });
        self.sent.len() - before
    }

    /// Sends a signal to the program: `TERM`, `CONT`.
    fn signal(&self, name: &str) {
        let id = self.child.process_id().expect("it runs");
        let status = shell(&format!("kill -{name} {id}"));
        assert!(status.status.success(), "{status:?}");
    }

    /// Waits until the system has stopped the program.
    #[track_caller]
    fn stops(&self) {
        let id = self.child.process_id().expect("it runs");
        let until = Instant::now() + PATIENCE;
        loop {
            let state = shell(&format!("ps -o stat= -p {id}")).stdout;
            if state.starts_with(b"T") {
                return;
            }
            let state = String::from_utf8_lossy(&state).into_owned();
            assert!(Instant::now() < until, "it is not stopped but {state}");
        }
    }

    fn resize(&mut self, columns: u16, lines: u16) {
        // The screen of the old size is cleared, to see only what is drawn for the new one.
        self.terminal = parser(columns, lines);
        self.master.resize(size(columns, lines)).expect("a terminal has a size");
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub(crate) fn end(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.listen(until) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on:\n{}", self.screen()),
            }
        }
        self.child.wait().expect("it is a child of ours")
    }

    #[track_caller]
    fn quit(mut self) {
        self.press("q");
        assert!(self.end().success());
        self.is_sane();
    }

    /// Asserts that the terminal is in its original state.
    #[track_caller]
    pub(crate) fn is_sane(&self) {
        let screen = self.terminal.screen();
        assert!(!screen.alternate_screen(), "the other screen was left");
        assert!(!screen.hide_cursor(), "the cursor is back");
        assert!(!screen.bracketed_paste(), "pastes are plain again");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is free");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // After a failure the program may still run; after a normal end the error is ignored.
        let _ = self.child.kill();
    }
}

pub(crate) fn shell(command: &str) -> std::process::Output {
    let mut sh = std::process::Command::new("sh");
    sh.args(["-c", command]).output().expect("a shell")
}

fn size(columns: u16, lines: u16) -> PtySize {
    PtySize { rows: lines, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn parser(columns: u16, lines: u16) -> vt100::Parser {
    let at_least_one = |n: u16| NonZeroU16::new(n).expect("at least one");
    vt100::Parser::new(at_least_one(lines), at_least_one(columns), 0)
}

/// Shown once all checks have run and no spinner is left.
pub(super) const EXAMINED: &str = "checks done in";

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
    console.see(&["Help · Drift", "PSI of every feature"]);
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
