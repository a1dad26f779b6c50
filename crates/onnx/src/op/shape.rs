//! Operators that change a tensor's shape or create a tensor.

use super::{Inputs, Kernel, Node, axis, select::input_or_attribute};
use crate::value::{Data, Tensor, elements};

pub(super) const TABLE: super::Table = &[
    ("Constant", constant),
    ("ConstantOfShape", constant_of_shape),
    ("Dropout", identity),
    ("Expand", expand),
    ("Flatten", flatten),
    ("Identity", identity),
    ("Range", range),
    ("Reshape", reshape),
    ("Shape", shape),
    ("Size", size),
    ("Squeeze", squeeze),
    ("Transpose", transpose),
    ("Unsqueeze", unsqueeze),
];

/// Returns the input. Dropout has no effect at inference.
fn identity(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| Ok(vec![inputs.need(0)?.clone()])))
}

fn constant(node: &Node<'_>) -> Result<Kernel, String> {
    let one = |data| Tensor::new(Vec::new(), data);
    let value = if let Some(tensor) = node.tensor("value")? {
        tensor
    } else if let Some(x) = node.float("value_float") {
        one(Data::Float(vec![x]))?
    } else if let Some(x) = node.integer("value_int") {
        one(Data::Integer(vec![x]))?
    } else if let Some(x) = node.string("value_string") {
        one(Data::Text(vec![x]))?
    } else if !node.integers("value_ints").is_empty() {
        Tensor::vector(Data::Integer(node.integers("value_ints").to_vec()))
    } else if !node.floats("value_floats").is_empty() {
        Tensor::vector(Data::Float(node.floats("value_floats").to_vec()))
    } else {
        Tensor::vector(Data::Text(node.strings("value_strings")))
    };
    Ok(Box::new(move |_| Ok(vec![value.clone()])))
}

fn constant_of_shape(node: &Node<'_>) -> Result<Kernel, String> {
    let value = node.tensor("value")?.unwrap_or_else(|| Tensor::vector(Data::Float(vec![0.0])));
    if value.data().len() != 1 {
        return Err("the value is not a single one".into());
    }
    Ok(Box::new(move |inputs| {
        let shape = lengths(inputs.need(0)?.integers()?)?;
        let count = elements(&shape)?;
        Ok(vec![Tensor::new(shape, value.data().pick(std::iter::repeat_n(0, count))?)?])
    }))
}

fn lengths(shape: &[i64]) -> Result<Vec<usize>, String> {
    shape.iter().map(|&d| usize::try_from(d).map_err(|_| format!("an axis of length {d}"))).collect()
}

fn range(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let bound = |i: usize| inputs.need(i).and_then(Tensor::doubles);
        let (Some(&start), Some(&limit), Some(&delta)) =
            (bound(0)?.first(), bound(1)?.first(), bound(2)?.first())
        else {
            return Err("start, limit and delta must not be empty".into());
        };
        let count = ((limit - start) / delta).ceil().max(0.0);
        elements(&[count as usize])?;
        let values = (0..count as usize).map(|i| start + i as f64 * delta);
        Ok(vec![Tensor::vector(match inputs.need(0)?.data() {
            Data::Integer(_) => Data::Integer(values.map(|x| x as i64).collect()),
            Data::Double(_) => Data::Double(values.collect()),
            _ => Data::Float(values.map(|x| x as f32).collect()),
        })])
    }))
}

fn reshape(node: &Node<'_>) -> Result<Kernel, String> {
    let keep_zero = node.integer("allowzero").unwrap_or(0) == 1;
    let old = node.integers("shape").to_vec();
    Ok(Box::new(move |inputs| {
        let data = inputs.need(0)?;
        let asked = input_or_attribute(inputs, 1, &old)?.ok_or("the shape is missing")?;
        Ok(vec![Tensor::new(resolved(&asked, data.shape(), keep_zero)?, data.data().clone())?])
    }))
}

/// The requested shape, with 0 (the same length as before) and −1 (the remainder) resolved.
fn resolved(asked: &[i64], before: &[usize], keep_zero: bool) -> Result<Vec<usize>, String> {
    let total = elements(before)?;
    let mut open = None;
    let mut shape = Vec::with_capacity(asked.len());
    for (i, &d) in asked.iter().enumerate() {
        shape.push(match d {
            -1 if open.is_none() => {
                open = Some(i);
                1
            }
            0 if !keep_zero => *before.get(i).ok_or("a length is copied from an axis that is not there")?,
            _ => usize::try_from(d).map_err(|_| format!("cannot reshape to {asked:?}"))?,
        });
    }
    if let Some(at) = open {
        let rest = elements(&shape)?;
        shape[at] = total.checked_div(rest).unwrap_or(0);
    }
    Ok(shape)
}

fn flatten(node: &Node<'_>) -> Result<Kernel, String> {
    let at = node.integer("axis").unwrap_or(1);
    Ok(Box::new(move |inputs| {
        let data = inputs.need(0)?;
        let rank = data.shape().len();
        let at = if at == rank as i64 { rank } else { axis(at, rank)? };
        let (rows, columns) = data.shape().split_at(at);
        Ok(vec![Tensor::new(vec![rows.iter().product(), columns.iter().product()], data.data().clone())?])
    }))
}

fn shape(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let lengths = inputs.need(0)?.shape().iter().map(|&d| d as i64).collect();
        Ok(vec![Tensor::vector(Data::Integer(lengths))])
    }))
}

