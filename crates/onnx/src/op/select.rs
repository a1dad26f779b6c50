//! Operators that select and arrange elements: gather, slice, split, concatenate.

use super::{Inputs, Kernel, Node, axis};
use crate::value::{Data, Tensor, elements};

pub(super) const TABLE: super::Table = &[
    ("Concat", concat),
    ("Gather", gather),
    ("GatherElements", gather_elements),
    ("GatherND", gather_nd),
    ("Slice", slice),
    ("Split", split),
    ("Tile", tile),
    ("Compress", compress),
];

/// The slices of a tensor at the given indices along an axis. Every index must be within bounds.
pub(super) fn along(tensor: &Tensor, at: usize, places: &[usize]) -> Result<Tensor, String> {
    let mut shape = tensor.shape().to_vec();
    let (outer, length): (usize, usize) = (shape[..at].iter().product(), shape[at]);
    let inner: usize = shape[at + 1..].iter().product();
    shape[at] = places.len();
    elements(&shape)?;
    let picked = (0..outer).flat_map(|o| {
        places.iter().flat_map(move |&p| {
            let start = (o * length + p) * inner;
            start..start + inner
        })
    });
    Tensor::new(shape, tensor.data().pick(picked)?)
}

/// Resolves an index; negative ones count from the back.
fn place(index: i64, length: usize) -> Result<usize, String> {
    let from_front = if index < 0 { index + length as i64 } else { index };
    usize::try_from(from_front)
        .ok()
        .filter(|&i| i < length)
        .ok_or_else(|| format!("index {index} on an axis of length {length}"))
}

fn concat(node: &Node<'_>) -> Result<Kernel, String> {
    let along = node.integer("axis").unwrap_or(1);
    Ok(Box::new(move |inputs| Ok(vec![join(&inputs.all()?, along)?])))
}

/// Concatenates tensors along an axis.
pub(super) fn join(parts: &[&Tensor], along: i64) -> Result<Tensor, String> {
    let first = parts.first().ok_or("needs at least one input")?;
    let at = axis(along, first.shape().len())?;
    let mut shape = first.shape().to_vec();
    for part in &parts[1..] {
        let fits = part.shape().len() == shape.len()
            && part.shape().iter().zip(&shape).enumerate().all(|(i, (a, b))| i == at || a == b);
        if !fits || part.kind() != first.kind() {
            return Err(format!(
                "cannot join {} of shape {:?} with {} of shape {:?}",
                first.kind(),
                first.shape(),
                part.kind(),
                part.shape()
            ));
        }
        shape[at] += part.shape()[at];
    }
    Data::fit(parts.iter().map(|part| part.data()))?;
    let (outer, total): (usize, usize) = (shape[..at].iter().product(), elements(&shape)?);
    let chunk = |t: &Tensor| t.shape()[at..].iter().product::<usize>();
    macro_rules! joined {
        ($kind:ident) => {{
            let mut all = Vec::with_capacity(total);
            let lists: Vec<_> = parts
                .iter()
                .filter_map(|t| if let Data::$kind(v) = t.data() { Some((v, chunk(t))) } else { None })
                .collect();
            for o in 0..outer {
                for (v, n) in &lists {
                    all.extend_from_slice(&v[o * n..(o + 1) * n]);
                }
            }
            Data::$kind(all)
        }};
    }
    let data = match first.data() {
        Data::Float(_) => joined!(Float),
        Data::Double(_) => joined!(Double),
        Data::Integer(_) => joined!(Integer),
        Data::Text(_) => joined!(Text),
        Data::Truth(_) => joined!(Truth),
    };
    Tensor::new(shape, data)
}

fn gather(node: &Node<'_>) -> Result<Kernel, String> {
    let along_axis = node.integer("axis").unwrap_or(0);
    Ok(Box::new(move |inputs| {
        let (data, index) = (inputs.need(0)?, inputs.need(1)?);
        let at = axis(along_axis, data.shape().len())?;
        let places =
            index.integers()?.iter().map(|&i| place(i, data.shape()[at])).collect::<Result<Vec<_>, _>>()?;
        let picked = along(data, at, &places)?;
        let shape = [&data.shape()[..at], index.shape(), &data.shape()[at + 1..]].concat();
        Ok(vec![Tensor::new(shape, picked.data().clone())?])
    }))
}

