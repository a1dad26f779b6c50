//! Elementwise operators: arithmetic, comparisons, logic, functions.

use super::{Inputs, Kernel, Node, shape};
use crate::value::{Data, Tensor};

pub(super) const TABLE: super::Table = &[
    ("Abs", |_| unary(f32::abs, f64::abs, Some(i64::wrapping_abs))),
    ("Add", |_| arithmetic(|a, b| a + b, |a, b| a + b, |a, b| Ok(a.wrapping_add(b)))),
    ("And", |_| logic(|a, b| a && b)),
    ("Ceil", |_| unary(f32::ceil, f64::ceil, None)),
    ("Clip", clip),
    ("Div", |_| arithmetic(|a, b| a / b, |a, b| a / b, divide)),
    ("Equal", |_| compare(|order| order == Some(std::cmp::Ordering::Equal))),
    ("Erf", |_| unary(|x| error_function(f64::from(x)) as f32, error_function, None)),
    ("Exp", |_| unary(f32::exp, f64::exp, None)),
    ("Floor", |_| unary(f32::floor, f64::floor, None)),
    ("Greater", |_| compare(|order| order == Some(std::cmp::Ordering::Greater))),
    ("GreaterOrEqual", |_| compare(|order| order.is_some_and(std::cmp::Ordering::is_ge))),
    ("IsInf", is_infinite),
    ("IsNaN", is_nan),
    ("LeakyRelu", leaky_relu),
    ("Less", |_| compare(|order| order == Some(std::cmp::Ordering::Less))),
    ("LessOrEqual", |_| compare(|order| order.is_some_and(std::cmp::Ordering::is_le))),
    ("Log", |_| unary(f32::ln, f64::ln, None)),
    ("Max", |_| many(|a, b| pick(a, b, a > b), |a, b| pick(a, b, a > b), |a, b| Ok(a.max(b)))),
    ("Mean", mean),
    ("Min", |_| many(|a, b| pick(a, b, a < b), |a, b| pick(a, b, a < b), |a, b| Ok(a.min(b)))),
    ("Mod", modulo),
    ("Mul", |_| arithmetic(|a, b| a * b, |a, b| a * b, |a, b| Ok(a.wrapping_mul(b)))),
    ("Neg", |_| unary(|x| -x, |x| -x, Some(i64::wrapping_neg))),
    ("Not", not),
    ("Or", |_| logic(|a, b| a || b)),
    ("Pow", power),
    ("Reciprocal", |_| unary(f32::recip, f64::recip, None)),
    ("Relu", |_| unary(|x| pick(x, 0.0, x > 0.0), |x| pick(x, 0.0, x > 0.0), Some(|x| x.max(0)))),
    ("Round", |_| unary(f32::round_ties_even, f64::round_ties_even, None)),
    ("Sigmoid", |_| unary(|x| 1.0 / (1.0 + (-x).exp()), |x| 1.0 / (1.0 + (-x).exp()), None)),
    ("Sign", |_| unary(sign, |x| f64::from(sign(x as f32)), Some(i64::signum))),
    ("Softplus", |_| unary(|x| softplus(f64::from(x)) as f32, softplus, None)),
    ("Sqrt", |_| unary(f32::sqrt, f64::sqrt, None)),
    ("Sub", |_| arithmetic(|a, b| a - b, |a, b| a - b, |a, b| Ok(a.wrapping_sub(b)))),
    ("Sum", |_| many(|a, b| a + b, |a, b| a + b, |a, b| Ok(a.wrapping_add(b)))),
    ("Tanh", |_| unary(f32::tanh, f64::tanh, None)),
    ("Where", choose),
    ("Xor", |_| logic(|a, b| a != b)),
];

type Whole = fn(i64, i64) -> Result<i64, String>;

