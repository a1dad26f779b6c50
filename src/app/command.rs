//! What can be typed into the palette with an argument: `onset 2026-03-18T02:00`, `window 6h`, `baseline training`.

use std::sync::LazyLock;

use crate::{
    autopsy::Baseline,
    journal::Theme,
    study::Topic,
    summary::Width,
    text::{nearest::nearest, time},
};

use super::{
    Action, Export, Language,
    challenger::{self, Asked, Kind},
};

/// A word of the palette, and what may follow it.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// The word.
    pub word: &'static str,
    /// What follows it, as an example; empty where nothing does.
    pub argument: &'static str,
    /// What it does.
    pub message: &'static str,
    read: fn(&str) -> Result<Action, String>,
}

/// Every command.
pub const COMMANDS: &[Command] = &[
    Command {
        word: "onset",
        argument: "2026-03-18T02:00 | auto",
        message: "say when the change began, and examine again",
        read: onset,
    },
    Command {
        word: "baseline",
        argument: "before | training | golden | auto",
        message: "say what the rows since the onset are held against, and examine again",
        read: baseline,
    },
    Command {
        word: "window",
        argument: "1h | 6h | 1d | 7d | 28d",
        message: "the width of the time windows",
        read: window,
    },
    Command {
        word: "where",
        argument: "region=north and app_hour>17 | all",
        message: "narrow the case to these rows, and examine them alone",
        read: |_| Ok(Action::Where),
    },
    Command {
        word: "compare",
        argument: "2026-03-02..2026-03-09 2026-03-18..2026-03-25",
        message: "hold the second period against the first, and leave all other rows out",
        read: |_| Ok(Action::Compare),
    },
    Command {
        word: "repair",
        argument: "÷120 | -32÷1.8 | log | exp | sqrt | square | ÷120; income ×2",
        message: "undo a change of one feature or several by hand: picture, PSI and metric are told as if it were done",
        read: |_| Ok(Action::TryFix),
    },
    Command {
        word: "pair",
        argument: "FEATURE",
        message: "the feature under the cursor and this one together, as a map",
        read: |_| Ok(Action::Pair),
    },
    Command {
        word: "polars",
        argument: "",
        message: "copy the polars that reproduces the number under the cursor",
        read: |_| Ok(Action::Snippet(Language::Polars)),
    },
    Command {
        word: "sql",
        argument: "",
        message: "copy the SQL that reproduces the number under the cursor",
        read: |_| Ok(Action::Snippet(Language::Sql)),
    },
    Command {
        word: "link",
        argument: "",
        message: "copy the command that opens the console at this place",
        read: |_| Ok(Action::CopyLink),
    },
    Command {
        word: "challenger",
        argument: "logistic | trees, 14d | auto",
        message: "refit a model on so long after the onset, and set it beside the deployed one",
        read: challenger,
    },
    Command {
        word: "study",
        argument: "metrics | classes | golden | …",
        message: "an analysis beside the diagnosis, with its tables",
        read: study,
    },
    Command { word: "theme", argument: "dark | light", message: "the palette of colours", read: theme },
    Command {
        word: "export",
        argument: "csv | md | json",
        message: "write the pane as CSV or Markdown, or the diagnosis as JSON",
        read: export,
    },
    Command { word: "mouse", argument: "", message: "mouse on or off", read: |_| Ok(Action::Mouse) },
    Command {
        word: "info",
        argument: "",
        message: "versions, terminal and paths",
        read: |_| Ok(Action::Info),
    },
    Command { word: "log", argument: "", message: "what was done and answered", read: |_| Ok(Action::Log) },
    Command { word: "keys", argument: "", message: "every key of this screen", read: |_| Ok(Action::Help) },
];

impl Command {
    /// The command that a typed line begins with, and what follows its word.
    #[must_use]
    pub fn of(typed: &str) -> Option<(&'static Self, &str)> {
        let typed = typed.trim_start();
        let (word, argument) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let command = COMMANDS.iter().find(|command| command.word == word)?;
        Some((command, argument.trim()))
    }

