//! Operators that reduce along axes: sums, extremes, argmax, softmax.

use super::{Kernel, Node, axis, select::input_or_attribute};
use crate::value::{Data, Tensor};

pub(super) const TABLE: super::Table = &[
    ("ArgMax", |node| arg_extreme(node, |a, b| a > b)),
    ("ArgMin", |node| arg_extreme(node, |a, b| a < b)),
    ("CumSum", cumulate),
    ("LogSoftmax", |node| softmax(node, true)),
    ("LpNormalization", normalize),
    ("ReduceL1", |node| reduce(node, |v| v.iter().map(|x| x.abs()).sum())),
    ("ReduceL2", |node| reduce(node, |v| v.iter().map(|x| x * x).sum::<f64>().sqrt())),
    ("ReduceLogSum", |node| reduce(node, |v| v.iter().sum::<f64>().ln())),
    ("ReduceLogSumExp", |node| reduce(node, log_sum_exp)),
    ("ReduceMax", |node| reduce(node, |v| extreme(v, |a, b| a > b))),
    ("ReduceMean", |node| reduce(node, |v| v.iter().sum::<f64>() / v.len() as f64)),
    ("ReduceMin", |node| reduce(node, |v| extreme(v, |a, b| a < b))),
    ("ReduceProd", |node| reduce(node, |v| v.iter().product())),
    ("ReduceSum", |node| reduce(node, |v| v.iter().sum())),
    ("ReduceSumSquare", |node| reduce(node, |v| v.iter().map(|x| x * x).sum())),
    ("Softmax", |node| softmax(node, false)),
    ("TopK", top),
];

fn extreme(values: &[f64], better: fn(f64, f64) -> bool) -> f64 {
    let first = values.first().copied().unwrap_or(f64::NAN);
    values.iter().fold(first, |best, &x| if x.is_nan() || better(x, best) { x } else { best })
}

fn log_sum_exp(values: &[f64]) -> f64 {
    let largest = extreme(values, |a, b| a > b);
    if largest.is_infinite() {
        return largest;
    }
    largest + values.iter().map(|x| (x - largest).exp()).sum::<f64>().ln()
}

/// Sums use double precision and are rounded once. The order of summation in onnxruntime depends on the
/// processor, so no single-precision sum could match it everywhere; the double-precision sum is closest to
/// all of them.
fn reduce(node: &Node<'_>, f: fn(&[f64]) -> f64) -> Result<Kernel, String> {
    let axes = node.integers("axes").to_vec();
    let keep = node.integer("keepdims").unwrap_or(1) == 1;
    let nothing_without_axes = node.integer("noop_with_empty_axes").unwrap_or(0) == 1;
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let rank = x.shape().len();
        let axes = input_or_attribute(inputs, 1, &axes)?.filter(|a| !a.is_empty());
        let gone: Vec<usize> = match axes {
            Some(axes) => axes.iter().map(|&a| axis(a, rank)).collect::<Result<_, _>>()?,
            None if nothing_without_axes => return Ok(vec![x.clone()]),
            None => (0..rank).collect(),
        };
        let (kept, reduced): (Vec<usize>, Vec<usize>) = (0..rank).partition(|i| !gone.contains(i));
        let lengths = |axes: &[usize]| axes.iter().map(|&a| x.shape()[a]).collect::<Vec<_>>();
        let own = super::shape::strides(x.shape());
        let places = |axes: &[usize]| {
            super::shape::walk(&lengths(axes), &axes.iter().map(|&a| own[a]).collect::<Vec<_>>())
        };
        let (starts, offsets, values) = (places(&kept), places(&reduced), x.doubles()?);
        let mut group = vec![0.0; offsets.len()];
        let results = starts.iter().map(|start| {
            for (slot, offset) in group.iter_mut().zip(&offsets) {
                *slot = values[start + offset];
            }
            f(&group)
        });
        let data = match x.data() {
            Data::Double(_) => Data::Double(results.collect()),
            Data::Integer(_) => Data::Integer(results.map(|r| r as i64).collect()),
            _ => Data::Float(results.map(|r| r as f32).collect()),
        };
        let shape = if keep {
            (0..rank).map(|i| if gone.contains(&i) { 1 } else { x.shape()[i] }).collect()
        } else {
            lengths(&kept)
        };
        Ok(vec![Tensor::new(shape, data)?])
    }))
}

/// Splits a shape at an axis: the number of elements before it, its length, and the number of elements after
/// it.
fn cut(shape: &[usize], at: usize) -> (usize, usize, usize) {
    (shape[..at].iter().product(), shape[at], shape[at + 1..].iter().product())
}

fn arg_extreme(node: &Node<'_>, better: fn(f64, f64) -> bool) -> Result<Kernel, String> {
    let along = node.integer("axis").unwrap_or(0);
    let keep = node.integer("keepdims").unwrap_or(1) == 1;
    let last = node.integer("select_last_index").unwrap_or(0) == 1;
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let at = axis(along, x.shape().len())?;
        let (outer, length, inner) = cut(x.shape(), at);
        let values = x.doubles()?;
        let mut places = Vec::with_capacity(outer * inner);
        for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
            let value = |k: usize| values[(o * length + k) * inner + i];
            let mut best = 0;
            for k in 1..length {
                if better(value(k), value(best)) || (last && value(k) == value(best)) {
                    best = k;
                }
            }
            places.push(best as i64);
        }
        let mut shape = x.shape().to_vec();
        if keep {
            shape[at] = 1;
        } else {
            shape.remove(at);
        }
        Ok(vec![Tensor::new(shape, Data::Integer(places))?])
    }))
}