fn unary(
    single: fn(f32) -> f32,
    double: fn(f64) -> f64,
    whole: Option<fn(i64) -> i64>,
) -> Result<Kernel, String> {
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let data = match (x.data(), whole) {
            (Data::Float(v), _) => Data::Float(v.iter().map(|&x| single(x)).collect()),
            (Data::Double(v), _) => Data::Double(v.iter().map(|&x| double(x)).collect()),
            (Data::Integer(v), Some(whole)) => Data::Integer(v.iter().map(|&x| whole(x)).collect()),
            (other, _) => return Err(format!("is not defined for {}", other.kind())),
        };
        Ok(vec![Tensor::new(x.shape().to_vec(), data)?])
    }))
}

/// Chooses `a` or `b`; NaN on either side takes precedence.
fn pick<T: PartialEq + Copy>(a: T, b: T, first: bool) -> T {
    let is_nan = |x: T| x.ne(&x);
    if first || is_nan(a) { a } else { b }
}

fn sign(x: f32) -> f32 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x * 0.0
    }
}

fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

fn error_function(x: f64) -> f64 {
    statrs::function::erf::erf(x)
}

/// Combines two tensors of one element type elementwise, broadcast to a common shape.
pub(super) fn zip<A, B, R>(
    (a, a_shape): (&[A], &[usize]),
    (b, b_shape): (&[B], &[usize]),
    mut f: impl FnMut(&A, &B) -> R,
) -> Result<(Vec<usize>, Vec<R>), String> {
    if a_shape == b_shape {
        return Ok((a_shape.to_vec(), a.iter().zip(b).map(|(x, y)| f(x, y)).collect()));
    }
    let shape = shape::common_shape(a_shape, b_shape)?;
    let places = |from: &[usize]| shape::walk(&shape, &shape::broadcast_strides(from, &shape));
    let pairs = places(a_shape).into_iter().zip(places(b_shape));
    let values = pairs.map(|(i, j)| f(&a[i], &b[j])).collect();
    Ok((shape, values))
}

fn combine(
    a: &Tensor,
    b: &Tensor,
    single: impl Fn(f32, f32) -> f32,
    double: impl Fn(f64, f64) -> f64,
    whole: impl Fn(i64, i64) -> Result<i64, String>,
) -> Result<Tensor, String> {
    let (sa, sb) = (a.shape(), b.shape());
    let (shape, data) = match (a.data(), b.data()) {
        (Data::Float(x), Data::Float(y)) => {
            let (shape, v) = zip((x, sa), (y, sb), |&p, &q| single(p, q))?;
            (shape, Data::Float(v))
        }
        (Data::Double(x), Data::Double(y)) => {
            let (shape, v) = zip((x, sa), (y, sb), |&p, &q| double(p, q))?;
            (shape, Data::Double(v))
        }
        (Data::Integer(x), Data::Integer(y)) => {
            let (shape, v) = zip((x, sa), (y, sb), |&p, &q| whole(p, q))?;
            (shape, Data::Integer(v.into_iter().collect::<Result<_, _>>()?))
        }
        (x, y) => return Err(format!("is not defined for {} and {}", x.kind(), y.kind())),
    };
    Tensor::new(shape, data)
}

fn arithmetic(
    single: fn(f32, f32) -> f32,
    double: fn(f64, f64) -> f64,
    whole: Whole,
) -> Result<Kernel, String> {
    Ok(Box::new(move |inputs| Ok(vec![combine(inputs.need(0)?, inputs.need(1)?, single, double, whole)?])))
}

/// Folds any number of inputs, from left to right.
fn many(single: fn(f32, f32) -> f32, double: fn(f64, f64) -> f64, whole: Whole) -> Result<Kernel, String> {
    Ok(Box::new(move |inputs| Ok(vec![folded(inputs, single, double, whole)?])))
}

fn folded(
    inputs: &Inputs<'_>,
    single: fn(f32, f32) -> f32,
    double: fn(f64, f64) -> f64,
    whole: Whole,
) -> Result<Tensor, String> {
    let all = inputs.all()?;
    all[1..].iter().try_fold(all[0].clone(), |total, next| combine(&total, next, single, double, whole))
}

fn mean(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let sum = folded(inputs, |a, b| a + b, |a, b| a + b, |_, _| Err("is not defined for int64".into()))?;
        let count = inputs.len();
        let data = match sum.data() {
            Data::Float(v) => Data::Float(v.iter().map(|x| x / count as f32).collect()),
            other => Data::Double(
                Tensor::vector(other.clone()).doubles()?.iter().map(|x| x / count as f64).collect(),
            ),
        };
        Ok(vec![Tensor::new(sum.shape().to_vec(), data)?])
    }))
}

