//! What is kept of a panic, so that whoever catches it can tell where it was. Nothing is printed: on the console's
//! screen it would be in the way, and the commands tell it in their own form.

use std::{
    any::Any,
    panic,
    sync::{Mutex, PoisonError},
};

/// Panics that are remembered; several threads may run into the same fault.
const MOST: usize = 32;

/// What panics said, with their places in the source, the last one last.
static SEEN: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Keeps what panics say in place of printing it. `RUST_BACKTRACE` brings the print back, for who looks into a fault.
pub fn keep() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
            previous(info);
        }
        let place = info.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() == MOST {
            seen.remove(0);
        }
        seen.push((payload_text(info.payload()), place));
    }));
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
    fn a_panic_tells_what_it_said() {
        let fixed = catch_unwind(|| panic!("broken")).expect_err("it panics");
        assert!(message(fixed.as_ref()).starts_with("broken"));
        let other = catch_unwind(|| std::panic::panic_any(7)).expect_err("it panics");
        assert_eq!(message(other.as_ref()), "no reason given");
    }
}
