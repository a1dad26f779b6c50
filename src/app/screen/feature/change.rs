//! How a statistic changed, as people read it: by a factor, or by so many standard deviations where a factor says
//! nothing.

use crate::{
    autopsy::view::summary::{Line, Statistic},
    text::number,
};

/// A difference of so many standard deviations is worth a look.
///
/// Source: Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988), calls 0.2 a small effect.
const SMALL: f64 = 0.2;

/// How a line of the summary changed: after against before (else training).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// By this factor.
    Factor(f64),
    /// By so many standard deviations of the rows before.
    Deviations(f64),
}

impl Change {
    /// How a line changed; none where there is nothing to compare.
    ///
    /// A factor of a place on the scale means something only where zero does: a feature that takes both signs, with a
    /// mean closer to zero than one standard deviation, is given in standard deviations.
    ///
    /// * `summary`: all lines of the feature.
    #[must_use]
    pub fn of(line: &Line, summary: &[Line]) -> Option<Self> {
        let base = |statistic| {
            let line = summary.iter().find(|line| line.statistic == statistic)?;
            line.before.or(line.training)
        };
        let is_place = matches!(
            line.statistic,
            Statistic::Min
                | Statistic::P5
                | Statistic::Median
                | Statistic::Mean
                | Statistic::P95
                | Statistic::Max
        );
        let factor = line.ratio().map(Self::Factor);
        if !is_place {
            return factor;
        }
        let deviation = base(Statistic::Deviation).filter(|&deviation| deviation > 0.0);
        let around_zero = match (base(Statistic::Min), base(Statistic::Max), base(Statistic::Mean), deviation)
        {
            (Some(min), Some(max), Some(mean), Some(deviation)) => {
                min < 0.0 && max > 0.0 && mean.abs() < deviation
            }
            _ => false,
        };
        match factor {
            Some(Self::Factor(factor)) if factor > 0.0 && !around_zero => Some(Self::Factor(factor)),
            _ => {
                let difference = line.after? - line.before.or(line.training)?;
                Some(Self::Deviations(difference / deviation?)).filter(|change| change.is_finite())
            }
        }
    }

    fn is_finite(self) -> bool {
        match self {
            Self::Factor(x) | Self::Deviations(x) => x.is_finite(),
        }
    }

    /// Whether it is worth a look.
    #[must_use]
    pub fn is_worth_a_look(self) -> bool {
        match self {
            Self::Factor(factor) => !(0.8..1.25).contains(&factor),
            Self::Deviations(difference) => difference.abs() >= SMALL,
        }
    }

    /// In a column: `×100`, `×0.01`, `+1.3 sd`.
    #[must_use]
    pub fn message(self) -> String {
        match self {
            Self::Factor(factor) if factor >= 99.5 => {
                format!("×{}", number::whole(factor.round() as u64))
            }
            Self::Factor(factor) if factor < 0.095 => {
                format!("×{}", number::value((factor * 1e4).round() / 1e4))
            }
            Self::Factor(factor) => format!("×{factor:.1}"),
            Self::Deviations(difference) if difference.abs() < 0.05 => "±0.0 sd".to_owned(),
            Self::Deviations(difference) => {
                let sign = if difference < 0.0 { '−' } else { '+' };
                format!("{sign}{:.1} sd", difference.abs())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(statistic: Statistic, before: f64, after: f64) -> Line {
        Line { statistic, training: Some(before), before: Some(before), after: Some(after) }
    }

    fn messages(summary: &[Line]) -> Vec<String> {
        summary
            .iter()
            .map(|line| Change::of(line, summary).map_or_else(String::new, Change::message))
            .collect()
    }

    #[test]
    fn a_feature_around_zero_is_told_in_standard_deviations() {
        let around = [
            line(Statistic::Rows, 1000.0, 500.0),
            line(Statistic::Missing, 0.01, 0.02),
            line(Statistic::Min, -3.0, -2.0),
            line(Statistic::Median, -0.001, 0.9),
            line(Statistic::Mean, 0.002, 1.3),
            line(Statistic::Deviation, 1.0, 2.0),
            line(Statistic::Max, 3.0, 3.02),
        ];
        assert_eq!(messages(&around), ["", "×2.0", "+1.0 sd", "+0.9 sd", "+1.3 sd", "×2.0", "±0.0 sd"]);
        let loud = |line: &Line| Change::of(line, &around).is_some_and(Change::is_worth_a_look);
        assert!(loud(&around[4]) && !loud(&around[6]));
    }

    #[test]
    fn a_feature_of_one_sign_is_told_by_factors_and_a_zero_in_deviations() {
        let positive = [
            line(Statistic::Min, 0.0, 0.1),
            line(Statistic::Median, 0.34, 34.0),
            line(Statistic::Mean, 0.41, 0.004),
            line(Statistic::Deviation, 0.2, 20.0),
            line(Statistic::Max, 1.42, 142.0),
        ];
        assert_eq!(messages(&positive), ["+0.5 sd", "×100", "×0.0098", "×100", "×100"]);
        // A mean that changes its sign has no factor that means anything.
        let crossed = [line(Statistic::Mean, 4.0, -4.0), line(Statistic::Deviation, 2.0, 2.0)];
        assert_eq!(messages(&crossed), ["−4.0 sd", "×1.0"]);
    }

    #[test]
    fn without_a_spread_nothing_is_said_of_a_place_at_zero() {
        let constant = [line(Statistic::Mean, 0.0, 1.0), line(Statistic::Deviation, 0.0, 0.0)];
        assert_eq!(messages(&constant), ["", ""]);
    }
}
