//! Valid contracts, and the errors for invalid ones.

use proptest::prelude::*;

use super::*;
use crate::case::FILE_NAME;
use crate::text::message::Explain as _;
use crate::{
    case::{Sample, Thresholds},
    summary::Task,
};

const SMALL: &str =
    "[snapshots]\ntraining = \"a.csv\"\nproduction = \"b.csv\"\n\n[columns]\nprediction = \"p\"\n";

fn parse(text: &str) -> Result<Case, CaseError> {
    Case::parse(text.to_owned(), PathBuf::from("coroner.toml"), PathBuf::from("cases/credit"))
}

fn complaint(text: &str) -> String {
    parse(text).expect_err("a complaint").message().lines(false).join("\n")
}

#[test]
fn the_smallest_contract() {
    let case = parse(SMALL).expect("it is valid");
    assert_eq!(case.title(), "credit");
    assert_eq!(case.snapshots.training, "a.csv");
    assert_eq!(case.columns.prediction.as_deref(), Some("p"));
    assert_eq!(case.thresholds, Thresholds::default());
    let place = case.place("columns.prediction").expect("it has a place");
    assert_eq!((place.line, place.column, place.width), (6, 14, 3));
}

#[test]
fn a_cluster_with_one_condition_for_a_snapshot() {
    let remote = |more: &str| format!("{SMALL}\n[remote]\nengine = \"sc://host\"\n{more}\n");
    let case = parse(&remote("filter = { production = \"country = 'DE'\" }")).expect("it is valid");
    let filter = case.remote.expect("a cluster").filter;
    assert_eq!(filter.get("production").map(String::as_str), Some("country = 'DE'"));
    let two = complaint(&remote("filter = { production = [\"a > 1\", \"b > 1\"] }"));
    assert!(two.contains("[remote] filter must be a table of texts, not a list"), "{two}");
    let token = complaint(&format!("{SMALL}\n[remote]\nengine = \"sc://host/;use_ssl=true;token=hush\"\n"));
    assert!(token.contains("holds a token") && !token.contains("hush"), "{token}");
    for engine in ["spark", "sc://", "http://host:15002", "sc:///"] {
        let other = complaint(&format!("{SMALL}\n[remote]\nengine = \"{engine}\"\n"));
        assert!(other.contains("no address of a Spark Connect server"), "{engine}: {other}");
    }
}

#[test]
fn everything_that_can_be_said() {
    let case = parse(
        r#"
        [model]
        name = "credit-default"
        version = 2026
        task = "binary"
        positive = true
        [snapshots]
        training = "a.csv"
        production = "b-*.csv"
        golden = "g.csv"
        [columns]
        timestamp = "ts"
        label = "y"
        prediction = "p"
        ignore = ["account", "account", "y"]
        [sources]
        bureau = ["fico", "dti"]
        app = ["dti"]
        [thresholds]
        psi_alarm = 1
        [sample]
        seed = 7
        rows = 20_000
        "#,
    )
    .expect("it is valid");
    assert_eq!(case.title(), "credit-default 2026");
    assert_eq!(case.model.task, Some(Task::Binary));
    assert_eq!(case.model.positive.as_deref(), Some("true"));
    assert_eq!(case.columns.ignore, ["account", "y"]);
    assert_eq!(case.source_of("dti"), Some("app"));
    assert_eq!(case.thresholds.psi_alarm, 1.0);
    assert_eq!(case.sample, Sample { seed: 7, rows: Some(20_000), memory: None });
    assert_eq!(
        case.notes,
        [
            "[columns] ignore names account twice",
            "y is the label, so ignoring it has no effect",
            "[sources] has dti in app and in bureau; it counts for app",
        ]
    );
}