fn gather_elements(node: &Node<'_>) -> Result<Kernel, String> {
    let along_axis = node.integer("axis").unwrap_or(0);
    Ok(Box::new(move |inputs| {
        let (data, index) = (inputs.need(0)?, inputs.need(1)?);
        let at = axis(along_axis, data.shape().len())?;
        let fits = index.shape().len() == data.shape().len()
            && index.shape().iter().zip(data.shape()).enumerate().all(|(i, (a, b))| i == at || a <= b);
        if !fits {
            return Err(format!("indices of shape {:?} for data of shape {:?}", index.shape(), data.shape()));
        }
        let mut places = Vec::with_capacity(index.data().len());
        for (flat, &i) in index.integers()?.iter().enumerate() {
            let mut coordinate = coordinates(flat, index.shape());
            coordinate[at] = place(i, data.shape()[at])?;
            places.push(coordinate.iter().zip(data.shape()).fold(0, |sum, (c, d)| sum * d + c));
        }
        Ok(vec![Tensor::new(index.shape().to_vec(), data.data().pick(places.into_iter())?)?])
    }))
}

/// The coordinates of the element at a row-major index.
fn coordinates(flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = flat;
    let mut coordinate = vec![0; shape.len()];
    for (c, &d) in coordinate.iter_mut().zip(shape).rev() {
        *c = rest % d.max(1);
        rest /= d.max(1);
    }
    coordinate
}

fn gather_nd(node: &Node<'_>) -> Result<Kernel, String> {
    if node.integer("batch_dims").unwrap_or(0) != 0 {
        return Err("batch_dims other than 0 is not supported".into());
    }
    Ok(Box::new(|inputs| {
        let (data, index) = (inputs.need(0)?, inputs.need(1)?);
        let depth = *index.shape().last().ok_or("the indices have no axis")?;
        if depth == 0 || depth > data.shape().len() {
            return Err(format!("indices of depth {depth} for data of shape {:?}", data.shape()));
        }
        let inner: usize = data.shape()[depth..].iter().product();
        let mut places = Vec::new();
        for tuple in index.integers()?.chunks_exact(depth) {
            let mut flat = 0;
            for (&i, &d) in tuple.iter().zip(data.shape()) {
                flat = flat * d + place(i, d)?;
            }
            places.extend(flat * inner..(flat + 1) * inner);
        }
        let shape = [&index.shape()[..index.shape().len() - 1], &data.shape()[depth..]].concat();
        Ok(vec![Tensor::new(shape, data.data().pick(places.into_iter())?)?])
    }))
}

/// Integers from an input (newer versions) or an attribute (older ones).
pub(super) fn input_or_attribute(
    inputs: &Inputs<'_>,
    index: usize,
    attribute: &[i64],
) -> Result<Option<Vec<i64>>, String> {
    match inputs.get(index) {
        Some(tensor) => Ok(Some(tensor.integers()?.to_vec())),
        None if attribute.is_empty() => Ok(None),
        None => Ok(Some(attribute.to_vec())),
    }
}

fn slice(node: &Node<'_>) -> Result<Kernel, String> {
    let [starts, ends, axes] = ["starts", "ends", "axes"].map(|name| node.integers(name).to_vec());
    Ok(Box::new(move |inputs| {
        let mut tensor = inputs.need(0)?.clone();
        let starts = input_or_attribute(inputs, 1, &starts)?.ok_or("the starts are missing")?;
        let ends = input_or_attribute(inputs, 2, &ends)?.ok_or("the ends are missing")?;
        let axes =
            input_or_attribute(inputs, 3, &axes)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = input_or_attribute(inputs, 4, &[])?.unwrap_or_else(|| vec![1; starts.len()]);
        if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
            return Err("starts, ends, axes and steps differ in length".into());
        }
        for (i, &along_axis) in axes.iter().enumerate() {
            let at = axis(along_axis, tensor.shape().len())?;
            let places = stretch(starts[i], ends[i], steps[i], tensor.shape()[at])?;
            tensor = along(&tensor, at, &places)?;
        }
        Ok(vec![tensor])
    }))
}

/// The indices from `start` to `end`, exclusive, clamped to the axis as in the standard.
fn stretch(start: i64, end: i64, step: i64, length: usize) -> Result<Vec<usize>, String> {
    let length = length as i64;
    let from_front = |i: i64| if i < 0 { i.saturating_add(length) } else { i };
    let (start, end) = (from_front(start), from_front(end));
    match step {
        0 => Err("a step of 0".into()),
        1.. => {
            let stride = usize::try_from(step).unwrap_or(usize::MAX);
            Ok((start.clamp(0, length)..end.clamp(0, length)).step_by(stride).map(|i| i as usize).collect())
        }
        _ => {
            let stride = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
            let (first, last) = (start.clamp(-1, length - 1), end.clamp(-1, length - 1));
            Ok((last + 1..=first).rev().step_by(stride).map(|i| i as usize).collect())
        }
    }
}

