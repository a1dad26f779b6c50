//! Enters and leaves the terminal, also on a panic.

use std::{
    io::{self, BufWriter, Stdout, Write, stdout},
    panic,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crossterm::{
    cursor::{Hide, Show},
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute, queue,
    style::Print,
    terminal::{
        BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
        LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{buffer::Buffer, layout::Rect};

use super::encode::encoded;

use crate::text::fault;

/// Returns columns and lines.
///
/// # Errors
///
/// When standard output is not a terminal.
pub(super) fn size() -> io::Result<(u16, u16)> {
    crossterm::terminal::size()
}

/// Whether the terminal is ours at the moment; a panic gives it back only then.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The terminal while it is in use. Dropping it restores the terminal.
pub(super) struct Screen {
    out: BufWriter<Stdout>,
    /// What the terminal shows.
    last: Buffer,
}

impl Screen {
    /// Takes over the terminal.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written to or is not a terminal.
    pub(super) fn enter() -> io::Result<Self> {
        take()?;
        let previous = panic::take_hook();
        let console = thread::current().id();
        panic::set_hook(Box::new(move |info| {
            // Where a worker panics, the console lives on and says so; the screen is still its own.
            if thread::current().id() == console || !ENTERED.load(Ordering::SeqCst) {
                give_back();
                previous(info);
            } else {
                fault::remember(info);
            }
        }));
        Ok(Self { out: BufWriter::new(stdout()), last: Buffer::default() })
    }

    /// Draws one frame, shown at once; whether it differs from the one before.
    pub(super) fn draw(&mut self, picture: impl FnOnce(Rect, &mut Buffer)) -> io::Result<bool> {
        let (width, height) = size()?;
        let area = Rect::new(0, 0, width, height);
        queue!(self.out, BeginSynchronizedUpdate)?;
        if self.last.area != area {
            queue!(self.out, Clear(ClearType::All))?;
            self.last = Buffer::empty(area);
        }
        let mut next = Buffer::empty(area);
        picture(area, &mut next);
        self.out.write_all(encoded(&self.last, &next).as_bytes())?;
        let changed = self.last != next;
        self.last = next;
        execute!(self.out, EndSynchronizedUpdate)?;
        Ok(changed)
    }

    /// Redraws everything with the next frame.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.last = Buffer::empty(self.last.area);
        execute!(self.out, Clear(ClearType::All))
    }

    /// Queries the terminal's background colour; the reply arrives among the keys.
    pub(super) fn ask_background(&mut self) -> io::Result<()> {
        execute!(self.out, Print("\u{1b}]11;?\u{7}"))
    }

    /// Enables or disables mouse capture.
    pub(super) fn mouse(&mut self, on: bool) -> io::Result<()> {
        let out = &mut self.out;
        if on { execute!(out, EnableMouseCapture) } else { execute!(out, DisableMouseCapture) }
    }

    /// Restores the terminal while `other` runs, then takes it over again.
    pub(super) fn lend<T>(&mut self, other: impl FnOnce() -> T) -> io::Result<T> {
        give_back();
        // Whoever borrows it may leave it in any state, which must not become the one that is restored in the end.
        #[cfg(unix)]
        let settings = rustix::termios::tcgetattr(io::stdin());
        let result = other();
        #[cfg(unix)]
        if let Ok(settings) = settings {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, &settings);
        }
        take()?;
        self.clear()?;
        Ok(result)
    }

    /// Restores the terminal; with `show`, the last frame stays in the scrollback.
    pub(super) fn leave(self, show: bool) -> io::Result<()> {
        give_back();
        if show {
            let mut out = stdout().lock();
            let area = self.last.area;
            for y in area.top()..area.bottom() {
                let line: String = (area.left()..area.right()).map(|x| self.last[(x, y)].symbol()).collect();
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back from whatever thread, for a program that is about to end: nobody can draw on it any more.
pub fn give_back_for_good() {
    // Whoever draws waits for this lock until the process is gone.
    std::mem::forget(stdout().lock());
    give_back();
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    execute!(stdout(), EnterAlternateScreen, Hide, EnableBracketedPaste)
}

/// Restores the terminal. Errors are ignored: the program is leaving or panicking.
fn give_back() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            stdout(),
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        );
        let _ = disable_raw_mode();
    }
}
