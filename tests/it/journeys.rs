//! The console in a terminal of its own: keys in, screens out. Waits for words, never for time.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long a word may take to appear. Only a broken program waits that long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A copy of a sample incident with a state folder of its own.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(incident: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("sample-data")
            .join(incident);
        let desk = Self { folder };
        std::fs::create_dir(desk.case()).expect("a new folder");
        for file in std::fs::read_dir(from).expect("the incident") {
            let file = file.expect("a file");
            std::fs::copy(file.path(), desk.case().join(file.file_name())).expect("a copy");
        }
        desk
    }

    fn case(&self) -> PathBuf {
        self.folder.path().join("case")
    }
}

struct Session {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("not zero")
}

impl Session {
    /// Opens the case in a terminal of 36 lines and 120 columns.
    fn start(desk: &Desk, variables: &[(&str, &str)]) -> Self {
        let (rows, cols) = (36, 120);
        let pair = native_pty_system()
            .openpty(PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_coroner"));
        command.args(["open".as_ref(), desk.case().as_os_str()]);
        for name in ["NO_COLOR", "COLORFGBG", "TMUX", "LC_ALL", "LC_CTYPE"] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("XDG_STATE_HOME", desk.folder.path().join("state"));
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(cols), 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (to_screen, to_raw) = (Arc::clone(&screen), Arc::clone(&raw));
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                to_screen.lock().expect("a screen").process(&bytes[..n]);
                to_raw.lock().expect("bytes").extend_from_slice(&bytes[..n]);
            }
        });
        let writer = pair.master.take_writer().expect("a writer");
        Self {
            master: pair.master,
            writer,
            child,
            screen,
            raw,
            reader: Some(reader),
        }
    }

    fn shown(&self) -> String {
        self.screen.lock().expect("a screen").screen().contents()
    }

    /// Waits until the screen holds a word.
    fn see(&self, word: &str) {
        self.wait(word, |shown| shown.contains(word));
    }

    fn wait(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !holds(&self.shown()) {
            assert!(
                began.elapsed() < PATIENCE,
                "never saw {what:?} in\n{}",
                self.shown()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn press(&mut self, keys: &str) {
        self.writer
            .write_all(keys.as_bytes())
            .and_then(|()| self.writer.flush())
            .expect("keys are taken");
    }

    fn resize(&self, rows: u16, cols: u16) {
        self.screen
            .lock()
            .expect("a screen")
            .set_size(cells(rows), cells(cols));
        self.master
            .resize(PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("a new size");
    }

    /// Waits for the end; the status and every byte that was sent.
    fn end(mut self) -> (ExitStatus, String) {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                break status;
            }
            if began.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("does not end:\n{}", self.shown());
            }
            thread::sleep(Duration::from_millis(10));
        };
        drop(self.writer);
        drop(self.master);
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader ends");
        }
        let raw = String::from_utf8_lossy(&self.raw.lock().expect("bytes")).into_owned();
        (status, raw)
    }
}

/// The terminal is left as it was found: the main screen, a visible cursor, no bracketed paste.
fn assert_sane(raw: &str) {
    let last = |on: &str, off: &str| (raw.rfind(on), raw.rfind(off));
    for (on, off) in [
        ("\x1b[?1049h", "\x1b[?1049l"),
        ("\x1b[?25l", "\x1b[?25h"),
        ("\x1b[?2004h", "\x1b[?2004l"),
    ] {
        let (on_at, off_at) = last(on, off);
        assert!(off_at > on_at, "{on:?} at {on_at:?}, {off:?} at {off_at:?}");
    }
}

#[test]
fn an_incident_is_walked_marked_left_and_found_again() {
    let desk = Desk::new("normalised-counts");
    let mut session = Session::start(&desk, &[]);
    session.see("credit-default 2026-01");
    session.see("checks done in");
    for (key, word) in [
        ("2", "▐2 Pipeline"),
        ("3", "feature × window"),
        ("4", "Summary"),
        ("5", "▐5 Concept"),
        ("6", "▐6 Support"),
        ("8", "▐8 Remedy"),
        ("9", "What is missing"),
        ("7", "Root causes"),
    ] {
        session.press(key);
        session.see(word);
    }
    session.press("A");
    session.see("u undoes");
    session.press(" ");
    session.see("1 pin");
    session.press("i");
    session.see("Note ·");
    session.press("seen in the ledger\r");
    session.see("1 note");
    session.press("3/ledger");
    session.see("/ ledger");
    session.press("\x15src:ledger\r");
    session.see("filter src:ledger");
    session.press("q");
    let (status, raw) = session.end();
    assert!(status.success(), "{status:?}");
    assert_sane(&raw);

    let mut again = Session::start(&desk, &[]);
    again.see("checks done in");
    again.see("▐3 Drift");
    again.see("filter src:ledger");
    again.see("1 pin   1 note");
    again.press("7");
    again.see("accepted");
    again.press("Q");
    let (status, raw) = again.end();
    assert!(status.success());
    let after = raw.rsplit("\x1b[?1049l").next().unwrap_or_default();
    assert!(
        after.contains("Root causes"),
        "the last screen stays in the scrollback: {after:?}"
    );
}

#[test]
fn a_terminal_that_shrinks_to_nothing_and_grows_again_is_drawn() {
    let desk = Desk::new("false-alarm");
    let mut session = Session::start(&desk, &[]);
    session.see("checks done in");
    session.resize(4, 2);
    session.resize(2, 4);
    session.see("coro");
    session.resize(24, 80);
    session.see("Reading");
    session.see("Leading hypotheses");
    session.press("q");
    assert!(session.end().0.success());
}

#[test]
fn without_colour_the_ramp_is_told_by_glyphs() {
    let desk = Desk::new("normalised-counts");
    let mut session = Session::start(&desk, &[("NO_COLOR", "1")]);
    session.see("checks done in");
    session.press("3");
    session.see("██ ≥1");
    session.press("q");
    let (status, raw) = session.end();
    assert!(status.success());
    for colour in ["\x1b[38;", "\x1b[48;", "\x1b[31m", "\x1b[32m", "\x1b[33m"] {
        assert!(!raw.contains(colour), "{colour:?}");
    }
}

#[test]
fn copying_goes_through_the_terminal() {
    let desk = Desk::new("false-alarm");
    let mut session = Session::start(&desk, &[]);
    session.see("checks done in");
    session.press("y");
    session.see("copied");
    session.press("q");
    let (_, raw) = session.end();
    assert!(raw.contains("\x1b]52;c;"), "no OSC 52");
}

#[cfg(unix)]
#[test]
fn a_terminated_program_leaves_a_sane_terminal() {
    let desk = Desk::new("false-alarm");
    let session = Session::start(&desk, &[]);
    session.see("checks done in");
    let id = session.child.process_id().expect("a process").to_string();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status()
        .expect("kill runs");
    assert!(killed.success());
    let (_, raw) = session.end();
    assert_sane(&raw);
}

#[test]
fn a_broken_case_says_what_is_wrong_and_where() {
    let desk = Desk::new("false-alarm");
    let contract = desk.case().join("coroner.toml");
    let text = std::fs::read_to_string(&contract).expect("a contract");
    std::fs::write(&contract, text.replace("label = \"label\"", "label = \"lable\"")).expect("written");
    let mut session = Session::start(&desk, &[]);
    session.see("Cannot open this case");
    session.see("lable");
    session.see("hint");
    session.press("q");
    let (_, raw) = session.end();
    assert_sane(&raw);
}
