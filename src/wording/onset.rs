//! Phrases about the onset of a change.

use crate::{
    autopsy::{Framing, Onset, OnsetKind},
    text::time,
};

/// How and when the change began, for a sentence: `at once at 03-18 02:00`, `gradually from 03-18 02:00 to
/// 03-25 02:00`.
#[must_use]
pub fn began(onset: &Onset) -> String {
    let phrase = onset.kind.phrase();
    match onset.kind {
        OnsetKind::Sudden => format!("{phrase} at {}", time::short(onset.at)),
        OnsetKind::Gradual => {
            format!("{phrase} from {} to {}", time::short(onset.at), time::short(onset.complete))
        }
        OnsetKind::FromStart => phrase.to_owned(),
    }
}

/// For a line of facts: `onset 03-18 02:00`, `since before the log`; `None` if nothing began.
#[must_use]
pub fn brief(framing: &Framing) -> Option<String> {
    let onset = framing.onset.as_ref()?;
    let at = time::short(onset.at);
    Some(match onset.kind {
        _ if framing.choice.onset.is_some() => format!("onset set by hand {at}"),
        OnsetKind::FromStart => "since before the log".to_owned(),
        OnsetKind::Sudden => format!("onset {at}"),
        OnsetKind::Gradual => format!("from {at}"),
    })
}

/// With its interval: `2026-03-18 02:00 (95 % interval 03-18 01:00 to 03-18 03:00), at once`.
#[must_use]
pub fn in_full(framing: &Framing) -> String {
    let Some(onset) = &framing.onset else {
        return "no change beyond noise".to_owned();
    };
    let at = time::minute(onset.at);
    if framing.choice.onset.is_some() {
        return format!("{at}, set by hand");
    }
    let (from, to) = onset.interval;
    let interval = if to > from {
        format!(" (95 % interval {} to {})", time::short(from), time::short(to))
    } else {
        String::new()
    };
    format!("{at}{interval}, {}", onset.kind.phrase())
}
