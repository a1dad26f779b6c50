//! Conversions between element types; numbers become text in onnxruntime's format.

use super::{Kernel, Node};
use crate::value::{Data, Tensor, Type};

pub(super) const TABLE: super::Table = &[("Cast", cast), ("CastLike", cast_like)];

fn cast(node: &Node<'_>) -> Result<Kernel, String> {
    let to = Type::of_code(node.integer("to").ok_or("the attribute `to` is missing")?)?;
    Ok(Box::new(move |inputs| Ok(vec![convert(inputs.need(0)?, to)?])))
}

fn cast_like(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| Ok(vec![convert(inputs.need(0)?, inputs.need(1)?.kind())?])))
}

/// Converts the elements of a tensor.
///
/// Text that is not a number becomes NaN, where onnxruntime stops: a row that the service could not predict
/// must not prevent predictions for the others.
pub(super) fn convert(tensor: &Tensor, to: Type) -> Result<Tensor, String> {
    if tensor.kind() == to {
        return Ok(tensor.clone());
    }
    let data = match (tensor.data(), to) {
        (Data::Text(v), Type::Double) => Data::Double(v.iter().map(|s| number(s)).collect()),
        (Data::Text(v), Type::Float) => Data::Float(v.iter().map(|s| number(s) as f32).collect()),
        (Data::Text(v), Type::Integer) => {
            Data::Integer(v.iter().map(|s| whole(s)).collect::<Result<_, _>>()?)
        }
        (Data::Text(v), Type::Truth) => Data::Truth(v.iter().map(|s| number(s) != 0.0).collect()),
        (_, Type::Float) => Data::Float(tensor.floats()?),
        (_, Type::Double) => Data::Double(tensor.doubles()?),
        (Data::Truth(v), Type::Integer) => Data::Integer(v.iter().map(|&x| i64::from(x)).collect()),
        (_, Type::Integer) => Data::Integer(tensor.doubles()?.iter().map(|&x| truncated(x)).collect()),
        (_, Type::Truth) => Data::Truth(tensor.doubles()?.iter().map(|&x| x != 0.0).collect()),
        (Data::Integer(v), Type::Text) => Data::Text(v.iter().map(ToString::to_string).collect()),
        (Data::Truth(v), Type::Text) => Data::Text(v.iter().map(|&x| u8::from(x).to_string()).collect()),
        (_, Type::Text) => Data::Text(tensor.doubles()?.iter().map(|&x| written(x)).collect()),
    };
    Tensor::new(tensor.shape().to_vec(), data)
}

/// What x86 returns for a float that fits no integer: the smallest integer.
fn truncated(x: f64) -> i64 {
    if x.is_nan() || x.abs() >= 9.223_372_036_854_776e18 { i64::MIN } else { x as i64 }
}

fn number(text: &str) -> f64 {
    text.trim().parse().unwrap_or(f64::NAN)
}

fn whole(text: &str) -> Result<i64, String> {
    let trimmed = text.trim();
    let parsed = trimmed.parse().ok().or_else(|| trimmed.parse::<f64>().ok().map(truncated));
    parsed.ok_or_else(|| format!("{text:?} is no whole number"))
}

/// A number in onnxruntime's text format: `printf("%.8g")`, with `NaN`, `INF` and `-INF`.
pub(super) fn written(x: f64) -> String {
    const DIGITS: i32 = 8;
    if x.is_nan() {
        return "NaN".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "INF".into() } else { "-INF".into() };
    }
    let scientific = format!("{:.*e}", DIGITS as usize - 1, x);
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..DIGITS).contains(&exponent) {
        let decimals = (DIGITS - 1 - exponent).unsigned_abs() as usize;
        return without_trailing_zeros(&format!("{x:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", without_trailing_zeros(mantissa), exponent.abs())
}

fn without_trailing_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_onnxruntime_writes_them() {
        // onnxruntime 1.31: Cast(float32 -> string) of each of these.
        let cases: &[(f32, &str)] = &[
            (1.0, "1"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1e10, "1e+10"),
            (123_456_789.0, "1.2345679e+08"),
            (1e-4, "9.9999997e-05"),
            (0.000_123_4, "0.00012339999"),
            (16_777_216.0, "16777216"),
            (1e8, "1e+08"),
            (2.0 / 3.0, "0.66666669"),
            (1e17, "9.9999998e+16"),
            (f32::NAN, "NaN"),
            (f32::NEG_INFINITY, "-INF"),
        ];
        for &(x, want) in cases {
            assert_eq!(written(f64::from(x)), want);
        }
    }

    #[test]
    fn text_becomes_numbers_and_nonsense_becomes_missing() {
        let text = Tensor::vector(Data::Text([" 1.5", "1e3", "abc", ""].map(String::from).to_vec()));
        let numbers = convert(&text, Type::Double).unwrap().doubles().unwrap();
        assert_eq!(numbers[..2], [1.5, 1000.0]);
        assert!(numbers[2].is_nan() && numbers[3].is_nan());
        assert!(convert(&text, Type::Integer).unwrap_err().contains("abc"));
    }

    #[test]
    fn floats_beyond_the_integers_become_the_smallest_one() {
        let floats = Tensor::vector(Data::Float(vec![1.7, -1.7, f32::NAN]));
        assert_eq!(convert(&floats, Type::Integer).unwrap().integers().unwrap(), [1, -1, i64::MIN]);
    }
}
