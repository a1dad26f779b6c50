//! `JUnit` output: every check as a test case, so that a CI server lists the failures.

use std::fmt::Write as _;

use super::{data::ReportData, figure};

/// Renders the checks as `JUnit` XML: one suite per step; an alarm is a failure, a check that could not run
/// is skipped.
pub(super) fn xml(data: &ReportData) -> String {
    // One suite per step, in the order of the steps; checks keep the order in which they ran.
    let mut findings = data.appendix.findings.clone();
    findings.sort_by_key(|finding| finding.step);
    let count = |verdict: &str| findings.iter().filter(|f| f.verdict == verdict).count();
    let title = figure::escaped(&data.title);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a `String` can't fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"coroner {title}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
        findings.len(),
        count("alarm"),
        count("not applicable")
    );
    for suite in findings.chunk_by(|a, b| a.step == b.step) {
        let name = suite.first().map_or("", |finding| finding.step.name());
        let of = |verdict: &str| suite.iter().filter(|f| f.verdict == verdict).count();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
            suite.len(),
            of("alarm"),
            of("not applicable")
        );
        for finding in suite {
            let (id, message) = (figure::escaped(&finding.id), figure::escaped(&finding.message));
            let head = format!("    <testcase classname=\"coroner.{name}\" name=\"{id}\"");
            let _ = match finding.verdict {
                "alarm" => writeln!(out, "{head}>\n      <failure message=\"{message}\"/>\n    </testcase>"),
                "not applicable" => {
                    writeln!(out, "{head}>\n      <skipped message=\"{message}\"/>\n    </testcase>")
                }
                "watch" => {
                    writeln!(out, "{head}>\n      <system-out>{message}</system-out>\n    </testcase>")
                }
                _ => writeln!(out, "{head}/>"),
            };
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}
