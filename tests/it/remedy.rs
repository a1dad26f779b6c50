//! `coroner remedy` on the command line: a candidate in the log, in a file and in an experiment arm; the
//! export and import of a review queue; and the error messages for missing parts.

use std::fmt::Write as _;

use serde_json::Value;

use super::commands::{CONTRACT, Folder};

/// A fixed pseudo-random sequence of numbers from 0 to 1.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }
}

/// Rows whose true probability the deployed model shrinks towards ½; `next_score` is an unbiased candidate.
pub(crate) fn snapshot(rows: usize, labelled: bool) -> String {
    let mut text = "id,ts,income,age,region,prediction,score,label,next_score,variant,bought\n".to_owned();
    let mut sequence = Sequence(7);
    for at in 0..rows {
        let (income, age) = (100.0 * sequence.next(), 18 + (50.0 * sequence.next()) as u32);
        let region = ["north", "south", "west"][(3.0 * sequence.next()) as usize];
        let truth = 0.85 * income / 100.0 + 0.15 * sequence.next();
        let label = u8::from(sequence.next() < truth);
        let score = (0.5 + 0.5 * (truth - 0.5)).clamp(0.01, 0.99);
        let arm = sequence.next() < 0.5;
        let bought = u8::from(sequence.next() < if arm { 0.45 } else { 0.25 });
        let minutes = at * 14_400 / rows;
        let shown = if labelled || at < rows / 2 { label.to_string() } else { String::new() };
        let _ = writeln!(
            text,
            "r{at},2026-03-{:02}T{:02}:{:02}:00,{income:.3},{age},{region},{},{score:.4},{shown},{truth:.4},{},{bought}",
            1 + minutes / 1440,
            minutes / 60 % 24,
            minutes % 60,
            u8::from(score >= 0.5),
            if arm { "b" } else { "a" },
        );
    }
    text
}

/// A case with an additional section in its contract.
fn case(section: &str, labelled: bool) -> Folder {
    let folder = Folder::empty();
    // Training has no columns of the candidate.
    let training: Vec<String> = snapshot(800, true)
        .lines()
        .map(|line| line.split(',').take(8).collect::<Vec<_>>().join(","))
        .collect();
    folder.write("training.csv", training.join("\n") + "\n");
    folder.write("production.csv", snapshot(3000, labelled));
    folder.write("coroner.toml", format!("{CONTRACT}{section}"));
    folder
}

fn object(folder: &Folder) -> Value {
    folder.run("remedy", &["--format", "json"]).object()
}

#[test]
fn a_better_candidate_in_the_log_is_promoted() {
    let folder = case("[candidate]\nname = \"next\"\nscore = \"next_score\"\ndifference = 0.02\n", true);
    let found = object(&folder);
    let comparison = &found["comparison"];
    assert_eq!(comparison["name"], "next");
    assert_eq!(comparison["design"], "shadow");
    assert!(comparison["overall"]["gain"].is_number());
    assert_eq!(comparison["days"].as_array().map(Vec::len), Some(10));
    // The candidate's columns are neither features nor new columns.
    let segments = comparison["segments"].as_array().expect("segments");
    assert!(segments.iter().all(|segment| segment["feature"] != "next_score"));
    assert!(comparison["metrics"][0]["interval"].is_array());
    let run = folder.run("remedy", &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = run.stdout;
    for words in ["Candidate next:", "day by day", "They disagree on", "Review by people"] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
    assert_eq!(folder.run("remedy", &[]).stdout, text, "the same bytes again");
}

#[test]
fn a_candidate_in_a_file_says_the_same_as_in_the_log() {
    let in_log = case("[candidate]\nscore = \"next_score\"\n", true);
    let in_file = case("[candidate]\nfile = \"next.csv\"\nscore = \"next_score\"\n", true);
    let answers: Vec<String> = snapshot(3000, true)
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{}", cells[0], cells[8])
        })
        .collect();
    in_file.write("next.csv", answers.join("\n") + "\n");
    let (one, other) = (object(&in_log), object(&in_file));
    assert_eq!(one["comparison"]["overall"], other["comparison"]["overall"]);
    assert_eq!(one["comparison"]["metrics"], other["comparison"]["metrics"]);
}

