//! Phrases about the onset of a change.

use crate::{
    autopsy::{Framing, Onset, OnsetKind},
    summary::Micros,
    text::time,
};

/// How and when the change began, for a sentence: `at once at 03-18 02:00`, `gradually from 03-18 02:00 to
/// 03-25 02:00`, `at once at 03-18 02:00, over at 03-20 14:00`.
#[must_use]
pub fn began(onset: &Onset) -> String {
    let phrase = onset.kind.phrase();
    match onset.kind {
        OnsetKind::Sudden => match onset.ended {
            Some(ended) => format!("{phrase} at {}, over at {}", time::short(onset.at), time::short(ended)),
            None => format!("{phrase} at {}", time::short(onset.at)),
        },
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
        OnsetKind::Sudden => match onset.ended {
            Some(ended) => format!("{at} to {}", time::short(ended)),
            None => format!("onset {at}"),
        },
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
    let end = match onset.ended {
        Some(ended) => format!("; {}", over(ended)),
        None => String::new(),
    };
    format!("{at}{interval}, {}{end}", onset.kind.phrase())
}

/// That a change is over, and what that means for the numbers.
#[must_use]
pub fn over(ended: Micros) -> String {
    format!(
        "over at {}: the rows from there on do as well as before it, and “since the onset” means until then",
        time::minute(ended)
    )
}
