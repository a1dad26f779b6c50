//! Chooses colours and characters for the terminal: from options, then the environment, then a query to the
//! terminal.

use std::env;

use crate::ui::look::{Background, Depth, Glyphs, Look};

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// As determined from the environment.
    #[default]
    Auto,
    /// 256 colours.
    #[value(name = "256")]
    Indexed,
    /// Sixteen colours.
    #[value(name = "16")]
    Sixteen,
    /// None.
    Never,
}

/// Display options of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DisplayOptions {
    /// `--color`
    pub color: ColorChoice,
    /// `--ascii`
    pub ascii: bool,
    /// The palette, if the configuration names one.
    pub background: Option<Background>,
}

/// Determines colour depth, background and glyphs from options and environment.
pub(super) fn look(options: DisplayOptions) -> Look {
    let look = from_environment(options, |name| env::var(name).ok());
    let background = options.background.unwrap_or(look.background);
    Look { background, ..look }
}

/// Whether to query the terminal's background: if it is unknown and matters.
pub(super) fn asks(options: DisplayOptions, look: &Look) -> bool {
    // The Linux console would print the query as text.
    let understands = env::var_os("TERM").is_some_and(|term| term != "linux" && term != "dumb");
    options.background.is_none() && look.depth != Depth::None && understands
}

fn from_environment(options: DisplayOptions, variable: impl Fn(&str) -> Option<String>) -> Look {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let terminal = set("TERM").unwrap_or_default();
    let told = match terminal.as_str() {
        name if name == "dumb" || set("NO_COLOR").is_some() => Depth::None,
        "linux" => Depth::Sixteen,
        _ => Depth::Indexed,
    };
    let depth = match options.color {
        ColorChoice::Auto => told,
        ColorChoice::Indexed => Depth::Indexed,
        ColorChoice::Sixteen => Depth::Sixteen,
        ColorChoice::Never => Depth::None,
    };
    // POSIX: the first of these that is set takes precedence.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_lowercase();
    // If nothing is set, as in most containers, assume a modern terminal; terminals without UTF-8 declare it.
    let utf8 = locale.is_empty() || locale.contains("utf-8") || locale.contains("utf8");
    let ascii = options.ascii || terminal == "dumb" || !utf8;
    // COLORFGBG is "foreground;background" (some terminals put a word between); 7 and 9 to 15 are light.
    let background = set("COLORFGBG").and_then(|text| text.rsplit(';').next()?.parse::<u8>().ok());
    let background = match background {
        Some(7 | 9..=15) => Background::Light,
        _ => Background::Dark,
    };
    Look { depth, background, glyphs: if ascii { Glyphs::Ascii } else { Glyphs::Unicode } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(options: DisplayOptions, variables: &[(&str, &str)]) -> Look {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        from_environment(options, find)
    }

    #[test]
    fn the_environment_chooses() {
        type Variables<'a> = &'a [(&'a str, &'a str)];
        let utf8 = ("LANG", "C.UTF-8");
        let cases: [(&str, Variables<'_>, Depth, Glyphs); 8] = [
            ("plain", &[utf8, ("TERM", "xterm-256color")], Depth::Indexed, Glyphs::Unicode),
            ("no colour", &[utf8, ("NO_COLOR", "1")], Depth::None, Glyphs::Unicode),
            ("empty is not set", &[utf8, ("NO_COLOR", "")], Depth::Indexed, Glyphs::Unicode),
            ("dumb", &[utf8, ("TERM", "dumb")], Depth::None, Glyphs::Ascii),
            ("console", &[utf8, ("TERM", "linux")], Depth::Sixteen, Glyphs::Unicode),
            ("no locale", &[], Depth::Indexed, Glyphs::Unicode),
            ("no UTF-8", &[("LANG", "C")], Depth::Indexed, Glyphs::Ascii),
            ("LC_ALL decides", &[("LC_ALL", "POSIX"), utf8], Depth::Indexed, Glyphs::Ascii),
        ];
        for (name, variables, depth, glyphs) in cases {
            let look = chosen(DisplayOptions::default(), variables);
            assert_eq!((look.depth, look.glyphs), (depth, glyphs), "{name}");
        }
    }

    #[test]
    fn a_wish_beats_the_environment() {
        let options = DisplayOptions { color: ColorChoice::Indexed, ..DisplayOptions::default() };
        assert_eq!(chosen(options, &[("NO_COLOR", "1")]).depth, Depth::Indexed);
        let light = chosen(DisplayOptions::default(), &[("COLORFGBG", "0;default;15")]);
        assert_eq!(light.background, Background::Light);
    }
}
