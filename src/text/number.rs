//! The number formats of coroner.
//!
//! NaN and infinite values are shown as an en dash. Thousands are separated by a space; the minus sign is the
//! typographic one.

/// Placeholder for a missing number.
pub const MISSING: &str = "–";

/// Formats a whole number with thousands separators: `29 214`.
#[must_use]
pub fn whole(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// Formats a number of rows: exact below 100 000 (`29 214`), with three digits above (`982 k`, `1.28 M`).
#[must_use]
pub fn count(n: u64) -> String {
    if n < 100_000 { whole(n) } else { scaled(n as f64, &["", " k", " M", " G", " T", " P", " E"], 1000.0) }
}

/// Formats a size in bytes: `512 B`, `1.20 GB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    if n < 1000 {
        format!("{n} B")
    } else {
        scaled(n as f64, &[" B", " kB", " MB", " GB", " TB", " PB", " EB"], 1000.0)
    }
}

/// Formats three digits with the unit of the matching power of `base`.
fn scaled(x: f64, units: &[&str], base: f64) -> String {
    let (mut x, mut unit) = (x, 0);
    // 999.5 rounds to 1000 in three digits, which is 1.00 of the next unit.
    while x >= base - 0.5 && unit + 1 < units.len() {
        x /= base;
        unit += 1;
    }
    format!("{}{}", three_digits(x), units[unit])
}

/// Formats a number below 1000 with three significant digits, without an exponent.
fn three_digits(x: f64) -> String {
    match x.abs() {
        a if a < 9.995 => format!("{x:.2}"),
        a if a < 99.95 => format!("{x:.1}"),
        _ => format!("{x:.0}"),
    }
}

/// Formats a share in percent with one decimal: `99.6 %`.
///
/// Values close to 0 or 1 are never rounded to them: `< 0.1 %`, `> 99.9 %`.
#[must_use]
pub fn share(x: f64) -> String {
    if !x.is_finite() {
        return MISSING.to_owned();
    }
    let percent = 100.0 * x;
    match percent {
        0.0 => "0 %".to_owned(),
        100.0 => "100 %".to_owned(),
        p if p > 0.0 && p < 0.05 => "< 0.1 %".to_owned(),
        p if p > 99.95 && p < 100.0 => "> 99.9 %".to_owned(),
        p => minus(format!("{p:.1} %")),
    }
}

/// Formats a metric with three decimals (`0.741`), or with three digits from 10 on (`32.4`, `1 234`).
#[must_use]
pub fn metric(x: f64) -> String {
    let text = match x.abs() {
        a if !a.is_finite() => return MISSING.to_owned(),
        a if a < 9.9995 => format!("{x:.3}"),
        a if a < 999.5 => three_digits(x),
        a if a < 99_999.5 => format!("{}{}", if x < 0.0 { "-" } else { "" }, whole(a.round() as u64)),
        _ => format!("{x:.2e}"),
    };
    // A small negative number rounded to zero would keep its sign, which claims more than is known.
    if text == "-0.000" { "0.000".to_owned() } else { minus(text) }
}

/// Formats a number to one decimal: `2.4`, `−1.6`.
#[must_use]
pub fn tenths(x: f64) -> String {
    minus(format!("{x:.1}"))
}

/// Formats a difference of metrics with its sign: `+0.001`, `−0.081`, `±0.000`.
#[must_use]
pub fn signed(x: f64) -> String {
    let text = metric(x.abs());
    match x {
        x if !x.is_finite() => text,
        _ if text == "0.000" => "±0.000".to_owned(),
        x if x < 0.0 => format!("−{text}"),
        _ => format!("+{text}"),
    }
}

/// Formats a p-value: `0.034`, `< 0.001`.
#[must_use]
pub fn p_value(p: f64) -> String {
    match p {
        p if !p.is_finite() => MISSING.to_owned(),
        p if p < 0.001 => "< 0.001".to_owned(),
        p => format!("{p:.3}"),
    }
}

/// Formats a population stability index with two decimals, from 10 on with one: `0.25`, `3.79`, `14.1`; values below zero
/// (after bias correction) are `0.00`.
#[must_use]
pub fn psi(x: f64) -> String {
    match x {
        x if !x.is_finite() => MISSING.to_owned(),
        x if x >= 9.995 => format!("{x:.1}"),
        x => format!("{:.2}", if x > 0.0 { x } else { 0.0 }),
    }
}

