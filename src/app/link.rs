//! The place that is shown, as the command that opens the console there.

use super::Model;
use crate::text::{sanitize, time};

/// `coroner open CASE --at feature:visits_30d@2026-03-19T02:00`, as a shell takes it.
pub(super) fn of(model: &Model) -> String {
    let mut place = model.screen.name().to_lowercase();
    if let Some(feature) = model.features.current() {
        place.push(':');
        place.push_str(model.feature_name(feature));
    }
    if let Some(at) = model.at {
        place.push('@');
        place.push_str(time::rfc3339(at).trim_end_matches('Z'));
    }
    // One line, whatever a name holds: a line break in it would end the line of a shell that it is pasted into.
    let plain = |text: &str| quoted(&sanitize::terminal(text));
    format!("coroner open {} --at {}", plain(&model.head.folder), plain(&place))
}

/// A word as a shell reads it literally.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@=+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Effect, Msg, TerminalEffect, fixture, update};

    #[test]
    fn a_link_names_the_screen_the_feature_and_the_instant() {
        let mut model = fixture::model(120, 36);
        model.head.folder = "/data/it's here".to_owned();
        let _ = update(&mut model, Msg::Do(Action::Go(crate::autopsy::Step::Drift)));
        let _ = update(&mut model, Msg::Do(Action::Right));
        let effects = update(&mut model, Msg::Do(Action::CopyLink));
        let [Effect::Terminal(TerminalEffect::Copy(link))] = &effects[..] else { panic!("{effects:?}") };
        let at = time::rfc3339(model.at.expect("an instant"));
        let feature = model.feature_name(model.features.current().expect("a feature")).to_owned();
        let expected =
            format!(r"coroner open '/data/it'\''s here' --at drift:{feature}@{}", at.trim_end_matches('Z'));
        assert_eq!(link, &expected);
        // An instant as a link names it is one that `--at` reads.
        assert!(time::parse(at.trim_end_matches('Z')).is_some());
    }
}