#[test]
fn arms_are_compared_by_their_success() {
    let folder =
        case("[candidate]\narm = \"variant\"\narm_value = \"b\"\nsuccess = \"bought\"\nshare = 0.5\n", true);
    let comparison = &object(&folder)["comparison"];
    assert_eq!(comparison["design"], "arms");
    assert_eq!(comparison["measure"], "bought");
    let gain = comparison["overall"]["gain"].as_f64().expect("a gain");
    assert!((gain - 0.2).abs() < 0.06, "{gain}");
    assert_eq!(comparison["verdict"], "promote", "{}", comparison["reasons"]);
    assert_eq!(comparison["arms"]["mismatch"], false);
}

#[test]
fn what_is_missing_is_said_where_it_is_missing() {
    let refused = |section: &str, words: &[&str]| {
        let folder = case(section, true);
        folder.run("remedy", &[]).refused("coroner.toml:", words);
    };
    refused("[candidate]\nscore = \"next_scor\"\n", &["E012", "[candidate] score", "next_score"]);
    refused("[candidate]\nname = \"next\"\n", &["E008", "candidate's answers"]);
    refused("[candidate]\narm = \"variant\"\n", &["E008", "arm_value"]);
    refused("[candidate]\narm = \"variant\"\nscore = \"next_score\"\n", &["E009", "beside arm"]);
    refused("[candidate]\nscore = \"score\"\n", &["E009", "deployed model's score"]);
    refused("[candidate]\nscores = \"next_score\"\n", &["E006", "score"]);
}

#[test]
fn what_cannot_be_compared_says_why() {
    let folder = case("[candidate]\nfile = \"next.csv\"\nscore = \"next_score\"\n", true);
    folder.write("next.csv", "id,next_score\nx1,0.5\nx2,0.6\n");
    let found = object(&folder);
    let why = found["comparison"]["error"].as_str().expect("a reason");
    assert!(why.contains("no id of next.csv"), "{why}");
    let folder = case("[candidate]\narm = \"variant\"\narm_value = \"c\"\n", true);
    let found = object(&folder);
    let why = found["comparison"]["error"].as_str().expect("a reason");
    assert!(why.contains("it holds a, b"), "{why}");
}

#[test]
fn a_queue_goes_out_and_comes_back() {
    let folder = case("", false);
    let queue = folder.path("queue.csv");
    let arguments = ["--queue", &queue.to_string_lossy(), "--queue-rows", "200"];
    let run = folder.run("remedy", &arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = std::fs::read_to_string(&queue).expect("the queue is written");
    let header: Vec<&str> = text.lines().next().expect("a header").split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).expect(name);
    let (id, label, score) = (place("id"), place("label"), place("score"));
    place("review_reason");
    place("review_weight");
    assert_eq!(text.lines().count(), 201);
    // Reviewers fill in the label; here they agree with the model.
    let filled: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if at > 0 {
                assert!(cells[id].starts_with('r'), "{line}");
                assert_eq!(cells[label], "", "only rows without a label: {line}");
                let positive = cells[score].parse::<f64>().is_ok_and(|score| score >= 0.5);
                cells[label] = if positive { "1" } else { "0" };
            }
            cells.join(",")
        })
        .collect();
    folder.write("reviewed.csv", filled.join("\n") + "\n");
    folder.contract("[columns]", "reviewed = \"reviewed.csv\"\n\n[columns]");
    let found = object(&folder);
    let returned = &found["review"]["returned"];
    assert_eq!(returned["matched"], 200, "{returned}");
    assert_eq!(returned["agreement"]["value"], 1.0);
    assert_eq!(returned["basis"], "random");
}
