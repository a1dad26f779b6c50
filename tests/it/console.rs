//! The console in a terminal of its own, with a home folder of its own. Whoever uses it waits for words to appear on the
//! screen, not for time to pass; on a timeout the screen is printed.

#![cfg(unix)]

use std::{
    fs,
    io::{Read as _, Write},
    num::NonZeroU16,
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// Timeout for words to appear; a debug build on a busy machine needs some of it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A separate home folder and a current folder, which are deleted at the end of the test.
pub(crate) struct Home {
    pub(crate) folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("here")).expect("a current folder");
        Self { folder }
    }

    /// The folder that the program is started in.
    pub(crate) fn here(&self) -> PathBuf {
        self.folder.path().join("here")
    }

    /// Starts the program at 120 columns and 36 lines.
    pub(crate) fn start(&self, arguments: &[&str]) -> Session {
        self.start_with(arguments, &[])
    }

    pub(crate) fn start_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Session {
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
    pub(crate) terminal: vt100::Parser,
    /// Everything that was sent to the terminal.
    pub(crate) sent: Vec<u8>,
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
    pub(crate) fn wait_for(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
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
    pub(crate) fn answer(&mut self, key: &str) -> usize {
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
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.process_id().expect("it runs");
        let status = shell(&format!("kill -{name} {id}"));
        assert!(status.status.success(), "{status:?}");
    }

    /// Waits until the system has stopped the program.
    #[track_caller]
    pub(crate) fn stops(&self) {
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

    pub(crate) fn resize(&mut self, columns: u16, lines: u16) {
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
    pub(crate) fn quit(mut self) {
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
pub(crate) const EXAMINED: &str = "checks done in";
