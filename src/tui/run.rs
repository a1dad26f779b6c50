//! The event loop: wait for an event, process all pending ones, draw once.

use std::{
    io,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    DisplayOptions, EffectHandler, choose, clipboard,
    input::Input,
    terminal::{self, Screen},
};
use crate::{
    app::{self, BackgroundEffect, Clock, Effect, Key, Model, Msg, Outcome, TerminalEffect},
    journal::Theme,
    ui::{
        frame,
        look::{Background, Look},
        pointer,
    },
};

/// Minimum interval between frames.
const FRAME: Duration = Duration::from_millis(10);
/// Tick interval while a spinner turns or a message is about to disappear.
const TICK: Duration = Duration::from_millis(100);
/// Tick interval while nothing is animated.
const IDLE: Duration = Duration::from_secs(30);

/// The inputs of the loop.
pub struct Session<'a> {
    /// The state to show.
    pub model: Model,
    /// Display options of the user.
    pub options: DisplayOptions,
    /// Carries out effects that do not concern the terminal.
    pub handler: &'a mut dyn EffectHandler,
    /// The contract that `e` edits, if the case has one.
    pub contract: Option<PathBuf>,
}

/// Shows the console until the analyst leaves, and returns the final state.
///
/// # Errors
///
/// When the terminal cannot be taken over or written to.
pub fn run(session: Session<'_>) -> io::Result<Model> {
    let Session { model, options, handler, contract } = session;
    let look = choose::look(options);
    let (send, receive) = unbounded();
    let screen = Screen::enter()?;
    let input = Input::default();
    #[cfg(unix)]
    super::signals::start(send.clone())?;
    let began = Instant::now();
    let (tell, backgrounds) = unbounded();
    let mut console = Console { model, look, handler, contract, screen, input, send, backgrounds, began };
    let (columns, lines) = terminal::size()?;
    console.tell(Msg::Resize(columns, lines))?;
    console.draw()?;
    console.screen.mouse(console.model.settings.mouse)?;
    // Start the work only after the first frame is drawn.
    let epoch = console.model.epoch;
    console.handler.run(BackgroundEffect::Open { epoch }, &console.send);
    // A terminal may be slow to report its background, so nothing waits for it.
    console.input.start(console.send.clone(), tell);
    if choose::asks(options, &console.look) {
        console.screen.ask_background()?;
    }
    let show = console.listen(&receive)?;
    let Console { model, screen, .. } = console;
    screen.leave(show)?;
    Ok(model)
}

/// Returns the background that a theme is for.
#[must_use]
pub fn background(theme: Theme) -> Background {
    match theme {
        Theme::Dark => Background::Dark,
        Theme::Light => Background::Light,
    }
}

/// What came of a message.
struct Told {
    /// Whether to leave, and whether the last frame then stays in the scrollback.
    leaving: Option<bool>,
    /// Whether nothing is under way because of it.
    quiet: bool,
}

struct Console<'a> {
    model: Model,
    look: Look,
    handler: &'a mut dyn EffectHandler,
    contract: Option<PathBuf>,
    screen: Screen,
    input: Input,
    send: Sender<Msg>,
    /// Receives the terminal's background, whenever it is reported.
    backgrounds: Receiver<Background>,
    began: Instant,
}

