//! The analyst's choice of comparison, as options of the headless commands.

use clap::ValueEnum;

use crate::{
    autopsy::{Baseline, Choice},
    summary::Micros,
    text::time,
};

/// What is compared with what, in place of what the search finds.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(super) struct Chosen {
    /// Say when the change began, in place of the search for it: 2026-03-18 or 2026-03-18T02:00:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    onset: Option<Micros>,
    /// What the rows since the onset are held against
    #[arg(long, value_name = "ROWS", value_enum)]
    baseline: Option<Against>,
}

/// `--baseline`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Against {
    /// Production rows before the onset
    Before,
    /// The training rows, whose answers flatter
    Training,
    /// The golden set with the answers of launch day
    Golden,
}

impl From<Against> for Baseline {
    fn from(against: Against) -> Self {
        match against {
            Against::Before => Self::ProductionBefore,
            Against::Training => Self::Training,
            Against::Golden => Self::GoldenAtLaunch,
        }
    }
}

impl Chosen {
    /// Returns the choice, if one was made.
    pub(super) fn choice(self) -> Option<Choice> {
        let choice = Choice { onset: self.onset, baseline: self.baseline.map(Baseline::from) };
        (!choice.is_auto()).then_some(choice)
    }
}

/// Parses a time.
pub(super) fn instant(text: &str) -> Result<Micros, String> {
    time::parse(text)
        .ok_or_else(|| "write a date or an instant: 2026-03-18 or 2026-03-18T02:00:00Z".to_owned())
}