    /// The arguments that are words of their own, with what each of them does; empty where the argument is a text.
    #[must_use]
    pub fn choices(&self) -> &'static [(&'static str, &'static str)] {
        static STUDIES: LazyLock<Vec<(&str, &str)>> =
            LazyLock::new(|| Topic::ALL.iter().map(|topic| (topic.id(), topic.title())).collect());
        match self.word {
            "study" => &STUDIES,
            "baseline" => &[
                ("before", "the rows before the onset"),
                ("training", "the training snapshot"),
                ("golden", "the golden set at launch"),
                ("auto", "found again"),
            ],
            "window" => &[
                ("1h", "an hour"),
                ("6h", "six hours"),
                ("1d", "a day"),
                ("7d", "a week"),
                ("28d", "four weeks"),
            ],
            "theme" => &[("dark", "for a dark terminal"), ("light", "for a light one")],
            "export" => &[
                ("csv", "the pane as CSV"),
                ("md", "the pane as Markdown"),
                ("json", "the diagnosis as JSON"),
            ],
            _ => &[],
        }
    }

    /// The action for an argument.
    ///
    /// # Errors
    ///
    /// What is wrong with the argument, in a sentence.
    pub fn action(&self, argument: &str) -> Result<Action, String> {
        match (self.argument, argument) {
            ("", "") => (self.read)(""),
            ("", more) => Err(format!("{} stands alone, without {more:?}", self.word)),
            (wanted, "") => Err(format!("type what follows: {wanted}")),
            (_, argument) => (self.read)(argument),
        }
    }
}

fn onset(argument: &str) -> Result<Action, String> {
    if argument == "auto" {
        return Ok(Action::Onset(None));
    }
    match time::parse(argument) {
        Some(at) => Ok(Action::Onset(Some(at))),
        None => Err(format!("{argument:?} is no time; write 2026-03-18, 2026-03-18T02:00 (UTC) or auto")),
    }
}

fn baseline(argument: &str) -> Result<Action, String> {
    if argument == "auto" {
        return Ok(Action::Baseline(None));
    }
    let known = Baseline::ALL.into_iter().find(|b| b.word() == argument);
    let words = Baseline::ALL.map(Baseline::word).into_iter().chain(["auto"]);
    known.map(|baseline| Action::Baseline(Some(baseline))).ok_or_else(|| unknown(argument, words))
}

fn window(argument: &str) -> Result<Action, String> {
    let bare = |text: &str| text.replace(' ', "").to_lowercase();
    let wanted = match bare(argument).as_str() {
        "1w" => "7d".to_owned(),
        "4w" => "28d".to_owned(),
        other => other.to_owned(),
    };
    let known = Width::ALL.into_iter().find(|width| bare(width.name()) == wanted);
    known.map(Action::Window).ok_or_else(|| unknown(argument, ["1h", "6h", "1d", "7d", "28d"].into_iter()))
}

fn challenger(argument: &str) -> Result<Action, String> {
    if argument == "auto" {
        return Ok(Action::Challenger(None));
    }
    let (word, span) = argument.split_once([' ', ',']).unwrap_or((argument, ""));
    let words = Kind::WORDS.map(|(word, _)| word).into_iter().chain(["auto"]);
    let kind = Kind::of(word).ok_or_else(|| unknown(word, words))?;
    let span = match span.trim_start_matches([' ', ',']) {
        "" => None,
        text => Some(
            challenger::span(text)
                .ok_or_else(|| format!("{text:?} is no length of time; write 36h, 14d or 2w"))?,
        ),
    };
    Ok(Action::Challenger(Some(Asked { kind, span })))
}

fn study(argument: &str) -> Result<Action, String> {
    let words = Topic::ALL.map(Topic::id);
    Topic::named(argument).map(Action::Study).ok_or_else(|| unknown(argument, words.into_iter()))
}

fn theme(argument: &str) -> Result<Action, String> {
    match argument {
        "dark" => Ok(Action::Theme(Theme::Dark)),
        "light" => Ok(Action::Theme(Theme::Light)),
        other => Err(unknown(other, ["dark", "light"].into_iter())),
    }
}

