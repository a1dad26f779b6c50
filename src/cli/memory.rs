//! `--memory`: how much memory the program may take. Samples are drawn so that they fit; whoever needs more all the same is
//! stopped with a sentence, before the system ends the process without one.

use std::{
    fs,
    str::FromStr,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use super::output;
use crate::{
    text::{message::Message, number},
    tui,
};

/// Of the machine's memory (or of what a container or `ulimit -v` leaves of it), where the user names no bound.
const DEFAULT_SHARE: f64 = 0.75;

/// How fast a process can take memory at most, in bytes a second: how long one may look away.
const FASTEST: f64 = 4e9;

/// Memory that a template may take beyond what the program held before, in bytes.
const TEMPLATE_BYTES: u64 = 500_000_000;

/// Time that a template may take; the program's own takes less than a hundredth of it.
const TEMPLATE_TIME: Duration = Duration::from_secs(30);

/// Stack of the threads that only wait, in bytes.
pub(super) const SMALL_STACK: usize = 256 << 10;

/// A size as the user gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Size {
    /// In bytes.
    Bytes(u64),
    /// A part of the machine's memory.
    Share(f64),
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write it as  512MB, 2GB  or  50%".to_owned();
        let text = text.trim();
        let at = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (digits, unit) = text.split_at(at);
        let size: f64 = digits.parse().map_err(|_| wrong())?;
        let unit = unit.trim().to_ascii_lowercase();
        let power = match unit.trim_end_matches('b').trim_end_matches('i') {
            "%" if size > 0.0 && size <= 100.0 => return Ok(Self::Share(size / 100.0)),
            "" if unit != "i" => 0,
            "k" => 1,
            "m" => 2,
            "g" => 3,
            "t" => 4,
            _ => return Err(wrong()),
        };
        let base: f64 = if unit.contains('i') { 1024.0 } else { 1000.0 };
        let bytes = size * base.powi(power);
        if (1.0..1e18).contains(&bytes) { Ok(Self::Bytes(bytes as u64)) } else { Err(wrong()) }
    }
}

/// The bound in bytes; none where neither the user nor the system names one.
pub(super) fn bound(asked: Option<Size>) -> Option<u64> {
    let share = |part: f64| machine().map(|bytes| (bytes as f64 * part) as u64);
    match asked {
        Some(Size::Bytes(bytes)) => Some(bytes),
        Some(Size::Share(part)) => share(part),
        None => share(DEFAULT_SHARE),
    }
}