fn divide(a: i64, b: i64) -> Result<i64, String> {
    if b == 0 { Err("a whole number divided by 0".into()) } else { Ok(a.wrapping_div(b)) }
}

fn modulo(node: &Node<'_>) -> Result<Kernel, String> {
    let like_c = node.integer("fmod").unwrap_or(0) == 1;
    let whole: Whole = if like_c {
        |a, b| {
            if b == 0 { divide(a, b) } else { Ok(a.wrapping_rem(b)) }
        }
    } else {
        // The result has the divisor's sign.
        |a, b| {
            if b == 0 { divide(a, b) } else { Ok(a.wrapping_rem(b).wrapping_add(b).wrapping_rem(b)) }
        }
    };
    arithmetic(|a, b| a % b, |a, b| a % b, whole)
}

/// The result has the type of the base, whatever the exponent's.
fn power(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let (base, exponent) = (inputs.need(0)?, inputs.need(1)?);
        let (x, y) = (base.doubles()?, exponent.doubles()?);
        let (shape, v) = zip((&x, base.shape()), (&y, exponent.shape()), |&p, &q| p.powf(q))?;
        let data = match base.data() {
            Data::Double(_) => Data::Double(v),
            Data::Integer(_) => Data::Integer(v.iter().map(|&x| x as i64).collect()),
            _ => Data::Float(v.iter().map(|&x| x as f32).collect()),
        };
        Ok(vec![Tensor::new(shape, data)?])
    }))
}

fn leaky_relu(node: &Node<'_>) -> Result<Kernel, String> {
    let slope = node.float("alpha").unwrap_or(0.01);
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let bent = x.floats()?.iter().map(|&x| if x < 0.0 { slope * x } else { x }).collect();
        Ok(vec![Tensor::new(x.shape().to_vec(), Data::Float(bent))?])
    }))
}

/// Bounds are inputs since version 11, attributes before that.
fn clip(node: &Node<'_>) -> Result<Kernel, String> {
    let attributes = [node.float("min"), node.float("max")];
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let bound = |i: usize, otherwise: f64| -> Result<f64, String> {
            Ok(match inputs.get(i) {
                Some(t) => *t.doubles()?.first().ok_or("a bound is empty")?,
                None => attributes[i - 1].map_or(otherwise, f64::from),
            })
        };
        let (low, high) = (bound(1, f64::NEG_INFINITY)?, bound(2, f64::INFINITY)?);
        let clipped = |x: f64| {
            let x = if x < low { low } else { x };
            if x > high { high } else { x }
        };
        let data = match x.data() {
            Data::Float(v) => Data::Float(v.iter().map(|&x| clipped(f64::from(x)) as f32).collect()),
            Data::Double(v) => Data::Double(v.iter().map(|&x| clipped(x)).collect()),
            Data::Integer(v) => Data::Integer(v.iter().map(|&x| clipped(x as f64) as i64).collect()),
            other => return Err(format!("is not defined for {}", other.kind())),
        };
        Ok(vec![Tensor::new(x.shape().to_vec(), data)?])
    }))
}

fn compare(holds: fn(Option<std::cmp::Ordering>) -> bool) -> Result<Kernel, String> {
    Ok(Box::new(move |inputs| {
        let (a, b) = (inputs.need(0)?, inputs.need(1)?);
        macro_rules! compared {
            ($x:expr, $y:expr) => {
                zip(($x, a.shape()), ($y, b.shape()), |p, q| holds(p.partial_cmp(q)))?
            };
        }
        let (shape, truths) = match (a.data(), b.data()) {
            (Data::Float(x), Data::Float(y)) => compared!(x, y),
            (Data::Double(x), Data::Double(y)) => compared!(x, y),
            (Data::Integer(x), Data::Integer(y)) => compared!(x, y),
            (Data::Text(x), Data::Text(y)) => compared!(x, y),
            (Data::Truth(x), Data::Truth(y)) => compared!(x, y),
            (x, y) => return Err(format!("cannot compare {} with {}", x.kind(), y.kind())),
        };
        Ok(vec![Tensor::new(shape, Data::Truth(truths))?])
    }))
}

