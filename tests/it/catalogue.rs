//! A catalogue of generated bad inputs: the exit code, the error message and the hint for each.
//!
//! Every one of them must give exit code 2, a code of docs/errors.md, a hint, nothing on stdout, no panic and
//! no control character on stderr.

use std::path::Path;

use super::commands::{Folder, Run, coroner, snapshot};

/// A contract that the folder's files satisfy.
fn contract(change: &[(&str, &str)]) -> String {
    let mut text = "[model]\nname = \"catalogue\"\ntask = \"binary\"\npositive = \"1\"\n\n[snapshots]\n\
        training = \"training.csv\"\nproduction = \"production.csv\"\n\n[columns]\ntimestamp = \"ts\"\nlabel = \"label\"\n\
        prediction = \"prediction\"\nscore = \"score\"\nid = \"id\"\n"
        .to_owned();
    for (from, to) in change {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

fn folder(contract: impl AsRef<[u8]>) -> Folder {
    let folder = Folder::empty();
    folder.write("training.csv", snapshot(60, |_| {}));
    folder.write("production.csv", snapshot(60, |_| {}));
    folder.write("coroner.toml", contract);
    folder
}

/// Words of the sentence and of the hint that a code stands for.
fn meaning(code: &str) -> (&'static str, &'static str) {
    match code {
        "E001" => ("does not exist", "give the folder of a case"),
        "E004" => ("cannot be read", "it must be UTF-8 text"),
        "E005" => ("is not valid TOML", "quote text values"),
        "E006" => ("has an unknown", "known here: "),
        "E007" => ("must be", "write  "),
        "E008" => ("has no", "add  "),
        "E009" => ("", "hint   "),
        "E010" => ("both name the column", "or name the column that holds it"),
        "E012" => ("has no column named", "remove the line from"),
        "E101" => ("does not exist", ""),
        "E102" => ("matches no file", "must hold Parquet, CSV, JSON lines or Arrow files"),
        "E103" => ("is an address", "download the files"),
        "E104" => ("cannot be read", "check the path and the file's permissions"),
        "E105" => ("is empty", "check the job that wrote it"),
        "E106" => ("holds no rows", "check the job that wrote it"),
        "E107" => ("is not in a format that coroner knows", "coroner reads Parquet"),
        "E108" => ("is damaged or truncated", "write or download the file again"),
        "E109" => ("cannot be read", "look at line"),
        "E118" => ("holds something that its reader cannot handle", "write the file again, or as CSV"),
        "E114" => ("two columns of", "rename or drop one of the two"),
        "E117" => ("is an input of the case", "choose another name"),
        "E124" => ("positive is", "write one of these classes"),
        "E301" => ("is not a valid template", "begin with a copy of assets/report.md.j2"),
        "E302" => ("cannot be read", "name a file of at most 1 MB"),
        code => panic!("what does {code} say?"),
    }
}

/// Tries all inputs of one kind and reports all failures at once.
fn all(cases: impl IntoIterator<Item = (String, Run, &'static str, Vec<String>)>, least: usize) {
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (name, run, code, words) in cases {
        tried += 1;
        let said = run.stderr.replace('\n', " ");
        let (sentence, hint) = meaning(code);
        let code = format!("[{code}]");
        let missing: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .chain([code.as_str(), "hint", sentence, hint])
            .filter(|word| !run.stderr.contains(word))
            .collect();
        let bare = run.stderr.chars().any(|c| c.is_control() && c != '\n');
        if run.code != Some(2) || !missing.is_empty() || !run.stdout.is_empty() || bare || said.len() > 6000 {
            let said: String = said.chars().take(300).collect();
            wrong.push(format!("{name}: exit {:?}, without {missing:?}: {said}", run.code));
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried >= least, "{tried}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of inputs")]
fn contracts_that_are_none() {
    let valid = contract(&[]);
    let change = |from: &str, to: &str| contract(&[(from, to)]).into_bytes();
    let mut inputs: Vec<(String, Vec<u8>, &'static str, Vec<String>)> = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>, code: &'static str, words: &[&str]| {
        inputs.push((name, bytes, code, words.iter().map(ToString::to_string).collect()));
    };
    // Not TOML.
    for (name, line) in [
        ("open quote", "name = \"x"),
        ("open list", "ignore = [\"a\""),
        ("open header", "[columns"),
        ("no value", "name ="),
        ("no key", "= 1"),
        ("bare word", "name = word"),
        ("two values", "name = \"a\" \"b\""),
        ("comma at the end", "name = \"a\","),
        ("a bad escape", "name = \"\\q\""),
        ("a control character", "name = \"\u{1}\""),
        ("a lone bracket", "]"),
        ("a bad date", "name = 2026-13-45"),
        ("a table twice", "[model]\n[model]"),
        ("a key twice", "[x]\na = 1\na = 2"),
    ] {
        add(format!("syntax: {name}"), format!("{line}\n{valid}").into_bytes(), "E005", &["coroner.toml"]);
    }
    for (name, bytes) in
        [("latin-1", b"[model]\nname = \"K\xf6ln\"\n".to_vec()), ("a null byte at half", vec![0xff; 40])]
    {
        add(format!("no text: {name}"), bytes, "E004", &["coroner.toml"]);
    }
    // Unknown keys and sections, near and far from known ones, and of any length.
    for section in ["modell", "snapshot", "colums", "x", "événements", "a b", "threshold"] {
        let bytes = format!("{valid}\n[\"{section}\"]\na = 1\n").into_bytes();
        add(format!("section {section}"), bytes, "E006", &["unknown", "coroner.toml"]);
    }
    for (at, key) in [
        ("[model]", "nam"),
        ("[model]", "artefact"),
        ("[snapshots]", "train"),
        ("[snapshots]", "prod"),
        ("[columns]", "labels"),
        ("[columns]", "predicted"),
        ("[columns]", "time"),
    ] {
        let bytes = change(at, &format!("{at}\n{key} = \"x\""));
        add(format!("key {key}"), bytes, "E006", &["unknown", key]);
    }
    let long = "k".repeat(1 << 20);
    add(
        "a key of 1 MB".to_owned(),
        change("[model]", &format!("[model]\n{long} = 1")),
        "E006",
        &["left out"],
    );
    // Values of a wrong type.
    for (key, wanted) in [
        ("name = \"catalogue\"", "name"),
        ("task = \"binary\"", "task"),
        ("training = \"training.csv\"", "training"),
        ("production = \"production.csv\"", "production"),
        ("timestamp = \"ts\"", "timestamp"),
        ("label = \"label\"", "label"),
        ("score = \"score\"", "score"),
        ("id = \"id\"", "id"),
    ] {
        for value in ["1", "1.5", "true", "[\"a\"]", "{ a = 1 }", "2026-01-01"] {
            let line = format!("{wanted} = {value}");
            add(format!("type: {line}"), change(key, &line), "E007", &[wanted]);
        }
        add(format!("empty: {wanted}"), change(key, &format!("{wanted} = \"\"")), "E009", &[wanted]);
    }
    for value in ["\"a\"", "1", "[1]", "[[\"a\"]]", "true"] {
        add(
            format!("ignore = {value}"),
            format!("{valid}ignore = {value}\n").into_bytes(),
            "E007",
            &["ignore"],
        );
    }
    for key in ["ignore", "categorical"] {
        for value in ["[\"\"]", "[\"a\", \"\"]", "[\" \"]"] {
            let bytes = format!("{valid}{key} = {value}\n").into_bytes();
            add(format!("{key} = {value}"), bytes, "E009", &[key, "empty"]);
        }
    }
    for task in ["binry", "classification", "BINARY ", "0"] {
        let line = format!("task = \"{task}\"");
        add(line.clone(), change("task = \"binary\"", &line), "E009", &["task"]);
    }
    // Missing files and keys.
    add("nothing".to_owned(), Vec::new(), "E008", &["coroner.toml"]);
    add("a comment alone".to_owned(), b"# nothing\n".to_vec(), "E008", &["coroner.toml"]);
    for line in ["training = \"training.csv\"\n", "production = \"production.csv\"\n"] {
        add(format!("without {line:?}"), change(line, ""), "E008", &["coroner.toml"]);
    }
    // Two roles on one column, and roles on missing columns.
    for (key, word) in [("label", "label"), ("score", "score"), ("id", "id"), ("timestamp", "ts")] {
        let bytes = change(&format!("{key} = \"{word}\""), &format!("{key} = \"prediction\""));
        add(format!("{key} twice"), bytes, "E010", &["prediction"]);
        for name in ["lable", "Label", "\u{202e}x", "a\\nb"] {
            let bytes = change(&format!("{key} = \"{word}\""), &format!("{key} = \"{name}\""));
            add(format!("{key} = {name}"), bytes, "E012", &["no column"]);
        }
    }
    // A positive class that nothing has.
    for class in ["7", "-1", "good", "\u{202e}1"] {
        let bytes = change("positive = \"1\"", &format!("positive = \"{class}\""));
        add(format!("positive = {class}"), bytes, "E124", &["the classes of training are 0, 1"]);
    }
    // Thresholds.
    for value in ["0", "-1", "nan", "inf", "-0.5"] {
        for key in ["psi_watch", "psi_alarm"] {
            let bytes = format!("{valid}\n[thresholds]\n{key} = {value}\n").into_bytes();
            add(format!("{key} = {value}"), bytes, "E009", &[key]);
        }
    }
    let runs = inputs.into_iter().map(|(name, bytes, code, words)| {
        let folder = folder(bytes);
        (name, folder.run("check", &[]), code, words)
    });
    all(runs, 120);
}

#[test]
fn files_that_are_none() {
    let valid = snapshot(60, |_| {});
    let (header, rows) = valid.split_once('\n').expect("a header");
    let mut inputs: Vec<(String, Vec<u8>, &'static str)> = vec![
        ("empty".to_owned(), Vec::new(), "E105"),
        ("blank".to_owned(), b" \n\n \n".to_vec(), "E105"),
        ("a header alone".to_owned(), format!("{header}\n").into_bytes(), "E106"),
        ("HTML".to_owned(), b"<html><body>Not found</body></html>\n".to_vec(), "E107"),
        ("XML".to_owned(), b"<?xml version=\"1.0\"?><Error/>\n".to_vec(), "E107"),
        ("one JSON array of numbers".to_owned(), b"[1, 2]".to_vec(), "E107"),
        ("bytes".to_owned(), vec![0; 4096], "E107"),
        ("Parquet's mark alone".to_owned(), b"PAR1".to_vec(), "E108"),
        ("Parquet's marks".to_owned(), b"PAR1PAR1".to_vec(), "E108"),
        ("Arrow's mark alone".to_owned(), b"ARROW1\0\0".to_vec(), "E108"),
        ("a stream's mark alone".to_owned(), vec![0xff, 0xff, 0xff, 0xff], "E108"),
        ("a gzip's mark alone".to_owned(), vec![0x1f, 0x8b, 8, 0], "E108"),
        ("a zstd's mark alone".to_owned(), vec![0x28, 0xb5, 0x2f, 0xfd], "E108"),
        ("two columns of one name".to_owned(), format!("{header},label\n").into_bytes(), "E114"),
    ];
    for (name, line) in [
        ("a field too few", "1,2026-03-01T00:00:00,1.0,20,north,1,0.5"),
        ("a field too many", "1,2026-03-01T00:00:00,1.0,20,north,1,0.5,1,9"),
        ("one word", "oops"),
        ("separators of another kind", "1;2026-03-01T00:00:00;1.0;20;north;1;0.5;1"),
    ] {
        for at in [0, 17, 59] {
            let mut lines: Vec<&str> = rows.lines().collect();
            lines[at] = line;
            let text = format!("{header}\n{}\n", lines.join("\n"));
            inputs.push((format!("{name} in row {at}"), text.into_bytes(), "E109"));
        }
    }
    // A valid Parquet file, truncated and with bytes flipped in its footer.
    let sound =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/false-alarm/golden.parquet"))
            .expect("a sample");
    for part in 1..20 {
        let cut = sound[..sound.len() * part / 20].to_vec();
        inputs.push((format!("Parquet, {part} of 20"), cut, "E108"));
    }
    let runs = inputs.into_iter().flat_map(|(name, bytes, code)| {
        ["training.csv", "production.csv"].map(|file| {
            let folder = folder(contract(&[]));
            folder.write(file, &bytes);
            (format!("{name} as {file}"), folder.run("check", &[]), code, vec![file.to_owned()])
        })
    });
    all(runs, 80);
}

#[test]
fn a_damaged_footer_is_an_error_and_no_panic() {
    let sound =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/false-alarm/golden.parquet"))
            .expect("a sample");
    let mut state = 11_u64;
    for round in 0..40 {
        let mut bytes = sound.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let from_end = 9 + (state >> 33) as usize % 1500;
            let at = bytes.len().saturating_sub(from_end);
            bytes[at] ^= 1 << (state >> 20 & 7);
        }
        let folder = folder(contract(&[]));
        folder.write("production.csv", &bytes);
        let run = folder.run("check", &[]);
        assert!(matches!(run.code, Some(0..=2)), "round {round}: {:?} {}", run.code, run.stderr);
        assert!(run.code != Some(2) || run.stderr.contains("hint"), "round {round}: {}", run.stderr);
    }
}

#[test]
fn what_a_reader_has_no_error_for_is_one_of_its_file() {
    let sound = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/events/parquet"))
        .expect("a file of the corpus");
    // The reader panics at each of these bytes.
    let runs = [(253, 4), (348, 1), (681, 71)].map(|(at, byte)| {
        let mut damaged = sound.clone();
        damaged[at] = byte;
        let named = [(
            "production = \"production.csv\"",
            "production = \"production.csv\"\nevents = \"events.parquet\"",
        )];
        let folder = folder(contract(&named));
        folder.write("events.parquet", &damaged);
        let words = vec!["events.parquet".to_owned(), "polars".to_owned()];
        (format!("byte {at} is {byte}"), folder.run("check", &[]), "E118", words)
    });
    let machine = runs.iter().find(|(_, run, ..)| run.stderr.contains("registry"));
    assert!(machine.is_none(), "the sentence tells of the machine that built the program");
    all(runs, 3);
}

#[test]
fn places_that_hold_nothing() {
    let mut runs = Vec::new();
    for name in ["absent.csv", "no/such/folder/a.csv", "training.cvs", "../absent.parquet", "a\\nb.csv"] {
        let folder = folder(contract(&[("training.csv", name)]));
        runs.push((name.to_owned(), folder.run("check", &[]), "E101", Vec::new()));
    }
    for name in ["*.parquet", "log-?.csv", "[0-9].csv", "."] {
        let folder =
            folder(contract(&[("training = \"training.csv\"", &format!("training = \"none/{name}\""))]));
        std::fs::create_dir(folder.path("none")).expect("a folder");
        runs.push((name.to_owned(), folder.run("check", &[]), "E102", Vec::new()));
    }
    for name in ["s3://bucket/a.parquet", "https://example.org/a.csv", "gs://b/c", "file:///etc/passwd"] {
        let folder = folder(contract(&[("training.csv", name)]));
        runs.push((name.to_owned(), folder.run("check", &[]), "E103", Vec::new()));
    }
    for name in ["/no/such/case", "/no/such/case/coroner.toml"] {
        runs.push((name.to_owned(), coroner(&["check", name]), "E001", Vec::new()));
    }
    #[cfg(unix)]
    for target in ["nowhere", "coroner.toml", "/dev/zero", "/"] {
        let folder = folder(contract(&[]));
        std::fs::remove_file(folder.path("coroner.toml")).expect("it is there");
        std::os::unix::fs::symlink(target, folder.path("coroner.toml")).expect("a link");
        runs.push((
            format!("a contract that leads to {target}"),
            folder.run("check", &[]),
            "E004",
            Vec::new(),
        ));
    }
    let large = folder(contract(&[]) + "#" + &"x".repeat(17_000_000));
    runs.push(("a contract of 17 MB".to_owned(), large.run("check", &[]), "E004", vec!["larger".to_owned()]));
    #[cfg(unix)]
    for name in ["log", "log/*.csv", "**/*.csv"] {
        let folder = folder(contract(&[("production.csv", name)]));
        std::fs::create_dir(folder.path("log")).expect("a folder");
        folder.write("log/a.csv", snapshot(60, |_| {}));
        std::os::unix::fs::symlink("nowhere", folder.path("log/b.csv")).expect("a link");
        runs.push((
            format!("a link to nowhere in {name}"),
            folder.run("check", &[]),
            "E104",
            vec!["b.csv".to_owned()],
        ));
    }
    #[cfg(unix)]
    for name in ["/dev/null", "/dev/zero"] {
        let folder = folder(contract(&[("training.csv", name)]));
        runs.push((name.to_owned(), folder.run("check", &[]), "E104", vec!["device".to_owned()]));
    }
    all(runs, 20);
}

#[test]
fn outputs_in_the_place_of_inputs() {
    let mut runs = Vec::new();
    for input in ["training.csv", "production.csv", "coroner.toml", "./production.csv"] {
        let folder = folder(contract(&[]));
        let before = std::fs::read(folder.path(input)).expect("it is there");
        let out = folder.path(input).to_string_lossy().into_owned();
        for (command, option) in [("remedy", "--queue"), ("profile", "--out")] {
            let run = folder.run(command, &[option, &out]);
            runs.push((format!("{command} {option} {input}"), run, "E117", vec!["input".to_owned()]));
        }
        assert_eq!(std::fs::read(folder.path(input)).expect("it is there"), before, "{input}");
    }
    let folder = folder(contract(&[]));
    folder.write("report.md", "{{ title }}");
    let (out, template) = (folder.path(""), folder.path("report.md"));
    let run =
        folder.run("report", &["-o", &out.to_string_lossy(), "--template", &template.to_string_lossy()]);
    runs.push(("a template".to_owned(), run, "E117", Vec::new()));
    all(runs, 9);
}

#[test]
fn templates_that_never_end() {
    let folder = folder(contract(&[]));
    let mut runs = Vec::new();
    for (name, template) in [
        ("a loop", "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}"),
        ("much text", "{% for a in range(90000) %}{{ 'x' * 100000 }}{% endfor %}"),
        ("another file", "{% include '/etc/passwd' %}"),
        ("a parent", "{% extends '/etc/passwd' %}"),
        ("no end", "{% for a in b %}"),
        ("an unknown filter", "{{ title | shell }}"),
        ("many signs", format!("{{{{ {}1 }}}}", "-".repeat(100_000)).as_str()),
        ("many negations", format!("{{{{ {}1 }}}}", "not ".repeat(50_000)).as_str()),
        ("many attributes", format!("{{{{ title{} }}}}", ".x".repeat(50_000)).as_str()),
        ("many brackets", format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000)).as_str()),
        ("many sums", format!("{{{{ 1{} }}}}", "+1".repeat(100_000)).as_str()),
        ("many blocks", "{% if 1 %}".repeat(3000).as_str()),
        ("a long list", "{{ [1] * 2000000000 }}"),
        ("a long text", "{{ 'x' * 2000000000 }}"),
        (
            "a text that doubles",
            "{% set n = namespace(x='ab') %}{% for a in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        ),
        ("a macro that calls itself", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
        ("a long range", "{{ range(2000000000) | list }}"),
        ("a large power", "{{ 10 ** 1000000 }}"),
    ] {
        folder.write("template.md", template);
        let path = folder.path("template.md").to_string_lossy().into_owned();
        let run = folder.run("report", &["--template", &path]);
        runs.push((name.to_owned(), run, "E301", Vec::new()));
    }
    let large = "x".repeat(2 << 20);
    folder.write("template.md", large);
    let path = folder.path("template.md").to_string_lossy().into_owned();
    runs.push(("2 MB".to_owned(), folder.run("report", &["--template", &path]), "E302", Vec::new()));
    #[cfg(unix)]
    runs.push((
        "a device".to_owned(),
        folder.run("report", &["--template", "/dev/zero"]),
        "E302",
        Vec::new(),
    ));
    all(runs, 19);
}
