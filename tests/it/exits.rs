//! The terminal is as it was after every way out, faults of workers and of the console's own thread among them.

#![cfg(unix)]

use std::{fs, path::PathBuf, sync::Arc};

use coroner::{
    app::{BackgroundEffect, Head, Model, Msg},
    case::CaseError,
    journal::Journal,
    text::fault,
    tui::{self, ColorChoice, DisplayOptions, EffectHandler},
    work::{JobRunner, Load},
};
use crossbeam_channel::Sender;
use portable_pty::CommandBuilder;

use super::console::{EXAMINED, Session, shell};

/// Says in files what the terminal is set to before and after a program, and its number while it runs.
const BETWEEN: &str = r#"stty -a > "$TOLD/before"; echo $$ > "$TOLD/shell"; "$@"; echo "left with $?"; stty -a > "$TOLD/after""#;

/// A program between two looks at the terminal's settings.
struct Watched {
    told: tempfile::TempDir,
    session: Session,
}

impl Watched {
    fn start(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let told = tempfile::tempdir().expect("a folder");
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", BETWEEN, "sh", program]);
        command.args(arguments);
        command.cwd(told.path());
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
            command.env(name, value);
        }
        command.env("HOME", told.path());
        command.env("TOLD", told.path());
        for (name, value) in variables {
            command.env(name, value);
        }
        Self { session: Session::of(command), told }
    }

    fn console(arguments: &[&str]) -> Self {
        Self::start(env!("CARGO_BIN_EXE_coroner"), arguments, &[])
    }

    fn signal(&self, name: &str) {
        let shell_id = fs::read_to_string(self.told.path().join("shell")).expect("it has begun");
        let sent = shell(&format!("kill -{name} $(ps -o pid= --ppid {})", shell_id.trim()));
        assert!(sent.status.success(), "{sent:?}");
    }

    /// Waits for the end; the terminal must be what it was, and the program's exit code what is wanted.
    #[track_caller]
    fn ends(mut self, code: i32, what: &str) {
        self.session.end();
        self.session.is_sane();
        let screen = self.session.screen();
        assert!(screen.contains(&format!("left with {code}")), "{what}:\n{screen}");
        let settings = |name: &str| fs::read_to_string(self.told.path().join(name)).expect("stty has told");
        assert_eq!(settings("before"), settings("after"), "{what}");
        assert!(settings("before").contains("icanon"), "{what}");
    }
}

#[test]
fn the_terminal_is_as_before_after_every_way_out() {
    for keys in ["q", "Q", "\u{3}", ":quit\r"] {
        let mut watched = Watched::console(&["demo", "false-alarm"]);
        watched.session.see(&[EXAMINED]);
        watched.session.press(keys);
        watched.ends(0, keys);
    }
    let linux = cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")));
    // A stack fault, the power, and a real-time signal; not every shell knows their names.
    let of_linux = [("16", 0), ("30", 0), ("40", 0)].into_iter().filter(|_| linux);
    let everywhere = [
        ("TERM", 0),
        ("HUP", 0),
        ("INT", 0),
        ("QUIT", 0),
        ("USR1", 0),
        ("IO", 0),
        ("VTALRM", 0),
        ("PROF", 0),
        ("XCPU", 2),
        ("ABRT", 2),
    ];
    for (signal, code) in everywhere.into_iter().chain(of_linux) {
        let mut watched = Watched::console(&["demo", "false-alarm"]);
        watched.session.see(&[EXAMINED]);
        watched.signal(signal);
        watched.ends(code, signal);
    }
}

#[test]
fn a_key_of_the_help_s_search_leaves_nothing_behind() {
    let mut watched = Watched::console(&["demo", "false-alarm"]);
    watched.session.see(&[EXAMINED]);
    watched.session.press("?");
    watched.session.see(&["Help · "]);
    watched.session.press("q");
    watched.session.see(&["› q"]);
    watched.session.press("\u{1b}");
    watched.session.wait("the help is closed", |screen| !screen.contains("Help · "));
    watched.session.press("q");
    watched.ends(0, "?q Esc q");
}

#[test]
fn a_console_without_memory_gives_the_terminal_back_and_says_why() {
    let mut watched = Watched::console(&["demo", "false-alarm", "--memory", "20MB"]);
    watched.session.see(&["memory", "hint"]);
    watched.ends(2, "little memory");
}

#[test]
fn a_fault_of_a_worker_is_told_and_the_screen_goes_on() {
    let mut watched = faulty("worker");
    watched.session.see(&["a fault in coroner stopped"]);
    assert!(!watched.session.screen().contains("panicked"), "{}", watched.session.screen());
    watched.session.press("?");
    watched.session.see(&["Help · "]);
    watched.session.press("\u{1b}");
    watched.session.wait("the help is closed", |screen| !screen.contains("Help · "));
    watched.session.press("q");
    watched.ends(0, "a worker");
}

#[test]
fn a_fault_of_the_console_itself_gives_the_terminal_back() {
    faulty("console").ends(101, "the console's own thread");
}

/// A console with a fault, shown by [`shown`] in a process of its own.
fn faulty(place: &str) -> Watched {
    let program = std::env::current_exe().expect("the tests are a program");
    let arguments = ["--exact", "exits::shown", "--ignored", "--nocapture", "--test-threads=1"];
    // Who has it set for other programs must not find it in the picture.
    Watched::start(&program.to_string_lossy(), &arguments, &[("FAULT", place), ("RUST_BACKTRACE", "1")])
}

#[test]
#[ignore = "the program that tests of faults look at; they start it in a terminal"]
fn shown() {
    let Ok(place) = std::env::var("FAULT") else { return };
    fault::keep();
    let load: Arc<Load> = Arc::new(|| -> Result<_, CaseError> { panic!("a fault of a worker") });
    let runner = JobRunner::new(load, None, Journal::default(), PathBuf::from("report"));
    let mut handler = Handler { runner, in_console: place == "console" };
    let left = tui::run(tui::Session {
        model: Model::new(Head::default(), Journal::default(), (80, 24)),
        options: DisplayOptions { color: ColorChoice::Auto, ascii: false, background: None },
        handler: &mut handler,
        contract: None,
    });
    assert!(left.is_ok(), "{:?}", left.err());
}

struct Handler {
    runner: JobRunner,
    in_console: bool,
}

impl EffectHandler for Handler {
    fn run(&mut self, effect: BackgroundEffect, answers: &Sender<Msg>) {
        assert!(!self.in_console, "a fault of the thread that draws");
        self.runner.run(effect, answers);
    }
}
