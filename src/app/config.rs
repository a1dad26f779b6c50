//! The user's own settings: `$XDG_CONFIG_HOME/coroner/config.toml`. Pure: who reads the file passes its text.

use std::{borrow::Cow, fmt::Write as _};

use toml::{Spanned, de::DeValue};

use crate::{
    case::{
        Thresholds,
        keys::{THRESHOLDS, Threshold},
    },
    journal::Theme,
    text::{
        capital,
        message::{Explain, Message, Place},
        nearest::nearest,
        toml::{self as reading, Document},
    },
};

use super::{Action, Key, keymap::Keymap, keys::BINDINGS};

/// A setting: a key above all sections, or a section.
struct Setting {
    /// Its name.
    name: &'static str,
    /// What may be written, as Markdown.
    values: &'static str,
    /// What it means, in one sentence without Markdown.
    meaning: &'static str,
    /// What the example holds: its default, or the keys of the section.
    default: Example,
    /// Takes a value over into a configuration.
    read: fn(&Reader<'_>, &Spanned<DeValue<'_>>, &mut Config) -> Result<(), ConfigError>,
}

/// How the example shows a setting.
enum Example {
    /// Its default, as TOML.
    Value(&'static str),
    /// A section with these lines.
    Section(fn() -> Vec<String>),
}

/// Every setting, in the order of the example.
const SETTINGS: [Setting; 7] = [
    Setting {
        name: "theme",
        values: "`\"auto\"`, `\"dark\"`, `\"light\"`",
        meaning: "the palette; auto asks the terminal. :theme changes it for one case, which remembers it",
        default: Example::Value("\"auto\""),
        read: |reader, value, config| {
            let known = [("dark", Some(Theme::Dark)), ("light", Some(Theme::Light)), ("auto", None)];
            config.theme = reader.one_of("theme", value, &known)?;
            Ok(())
        },
    },
    Setting {
        name: "color",
        values: "`\"auto\"`, `\"256\"`, `\"16\"`, `\"never\"`",
        meaning: "how many colours; --color goes before it",
        default: Example::Value("\"auto\""),
        read: |reader, value, config| {
            config.color = reader.one_of("color", value, &Color::NAMED)?;
            Ok(())
        },
    },
    Setting {
        name: "ascii",
        values: "`true`, `false`",
        meaning: "draw with plain ASCII characters, as --ascii does",
        default: Example::Value("false"),
        read: |reader, value, config| {
            config.ascii = reader.switch("ascii", value)?;
            Ok(())
        },
    },
    Setting {
        name: "mouse",
        values: "`true`, `false`",
        meaning: "let the mouse choose steps from the start; the terminal's own selection then needs Shift. :mouse switches it",
        default: Example::Value("false"),
        read: |reader, value, config| {
            config.mouse = reader.switch("mouse", value)?;
            Ok(())
        },
    },
    Setting {
        name: "cache",
        values: "`true`, `false`",
        meaning: "keep what is known of a case for a second look, as far as its files are the same; --no-cache says false for once",
        default: Example::Value("true"),
        read: |reader, value, config| {
            config.no_cache = !reader.switch("cache", value)?;
            Ok(())
        },
    },
    Setting {
        name: "thresholds",
        values: "as in [`coroner.toml`](contract.md#thresholds)",
        meaning: "thresholds for cases that do not set them; they hold for the headless commands, too",
        default: Example::Section(|| {
            THRESHOLDS.iter().map(|threshold| format!("{} = {}", threshold.key, threshold.default)).collect()
        }),
        read: |reader, value, config| {
            config.thresholds = reader.thresholds(value)?;
            Ok(())
        },
    },
    Setting {
        name: "keys",
        values: "an action's name = a key, or a list of keys, `[]` for none; the names are in the last column of [keys.md](keys.md)",
        meaning: "other keys. A key is named as in g, G, ^u (Ctrl), F1, Enter, Esc, Tab, S-Tab, Space, Up, Home, PgUp; none may mean two things",
        default: Example::Section(key_lines),
        read: |reader, value, config| {
            config.keymap = reader.keys(value)?;
            Ok(())
        },
    },
];

/// Actions that must keep a key in every configuration: without them there is no way out.
const NEEDED: [Action; 3] = [Action::Palette, Action::Quit, Action::Back];

/// The number of colours, if the user sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// As determined from the environment.
    #[default]
    Auto,
    /// 256 colours.
    Indexed,
    /// Sixteen colours.
    Sixteen,
    /// None.
    Never,
}

