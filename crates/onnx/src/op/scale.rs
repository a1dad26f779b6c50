//! Numeric preprocessing: `Imputer`, `Scaler`, `Normalizer`, `Binarizer`, `FeatureVectorizer`,
//! `ArrayFeatureExtractor`.

use super::{Kernel, Node};
use crate::value::{Data, Tensor, elements};

pub(super) const ML_TABLE: super::Table = &[
    ("ArrayFeatureExtractor", array_feature_extractor),
    ("Binarizer", binarizer),
    ("FeatureVectorizer", feature_vectorizer),
    ("Imputer", imputer),
    ("Normalizer", normalizer),
    ("Scaler", scaler),
];

/// The number of columns; for a tensor with more than two axes, the length of the last.
fn columns(x: &Tensor) -> usize {
    x.shape().last().copied().unwrap_or(1).max(1)
}

fn imputer(node: &Node<'_>) -> Result<Kernel, String> {
    let floats = node.floats("imputed_value_floats").to_vec();
    let integers = node.integers("imputed_value_int64s").to_vec();
    let float_gap = node.float("replaced_value_float").unwrap_or(0.0);
    let integer_gap = node.integer("replaced_value_int64").unwrap_or(0);
    if floats.is_empty() && integers.is_empty() {
        return Err("no value to impute is given".into());
    }
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let width = columns(x);
        // One value for each column, or one for all.
        let value = |i: usize, count: usize| if count == width { i % width } else { 0 };
        let gap = |x: f64| x == f64::from(float_gap) || (x.is_nan() && float_gap.is_nan());
        let data = match x.data() {
            Data::Integer(v) if !integers.is_empty() => {
                let fill = |(i, &x): (usize, &i64)| {
                    if x == integer_gap { integers[value(i, integers.len())] } else { x }
                };
                Data::Integer(v.iter().enumerate().map(fill).collect())
            }
            _ if floats.is_empty() => return Err(format!("has no value of type {} to impute", x.kind())),
            Data::Double(v) => {
                let fill = |(i, &x): (usize, &f64)| {
                    if gap(x) { f64::from(floats[value(i, floats.len())]) } else { x }
                };
                Data::Double(v.iter().enumerate().map(fill).collect())
            }
            _ => {
                let fill = |(i, &x): (usize, &f32)| {
                    if gap(f64::from(x)) { floats[value(i, floats.len())] } else { x }
                };
                Data::Float(x.floats()?.iter().enumerate().map(fill).collect())
            }
        };
        Ok(vec![Tensor::new(x.shape().to_vec(), data)?])
    }))
}

fn scaler(node: &Node<'_>) -> Result<Kernel, String> {
    let (offset, scale) = (node.floats("offset").to_vec(), node.floats("scale").to_vec());
    if offset.is_empty() || scale.is_empty() {
        return Err("offset or scale is missing".into());
    }
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let width = columns(x);
        if [offset.len(), scale.len()].iter().any(|&n| n != 1 && n != width) {
            return Err(format!("{} offsets for {width} columns", offset.len()));
        }
        let of = |list: &[f32], i: usize| list[if list.len() == 1 { 0 } else { i % width }];
        let scaled: Vec<f32> = match x.data() {
            Data::Double(v) => {
                let scaled = |(i, x): (usize, &f64)| {
                    ((x - f64::from(of(&offset, i))) * f64::from(of(&scale, i))) as f32
                };
                v.iter().enumerate().map(scaled).collect()
            }
            _ => x.floats()?.iter().enumerate().map(|(i, x)| (x - of(&offset, i)) * of(&scale, i)).collect(),
        };
        Ok(vec![Tensor::new(x.shape().to_vec(), Data::Float(scaled))?])
    }))
}

fn normalizer(node: &Node<'_>) -> Result<Kernel, String> {
    let size: fn(&[f32]) -> f32 = match node.string("norm").as_deref().unwrap_or("MAX") {
        "MAX" => |row| row.iter().copied().fold(f32::MIN, |best, x| if x > best { x } else { best }),
        "L1" => |row| row.iter().map(|x| x.abs()).sum(),
        "L2" => |row| row.iter().map(|x| x * x).sum::<f32>().sqrt(),
        other => return Err(format!("the norm {other:?} is unknown")),
    };
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let mut values = x.floats()?;
        for row in values.chunks_mut(columns(x)) {
            let size = size(row);
            if size != 0.0 {
                for x in row {
                    *x /= size;
                }
            }
        }
        Ok(vec![Tensor::new(x.shape().to_vec(), Data::Float(values))?])
    }))
}

fn binarizer(node: &Node<'_>) -> Result<Kernel, String> {
    let threshold = node.float("threshold").unwrap_or(0.0);
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let ones = x.floats()?.iter().map(|&x| if x > threshold { 1.0 } else { 0.0 }).collect();
        Ok(vec![Tensor::new(x.shape().to_vec(), Data::Float(ones))?])
    }))
}

/// Concatenates the columns of all inputs, each truncated or zero-padded to its declared width.
fn feature_vectorizer(node: &Node<'_>) -> Result<Kernel, String> {
    let widths = node.integers("inputdimensions").to_vec();
    Ok(Box::new(move |inputs| {
        let mut parts = Vec::new();
        for (i, x) in inputs.all()?.into_iter().enumerate() {
            let (rows, columns) = match *x.shape() {
                [rows] => (rows, 1),
                _ => x.rows_and_columns()?,
            };
            let width = widths.get(i).and_then(|&w| usize::try_from(w).ok()).unwrap_or(columns);
            parts.push((rows, columns, width, x.floats()?));
        }
        let rows = parts[0].0;
        if parts.iter().any(|p| p.0 != rows) {
            return Err("the inputs differ in their number of rows".into());
        }
        let total = parts.iter().fold(0_usize, |sum, p| sum.saturating_add(p.2));
        let mut values = Vec::with_capacity(elements(&[rows, total])?);
        for row in 0..rows {
            for (_, columns, width, x) in &parts {
                let given = &x[row * columns..(row + 1) * columns];
                values.extend((0..*width).map(|i| given.get(i).copied().unwrap_or(0.0)));
            }
        }
        Ok(vec![Tensor::new(vec![rows, total], Data::Float(values))?])
    }))
}

/// The elements at the given indices of the last axis.
fn array_feature_extractor(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let (x, places) = (inputs.need(0)?, inputs.need(1)?);
        let last = *x.shape().last().ok_or("the input has no axis")?;
        let places = places.integers()?.iter().map(|&i| usize::try_from(i).ok().filter(|&i| i < last));
        let places = places.collect::<Option<Vec<_>>>().ok_or("a place is beyond the last axis")?;
        let mut picked = super::select::along(x, x.shape().len() - 1, &places)?;
        if let [length] = *picked.shape() {
            picked = Tensor::new(vec![1, length], picked.data().clone())?;
        }
        Ok(vec![picked])
    }))
}
