//! Repairs that the analyst tries on a feature: what is offered, and what came of it so far.

use crate::{
    autopsy::{
        Dossier, Step,
        exam::integrity::{Answered, Candidate, Fix, Inverse, Trial},
    },
    journal::Selection,
    summary::Kind,
    text::{number, phrase},
};

/// The repairs of one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempts {
    /// The investigation that they are tried on, by its epoch.
    pub epoch: u64,
    /// The feature.
    pub feature: usize,
    /// What can be tried, with what came of it; none while it is computed.
    pub tries: Vec<(Candidate, Option<Trial>)>,
    /// The repair that the screen's picture shows, if one.
    pub shown: Option<usize>,
}

impl Attempts {
    /// The repair that the screen's picture shows, once it is computed.
    #[must_use]
    pub fn on_screen(&self) -> Option<(&Candidate, &Trial)> {
        let (candidate, trial) = self.tries.get(self.shown?)?;
        Some((candidate, trial.as_ref()?))
    }

    /// How many are computed.
    #[must_use]
    pub fn done(&self) -> usize {
        self.tries.iter().filter(|(_, trial)| trial.is_some()).count()
    }

    /// The repair that wins back most, once all are computed: by the loss where it is known, else by the PSI.
    #[must_use]
    pub fn best(&self) -> Option<usize> {
        if self.done() < self.tries.len() {
            return None;
        }
        let is_answered = |trial: &Option<Trial>| trial.as_ref().is_some_and(|trial| trial.answer.is_ok());
        // Losses and distances are not compared: where any answer is known, a repair without one is none of the best.
        let known = self.tries.iter().any(|(_, trial)| is_answered(trial));
        let worth = |trial: &Trial| match &trial.answer {
            Ok(answered) => answered.loss.0 - answered.loss.1,
            Err(_) if known => 0.0,
            Err(_) => trial.psi.0.zip(trial.psi.1).map_or(0.0, |(was, is)| was - is),
        };
        self.tries
            .iter()
            .enumerate()
            .filter_map(|(at, (_, trial))| Some((at, worth(trial.as_ref()?))))
            .filter(|(_, worth)| *worth > 0.0)
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map(|(at, _)| at)
    }

    /// A computed repair as something that can be pinned and noted.
    #[must_use]
    pub fn selection(&self, at: usize, dossier: &Dossier) -> Option<Selection> {
        let (candidate, trial) = self.tries.get(at)?;
        let trial = trial.as_ref()?;
        let name = dossier.feature_name(self.feature);
        Some(Selection {
            id: format!("feature.trial:{name}:{}", candidate.name),
            step: Step::Feature,
            title: format!("{} on {name}, tried by hand", candidate.name),
            message: message(name, candidate, trial),
        })
    }
}

/// Repairs as they are typed, of one feature or of several at once: `÷120`, or `÷120; income ×2`. A part that begins with the
/// name of a feature is about that one, the others about the feature under the cursor.
///
/// Returns the feature whose picture shows the repair, and the repair.
///
/// # Errors
///
/// What may be typed, in a sentence.
pub fn typed_together(
    text: &str,
    current: Option<usize>,
    dossier: &Dossier,
) -> Result<(usize, Candidate), String> {
    let features = &dossier.plan.features;
    let mut parts: Vec<(usize, Candidate)> = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        // The longest name first: one may be the beginning of another.
        let named = features
            .iter()
            .enumerate()
            .filter_map(|(at, feature)| Some((at, part.strip_prefix(feature.name.as_str())?)))
            .filter(|(_, rest)| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
            .min_by_key(|(_, rest)| rest.len());
        let (feature, map) = match named {
            Some((feature, map)) => (feature, map),
            None => (current.ok_or("no feature is listed")?, part),
        };
        if features[feature].kind != Kind::Numeric {
            return Err(format!("{} holds no numbers", features[feature].name));
        }
        if parts.iter().any(|(known, _)| *known == feature) {
            return Err(format!("{} is named twice", features[feature].name));
        }
        parts.push((feature, typed(map)?));
    }
    match parts.as_slice() {
        [] => typed(text).map(|candidate| (current.unwrap_or(0), candidate)),
        [(feature, candidate)] => Ok((*feature, candidate.clone())),
        [(first, own), others @ ..] => {
            let name = |candidate: &Candidate| candidate.name.trim_end_matches(", typed").to_owned();
            let with: Vec<String> = others
                .iter()
                .map(|(feature, candidate)| format!("{} {}", features[*feature].name, name(candidate)))
                .collect();
            let name = format!("{} with {}, typed", name(own), with.join(" and "));
            let fix = Fix::Together(parts.iter().map(|(at, part)| (*at, part.fix.clone())).collect());
            Ok((*first, Candidate { fix, name, suggested: false }))
        }
    }
}

