//! The final transformation of raw scores in classifiers and regressors of `ai.onnx.ml`.

/// A transformation of a row's scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transform {
    /// The scores unchanged.
    None,
    /// The logistic function of each score.
    Logistic,
    /// Softmax over the scores.
    Softmax,
    /// Softmax over the scores that are not 0.
    SoftmaxZero,
    /// The normal quantile of each score.
    Probit,
}

impl Transform {
    /// Reads the attribute `post_transform`.
    pub(super) fn parse(name: Option<&str>) -> Result<Self, String> {
        Ok(match name.unwrap_or("NONE") {
            "NONE" => Self::None,
            "LOGISTIC" => Self::Logistic,
            "SOFTMAX" => Self::Softmax,
            "SOFTMAX_ZERO" => Self::SoftmaxZero,
            "PROBIT" => Self::Probit,
            other => return Err(format!("the post_transform {other:?} is unknown")),
        })
    }

    /// Transforms the scores of one row.
    pub(super) fn apply(self, scores: &mut [f64]) {
        match self {
            Self::None => {}
            Self::Logistic => scores.iter_mut().for_each(|s| *s = logistic(*s)),
            Self::Probit => scores.iter_mut().for_each(|s| *s = probit(*s)),
            Self::Softmax => softmax(scores, |_| true),
            Self::SoftmaxZero => softmax(scores, |s| s.abs() > 1e-7),
        }
    }
}

/// How a binary model's single score becomes the scores of two classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecondClass {
    /// The score is a probability: `1 − s` and `s`, whatever the transformation.
    Complement,
    /// The score is a margin: `−s` and `s`, transformed if the transformation is logistic.
    Opposite,
}

impl SecondClass {
    /// The scores of the negative and the positive class.
    pub(super) fn expand(self, score: f64, transform: Transform) -> [f64; 2] {
        match (self, transform) {
            (_, Transform::Probit) => [1.0 - probit(score), probit(score)],
            (Self::Complement, _) => [1.0 - score, score],
            (Self::Opposite, Transform::Logistic) => [logistic(-score), logistic(score)],
            (Self::Opposite, _) => [-score, score],
        }
    }
}

/// `1 / (1 + exp(−x))`.
pub(super) fn logistic(x: f64) -> f64 {
    let of_size = 1.0 / (1.0 + (-x.abs()).exp());
    if x < 0.0 { 1.0 - of_size } else { of_size }
}

fn softmax(scores: &mut [f64], counts: fn(f64) -> bool) {
    let largest = scores.iter().copied().fold(f64::MIN, |best, s| if s > best { s } else { best });
    let mut total = 0.0;
    for s in scores.iter_mut() {
        if counts(*s) {
            *s = (*s - largest).exp();
            total += *s;
        } else {
            *s *= (-largest).exp();
        }
    }
    for s in scores {
        *s /= total;
    }
}

/// `sqrt(2) · erfinv(2p − 1)`, with the approximation of the inverse error function that onnxruntime uses.
///
/// Source: S. Winitzki, "A handy approximation for the error function and its inverse", 2008, with a = 0.147.
fn probit(p: f64) -> f64 {
    const A: f64 = 0.147;
    let x = 2.0 * p - 1.0;
    let logarithm = ((1.0 - x) * (1.0 + x)).ln();
    let half = 2.0 / (std::f64::consts::PI * A) + 0.5 * logarithm;
    let size = ((half * half - logarithm / A).sqrt() - half).sqrt();
    std::f64::consts::SQRT_2 * if x < 0.0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transformations_agree_with_their_definitions() {
        let mut scores = [1.0, 2.0, 0.0];
        Transform::Softmax.apply(&mut scores);
        // scipy.special.softmax([1, 2, 0])
        for (got, want) in scores.iter().zip([0.244_728_471, 0.665_240_956, 0.090_030_573]) {
            assert!((got - want).abs() < 1e-9);
        }
        let mut scores = [1.0, 2.0, 0.0];
        Transform::SoftmaxZero.apply(&mut scores);
        assert!((scores[0] + scores[1] - 1.0).abs() < 1e-12 && scores[2] == 0.0);
        // scipy.stats.norm.ppf(0.9) = 1.2815516; the approximation is accurate to about 2e-3.
        assert!((probit(0.9) - 1.281_551_6).abs() < 5e-3);
        assert!(Transform::parse(Some("LOGIT")).is_err());
    }

    #[test]
    fn the_second_class_is_complement_or_opposite() {
        assert_eq!(SecondClass::Complement.expand(0.25, Transform::Logistic), [0.75, 0.25]);
        assert_eq!(SecondClass::Opposite.expand(2.0, Transform::None), [-2.0, 2.0]);
        let [no, yes] = SecondClass::Opposite.expand(2.0, Transform::Logistic);
        assert!((no + yes - 1.0).abs() < 1e-12 && yes > 0.88);
    }
}