#[test]
fn an_unknown_key_names_the_nearest() {
    insta::assert_snapshot!(complaint(&format!("{SMALL}lable = \"y\"\n")), @r#"
    coroner: coroner.toml has an unknown key in [columns]: "lable" [E006]

       coroner.toml:7   lable = "y"
                        ╰── not known; did you mean label

       hint   write  label  or remove the line
       hint   known here: timestamp, label, label_time, prediction, score, scores, id, latency_ms, cpu, memory, weight, version, groups, text, ignore, categorical
    "#);
}

#[test]
fn a_key_above_its_section() {
    insta::assert_snapshot!(complaint(&format!("label = \"y\"\n{SMALL}")), @r#"
    coroner: coroner.toml has an unknown section or key "label" [E006]

       coroner.toml:1   label = "y"
                        ╰── not known; did you mean label below [columns]

       hint   write  label below [columns]  or remove the line
       hint   known here: [model], [snapshots], [read], [columns], [sources], [bounds], [metrics], [segments], [thresholds], [costs], [sample], [remote], [candidate]
    "#);
}

#[test]
fn a_missing_section() {
    insta::assert_snapshot!(complaint("[columns]\nprediction = \"p\"\n"), @r#"
    coroner: coroner.toml has no section [snapshots], which names the files [E008]

       coroner.toml:2   prediction = "p"
                                        ╰── section [snapshots] is missing

       hint   add  [snapshots]  with  training = "training.parquet"  and  production = "production.parquet"
    "#);
}

#[test]
fn a_wrong_type() {
    insta::assert_snapshot!(complaint(&format!("{SMALL}ignore = \"account\"\n")), @r#"
    coroner: [columns] ignore must be a list of texts, not a text [E007]

       coroner.toml:7   ignore = "account"
                                 ╰── must be a list of texts

       hint   write  ignore = ["a", "b"]
    "#);
}

#[test]
fn what_else_is_refused() {
    for (added, code) in [
        ("label = \"p\"", "E010"),
        ("label = \"\"", "E009"),
        ("label = 3", "E007"),
        ("label = \"y", "E005"),
        ("label = \"y\"\nlabel = \"z\"", "E005"),
        ("[thresholds]\npsi_watch = 0.5", "E009"),
        ("[thresholds]\npsi_watch = nan", "E009"),
        ("[thresholds]\nutilization = 80", "E009"),
        ("[thresholds]\npsi_alarm = \"high\"", "E007"),
        ("[sample]\nrows = 10", "E009"),
        ("[sample]\nseed = -1", "E009"),
        ("[model]\ntask = \"ranking\"", "E009"),
        ("[sources]\nbureau = \"fico\"", "E007"),
    ] {
        let error = parse(&format!("{SMALL}{added}\n")).expect_err(added);
        assert_eq!(error.code(), code, "{added}: {error}");
        assert!(error.place().is_some_and(|place| place.line >= 6), "{added}");
        assert!(!error.hints().is_empty(), "{added}");
    }
}

#[test]
fn a_path_that_is_no_case() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = folder.path().join("credit");
    std::fs::create_dir(&case).expect("a folder");
    assert_eq!(Case::load(&case).expect_err("nothing there").code(), "E002");
    std::fs::write(case.join(FILE_NAME), SMALL).expect("a file");
    assert!(Case::load(&case).is_ok());
    assert!(Case::load(&case.join(FILE_NAME)).is_ok());
    let error = Case::load(folder.path()).expect_err("the case is one folder below");
    assert!(error.hints()[0].contains("credit"), "{:?}", error.hints());
    let error = Case::load(&folder.path().join("credti")).expect_err("misspelt");
    assert_eq!((error.code(), error.hints()[0].contains("credit")), ("E001", true));
    std::fs::write(case.join("a.csv"), "x\n1\n").expect("a file");
    assert_eq!(Case::load(&case.join("a.csv")).expect_err("no contract").code(), "E003");
    std::fs::write(case.join(FILE_NAME), [0xff, 0xfe]).expect("a file");
    assert_eq!(Case::load(&case).expect_err("no text").code(), "E004");
}

proptest! {
    #[test]
    fn no_text_panics(at in 0_usize..90, with in "[\\PC\n\t\"=\\[\\]]{0,12}") {
        let mut text = SMALL.to_owned();
        text.insert_str(at.min(SMALL.len()), &with);
        if let Err(error) = parse(&text) {
            prop_assert!(!error.message().lines(true).is_empty());
        }
    }
}

#[test]
fn bounds_are_a_range_levels_or_both_with_whether_a_value_may_be_missing() {
    let bounds = |lines: &str| parse(&format!("{SMALL}\n[bounds]\n{lines}\n")).map(|case| case.bounds);
    let read =
        bounds("age = [0, 120]\nregion = [\"a\", \"b\"]\nincome = { range = [0, inf], missing = false }")
            .expect("they are valid");
    assert_eq!(read["age"].range, Some((0.0, 120.0)));
    assert_eq!(read["region"].levels, ["a", "b"]);
    assert!(read["income"].required && read["income"].range == Some((0.0, f64::INFINITY)));
    for wrong in
        ["age = 3", "age = [1]", "age = [5, 1]", "age = { max = 3 }", "age = {}", "age = { missing = 1 }"]
    {
        assert!(bounds(wrong).is_err(), "{wrong}");
    }
}
