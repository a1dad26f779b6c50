//! Records panics, so that whoever catches one can report where it happened. Nothing is printed: it would
//! disturb the console's screen, and the commands report it in their own form.

use std::{
    any::Any,
    panic::{self, PanicHookInfo},
    sync::{Mutex, PoisonError},
};

/// Maximum number of recorded panics; several threads may hit the same fault.
const MOST: usize = 32;

/// Messages of panics with their source locations, most recent last.
static SEEN: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Records panics instead of printing them. `RUST_BACKTRACE` turns printing back on, for debugging.
pub fn keep() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
            previous(info);
        }
        remember(info);
    }));
}

/// Keeps what a panic says, and prints nothing at all: for threads that work behind a picture.
pub fn remember(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(String::new, |at| format!("{}:{}", within(at.file()), at.line()));
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.len() == MOST {
        seen.remove(0);
    }
    seen.push((payload_text(info.payload()), place));
}

/// A source file from the folder of its crate on: where the crates lie on the machine that built the program is nobody's concern.
fn within(file: &str) -> &str {
    let crates = file.split_once("/registry/src/").and_then(|(_, rest)| rest.split_once('/'));
    crates.map_or(file, |(_, rest)| rest)
}

/// What a caught panic said, with its place where it is known.
#[must_use]
pub fn message(panic: &(dyn Any + Send)) -> String {
    let what = payload_text(panic);
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    match seen.iter().rev().find(|(other, place)| *other == what && !place.is_empty()) {
        Some((_, place)) => format!("{what} ({place})"),
        None => what,
    }
}

fn payload_text(panic: &(dyn Any + Send)) -> String {
    let what = panic.downcast_ref::<&str>().map(ToString::to_string);
    what.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason given".to_owned())
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_crate_is_told_without_the_machine_it_lay_on() {
        let file = "/home/ann/.cargo/registry/src/index.crates.io-19/polars-parquet-0.55.2/src/lib.rs";
        assert_eq!(within(file), "polars-parquet-0.55.2/src/lib.rs");
        assert_eq!(within("src/text/fault.rs"), "src/text/fault.rs");
    }

    #[test]
    fn a_panic_tells_what_it_said() {
        let fixed = catch_unwind(|| panic!("broken")).expect_err("it panics");
        assert!(message(fixed.as_ref()).starts_with("broken"));
        let other = catch_unwind(|| std::panic::panic_any(7)).expect_err("it panics");
        assert_eq!(message(other.as_ref()), "no reason given");
    }
}
