//! The catalogue as Markdown, for `docs/checks.md` and `docs/method.md`.

use std::fmt::Write as _;

use crate::autopsy::Cause;

use super::{
    CheckSpec, ExamName, FAMILIES, Group, SignalSpec, Stage, every_check, every_measure, every_signal,
};

/// All checks, measures, signals and families of faults, for `docs/checks.md`.
#[must_use]
pub fn checks() -> String {
    let mut text = String::from(
        "# Checks and signals\n\nPrinted from the program's own catalogue by `coroner gen checks`. A check answers one \
         question with findings; its id is the first part of theirs (`drift.psi:income` is the finding of `drift.psi` \
         on *income*). A signal is one number that the verdict weighs.\n\n## Checks\n",
    );
    for exam in ExamName::ALL {
        let _ = write!(
            text,
            "\n### {}\n\n| check | asks | screen | stage | measures | needs |\n|---|---|---|---|---|---|\n",
            exam.title()
        );
        for check in every_check().filter(|check| check.exam == exam) {
            text.push_str(&check_line(check));
        }
    }
    text.push_str("\n## Measures\n\n| measure | means | computed | source |\n|---|---|---|---|\n");
    for measure in every_measure() {
        let cells = [measure.name, measure.means, measure.how, measure.source].map(cell);
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text.push_str(
        "\n## Signals\n\nThe larger a signal, the more likely the causes under *raises* and the less likely those under \
         *lowers*; by how much is given by the weights ([method.md](method.md), 4). It says nothing about other causes.\n\n\
         | signal | measures | reads | raises | lowers | shown by |\n|---|---|---|---|---|---|\n",
    );
    for signal in every_signal() {
        text.push_str(&signal_line(signal));
    }
    text.push_str(
        "\n## Families of faults\n\nThe signal of a family is its strongest member, 0 at the uninformative value and 1 at the conclusive one.\n\n| family | member | uninformative at | conclusive at |\n|---|---|---|---|\n",
    );
    for family in &FAMILIES {
        for member in family.members {
            let (family, key) = (family.signal.key, member.signal.key);
            let _ = writeln!(text, "| `{family}` | `{key}` | {} | {} |", member.silent, member.sure);
        }
    }
    text
}

/// What each group of signals asks, for section 3 of `docs/method.md`.
#[must_use]
pub fn groups() -> String {
    let mut text = String::from("| asks | signals |\n|---|---|\n");
    for group in Group::ALL {
        let prefix = every_signal().find(|s| s.group == group).map_or("", |s| s.prefix());
        let _ = writeln!(text, "| {} | `{prefix}.*` |", group.asks());
    }
    text
}

fn check_line(check: &CheckSpec) -> String {
    let measures: Vec<&str> = check.measures.iter().map(|measure| measure.name).collect();
    let needs: Vec<&str> = check.needs.iter().map(|need| need.name()).collect();
    format!(
        "| `{}` | {} | {} | {} | {} | {} |\n",
        check.id,
        check.asks,
        check.step.name(),
        check.stage.map_or("", Stage::name),
        cell(&measures.join("; ")),
        needs.join(", ")
    )
}

fn signal_line(signal: &SignalSpec) -> String {
    let causes = |causes: &[Cause]| causes.iter().map(|cause| cause.id()).collect::<Vec<_>>().join(", ");
    let shown = signal.check.map_or_else(|| "its members".to_owned(), |check| format!("`{}`", check.id));
    format!(
        "| `{}` | {} | {} | {} | {} | {shown} |\n",
        signal.key,
        cell(signal.measures),
        cell(signal.reads),
        causes(signal.raises),
        causes(signal.lowers)
    )
}

/// A text that a table can hold.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_current() {
        let written = include_str!("../../../docs/checks.md").replace("\r\n", "\n");
        assert_eq!(written, checks(), "coroner gen checks > docs/checks.md");
    }

    #[test]
    fn the_table_of_signals_in_the_method_is_current() {
        let written = include_str!("../../../docs/method.md").replace("\r\n", "\n");
        assert!(
            written.contains(&groups()),
            "coroner gen signals prints the table of section 3:\n{}",
            groups()
        );
    }
}