impl Color {
    const NAMED: [(&'static str, Self); 4] =
        [("auto", Self::Auto), ("256", Self::Indexed), ("16", Self::Sixteen), ("never", Self::Never)];
}

/// The user's own settings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// The palette of colours; none queries the terminal.
    pub theme: Option<Theme>,
    /// Whether the mouse is captured from the start.
    pub mouse: bool,
    /// Whether everything is drawn with ASCII characters.
    pub ascii: bool,
    /// How many colours the terminal is given.
    pub color: Color,
    /// Whether nothing of a case is kept for a second look.
    pub no_cache: bool,
    /// Thresholds for cases that do not set them.
    pub thresholds: Vec<(&'static str, f64)>,
    /// The keys that are in force.
    pub keymap: Keymap,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct ConfigError(Box<Message>);

impl Explain for ConfigError {
    fn message(&self) -> Message {
        (*self.0).clone()
    }
}

impl Config {
    /// Reads the text of a configuration.
    ///
    /// * `file`: its path, for messages.
    ///
    /// # Errors
    ///
    /// When the text is no TOML, names what is not known, holds a value of the wrong kind, or gives one key to two
    /// actions. The message holds the place and what may have been meant.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let reader = Reader(Document { file, text });
        let document = reader.0.parse().map_err(|error| {
            reader.wrong(
                "E402",
                &format!("is not valid TOML: {}", error.reason),
                error.place,
                "here",
                Vec::new(),
            )
        })?;
        let mut config = Self::default();
        for (name, value) in &document {
            let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name.get_ref()) else {
                return Err(reader.unknown(
                    "setting",
                    name,
                    &SETTINGS.each_ref().map(|setting| setting.name),
                ));
            };
            (setting.read)(&reader, value, &mut config)?;
        }
        Ok(config)
    }

    /// Sets the thresholds that a case does not set itself.
    ///
    /// * `own`: whether the case sets a threshold, by its key.
    #[must_use]
    pub fn thresholds_for(&self, case: Thresholds, own: impl Fn(&str) -> bool) -> Thresholds {
        let mut set = case;
        for &(key, value) in self.thresholds.iter().filter(|(key, _)| !own(key)) {
            if let Some(threshold) = Threshold::named(key) {
                *(threshold.field)(&mut set) = value;
            }
        }
        // A feature is watched before it alarms; if the two come from different files, the case's value is kept.
        if set.psi_watch > set.psi_alarm {
            if own("psi_watch") {
                set.psi_alarm = set.psi_watch;
            } else {
                set.psi_watch = set.psi_alarm;
            }
        }
        set
    }
}

/// The configuration that changes nothing, with every setting explained; every line is a comment.
#[must_use]
pub fn example() -> String {
    let mut text = String::from(
        "# The settings of coroner. `coroner info` prints where this file belongs; `coroner gen config` prints it.\n\
         # Every line stands for its default: take the # away to change it.\n",
    );
    for setting in &SETTINGS {
        let _ = write!(text, "\n# {}.\n", capital(setting.meaning));
        match setting.default {
            Example::Value(value) => {
                let _ = writeln!(text, "# {} = {value}", setting.name);
            }
            Example::Section(lines) => {
                let _ = writeln!(text, "# [{}]", setting.name);
                for line in lines() {
                    let _ = writeln!(text, "# {line}");
                }
            }
        }
    }
    text
}

/// The table of settings as Markdown, for `docs/config.md`.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| setting | values | meaning |\n|---|---|---|\n");
    for setting in &SETTINGS {
        let name = match setting.default {
            Example::Value(_) => setting.name.to_owned(),
            Example::Section(_) => format!("[{}]", setting.name),
        };
        let _ = writeln!(text, "| `{name}` | {} | {} |", setting.values, setting.meaning);
    }
    text
}

/// The keys of every action that has one, as lines of `[keys]`.
fn key_lines() -> Vec<String> {
    let bound = BINDINGS.iter().filter(|binding| !binding.keys.is_empty());
    bound
        .map(|binding| {
            let names: Vec<String> = binding.keys.iter().map(|key| format!("\"{}\"", key.name())).collect();
            let value = match names.as_slice() {
                [one] => one.clone(),
                more => format!("[{}]", more.join(", ")),
            };
            let line = format!("{} = {value}", binding.id);
            format!("{line:38} # {}", binding.name)
        })
        .collect()
}

/// Reads settings, and complains about them with their place.
struct Reader<'t>(Document<'t>);

