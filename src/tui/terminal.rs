//! Enters and leaves the terminal, also on a panic.

use std::{
    io::{self, BufWriter, Stdout, Write, stdout},
    mem::ManuallyDrop,
    panic,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crossterm::{
    cursor::{Hide, Show},
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute,
    style::Print,
    terminal::{
        BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
        LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{Terminal, backend::CrosstermBackend, buffer::Buffer, layout::Rect};

use crate::text::fault;

/// Whether the terminal is ours at the moment; a panic gives it back only then.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The terminal while it is in use. Dropping it restores the terminal.
pub(super) struct Screen {
    /// Never dropped: its own restoration prints to stderr, and panics if that is closed, too.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
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
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(stdout())))?;
        Ok(Self { terminal: ManuallyDrop::new(terminal), last: Buffer::default() })
    }

    /// Returns columns and lines.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws one frame, shown at once.
    pub(super) fn draw(&mut self, picture: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let done = self.terminal.draw(|frame| picture(frame.area(), frame.buffer_mut()))?;
        self.last.clone_from(done.buffer);
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Redraws everything with the next frame.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        // ratatui's own clearing asks for the cursor position; a terminal that doesn't reply would end the
        // program.
        execute!(self.terminal.backend_mut(), Clear(ClearType::All))?;
        self.terminal.draw(|_| {}).map(|_| ())
    }

    /// Queries the terminal's background colour; the reply arrives among the keys.
    pub(super) fn ask_background(&mut self) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), Print("\u{1b}]11;?\u{7}"))
    }

    /// Enables or disables mouse capture.
    pub(super) fn mouse(&mut self, on: bool) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        if on { execute!(out, EnableMouseCapture) } else { execute!(out, DisableMouseCapture) }
    }

    /// Restores the terminal while `other` runs, then takes it over again.
    pub(super) fn lend<T>(&mut self, other: impl FnOnce() -> T) -> io::Result<T> {
        give_back();
        let result = other();
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
