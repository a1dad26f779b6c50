//! `coroner` alone: the cases that were opened last, to choose one of.

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::output;
use crate::{
    case,
    text::{sanitize::terminal, time},
    work::{RecentCase, RecentCases},
};

/// Cases that are offered at most.
const OFFERED: usize = 15;

/// Lets the user choose a case; none where there is nothing to choose, no terminal to ask on, or nothing was chosen.
pub(super) fn choose() -> Option<PathBuf> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return None;
    }
    let mut cases: Vec<(PathBuf, String)> = Vec::new();
    if Path::new(case::FILE_NAME).is_file() {
        cases.push((PathBuf::from("."), "the case of this folder".to_owned()));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64);
    let recent = RecentCases::of_user().map_or_else(Vec::new, |list| list.cases());
    cases.extend(recent.into_iter().take(OFFERED).map(|case| (case.path.clone(), described(&case, now))));
    if cases.is_empty() {
        return None;
    }
    let mut lines = String::from("Recent cases\n");
    for (at, (_, described)) in cases.iter().enumerate() {
        lines.push_str(&format!("{:>4}  {described}\n", at + 1));
    }
    lines.push_str("\nWhich one?  [1]   q leaves, coroner --help tells more  ");
    output::print(lines.as_bytes()).ok()?;
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(n) if n > 0 => chosen(&line, cases.len()).map(|at| cases.swap_remove(at).0),
        _ => None,
    }
}

/// `credit-default 2026-01   3 h ago   /cases/credit`
fn described(case: &RecentCase, now: i64) -> String {
    let ago = time::duration((now - case.at).max(0));
    format!("{}   {ago} ago   {}", terminal(&case.title), terminal(&case.path.display().to_string()))
}

/// The place that was typed, from 0; the first one when nothing was.
fn chosen(line: &str, of: usize) -> Option<usize> {
    match line.trim() {
        "" => Some(0),
        typed => typed.parse::<usize>().ok().filter(|at| (1..=of).contains(at)).map(|at| at - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_chooses_and_everything_else_leaves() {
        assert_eq!([chosen("\n", 3), chosen("2\n", 3), chosen("3", 3)], [Some(0), Some(1), Some(2)]);
        assert!(["0", "4", "q", "x"].iter().all(|line| chosen(line, 3).is_none()));
        let case = RecentCase { path: "/a\u{1b}b".into(), title: "credit".to_owned(), at: 0 };
        let line = described(&case, 7_200_000_000);
        assert!(line.starts_with("credit   2 h ago") && !line.contains('\u{1b}'), "{line}");
    }
}