impl Reader<'_> {
    fn wrong(
        &self,
        code: &'static str,
        what: &str,
        place: Place,
        label: &str,
        hints: Vec<String>,
    ) -> ConfigError {
        let usual = || vec!["coroner gen config  prints every setting with its default".to_owned()];
        let hints = if hints.is_empty() { usual() } else { hints };
        ConfigError(Box::new(Message {
            code,
            message: format!("{} {what}", self.0.file),
            place: Some(place),
            label: label.to_owned(),
            hints,
        }))
    }

    fn unknown(&self, what: &str, name: &Spanned<Cow<'_, str>>, known: &[&str]) -> ConfigError {
        let near = nearest(name.get_ref(), known.iter().copied());
        let label = if near.is_empty() {
            "not known".to_owned()
        } else {
            format!("not known; the nearest names are  {}", near.join("   "))
        };
        let hints = near.first().map(|near| format!("write  {near}")).into_iter().collect();
        let message = format!("has an unknown {what} {:?}", name.get_ref());
        self.wrong("E403", &message, self.0.place(&name.span()), &label, hints)
    }

    fn bad(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) -> ConfigError {
        let message = format!("has a {key} that makes no sense");
        self.wrong("E404", &message, self.0.place(&value.span()), &format!("must be {wanted}"), Vec::new())
    }

    fn one_of<T: Copy>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        known: &[(&str, T)],
    ) -> Result<T, ConfigError> {
        let written = value.get_ref().as_str();
        let found = known.iter().find(|(name, _)| Some(*name) == written);
        found.map(|(_, meant)| *meant).ok_or_else(|| {
            let names: Vec<String> = known.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            self.bad(key, value, &names.join(", "))
        })
    }

    fn switch(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<bool, ConfigError> {
        match value.get_ref() {
            DeValue::Boolean(on) => Ok(*on),
            _ => Err(self.bad(key, value, "true or false")),
        }
    }

    fn thresholds(&self, section: &Spanned<DeValue<'_>>) -> Result<Vec<(&'static str, f64)>, ConfigError> {
        let Some(table) = section.get_ref().as_table() else {
            return Err(self.bad("thresholds", section, "a section: [thresholds]"));
        };
        let mut set = Vec::new();
        for (name, value) in table {
            let Some(threshold) = Threshold::named(name.get_ref()) else {
                let known = THRESHOLDS.map(|threshold| threshold.key);
                return Err(self.unknown("key in [thresholds]:", name, &known));
            };
            let (key, most) = (threshold.key, threshold.most);
            let number = reading::digits(value.get_ref()).and_then(reading::positive);
            match number.filter(|number| *number <= most) {
                Some(number) => set.push((key, number)),
                None if most.is_finite() => {
                    return Err(self.bad(key, value, &format!("a share above 0 and at most {most}")));
                }
                None => return Err(self.bad(key, value, "a number above 0")),
            }
        }
        let of = |key: &str| set.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        if let (Some(watch), Some(alarm)) = (of("psi_watch"), of("psi_alarm"))
            && watch > alarm
            && let Some(value) = table.get("psi_watch")
        {
            return Err(self.bad("psi_watch", value, "at most psi_alarm"));
        }
        Ok(set)
    }

    fn keys(&self, section: &Spanned<DeValue<'_>>) -> Result<Keymap, ConfigError> {
        let Some(table) = section.get_ref().as_table() else {
            return Err(self.bad("keys", section, "a section: [keys]"));
        };
        let known: Vec<&str> = BINDINGS.iter().map(|binding| binding.id).collect();
        let mut keymap = Keymap::default();
        for (name, value) in table {
            let Some(binding) = BINDINGS.iter().find(|binding| binding.id == name.get_ref()) else {
                return Err(self.unknown("action in [keys]:", name, &known));
            };
            let keys = self.key_list(name.get_ref(), value)?;
            if keys.is_empty() && NEEDED.contains(&binding.action) {
                return Err(self.bad(name.get_ref(), value, "a key: nobody would find the way out"));
            }
            keymap.rebind(binding.action, keys);
        }
        if let Some((key, one, other)) = keymap.clash() {
            let at = [other, one]
                .into_iter()
                .find_map(|binding| table.get(binding.id))
                .map_or_else(|| section.span(), Spanned::span);
            let message = format!("gives the key {} to two actions, {} and {}", key.name(), one.id, other.id);
            let hint =
                format!("choose another key, or give the other action another one: {} = \"…\"", one.id);
            return Err(self.wrong("E405", &message, self.0.place(&at), "also used", vec![hint]));
        }
        Ok(keymap)
    }

    fn key_list(&self, name: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<Key>, ConfigError> {
        let one = |value: &Spanned<DeValue<'_>>| {
            let key = value.get_ref().as_str().and_then(Key::parse);
            key.ok_or_else(|| {
                self.bad(name, value, "a key such as \"g\", \"^u\", \"F2\", \"Enter\" or \"Space\"")
            })
        };
        match value.get_ref().as_array() {
            Some(list) => list.iter().map(one).collect(),
            None => Ok(vec![one(value)?]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = Config::parse(text, "config.toml").expect_err(text);
        error.message().lines(true).join("\n")
    }

    #[test]
    fn the_example_is_the_default_and_every_line_of_it_can_be_taken_in() {
        let text = example();
        assert_eq!(Config::parse(&text, "config.toml"), Ok(Config::default()));
        // What looks like a setting loses its #; what explains keeps it.
        let taken: Vec<&str> = text
            .lines()
            .map(|line| {
                let bare = line.trim_start_matches("# ");
                let setting = bare.contains(" = ") || bare.starts_with('[');
                if setting { bare } else { line }
            })
            .collect();
        let taken = taken.join("\n");
        let read = Config::parse(&taken, "config.toml").unwrap();
        assert_eq!(read.thresholds_for(Thresholds::default(), |_| false), Thresholds::default());
        for binding in BINDINGS {
            assert_eq!(read.keymap.keys(binding), binding.keys, "{}", binding.name);
        }
        assert_eq!((read.theme, read.mouse, read.ascii, read.color), (None, false, false, Color::Auto));
    }

    #[test]
    fn the_document_is_current() {
        let written = include_str!("../../docs/config.md").replace("\r\n", "\n");
        assert!(written.contains(&markdown()), "coroner gen settings:\n{}", markdown());
    }

    #[test]
    fn keys_are_given_to_other_actions() {
        let text = "theme = \"light\"\ncolor = \"16\"\n[keys]\ntry_fix = \"T\"\nquit = [\"f\", \"^c\"]\nsuspend = []\n";
        let config = Config::parse(text, "config.toml").unwrap();
        assert_eq!((config.theme, config.color), (Some(Theme::Light), Color::Sixteen));
        let action = |key| config.keymap.binding(key).map(|binding| binding.action);
        assert_eq!(action(Key::Char('T')), Some(Action::TryFix));
        assert_eq!(action(Key::Char('f')), Some(Action::Quit));
        assert_eq!(action(Key::Char('t')), None);
        assert_eq!(action(Key::Ctrl('z')), None);
        assert_eq!(config.keymap.sign(Action::Quit, false), "f");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (text, wanted) in [
            ("theem = \"dark\"\n", &["E403", "config.toml:1   theem", "theme"][..]),
            ("theme = \"blue\"\n", &["E404", "config.toml:1", "\"dark\", \"light\", \"auto\""]),
            ("mouse = \"yes\"\n", &["E404", "true or false"]),
            ("[keys]\ntry_fx = \"T\"\n", &["E403", "config.toml:2", "try_fix"]),
            ("[keys]\ntry_fix = \"Ctrl-T\"\n", &["E404", "config.toml:2", "a key such as"]),
            ("[keys]\ntry_fix = \"q\"\n", &["E405", "config.toml:2", "try_fix and quit"]),
            ("[keys]\nquit = []\n", &["E404", "the way out"]),
            ("[thresholds]\npsi_watch = 0\n", &["E404", "a number above 0"]),
            ("[thresholds]\npsi_watch = 0.5\npsi_alarm = 0.3\n", &["E404", "at most psi_alarm"]),
            ("theme = \n", &["E402", "config.toml:1"]),
        ] {
            let messages = refused(text);
            for word in wanted {
                assert!(messages.contains(word), "{text}: {word} in\n{messages}");
            }
        }
    }

    #[test]
    fn a_case_goes_before_the_configuration() {
        let text = "[thresholds]\npsi_watch = 0.2\npsi_alarm = 0.4\n";
        let config = Config::parse(text, "config.toml").unwrap();
        let case = Thresholds { psi_alarm: 0.15, ..Thresholds::default() };
        let set = config.thresholds_for(case, |key| key == "psi_alarm");
        assert!((set.psi_alarm - 0.15).abs() < 1e-12 && set.psi_watch <= set.psi_alarm);
        let all = config.thresholds_for(Thresholds::default(), |_| false);
        assert!((all.psi_watch - 0.2).abs() < 1e-12 && (all.psi_alarm - 0.4).abs() < 1e-12);
    }
}