fn split(node: &Node<'_>) -> Result<Kernel, String> {
    let along_axis = node.integer("axis").unwrap_or(0);
    let (sizes, outputs) = (node.integers("split").to_vec(), node.outputs.max(1));
    Ok(Box::new(move |inputs| {
        let data = inputs.need(0)?;
        let at = axis(along_axis, data.shape().len())?;
        let length = data.shape()[at];
        let sizes: Vec<usize> = if let Some(sizes) = input_or_attribute(inputs, 1, &sizes)? {
            sizes.iter().map(|&s| usize::try_from(s).unwrap_or(0)).collect()
        } else {
            let each = length.div_ceil(outputs);
            (0..outputs).map(|i| each.min(length.saturating_sub(i * each))).collect()
        };
        if sizes.iter().fold(0_usize, |sum, &size| sum.saturating_add(size)) != length {
            return Err(format!("parts of {sizes:?} do not add up to {length}"));
        }
        let mut start = 0;
        let mut parts = Vec::with_capacity(sizes.len());
        for size in sizes {
            parts.push(along(data, at, &(start..start + size).collect::<Vec<_>>())?);
            start += size;
        }
        Ok(parts)
    }))
}

fn tile(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let mut tensor = inputs.need(0)?.clone();
        let repeats = inputs.need(1)?.integers()?;
        if repeats.len() != tensor.shape().len() {
            return Err(format!("{} repeats for a tensor with {} axes", repeats.len(), tensor.shape().len()));
        }
        for (at, &times) in repeats.iter().enumerate() {
            let (times, length) = (usize::try_from(times).unwrap_or(0), tensor.shape()[at]);
            elements(&[times, length])?;
            let places: Vec<usize> = (0..times).flat_map(|_| 0..length).collect();
            tensor = along(&tensor, at, &places)?;
        }
        Ok(vec![tensor])
    }))
}

fn compress(node: &Node<'_>) -> Result<Kernel, String> {
    let along_axis = node.integer("axis");
    Ok(Box::new(move |inputs| {
        let (data, condition) = (inputs.need(0)?, inputs.need(1)?);
        let Data::Truth(keep) = condition.data() else {
            return Err("the condition is not of truth values".into());
        };
        let flat = Tensor::vector(data.data().clone());
        let (data, at) = match along_axis {
            Some(a) => (data, axis(a, data.shape().len())?),
            None => (&flat, 0),
        };
        let places: Vec<usize> = (0..data.shape()[at]).filter(|&i| keep.get(i) == Some(&true)).collect();
        Ok(vec![along(data, at, &places)?])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(shape: &[usize]) -> Tensor {
        let n = shape.iter().product::<usize>() as i64;
        Tensor::new(shape.to_vec(), Data::Integer((0..n).collect())).unwrap()
    }

    #[test]
    fn slices_clamp_and_count_from_the_back() {
        // numpy: np.arange(5)[start:end:step]
        let cases: [(_, &[usize]); 6] = [
            ((1, 4, 1), &[1, 2, 3]),
            ((-3, i64::MAX, 1), &[2, 3, 4]),
            ((0, 5, 2), &[0, 2, 4]),
            ((i64::MAX, i64::MIN, -1), &[4, 3, 2, 1, 0]),
            ((3, 0, -2), &[3, 1]),
            ((4, 2, 1), &[]),
        ];
        for ((start, end, step), want) in cases {
            assert_eq!(stretch(start, end, step, 5).unwrap(), want, "{start}:{end}:{step}");
        }
        assert!(stretch(0, 1, 0, 5).is_err());
    }

    #[test]
    fn parts_join_along_columns_and_split_again() {
        let (a, b) = (counting(&[2, 1]), counting(&[2, 3]));
        let joined = join(&[&a, &b], 1).unwrap();
        assert_eq!(joined.shape(), [2, 4]);
        assert_eq!(joined.integers().unwrap(), [0, 0, 1, 2, 1, 3, 4, 5]);
        assert_eq!(along(&joined, 1, &[1, 2, 3]).unwrap(), b);
        assert!(join(&[&a, &counting(&[3, 1])], 1).unwrap_err().contains("cannot join"));
    }
}
