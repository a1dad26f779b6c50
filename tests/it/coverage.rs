//! Every line of `docs/coverage.md` names a command and what it shows; here the commands run over a case that names all
//! that a case may hold.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    commands::{CONTRACT, Folder, coroner},
    remedy,
};

/// The lines of the document's tables: id, command, what it shows, and the state.
fn lines() -> Vec<[String; 4]> {
    let document = include_str!("../../docs/coverage.md");
    let cell = |text: &str| text.trim().trim_matches('`').to_owned();
    document
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split('|').map(cell).collect::<Vec<_>>())
        .filter_map(|cells| match cells.as_slice() {
            [id, _, command, shows, state] if id != "id" && id != "#" => {
                Some([id.clone(), command.clone(), shows.clone(), state.clone()])
            }
            _ => None,
        })
        .collect()
}

/// A case with golden set, offline values, events, costs, a candidate, versions, groups, segments and a business metric.
fn furnished() -> Folder {
    let folder = Folder::empty();
    let columns = |rows: &str, keep: &[usize]| -> String {
        let line = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            keep.iter().map(|&at| cells[at]).collect::<Vec<_>>().join(",")
        };
        rows.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
    };
    // Free texts, with a term that only later rows hold.
    let with_query = |rows: &str| -> String {
        let line = |(at, line): (usize, &str)| match at {
            0 => format!("{line},query"),
            at if at > 2000 && at % 4 == 0 => format!("{line},quixloan {at}"),
            at if at % 2 == 0 => format!("{line},cheap loan"),
            _ => format!("{line},house loan now"),
        };
        rows.lines().enumerate().map(line).collect::<Vec<_>>().join("\n") + "\n"
    };
    let (training, production) =
        (with_query(&remedy::snapshot(800, true)), with_query(&remedy::snapshot(3000, true)));
    folder.write("training.csv", columns(&training, &[0, 1, 2, 3, 4, 5, 6, 7, 11]));
    // The launch model answered as the candidate does: some golden rows flipped.
    let golden = columns(&training, &[0, 2, 3, 4, 5, 6, 7, 8]).lines().enumerate().fold(
        String::new(),
        |mut text, (at, line)| {
            let launch = line.rsplit(',').next().unwrap_or_default();
            let answer = launch.parse::<f64>().map(|score| u8::from(score >= 0.5).to_string());
            let (answer, launch) = match at {
                0 => ("launch_prediction".to_owned(), "launch_score"),
                _ => (answer.unwrap_or_default(), launch),
            };
            let row = line.rsplit_once(',').map_or(line, |(row, _)| row);
            writeln!(text, "{row},{answer},{launch}").expect("a text takes it");
            text
        },
    );
    folder.write("golden.csv", golden);
    folder.write("offline.csv", columns(&production, &[0, 2, 3, 4]));
    // Answer times, which only production has.
    let with_latency = |(at, line): (usize, &str)| match at {
        0 => format!("{line},latency_ms"),
        at => format!("{line},{}", 20 + at * 7 % 45),
    };
    let production: Vec<String> = production.lines().enumerate().map(with_latency).collect();
    folder.write("production.csv", production.join("\n") + "\n");
    folder.write("events.csv", "timestamp,kind,title\n2026-03-05T10:00:00Z,deploy,model 2\n");
    folder.write(
        "suite.json",
        r#"{"expectations": [{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "age"}}]}"#,
    );
    let contract = CONTRACT
        .replace(
            "production = \"production.csv\"",
            "production = \"production.csv\"\ngolden = \"golden.csv\"\noffline = \"offline.csv\"\nevents = \"events.csv\"\nexpectations = \"suite.json\"",
        )
        .replace("id = \"id\"", "id = \"id\"\nlatency_ms = \"latency_ms\"\nversion = \"variant\"\ngroups = [\"region\"]\ntext = [\"query\"]");
    let more = "[metrics]\nconversion = { column = \"bought\", better = \"more\" }\n\
                [segments]\nrich = \"income>50\"\nregion = \"region\"\n\
                [costs]\nerror = 2.0\nretrain = 300.0\n\
                [candidate]\nscore = \"next_score\"\n\
                [bounds]\nage = { range = [0, 120], missing = false }\nregion = [\"north\", \"south\", \"west\"]\n\
                [sources]\ncrm = [\"age\", \"region\"]\n";
    folder.write("coroner.toml", format!("{contract}{more}"));
    folder
}

/// A case one of whose numbers arrives as words from the middle of the log on.
fn broken() -> Folder {
    let folder = Folder::healthy();
    let production = std::fs::read_to_string(folder.path("production.csv")).expect("it was written");
    let column = production.lines().next().and_then(|head| head.split(',').position(|name| name == "income"));
    let column = column.expect("income is an input");
    let lines: Vec<String> = production
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            if at > 600 {
                cells[column] = format!("about {}", cells[column]);
            }
            cells.join(",")
        })
        .collect();
    folder.write("production.csv", lines.join("\n") + "\n");
    folder
}

/// The names of the files in a folder and the folders within.
fn files(folder: &std::path::Path) -> String {
    let Ok(entries) = std::fs::read_dir(folder) else { return String::new() };
    let mut names: Vec<String> = Vec::new();
    for entry in entries.flatten() {
        names.push(entry.file_name().to_string_lossy().into_owned());
        names.push(files(&entry.path()));
    }
    names.join("\n")
}

#[test]
fn every_line_of_the_coverage_shows_what_it_says() {
    let lines = lines();
    assert_eq!(lines.len(), 36 + 100, "36 of the guides, 100 of the neighbours");
    let case = furnished();
    let broken = broken();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    // A diagnosis of a case that is compared with itself.
    case.write("then.json", case.run("diagnose", &["--format", "json"]).stdout);
    let mut printed: BTreeMap<&str, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (at, [id, command, shows, state]) in lines.iter().enumerate() {
        if command == "–" {
            assert!(state.starts_with("missing"), "{id} has no command and is not missing");
            continue;
        }
        assert!(state == "works" || state.starts_with("partly: "), "{id}: {state}");
        let text = printed.entry(command).or_insert_with(|| {
            let out = case.path(&format!("out{at}"));
            let words = command.split(' ').skip(1).map(|word| match word {
                "CASE" => case.path("").display().to_string(),
                "SAMPLE" => root.join("sample-data/normalised-counts").display().to_string(),
                "MODEL" => root.join("tests/data/measures").display().to_string(),
                "LOAN" => root.join("tests/data/studies").display().to_string(),
                "BROKEN" => broken.path("").display().to_string(),
                "OUT" => out.display().to_string(),
                "THEN" => case.path("then.json").display().to_string(),
                "RUNS" => case.path("runs.jsonl").display().to_string(),
                other => other.to_owned(),
            });
            let words: Vec<String> = words.collect();
            coroner(&words.iter().map(String::as_str).collect::<Vec<_>>()).stdout + &files(&out)
        });
        if !text.contains(shows.as_str()) {
            wrong.push(format!("{id}: `{command}` does not print {shows}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
