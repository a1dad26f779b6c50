//! Limits of the shell (`ulimit`): those that the system enforces by ending the process become errors with a sentence.
//!
//! Memory is a matter of its own ([`super::memory`]).

use std::{
    fs::File,
    io,
    sync::{Arc, atomic::AtomicBool},
    thread,
};

use signal_hook::{
    consts::{SIGXCPU, SIGXFSZ},
    flag,
    iterator::Signals,
};

use super::{Failure, memory::SMALL_STACK, output};
use crate::{text::message::Message, tui};

/// Files that a command holds open at once beside those that each thread reads: pipes for signals, the terminal, a file of the
/// case, an output.
const FILES: usize = 12;

/// Takes over the signals that end a process at a limit, and looks whether enough files may be open.
///
/// # Errors
///
/// When too few files may be open, or the system refuses another thread.
pub(super) fn observe(ascii: bool) -> Result<(), Failure> {
    has_enough_files()?;
    let started = || -> io::Result<()> {
        // Taken over, a write beyond `ulimit -f` fails with an error, which is reported where the file is written.
        flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
        let mut signals = Signals::new([SIGXCPU])?;
        let wait = move || {
            if signals.forever().next().is_some() {
                tui::give_back_for_good();
                output::complain(&out_of_time().lines(ascii));
                std::process::exit(i32::from(super::WRONG));
            }
        };
        thread::Builder::new().stack_size(SMALL_STACK).spawn(wait)?;
        Ok(())
    };
    started().map_err(|error| Failure::Explained(Box::new(super::memory::no_threads(&error.to_string()))))
}

/// Opens as many files as are needed later, and closes them again.
fn has_enough_files() -> Result<(), Failure> {
    let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let opened: io::Result<Vec<File>> = (0..FILES + processors).map(|_| File::open("/dev/null")).collect();
    match opened {
        Err(error) if is_too_many(&error) => Err(Failure::plain(
            "E208",
            format!("the system allows too few open files: {error}"),
            &["allow more:  ulimit -n 256"],
        )),
        // Without /dev/null nothing is known.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether the process, or the machine, has too many files open.
fn is_too_many(error: &io::Error) -> bool {
    /// `ENFILE` and `EMFILE`, which have the same numbers on every Unix.
    const TOO_MANY: [i32; 2] = [23, 24];
    error.raw_os_error().is_some_and(|number| TOO_MANY.contains(&number))
}

fn out_of_time() -> Message {
    Message {
        code: "E209",
        message: "the time that the process may compute is used up".to_owned(),
        place: None,
        label: String::new(),
        hints: vec![
            "allow more:  ulimit -t unlimited".to_owned(),
            "or read less: a shorter log, or fewer columns ([columns] ignore)".to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_open_files_are_told_from_other_errors() {
        assert!(is_too_many(&io::Error::from_raw_os_error(24)));
        assert!(!is_too_many(&io::Error::from_raw_os_error(2)));
        assert!(!is_too_many(&io::Error::other("24")));
        assert!(has_enough_files().is_ok(), "the tests have enough");
    }
}