fn size(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let count = inputs.need(0)?.data().len() as i64;
        Ok(vec![Tensor::new(Vec::new(), Data::Integer(vec![count]))?])
    }))
}

fn squeeze(node: &Node<'_>) -> Result<Kernel, String> {
    let axes = node.integers("axes").to_vec();
    Ok(Box::new(move |inputs| {
        let data = inputs.need(0)?;
        let rank = data.shape().len();
        let dropped: Vec<usize> = match input_or_attribute(inputs, 1, &axes)? {
            Some(axes) => axes.iter().map(|&a| axis(a, rank)).collect::<Result<_, _>>()?,
            None => (0..rank).filter(|&i| data.shape()[i] == 1).collect(),
        };
        let kept = (0..rank).filter(|i| !dropped.contains(i)).map(|i| data.shape()[i]).collect();
        Ok(vec![Tensor::new(kept, data.data().clone())?])
    }))
}

fn unsqueeze(node: &Node<'_>) -> Result<Kernel, String> {
    let axes = node.integers("axes").to_vec();
    Ok(Box::new(move |inputs| {
        let data = inputs.need(0)?;
        let axes = input_or_attribute(inputs, 1, &axes)?.ok_or("the axes are missing")?;
        let rank = data.shape().len() + axes.len();
        let mut added = axes.iter().map(|&a| axis(a, rank)).collect::<Result<Vec<_>, _>>()?;
        added.sort_unstable();
        let mut shape = data.shape().to_vec();
        for at in added {
            shape.insert(at.min(shape.len()), 1);
        }
        Ok(vec![Tensor::new(shape, data.data().clone())?])
    }))
}

fn transpose(node: &Node<'_>) -> Result<Kernel, String> {
    let order = node.integers("perm").to_vec();
    Ok(Box::new(move |inputs| {
        let data = inputs.need(0)?;
        let rank = data.shape().len();
        let order: Vec<usize> = if order.is_empty() {
            (0..rank).rev().collect()
        } else {
            order.iter().map(|&a| axis(a, rank)).collect::<Result<_, _>>()?
        };
        if (0..rank).any(|a| !order.contains(&a)) || order.len() != rank {
            return Err(format!("{order:?} is no order of {rank} axes"));
        }
        let strides = strides(data.shape());
        let shape: Vec<usize> = order.iter().map(|&a| data.shape()[a]).collect();
        let moved: Vec<usize> = order.iter().map(|&a| strides[a]).collect();
        Ok(vec![Tensor::new(shape.clone(), data.data().pick(walk(&shape, &moved).into_iter())?)?])
    }))
}

fn expand(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs: &Inputs<'_>| {
        let data = inputs.need(0)?;
        let asked = lengths(inputs.need(1)?.integers()?)?;
        let shape = common_shape(data.shape(), &asked)?;
        let places = walk(&shape, &broadcast_strides(data.shape(), &shape));
        Ok(vec![Tensor::new(shape, data.data().pick(places.into_iter())?)?])
    }))
}

/// The row-major strides of a shape.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i];
    }
    strides
}

/// The shape that two shapes broadcast to: lengths are matched from the back, and 1 is repeated.
pub(super) fn common_shape(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    let rank = a.len().max(b.len());
    let from_back = |shape: &[usize], i: usize| {
        if i < shape.len() { shape[shape.len() - 1 - i] } else { 1 }
    };
    let mut shape = Vec::with_capacity(rank);
    for i in (0..rank).rev() {
        shape.push(match (from_back(a, i), from_back(b, i)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => return Err(format!("the shapes {a:?} and {b:?} do not go together")),
        });
    }
    elements(&shape)?;
    Ok(shape)
}

/// The strides of a tensor broadcast to a shape: 0 on the repeated axes.
pub(super) fn broadcast_strides(from: &[usize], to: &[usize]) -> Vec<usize> {
    let own = strides(from);
    let missing = to.len() - from.len();
    (0..to.len()).map(|i| if i < missing || from[i - missing] == 1 { 0 } else { own[i - missing] }).collect()
}

/// The flat index of every element of a shape, in row-major order, under the given strides.
pub(super) fn walk(shape: &[usize], strides: &[usize]) -> Vec<usize> {
    let mut places = vec![0];
    for (&length, &stride) in shape.iter().zip(strides) {
        places = places.iter().flat_map(|&start| (0..length).map(move |i| start + i * stride)).collect();
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_fill_in_what_is_left() {
        // numpy: np.zeros((4, 6)).reshape(...)
        assert_eq!(resolved(&[-1, 3], &[4, 6], false).unwrap(), [8, 3]);
        assert_eq!(resolved(&[0, -1, 2], &[4, 6], false).unwrap(), [4, 3, 2]);
        assert!(resolved(&[0, 0, 0], &[4, 6], false).is_err());
        assert!(resolved(&[-2], &[4], false).is_err());
    }

    #[test]
    fn shapes_broadcast_from_the_back() {
        assert_eq!(common_shape(&[4, 1], &[3]).unwrap(), [4, 3]);
        assert_eq!(common_shape(&[], &[2, 2]).unwrap(), [2, 2]);
        assert!(common_shape(&[4], &[3]).is_err());
        assert_eq!(walk(&[2, 3], &broadcast_strides(&[2, 1], &[2, 3])), [0, 0, 0, 1, 1, 1]);
        assert_eq!(walk(&[3, 2], &[1, 3]), [0, 3, 1, 4, 2, 5]);
    }
}
