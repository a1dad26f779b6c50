//! Reports of made-up cases.

use super::*;
use crate::app::fixture;

#[test]
fn the_made_up_case_has_every_section() {
    let report = Report::new(&fixture::investigation(), &Analyst::default());
    let text = report.markdown();
    for heading in [
        "Summary",
        "Impact",
        "Detection",
        "Timeline",
        "Diagnosis",
        "Contributing factors",
        "Resolution",
        "Action items",
        "Where we got lucky",
        "Method and limits",
        "Appendix",
    ] {
        assert!(text.contains(&format!("\n## {heading}\n")), "{heading}");
    }
}