/// Formats a correlation: `0.98`, `−0.35`.
#[must_use]
pub fn correlation(x: f64) -> String {
    if x.is_finite() { minus(format!("{x:.2}")) } else { MISSING.to_owned() }
}

/// Formats a factor as it is said: `× 100`, and `÷ 120` for 0.00833.
#[must_use]
pub fn factor(x: f64) -> String {
    if x != 0.0 && x.abs() < 0.5 { format!("÷ {}", value(1.0 / x)) } else { format!("× {}", value(x)) }
}

/// Formats a value of a column with four significant digits: `1.42`, `0.0003`, `12 400`, `1.5e9`.
#[must_use]
pub fn value(x: f64) -> String {
    let size = x.abs();
    if !x.is_finite() {
        MISSING.to_owned()
    } else if x == 0.0 {
        "0".to_owned()
    } else if !(1e-4..999_999.5).contains(&size) {
        let text = format!("{x:.3e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        minus(format!("{}e{exponent}", without_trailing_zeros(mantissa)))
    } else {
        let decimals = (3 - size.log10().floor() as i32).max(0) as usize;
        let text = format!("{size:.decimals$}");
        let (integral, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let integral = integral.parse().map_or_else(|_| integral.to_owned(), whole);
        let text = without_trailing_zeros(&format!("{integral}.{fraction}")).to_owned();
        if x < 0.0 { format!("−{text}") } else { text }
    }
}

/// Removes trailing zeros, and then the decimal point, from a number with a point.
fn without_trailing_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Replaces a leading hyphen by the minus sign.
fn minus(text: String) -> String {
    text.strip_prefix('-').map(|rest| format!("−{rest}")).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        for (n, want) in [
            (0, "0"),
            (999, "999"),
            (5_000, "5 000"),
            (29_214, "29 214"),
            (99_999, "99 999"),
            (982_140, "982 k"),
            (999_499, "999 k"),
            (999_500, "1.00 M"),
            (1_280_000, "1.28 M"),
            (12_345_678_901, "12.3 G"),
            (u64::MAX, "18.4 E"),
        ] {
            assert_eq!(count(n), want, "{n}");
        }
        assert_eq!(whole(1_234_567), "1 234 567");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_204_000_000), "1.20 GB");
    }

    #[test]
    fn shares() {
        for (x, want) in [
            (0.996, "99.6 %"),
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.0001, "< 0.1 %"),
            (0.9999, "> 99.9 %"),
            (-0.081, "−8.1 %"),
            (1.5, "150.0 %"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(share(x), want, "{x}");
        }
    }

    #[test]
    fn metrics_and_differences() {
        for (x, plain, difference) in [
            (0.741, "0.741", "+0.741"),
            (-0.0812, "−0.081", "−0.081"),
            (0.0004, "0.000", "±0.000"),
            (-0.0004, "0.000", "±0.000"),
            (9.9996, "10.0", "+10.0"),
            (32.41, "32.4", "+32.4"),
            (184.4, "184", "+184"),
            (999.7, "1 000", "+1 000"),
            (-1234.0, "−1 234", "−1 234"),
            (2.5e7, "2.50e7", "+2.50e7"),
            (f64::INFINITY, "–", "–"),
        ] {
            assert_eq!(metric(x), plain, "{x}");
            assert_eq!(signed(x), difference, "{x}");
        }
    }

    #[test]
    fn p_values_and_psi() {
        assert_eq!([0.0339, 0.0004, 1.0, f64::NAN].map(p_value), ["0.034", "< 0.001", "1.000", "–"]);
        assert_eq!(
            [3.789, 0.25, -0.01, 14.06, 9.996, f64::NAN].map(psi),
            ["3.79", "0.25", "0.00", "14.1", "10.0", "–"]
        );
    }

    #[test]
    fn values_of_columns() {
        for (x, want) in [
            (0.0, "0"),
            (1.42, "1.42"),
            (-3.0, "−3"),
            (0.000_312_34, "0.0003123"),
            (12_400.0, "12 400"),
            (999_999.9, "1e6"),
            (1.5e9, "1.5e9"),
            (-1.5e-7, "−1.5e-7"),
            (37.856, "37.86"),
            (9.99996, "10"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(value(x), want, "{x}");
        }
    }
}