fn export(argument: &str) -> Result<Action, String> {
    match argument {
        "csv" => Ok(Action::Export(Export::Csv)),
        "json" => Ok(Action::Export(Export::Json)),
        "md" => Ok(Action::Export(Export::Markdown)),
        other => Err(unknown(other, ["csv", "json", "md"].into_iter())),
    }
}

/// What may be typed in place of an unknown word, the nearest first.
fn unknown<'a>(typed: &str, words: impl Iterator<Item = &'a str> + Clone) -> String {
    let near = nearest(typed, words.clone());
    let all: Vec<&str> = words.collect();
    match near.first() {
        Some(near) => format!("{typed:?} is not known; did you mean {near}?"),
        None => format!("{typed:?} is not known; there are {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keys::BINDINGS;

    fn typed(line: &str) -> Result<Action, String> {
        let (command, argument) = Command::of(line).ok_or("no command")?;
        command.action(argument)
    }

    #[test]
    fn arguments_are_read() {
        let at = time::parse("2026-03-18T02:00").unwrap();
        for (line, action) in [
            ("onset 2026-03-18T02:00", Action::Onset(Some(at))),
            ("onset  2026-03-18 02:00", Action::Onset(Some(at))),
            ("onset auto", Action::Onset(None)),
            ("baseline golden", Action::Baseline(Some(Baseline::GoldenAtLaunch))),
            ("window 6h", Action::Window(Width::SixHours)),
            ("window 1 w", Action::Window(Width::Week)),
            ("challenger auto", Action::Challenger(None)),
            (
                "challenger logistic 14d",
                Action::Challenger(Some(Asked { kind: Kind::Regression, span: challenger::span("14d") })),
            ),
            ("challenger trees", Action::Challenger(Some(Asked { kind: Kind::Trees, span: None }))),
            ("study classes", Action::Study(Topic::Classes)),
            ("theme light", Action::Theme(Theme::Light)),
            ("export md", Action::Export(Export::Markdown)),
            ("mouse", Action::Mouse),
            ("keys", Action::Help),
        ] {
            assert_eq!(typed(line), Ok(action), "{line}");
        }
    }

    #[test]
    fn every_choice_is_an_argument_that_is_read() {
        let mut of_studies = 0;
        for command in COMMANDS {
            for (word, meaning) in command.choices() {
                assert!(command.action(word).is_ok(), "{} {word}", command.word);
                assert!(!meaning.is_empty(), "{} {word}", command.word);
                of_studies += usize::from(command.word == "study");
            }
        }
        assert_eq!(of_studies, Topic::ALL.len());
    }

    #[test]
    fn a_bad_argument_answers_with_a_sentence() {
        for (line, message) in [
            ("onset yesterday", "\"yesterday\" is no time; write 2026-03-18, 2026-03-18T02:00 (UTC) or auto"),
            ("onset", "type what follows: 2026-03-18T02:00 | auto"),
            ("baseline trainig", "\"trainig\" is not known; did you mean training?"),
            ("window 5h", "\"5h\" is not known; there are 1h, 6h, 1d, 7d, 28d"),
            ("challenger logistics 14d", "\"logistics\" is not known; did you mean logistic?"),
            ("challenger trees often", "\"often\" is no length of time; write 36h, 14d or 2w"),
            ("theme blue", "\"blue\" is not known; there are dark, light"),
            ("log all", "log stands alone, without \"all\""),
        ] {
            assert_eq!(typed(line), Err(message.to_owned()), "{line}");
        }
    }

    #[test]
    fn no_command_hides_another_and_each_says_what_it_does() {
        for (at, command) in COMMANDS.iter().enumerate() {
            assert!(COMMANDS[..at].iter().all(|other| other.word != command.word));
            assert!(!command.message.is_empty() && !command.word.contains(' '));
        }
        // A command without argument is also a line of the palette.
        for command in COMMANDS.iter().filter(|command| command.argument.is_empty()) {
            let action = command.action("").unwrap();
            assert!(BINDINGS.iter().any(|b| b.action == action), "{}", command.word);
        }
    }
}
