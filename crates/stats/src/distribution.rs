//! Distribution functions for the tests: normal, chi-square (central and noncentral), t, binomial,
//! Kolmogorov.
//!
//! All take finite arguments. Upper tails are computed directly, so small p-values keep their precision.

use statrs::function::{
    beta::beta_reg,
    erf::{erfc, erfc_inv},
    gamma::{gamma_lr, gamma_ur, ln_gamma},
};

/// The standard normal distribution function.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

/// The standard normal quantile of a probability; minus infinity for 0 or less, infinity for 1 or more.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 {
        f64::NEG_INFINITY
    } else if p >= 1.0 {
        f64::INFINITY
    } else {
        -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
    }
}

/// The probability that a standard normal variable lies further from 0 than `z`.
#[must_use]
pub fn normal_two_sided_p(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The probability that Student's t with `freedom` degrees of freedom lies further from 0 than `t`.
#[must_use]
pub fn student_two_sided_p(t: f64, freedom: f64) -> f64 {
    if freedom <= 0.0 || t == 0.0 {
        return 1.0;
    }
    let square = t * t;
    if square.is_finite() { beta_reg(freedom / 2.0, 0.5, freedom / (freedom + square)) } else { 0.0 }
}

/// The upper quantile of Student's t with `freedom` degrees of freedom for a tail probability in `0..=0.5`;
/// infinity for a tail of 0 or without a degree of freedom.
#[must_use]
pub fn student_upper_quantile(tail: f64, freedom: f64) -> f64 {
    if tail <= 0.0 || freedom <= 0.0 {
        return f64::INFINITY;
    }
    let beyond = |t: f64| student_two_sided_p(t, freedom) / 2.0;
    let (mut low, mut high) = (0.0, 1.0);
    while beyond(high) > tail {
        (low, high) = (high, high * 2.0);
    }
    // The tail is monotone; about sixty bisections reach two neighbouring floats.
    for _ in 0..64 {
        let middle = f64::midpoint(low, high);
        if beyond(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The probability that a chi-square variable exceeds `x`.
///
/// * `freedom`: degrees of freedom; with 0 the variable is 0.
#[must_use]
pub fn chi_square_tail(x: f64, freedom: f64) -> f64 {
    if x <= 0.0 {
        1.0
    } else if freedom <= 0.0 || x == f64::INFINITY {
        0.0
    } else {
        gamma_ur(freedom / 2.0, x / 2.0)
    }
}

/// Above this noncentrality the series would need over a hundred thousand terms.
const SERIES_LIMIT: f64 = 1e7;

/// The probability that a noncentral chi-square variable exceeds `x`.
///
/// * `freedom`: degrees of freedom, at least 1.
/// * `noncentrality`: the sum of the squared means; 0 gives the central distribution.
///
/// A noncentral chi-square is a Poisson mixture of central ones with two more degrees of freedom per step.
/// The tails are summed with the mixing weights, both by upward recurrences, in which nothing cancels. Above
/// a noncentrality of 1e7, Sankaran's transformation to normality is used ("Approximations to the non-central
/// chi-square distribution", Biometrika 50, 1963); its error there is below 1e-6.
#[must_use]
pub fn noncentral_chi_square_tail(x: f64, freedom: f64, noncentrality: f64) -> f64 {
    if noncentrality <= 0.0 || freedom <= 0.0 || x <= 0.0 {
        return chi_square_tail(x, freedom);
    }
    if noncentrality > SERIES_LIMIT {
        return sankaran(x, freedom, noncentrality);
    }
    let (rate, half) = (noncentrality / 2.0, x / 2.0);
    // Weights relative to that of the most likely step, which cannot underflow; they are normalised at the end.
    let mode = rate.floor();
    let reach = 9.0 * (rate + 1.0).sqrt() + 10.0;
    let first = (mode - reach).floor().max(0.0);
    let mut weight = 1.0;
    let mut step = mode;
    while step > first {
        weight *= step / rate;
        step -= 1.0;
    }
    let mut shape = freedom / 2.0 + first;
    let mut tail = gamma_ur(shape, half);
    // The density term y^a e^-y / Γ(a + 1), the difference of the tails for shapes a and a + 1.
    let mut term = (shape * half.ln() - half - ln_gamma(shape + 1.0)).exp();
    let (mut sum, mut weights) = (0.0, 0.0);
    loop {
        sum += weight * tail;
        weights += weight;
        step += 1.0;
        weight *= rate / step;
        tail = (tail + term).min(1.0);
        shape += 1.0;
        term *= half / shape;
        // Past the mode the weights fall faster than a geometric series; the tails are at most 1.
        if step > mode + 1.0 {
            let rest = weight / (1.0 - rate / (step + 1.0));
            if rest < 1e-17 * sum || rest < 1e-300 {
                break;
            }
        }
    }
    (sum / weights).clamp(0.0, 1.0)
}

fn sankaran(x: f64, freedom: f64, noncentrality: f64) -> f64 {
    let (k, l) = (freedom, noncentrality);
    let h = 1.0 - 2.0 * (k + l) * (k + 3.0 * l) / (3.0 * (k + 2.0 * l).powi(2));
    let p = (k + 2.0 * l) / (k + l).powi(2);
    let m = (h - 1.0) * (1.0 - 3.0 * h);
    let mean = 1.0 + h * p * (h - 1.0 - 0.5 * (2.0 - h) * m * p);
    let deviation = h * (2.0 * p).sqrt() * (1.0 + 0.5 * m * p);
    normal_cdf((mean - (x / (k + l)).powf(h)) / deviation)
}

/// The probability of at most `k` successes in `n` trials of probability `p`.
#[must_use]
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { binomial_upper(k + 1, n, 1.0 - p, p) }
}

/// The probability of at least `k` successes in `n` trials of probability `p`.
#[must_use]
pub fn binomial_tail(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 {
        1.0
    } else if k > n || p <= 0.0 {
        0.0
    } else if p >= 1.0 {
        1.0
    } else {
        beta_reg(k as f64, (n - k + 1) as f64, p)
    }
}

/// P(fewer than `k` successes), given the failure probability to avoid the rounding error of 1 − p.
fn binomial_upper(k: u64, n: u64, failure: f64, success: f64) -> f64 {
    if success <= 0.0 {
        1.0
    } else if failure <= 0.0 {
        0.0
    } else {
        beta_reg((n - k + 1) as f64, k as f64, failure)
    }
}

/// The logarithm of the binomial coefficient, `k` of `n`.
#[must_use]
pub fn ln_choose(n: u64, k: u64) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0)
}

/// The probability that Kolmogorov's limiting distribution exceeds `x`: `2 Σ (−1)^(k−1) exp(−2 k² x²)`.
#[must_use]
pub fn kolmogorov_tail(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        // The theta-function form of the series above converges fast where that one does not.
        let scale = (2.0 * std::f64::consts::PI).sqrt() / x;
        let exponent = -std::f64::consts::PI.powi(2) / (8.0 * x * x);
        let below: f64 = (1..=6).map(|k| (f64::from(2 * k - 1).powi(2) * exponent).exp()).sum();
        return (1.0 - scale * below).clamp(0.0, 1.0);
    }
    let terms = (1..=20).map(|k| {
        let sign = if k % 2 == 1 { 2.0 } else { -2.0 };
        sign * (-2.0 * f64::from(k * k) * x * x).exp()
    });
    terms.sum::<f64>().clamp(0.0, 1.0)
}