/// Before version 13 all axes from `axis` on are flattened into one.
fn softmax(node: &Node<'_>, logarithm: bool) -> Result<Kernel, String> {
    let joined = node.version < 13;
    let along = node.integer("axis").unwrap_or(if joined { 1 } else { -1 });
    Ok(Box::new(move |inputs| {
        let shares = |v: &mut [f64]| {
            let norm = log_sum_exp(v);
            for x in v {
                *x = if logarithm { *x - norm } else { (*x - norm).exp() };
            }
        };
        Ok(vec![stretches(inputs.need(0)?, along, joined, shares)?])
    }))
}

/// Normalises each slice along an axis by its L1 or L2 norm.
fn normalize(node: &Node<'_>) -> Result<Kernel, String> {
    let along = node.integer("axis").unwrap_or(-1);
    let absolute = match node.integer("p").unwrap_or(2) {
        1 => true,
        2 => false,
        other => return Err(format!("the norm of order {other} is not supported")),
    };
    Ok(Box::new(move |inputs| {
        let size = |v: &[f64]| {
            if absolute {
                v.iter().map(|x| x.abs()).sum()
            } else {
                v.iter().map(|x| x * x).sum::<f64>().sqrt()
            }
        };
        let shares = |v: &mut [f64]| {
            let size = size(v);
            for x in v {
                *x = if size == 0.0 { 0.0 } else { *x / size };
            }
        };
        Ok(vec![stretches(inputs.need(0)?, along, false, shares)?])
    }))
}

/// Cumulative sums, inclusive or exclusive.
fn cumulate(node: &Node<'_>) -> Result<Kernel, String> {
    let [exclusive, reverse] = ["exclusive", "reverse"].map(|name| node.integer(name).unwrap_or(0) == 1);
    Ok(Box::new(move |inputs| {
        let along = *inputs.need(1)?.integers()?.first().ok_or("the axis is missing")?;
        let sums = |v: &mut [f64]| {
            if reverse {
                v.reverse();
            }
            let mut sum = 0.0;
            for x in v.iter_mut() {
                let before = sum;
                sum += *x;
                *x = if exclusive { before } else { sum };
            }
            if reverse {
                v.reverse();
            }
        };
        Ok(vec![stretches(inputs.need(0)?, along, false, sums)?])
    }))
}

/// Transforms each slice along an axis in double precision; the result has the type of the input.
///
/// * `joined`: whether the axes after it are part of the slice.
fn stretches(x: &Tensor, along: i64, joined: bool, change: impl Fn(&mut [f64])) -> Result<Tensor, String> {
    let at = axis(along, x.shape().len())?;
    let (outer, mut length, mut inner) = cut(x.shape(), at);
    if joined {
        (length, inner) = (length * inner, 1);
    }
    let mut values = x.doubles()?;
    let mut stretch = vec![0.0; length];
    for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
        for (k, x) in stretch.iter_mut().enumerate() {
            *x = values[(o * length + k) * inner + i];
        }
        change(&mut stretch);
        for (k, x) in stretch.iter().enumerate() {
            values[(o * length + k) * inner + i] = *x;
        }
    }
    let data = match x.data() {
        Data::Double(_) => Data::Double(values),
        Data::Integer(_) => Data::Integer(values.iter().map(|&x| x as i64).collect()),
        _ => Data::Float(values.iter().map(|&x| x as f32).collect()),
    };
    Tensor::new(x.shape().to_vec(), data)
}

/// The `k` largest (or smallest) values along an axis and their indices, best first, ties by index.
fn top(node: &Node<'_>) -> Result<Kernel, String> {
    let along = node.integer("axis").unwrap_or(-1);
    let largest = node.integer("largest").unwrap_or(1) == 1;
    let attribute: Vec<i64> = node.integer("k").into_iter().collect();
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let at = axis(along, x.shape().len())?;
        let (outer, length, inner) = cut(x.shape(), at);
        let asked = input_or_attribute(inputs, 1, &attribute)?.and_then(|k| k.first().copied());
        let k = asked
            .and_then(|k| usize::try_from(k).ok())
            .filter(|&k| k <= length)
            .ok_or("k is out of range")?;
        let values = x.doubles()?;
        let mut places = vec![0; outer * k * inner];
        let mut indices = vec![0; outer * k * inner];
        for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
            let place = |j: usize| (o * length + j) * inner + i;
            let mut order: Vec<usize> = (0..length).collect();
            order.sort_by(|&a, &b| {
                let ascending = values[place(a)].total_cmp(&values[place(b)]);
                if largest { ascending.reverse() } else { ascending }
            });
            for (rank, &j) in order[..k].iter().enumerate() {
                places[(o * k + rank) * inner + i] = place(j);
                indices[(o * k + rank) * inner + i] = j as i64;
            }
        }
        let mut shape = x.shape().to_vec();
        shape[at] = k;
        let picked = Tensor::new(shape.clone(), x.data().pick(places.into_iter())?)?;
        Ok(vec![picked, Tensor::new(shape, Data::Integer(indices))?])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_of_a_sum_does_not_overflow() {
        // scipy.special.logsumexp([1000.0, 1000.0]) = 1000.6931471805599
        assert!((log_sum_exp(&[1000.0, 1000.0]) - 1_000.693_147_180_559_9).abs() < 1e-9);
        assert_eq!(log_sum_exp(&[f64::NEG_INFINITY; 2]), f64::NEG_INFINITY);
    }

    #[test]
    fn extremes_carry_missing_values_on() {
        assert!(extreme(&[1.0, f64::NAN, 3.0], |a, b| a > b).is_nan());
        assert_eq!(extreme(&[1.0, 4.0, 3.0], |a, b| a > b), 4.0);
    }
}