fn truths(tensor: &Tensor) -> Result<&[bool], String> {
    match tensor.data() {
        Data::Truth(v) => Ok(v),
        other => Err(format!("expects truth values, got {}", other.kind())),
    }
}

fn logic(f: fn(bool, bool) -> bool) -> Result<Kernel, String> {
    Ok(Box::new(move |inputs| {
        let (a, b) = (inputs.need(0)?, inputs.need(1)?);
        let (shape, v) = zip((truths(a)?, a.shape()), (truths(b)?, b.shape()), |&p, &q| f(p, q))?;
        Ok(vec![Tensor::new(shape, Data::Truth(v))?])
    }))
}

fn not(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let x = inputs.need(0)?;
        Ok(vec![Tensor::new(x.shape().to_vec(), Data::Truth(truths(x)?.iter().map(|t| !t).collect()))?])
    }))
}

fn is_nan(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let x = inputs.need(0)?;
        let missing = x.doubles()?.iter().map(|x| x.is_nan()).collect();
        Ok(vec![Tensor::new(x.shape().to_vec(), Data::Truth(missing))?])
    }))
}

fn is_infinite(node: &Node<'_>) -> Result<Kernel, String> {
    let [up, down] = ["detect_positive", "detect_negative"].map(|name| node.integer(name).unwrap_or(1) == 1);
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let found = x
            .doubles()?
            .iter()
            .map(|&x| (up && x == f64::INFINITY) || (down && x == f64::NEG_INFINITY))
            .collect();
        Ok(vec![Tensor::new(x.shape().to_vec(), Data::Truth(found))?])
    }))
}

fn choose(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let (condition, a, b) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
        if a.kind() != b.kind() {
            return Err(format!("cannot choose between {} and {}", a.kind(), b.kind()));
        }
        let shape = shape::common_shape(condition.shape(), &shape::common_shape(a.shape(), b.shape())?)?;
        let places = |t: &Tensor| shape::walk(&shape, &shape::broadcast_strides(t.shape(), &shape));
        let truths = truths(condition)?;
        // Both sides in one vector, so that a single pick works for every type.
        let flat = |t: &Tensor| Tensor::vector(t.data().clone());
        let both = super::select::join(&[&flat(a), &flat(b)], 0)?;
        let second = a.data().len();
        let picked = places(condition)
            .into_iter()
            .zip(places(a).into_iter().zip(places(b)))
            .map(|(c, (i, j))| if truths[c] { i } else { second + j });
        Ok(vec![Tensor::new(shape.clone(), both.data().pick(picked)?)?])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_divide_and_wrap_without_panic() {
        assert_eq!(divide(-7, 2).unwrap(), -3);
        assert_eq!(divide(i64::MIN, -1).unwrap(), i64::MIN);
        assert!(divide(1, 0).is_err());
    }

    #[test]
    fn a_row_is_added_to_every_row() {
        let a = Tensor::new(vec![2, 2], Data::Float(vec![1.0, 2.0, 3.0, 4.0])).unwrap();
        let b = Tensor::vector(Data::Float(vec![10.0, 20.0]));
        let sum = combine(&a, &b, |x, y| x + y, |x, y| x + y, |x, _| Ok(x)).unwrap();
        assert_eq!(sum.floats().unwrap(), [11.0, 22.0, 13.0, 24.0]);
        let text = Tensor::vector(Data::Text(vec!["a".into()]));
        assert!(combine(&a, &text, |x, _| x, |x, _| x, |x, _| Ok(x)).unwrap_err().contains("string"));
    }

    #[test]
    fn signs_keep_missing_values() {
        assert_eq!([sign(-3.0), sign(0.0), sign(2.0)], [-1.0, 0.0, 1.0]);
        assert!(sign(f32::NAN).is_nan() && pick(1.0, f32::NAN, false).is_nan());
    }
}