/// A repair as it is typed: `÷120`, `/120`, `×0.01`, `*0.01`, `+32`, `-5`, several of them in turn, or one of `exp`, `log`,
/// `sqrt` and `square`.
///
/// # Errors
///
/// What may be typed, in a sentence.
pub fn typed(text: &str) -> Result<Candidate, String> {
    let wanted = || format!("{text:?} is no repair; write ÷120, ×0.01, +32, -5, exp, log, sqrt or square");
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let named = |inverse, name: &str| {
        Ok(Candidate { fix: Fix::Undo(inverse), name: format!("{name}, typed"), suggested: false })
    };
    match plain.as_str() {
        "exp" => return named(Inverse::Expm1, "exp(x) − 1"),
        "log" => return named(Inverse::Log1p, "log(1 + x)"),
        "sqrt" => return named(Inverse::SquareRoot, "√x"),
        "square" => return named(Inverse::Square, "x²"),
        _ => {}
    }
    // Each operation is applied to what the ones before it made: a + b x.
    let (mut offset, mut factor) = (0.0, 1.0);
    let mut rest = plain.as_str();
    if rest.is_empty() {
        return Err(wanted());
    }
    while let Some(operation) = rest.chars().next() {
        rest = &rest[operation.len_utf8()..];
        let end = rest.find(['÷', '/', '×', '*', '+', '−', '-']).unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().map_err(|_| wanted())?;
        match operation {
            '÷' | '/' if number != 0.0 => (offset, factor) = (offset / number, factor / number),
            '×' | '*' if number != 0.0 => (offset, factor) = (offset * number, factor * number),
            '+' => offset += number,
            '−' | '-' => offset -= number,
            _ => return Err(wanted()),
        }
        rest = &rest[end..];
    }
    let usable = offset.is_finite() && f64::is_finite(factor);
    if usable { named(Inverse::Affine(offset, factor), &plain) } else { Err(wanted()) }
}

/// `PSI 3.79 → 0.02`
#[must_use]
pub fn psi(trial: &Trial) -> String {
    let one = |value: Option<f64>| value.map_or_else(|| number::MISSING.to_owned(), number::psi);
    format!("{} → {}", one(trial.psi.0), one(trial.psi.1))
}

/// `0.741 → 0.817`, of the metric where it is defined, else of the mean loss.
#[must_use]
pub fn measured(answered: &Answered) -> (&'static str, String) {
    let (name, was, is) = match answered.metric {
        Some((metric, was, is)) => (metric.name(), was, is),
        None => ("loss a row", answered.loss.0, answered.loss.1),
    };
    (name, format!("{} → {}", number::metric(was), number::metric(is)))
}

/// `94 % (90 to 98 %)`, or why there is no such share.
#[must_use]
pub fn share(trial: &Trial) -> String {
    match &trial.answer {
        Err(_) => "can't tell".to_owned(),
        Ok(answered) => match answered.share {
            Some((share, (low, high))) => format!(
                "{} ({} to {})",
                number::share(share),
                number::share(low).trim_end_matches(" %"),
                number::share(high)
            ),
            None => "no loss to win back".to_owned(),
        },
    }
}

/// The whole of a trial in a sentence or two.
fn message(name: &str, candidate: &Candidate, trial: &Trial) -> String {
    let rows = number::count(trial.rows as u64);
    let head =
        format!("{name}, {}: PSI {} against training on {rows} sampled rows.", candidate.name, psi(trial));
    let tail = match &trial.answer {
        Err(because) => format!("What the model would answer can't be determined: {because}."),
        Ok(answered) => {
            let (metric, values) = measured(answered);
            let back = match answered.share {
                Some((share, (low, high))) => format!(
                    "it {} (95 % interval {} to {})",
                    phrase::wins_back(share),
                    number::share(low),
                    number::share(high)
                ),
                None => {
                    let (low, high) = answered.gain;
                    format!(
                        "the loss since the onset is not beyond noise, so no share of it can come back; a row's loss \
                         falls by {} to {} (95 % interval)",
                        number::signed(low),
                        number::signed(high)
                    )
                }
            };
            format!(
                "{metric} {values} as {} answers {} rows; {back}.",
                answered.by,
                number::count(answered.rows as u64)
            )
        }
    };
    format!("{head} {tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn several_features_are_repaired_at_once() {
        let dossier = fixture::investigation().dossier;
        let of = |name: &str| dossier.plan.features.iter().position(|f| f.name == name).expect("a feature");
        let (utilization, dti) = (of("utilization"), of("dti"));
        let (shown, both) = typed_together("÷100; dti ×2", Some(utilization), &dossier).expect("it reads");
        assert_eq!((shown, both.name.as_str()), (utilization, "÷100 with dti ×2, typed"));
        let Fix::Together(parts) = both.fix else { panic!("{:?}", both.fix) };
        assert_eq!(parts.iter().map(|part| part.0).collect::<Vec<_>>(), [utilization, dti]);
        let (shown, one) = typed_together("dti ×2", Some(utilization), &dossier).expect("it reads");
        assert_eq!((shown, one.fix), (dti, Fix::Undo(Inverse::Affine(0.0, 2.0))));
        for (text, why) in
            [("÷100; ÷2", "named twice"), ("region ×2", "holds no numbers"), ("", "is no repair")]
        {
            let error = typed_together(text, Some(utilization), &dossier).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_typed_repair_is_a_map_of_the_served_values() {
        let map = |text: &str| match typed(text).expect("it reads").fix {
            Fix::Undo(Inverse::Affine(offset, factor)) => (offset, factor),
            other => panic!("{other:?}"),
        };
        assert_eq!(map("÷120"), (0.0, 1.0 / 120.0));
        assert_eq!(map("* 0.01"), (0.0, 0.01));
        assert_eq!(map("-32 /1.8"), (-32.0 / 1.8, 1.0 / 1.8));
        assert_eq!(typed("sqrt").map(|candidate| candidate.fix), Ok(Fix::Undo(Inverse::SquareRoot)));
        for wrong in ["", "÷0", "120", "÷", "÷x", "cube"] {
            assert!(typed(wrong).is_err_and(|message| message.contains("is no repair")), "{wrong}");
        }
    }
}