impl Console<'_> {
    /// Runs until the analyst leaves; returns whether the last frame stays in the scrollback.
    fn listen(&mut self, receive: &Receiver<Msg>) -> io::Result<bool> {
        let mut drawn = Instant::now();
        loop {
            let moving = self.model.opening.busy() || self.model.toast.is_some();
            let first = receive.recv_timeout(if moving { TICK } else { IDLE }).ok();
            // Draw once for everything that arrives within the frame interval.
            std::thread::sleep(FRAME.saturating_sub(drawn.elapsed()));
            let mut leaving = self.tell(Msg::Time(self.clock()))?.leaving;
            // The key of this frame, with the picture before it where a message stood on the screen that any key takes away.
            let mut pressed: Option<(Key, Option<Buffer>)> = None;
            let mut quiet = true;
            let mut messages = first.into_iter().chain(receive.try_iter()).peekable();
            while let Some(msg) = messages.next() {
                let msg = match msg {
                    // Consecutive characters may be a paste that the terminal sent as keys.
                    Msg::Key(Key::Char(c)) if self.model.is_typing() => {
                        let mut text = String::from(c);
                        while let Some(Msg::Key(Key::Char(c))) =
                            messages.next_if(|next| matches!(next, Msg::Key(Key::Char(_))))
                        {
                            text.push(c);
                        }
                        if text.len() > c.len_utf8() { Msg::Paste(text) } else { Msg::Key(Key::Char(c)) }
                    }
                    msg => msg,
                };
                if let Msg::Key(key) = msg
                    && !self.model.is_typing()
                {
                    let before = match pressed.take() {
                        Some((_, before)) => before,
                        None => self.model.toast.is_some().then(|| self.without_toast()).transpose()?,
                    };
                    pressed = Some((key, before));
                }
                let told = self.tell(msg)?;
                leaving = told.leaving.or(leaving);
                quiet &= told.quiet;
            }
            if let Some(show) = leaving {
                return Ok(show);
            }
            let changed = self.draw()?;
            if let Some((key, before)) = pressed.filter(|_| quiet && self.model.toast.is_none()) {
                let is_same = match before {
                    Some(before) => self.without_toast()? == before,
                    None => !changed,
                };
                if is_same {
                    self.tell(Msg::Unchanged(key))?;
                    self.draw()?;
                }
            }
            drawn = Instant::now();
        }
    }

    /// The picture without the message that vanishes by itself.
    fn without_toast(&mut self) -> io::Result<Buffer> {
        let toast = self.model.toast.take();
        let (columns, lines) = terminal::size()?;
        let area = Rect::new(0, 0, columns, lines);
        let mut picture = Buffer::empty(area);
        frame::draw(&self.model, &self.look, area, &mut picture);
        self.model.toast = toast;
        Ok(picture)
    }

    /// Applies one message and carries out its effects.
    fn tell(&mut self, msg: Msg) -> io::Result<Told> {
        // Only the drawing knows which pane stands where; the step bar is the console's own.
        let msg = match msg {
            Msg::Click(column, line) if line > 1 => {
                match pointer::clicked(&self.model, &self.look, (column, line)) {
                    Some(msg) => msg,
                    None => return Ok(Told { leaving: None, quiet: true }),
                }
            }
            Msg::Wheel { column, line, down } => {
                Msg::Roll { pane: pointer::pane(&self.model, &self.look, (column, line)), down }
            }
            msg => msg,
        };
        let mut leaving = None;
        let effects = app::update(&mut self.model, msg);
        let quiet = effects.is_empty();
        for effect in effects {
            let effect = match effect {
                Effect::Background(effect) => {
                    self.handler.run(effect, &self.send);
                    continue;
                }
                Effect::Terminal(effect) => effect,
            };
            match effect {
                TerminalEffect::Quit { show } => leaving = Some(show),
                TerminalEffect::Copy(text) => {
                    let _ = self.send.send(Msg::Outcome(clipboard::copy(&text)));
                }
                TerminalEffect::Mouse(on) => self.screen.mouse(on)?,
                TerminalEffect::Redraw => self.screen.clear()?,
                TerminalEffect::Suspend => self.suspend()?,
                TerminalEffect::EditContract => self.edit()?,
            }
        }
        Ok(Told { leaving, quiet })
    }

    /// Draws what the model shows; whether that differs from the frame before.
    fn draw(&mut self) -> io::Result<bool> {
        if let Some(background) = self.backgrounds.try_iter().last() {
            self.look.background = background;
        }
        if let Some(theme) = self.model.settings.theme {
            self.look.background = background(theme);
        }
        let (model, look) = (&self.model, &self.look);
        self.screen.draw(|area, buf| frame::draw(model, look, area, buf))
    }

    fn clock(&self) -> Clock {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64);
        Clock { elapsed_ms: self.began.elapsed().as_millis() as u64, wall }
    }

    fn suspend(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        {
            let screen = &mut self.screen;
            self.input.pause(|| screen.lend(super::signals::suspend))?;
            let (columns, lines) = terminal::size()?;
            let _ = self.send.send(Msg::Resize(columns, lines));
        }
        Ok(())
    }

    /// Opens the contract in the user's editor, then reads the case again.
    fn edit(&mut self) -> io::Result<()> {
        let Some(path) = self.contract.clone() else {
            let message = "this case has no coroner.toml; coroner init writes one".to_owned();
            let _ = self.send.send(Msg::Outcome(Outcome::Failed(message)));
            return Ok(());
        };
        let editor = ["VISUAL", "EDITOR"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        let editor = editor.unwrap_or_else(|| "vi".to_owned());
        // The editor setting may contain arguments: `code --wait`.
        let mut words = editor.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or("vi"));
        command.args(words).arg(&path);
        let screen = &mut self.screen;
        let status = self.input.pause(|| screen.lend(|| command.status()))?;
        let msg = match status {
            Ok(status) if status.success() => Msg::Do(app::Action::Reload),
            Ok(status) => Msg::Outcome(Outcome::Failed(format!("{editor} ended with {status}"))),
            Err(error) => Msg::Outcome(Outcome::Failed(format!("{editor}: {error}; set EDITOR"))),
        };
        let _ = self.send.send(msg);
        Ok(())
    }
}
