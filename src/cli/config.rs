//! The user's settings, as used by the commands.

use std::{io, path::PathBuf};

use etcetera::BaseStrategy as _;

use super::Failure;
use crate::{
    app::config::Config,
    case::{Case, input},
    tui::ColorChoice,
};

/// Returns the path of the settings; `None` if the user has no home folder.
pub(super) fn path() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("coroner").join("config.toml"))
}

/// Reads the settings; without a file all defaults apply.
///
/// # Errors
///
/// When the file cannot be read or is invalid.
pub(super) fn load() -> Result<Config, Failure> {
    let Some(path) = path() else {
        return Ok(Config::default());
    };
    let file = path.display().to_string();
    match input::read_text(&path, input::MOST_TEXT) {
        Ok(text) => Ok(Config::parse(&text, &file)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => Err(Failure::plain(
            "E401",
            format!("{file} cannot be read: {error}"),
            &["fix the permissions of the file, or move it away"],
        )),
    }
}

/// Applies the thresholds of the settings where the case sets none.
pub(super) fn apply(config: &Config, case: &mut Case) {
    let own = |key: &str| case.place(&format!("thresholds.{key}")).is_some();
    case.thresholds = config.thresholds_for(case.thresholds, own);
}

/// Returns the number of colours: the argument takes precedence over the settings.
pub(super) fn color(argument: ColorChoice, config: &Config) -> ColorChoice {
    use crate::app::config::Color;
    match (argument, config.color) {
        (ColorChoice::Auto, Color::Indexed) => ColorChoice::Indexed,
        (ColorChoice::Auto, Color::Sixteen) => ColorChoice::Sixteen,
        (ColorChoice::Auto, Color::Never) => ColorChoice::Never,
        (argument, _) => argument,
    }
}