/// The memory that this process could have, in bytes: the machine's, less what a container or the shell takes away.
fn machine() -> Option<u64> {
    let read = |path: &str| fs::read_to_string(path).ok();
    let kilobytes = |text: String| value_of(&text, "MemTotal:").map(|kb| kb.saturating_mul(1024));
    let control_group = |path| read(path).and_then(|text| text.trim().parse().ok());
    [
        read("/proc/meminfo").and_then(kilobytes),
        control_group("/sys/fs/cgroup/memory.max"),
        control_group("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        read("/proc/self/limits").and_then(|text| value_of(&text, "Max address space")),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// The number behind a name in one of the system's tables.
fn value_of(table: &str, name: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The memory that the process holds, in bytes, where the system tells.
fn held() -> Option<u64> {
    value_of(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:").map(|kb| kb * 1024)
}

/// Watches over the bound for as long as the process lives; where the system does not tell what the process holds, nothing
/// is watched.
pub(super) fn watch(bound: u64, ascii: bool) {
    let look = move || {
        while let Some(held) = held() {
            if held > bound {
                stop(&too_much(bound), ascii);
            }
            // The nearer the bound, the sooner the next look; a console that nobody touches is not kept awake.
            let seconds = ((bound - held) as f64 / FASTEST).clamp(0.005, 1.0);
            thread::sleep(Duration::from_secs_f64(seconds));
        }
    };
    // Without a thread there is no memory either; the system then says so itself.
    let _ = thread::Builder::new().stack_size(SMALL_STACK).spawn(look);
}

/// Watches over a template of the user's until what is returned is dropped. A step of a template can be of any size (a list
/// joined with itself thirty times), and nothing but the end of the process can interrupt it.
pub(super) fn watch_template(name: &str, ascii: bool) -> mpsc::Sender<()> {
    let (running, ended) = mpsc::channel();
    let name = name.to_owned();
    let look = move || {
        let (started, before) = (Instant::now(), held());
        while ended.recv_timeout(Duration::from_millis(20)) == Err(RecvTimeoutError::Timeout) {
            let taken = held().zip(before).map_or(0, |(now, before)| now.saturating_sub(before));
            if taken > TEMPLATE_BYTES || started.elapsed() > TEMPLATE_TIME {
                stop(&too_large(&name), ascii);
            }
        }
    };
    // Without a thread the bound on the whole program still holds.
    let _ = thread::Builder::new().stack_size(SMALL_STACK).spawn(look);
    running
}

/// Gives the terminal back, says why, and ends the process, whatever its other threads do.
fn stop(message: &Message, ascii: bool) -> ! {
    tui::give_back_for_good();
    output::complain(&message.lines(ascii));
    std::process::exit(i32::from(super::WRONG))
}

fn too_much(bound: u64) -> Message {
    Message {
        code: "E207",
        message: format!("the case needs more memory than the {} that it may have", number::bytes(bound)),
        place: None,
        label: String::new(),
        hints: vec![
            "allow more:  --memory 80%  or a size such as  --memory 4GB".to_owned(),
            "or read less: fewer columns ([columns] ignore), smaller row groups or files, or a profile in place of training"
                .to_owned(),
        ],
    }
}

fn too_large(template: &str) -> Message {
    let seconds = TEMPLATE_TIME.as_secs();
    Message {
        code: "E301",
        message: format!(
            "{template} takes more than {} or {} seconds to fill in",
            number::bytes(TEMPLATE_BYTES),
            seconds
        ),
        hints: vec![
            "look for lists or texts that it makes longer and longer: a loop, or + and * on lists".to_owned(),
            "begin with a copy of assets/report.md.j2, which shows every field".to_owned(),
        ],
        ..too_much(0)
    }
}

/// That no thread can be started.
pub(super) fn no_threads(reason: &str) -> Message {
    Message {
        message: format!("the system refuses the memory for another thread: {reason}"),
        hints: vec![
            "use fewer:  --threads 1".to_owned(),
            "or allow more memory (ulimit -v, the container's limit) or more processes (ulimit -u)"
                .to_owned(),
        ],
        ..too_much(0)
    }
}

/// Says a sentence where the system refuses memory. The standard library then aborts; the thread that does so is held in the
/// handler of the signal by a pipe that is full, and another one gives the terminal back and ends the process.
#[cfg(unix)]
pub(super) fn catch_refusals(ascii: bool) -> std::io::Result<()> {
    use std::io::{ErrorKind, Read as _, Write as _};

    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use signal_hook::{consts::SIGABRT, low_level};

    let (mut news, tell) = std::io::pipe()?;
    let (stuffed, mut hold) = std::io::pipe()?;
    low_level::pipe::register(SIGABRT, tell)?;
    low_level::pipe::register(SIGABRT, hold.try_clone()?)?;
    // Registered, both do not block. This one is filled and made to block, so that the write of the handler never returns.
    loop {
        match hold.write(&[0; 4096]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    fcntl_setfl(&hold, fcntl_getfl(&hold)? - OFlags::NONBLOCK)?;
    let lines = Message {
        message: "the system refused the memory that was needed, or a library gave up (see the line above)"
            .to_owned(),
        ..too_much(0)
    }
    .lines(ascii);
    let wait = move || {
        if news.read_exact(&mut [0]).is_ok() {
            tui::give_back_for_good();
            output::complain(&lines);
            low_level::exit(i32::from(super::WRONG));
        }
        drop((stuffed, hold));
    };
    thread::Builder::new().stack_size(SMALL_STACK).spawn(wait)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_people_write_them() {
        for (text, size) in [
            ("512MB", Size::Bytes(512_000_000)),
            ("1.5 GiB", Size::Bytes(3 << 29)),
            ("2g", Size::Bytes(2_000_000_000)),
            ("4096", Size::Bytes(4096)),
            ("64k", Size::Bytes(64_000)),
            ("50%", Size::Share(0.5)),
        ] {
            assert_eq!(text.parse(), Ok(size), "{text}");
        }
        for text in ["", "MB", "0", "0%", "101%", "-1GB", "1e9", "5 apples", "1.2.3GB", "99999999TB", "1i"] {
            let error = text.parse::<Size>().expect_err(text);
            assert!(error.contains("512MB"), "{error}");
        }
    }

    #[test]
    fn the_system_s_tables_are_read() {
        let limits = "Limit                     Soft Limit           Hard Limit\nMax address space         524288000            unlimited";
        assert_eq!(value_of(limits, "Max address space"), Some(524_288_000));
        assert_eq!(value_of("Max address space   unlimited", "Max address space"), None);
        assert_eq!(value_of("MemFree: 1 kB\nMemTotal:   24000 kB", "MemTotal:"), Some(24_000));
    }

    #[test]
    fn a_size_that_is_asked_for_goes_before_the_machine() {
        assert_eq!(bound(Some(Size::Bytes(7))), Some(7));
        if let (Some(half), Some(usual)) = (bound(Some(Size::Share(0.5))), bound(None)) {
            assert!(half < usual, "{half} {usual}");
        }
    }
}