/// The chi-square distribution function; the complement of [`chi_square_tail`], precise for small values.
#[must_use]
pub fn chi_square_cdf(x: f64, freedom: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if freedom <= 0.0 || x == f64::INFINITY {
        1.0
    } else {
        gamma_lr(freedom / 2.0, x / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_near;

    #[test]
    fn agrees_with_scipy() {
        let cases: &[(&str, f64, f64)] = &[
            // stats.norm.ppf(1e-10), stats.norm.ppf(.3), 2 * stats.norm.sf(3.3)
            ("normal quantile of 1e-10", normal_quantile(1e-10), -6.361_340_902_404_056),
            ("normal quantile of 0.3", normal_quantile(0.3), -0.524_400_512_708_040_9),
            ("two-sided p of 3.3", normal_two_sided_p(3.3), 0.000_966_848_284_767_554_9),
            // 2 * stats.t.sf(2.1, 7.5)
            ("two-sided p of t", student_two_sided_p(2.1, 7.5), 0.071_237_071_458_078_09),
            // stats.t.isf(.05, 7), stats.t.isf(.025, 3), stats.t.isf(.05, 1)
            ("t quantile, 7 degrees", student_upper_quantile(0.05, 7.0), 1.894_578_605_090_006_6),
            ("t quantile, 3 degrees", student_upper_quantile(0.025, 3.0), 3.182_446_305_283_708),
            ("t quantile, 1 degree", student_upper_quantile(0.05, 1.0), 6.313_751_514_675_044),
            // special.kolmogorov(.3), (.7), (1.5)
            ("kolmogorov 0.3", kolmogorov_tail(0.3), 0.999_990_694_198_665_5),
            ("kolmogorov 0.7", kolmogorov_tail(0.7), 0.711_235_195_029_689_3),
            ("kolmogorov 1.5", kolmogorov_tail(1.5), 0.022_217_962_616_525_127),
            // stats.binom.cdf(3, 20, .4), stats.binom.sf(13, 20, .45)
            ("binomial", binomial_cdf(3, 20, 0.4), 0.015_961_162_790_008_25),
            ("binomial tail", binomial_tail(14, 20, 0.45), 0.021_414_355_643_020_96),
            // stats.ncx2.sf(x, k, l)
            ("ncx2 30 9 10", noncentral_chi_square_tail(30.0, 9.0, 10.0), 0.086_320_205_192_323_75),
            ("ncx2 4 1 0.5", noncentral_chi_square_tail(4.0, 1.0, 0.5), 0.101_417_617_721_764_76),
            ("ncx2 51000 9 50000", noncentral_chi_square_tail(51e3, 9.0, 5e4), 0.013_650_119_099_111_081),
            ("ncx2 50500 99 50000", noncentral_chi_square_tail(50_500.0, 99.0, 5e4), 0.184_949_619_167_269_2),
        ];
        for &(name, got, want) in cases {
            assert_near(name, got, want);
        }
        // stats.ncx2.sf(600, 9, 200), stats.ncx2.sf(1000, 9, 10): far tails keep their precision
        for (x, l, want) in
            [(600.0, 200.0, 1.826_473_786_981_985e-24), (1e3, 10.0, 1.708_590_889_479_252_8e-174)]
        {
            let got = noncentral_chi_square_tail(x, 9.0, l);
            assert!((got / want - 1.0).abs() < 1e-9, "{got:e} instead of {want:e}");
        }
        // stats.ncx2.sf(2e7 + 30000, 9, 2e7) = 0.000401221058951715, beyond the series
        let got = noncentral_chi_square_tail(2e7 + 3e4, 9.0, 2e7);
        assert!((got - 0.000_401_221_058_951_715).abs() < 1e-6, "{got}");
    }

    #[test]
    fn ends_are_exact() {
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert_eq!(chi_square_tail(0.0, 3.0), 1.0);
        assert_eq!(chi_square_tail(1.0, 0.0), 0.0);
        assert_eq!(student_two_sided_p(f64::INFINITY, 3.0), 0.0);
        assert_eq!(binomial_cdf(5, 5, 0.3), 1.0);
        assert_eq!(binomial_tail(0, 5, 0.3), 1.0);
        assert_eq!((binomial_cdf(2, 5, 0.0), binomial_cdf(2, 5, 1.0)), (1.0, 0.0));
        assert_eq!((chi_square_cdf(0.0, 3.0), ln_choose(3, 5)), (0.0, f64::NEG_INFINITY));
        assert_eq!(kolmogorov_tail(0.0), 1.0);
    }

    #[test]
    fn tails_add_up_to_one() {
        for x in [0.1, 2.0, 15.0] {
            assert_near("chi-square", chi_square_cdf(x, 4.0) + chi_square_tail(x, 4.0), 1.0);
        }
        assert_near("binomial", binomial_cdf(6, 30, 0.3) + binomial_tail(7, 30, 0.3), 1.0);
    }
}
