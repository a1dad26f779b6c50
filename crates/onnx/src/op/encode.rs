//! Categorical encoders: `OneHotEncoder`, `LabelEncoder`, `CategoryMapper`, `OneHot`, and text case
//! conversion.

use std::collections::HashMap;

use super::{Kernel, Node, axis};
use crate::value::{Data, Tensor, elements};

pub(super) const TABLE: super::Table = &[("OneHot", one_hot), ("StringNormalizer", string_normalizer)];

pub(super) const ML_TABLE: super::Table = &[
    ("CategoryMapper", category_mapper),
    ("LabelEncoder", label_encoder),
    ("OneHotEncoder", one_hot_encoder),
    // The map that `ZipMap` makes of a row's scores holds the same scores and only names the columns.
    ("ZipMap", |_| Ok(Box::new(|inputs| Ok(vec![inputs.need(0)?.clone()])))),
];

/// Maps distinct values to their positions in a list.
enum Places {
    Text(HashMap<String, usize>),
    Integer(HashMap<i64, usize>),
    /// Keyed by the bits of the double, with one NaN and one zero.
    Number(HashMap<u64, usize>),
}

fn bits(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { (x + 0.0).to_bits() }
}

impl Places {
    /// For duplicate values, the first position counts.
    fn of(keys: &Data) -> Result<Self, String> {
        fn first<K: Eq + std::hash::Hash>(
            keys: impl DoubleEndedIterator<Item = K> + ExactSizeIterator,
        ) -> HashMap<K, usize> {
            keys.enumerate().rev().map(|(i, key)| (key, i)).collect()
        }
        Ok(match keys {
            Data::Text(v) => Self::Text(first(v.iter().cloned())),
            Data::Integer(v) => Self::Integer(first(v.iter().copied())),
            other => Self::Number(first(Tensor::vector(other.clone()).doubles()?.into_iter().map(bits))),
        })
    }

    /// The position of each element; numbers are truncated to integers where the values are integers.
    fn find(&self, x: &Tensor) -> Result<Vec<Option<usize>>, String> {
        Ok(match (self, x.data()) {
            (Self::Text(places), Data::Text(v)) => {
                v.iter().map(|s| places.get(s.as_str()).copied()).collect()
            }
            (Self::Integer(places), Data::Integer(v)) => v.iter().map(|i| places.get(i).copied()).collect(),
            (Self::Integer(places), Data::Float(_) | Data::Double(_) | Data::Truth(_)) => {
                let whole = |x: &f64| (!x.is_nan()).then_some(*x as i64);
                x.doubles()?.iter().map(|x| whole(x).and_then(|i| places.get(&i).copied())).collect()
            }
            (Self::Number(places), Data::Float(_) | Data::Double(_) | Data::Integer(_)) => {
                x.doubles()?.iter().map(|&x| places.get(&bits(x)).copied()).collect()
            }
            (_, other) => return Err(format!("the categories are not of the type {}", other.kind())),
        })
    }
}

fn one_hot_encoder(node: &Node<'_>) -> Result<Kernel, String> {
    let texts = node.strings("cats_strings");
    let categories = if texts.is_empty() {
        Data::Integer(node.integers("cats_int64s").to_vec())
    } else {
        Data::Text(texts)
    };
    let count = categories.len();
    let places = Places::of(&categories)?;
    let ignore_unknown = node.integer("zeros").unwrap_or(1) != 0;
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let shape = [x.shape(), &[count]].concat();
        let mut encoded = vec![0.0; elements(&shape)?];
        for (i, place) in places.find(x)?.into_iter().enumerate() {
            match place {
                Some(place) => encoded[i * count + place] = 1.0,
                None if ignore_unknown => {}
                None => return Err("met a category that it does not know".into()),
            }
        }
        Ok(vec![Tensor::new(shape, Data::Float(encoded))?])
    }))
}

/// A kernel that replaces keys by values, and everything else by a default.
fn mapper(keys: &Data, values: &Data, otherwise: Data) -> Result<Kernel, String> {
    if keys.len() != values.len() {
        return Err(format!("{} keys for {} values", keys.len(), values.len()));
    }
    let places = Places::of(keys)?;
    let unknown = values.len();
    let values = super::select::join(&[&Tensor::vector(values.clone()), &Tensor::vector(otherwise)], 0)?;
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let found = places.find(x)?.into_iter().map(|place| place.unwrap_or(unknown));
        Ok(vec![Tensor::new(x.shape().to_vec(), values.data().pick(found)?)?])
    }))
}

/// A mapper between texts and integers; the input's type determines the direction.
fn both_ways(node: &Node<'_>, texts: Vec<String>, numbers: Vec<i64>) -> Result<Kernel, String> {
    let (texts, numbers) = (Data::Text(texts), Data::Integer(numbers));
    let no_text = node.string("default_string").unwrap_or_else(|| "_Unused".into());
    let to_numbers =
        mapper(&texts, &numbers, Data::Integer(vec![node.integer("default_int64").unwrap_or(-1)]))?;
    let to_texts = mapper(&numbers, &texts, Data::Text(vec![no_text]))?;
    Ok(Box::new(move |inputs| match inputs.need(0)?.data() {
        Data::Text(_) => to_numbers(inputs),
        _ => to_texts(inputs),
    }))
}

fn category_mapper(node: &Node<'_>) -> Result<Kernel, String> {
    both_ways(node, node.strings("cats_strings"), node.integers("cats_int64s").to_vec())
}

/// Version 1 has a list of classes, version 2 keys and values of three types, version 4 tensors of any type.
fn label_encoder(node: &Node<'_>) -> Result<Kernel, String> {
    let classes = node.strings("classes_strings");
    if !classes.is_empty() {
        let numbers = (0..classes.len() as i64).collect();
        return both_ways(node, classes, numbers);
    }
    let side = |name: &str| -> Result<Data, String> {
        if let Some(tensor) = node.tensor(&format!("{name}_tensor"))? {
            return Ok(tensor.data().clone());
        }
        let texts = node.strings(&format!("{name}_strings"));
        let integers = node.integers(&format!("{name}_int64s"));
        Ok(if !texts.is_empty() {
            Data::Text(texts)
        } else if !integers.is_empty() {
            Data::Integer(integers.to_vec())
        } else {
            Data::Float(node.floats(&format!("{name}_floats")).to_vec())
        })
    };
    let (keys, values) = (side("keys")?, side("values")?);
    let given = node.tensor("default_tensor")?.map(|t| t.data().clone());
    let otherwise =
        given.filter(|g| g.len() == 1 && g.kind() == values.kind()).unwrap_or_else(|| match values {
            Data::Text(_) => {
                Data::Text(vec![node.string("default_string").unwrap_or_else(|| "_Unused".into())])
            }
            Data::Integer(_) => Data::Integer(vec![node.integer("default_int64").unwrap_or(-1)]),
            Data::Float(_) => Data::Float(vec![node.float("default_float").unwrap_or(-0.0)]),
            Data::Double(_) => Data::Double(vec![f64::from(node.float("default_float").unwrap_or(-0.0))]),
            Data::Truth(_) => Data::Truth(vec![false]),
        });
    mapper(&keys, &values, otherwise)
}

/// `OneHot` of the standard domain: two values, and the axis to expand.
fn one_hot(node: &Node<'_>) -> Result<Kernel, String> {
    let new_axis = node.integer("axis").unwrap_or(-1);
    Ok(Box::new(move |inputs| {
        let (indices, values) = (inputs.need(0)?, inputs.need(2)?);
        let depth = inputs.need(1)?.doubles()?.first().copied().filter(|d| (0.0..1e7).contains(d));
        let depth = depth.ok_or("the depth is out of range")? as usize;
        if values.data().len() != 2 {
            return Err("expects an off and an on value".into());
        }
        let at = axis(new_axis, indices.shape().len() + 1)?;
        let (outer, inner) = indices.shape().split_at(at);
        let shape = [outer, &[depth], inner].concat();
        let (count, inner) = (elements(&shape)?, inner.iter().product::<usize>());
        let mut places = vec![0; count];
        for (flat, &index) in indices.doubles()?.iter().enumerate() {
            let index = if index < 0.0 { index + depth as f64 } else { index };
            if (0.0..depth as f64).contains(&index) {
                places[(flat / inner * depth + index as usize) * inner + flat % inner] = 1;
            }
        }
        Ok(vec![Tensor::new(shape, values.data().pick(places.into_iter())?)?])
    }))
}

fn string_normalizer(node: &Node<'_>) -> Result<Kernel, String> {
    if !node.strings("stopwords").is_empty() {
        return Err("stop words are not supported".into());
    }
    let action = node.string("case_change_action").unwrap_or_else(|| "NONE".into());
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let Data::Text(texts) = x.data() else {
            return Err("expects text".into());
        };
        let changed = texts.iter().map(|s| match action.as_str() {
            "LOWER" => s.to_lowercase(),
            "UPPER" => s.to_uppercase(),
            _ => s.clone(),
        });
        Ok(vec![Tensor::new(x.shape().to_vec(), Data::Text(changed.collect()))?])
    }))
}

#[cfg(test)]
mod tests {
    use super::super::Inputs;
    use super::*;

    #[test]
    fn values_replace_keys_and_unknown_ones_get_the_default() {
        let texts = Data::Text(vec!["a".into(), "b".into()]);
        let map = mapper(&texts, &Data::Float(vec![0.5, 1.5]), Data::Float(vec![-1.0])).unwrap();
        let x = Tensor::vector(Data::Text(vec!["b".into(), "z".into(), "a".into()]));
        assert_eq!(map(&Inputs::new(vec![Some(&x)], 0)).unwrap()[0].floats().unwrap(), [1.5, -1.0, 0.5]);
        let numbers = Tensor::vector(Data::Float(vec![1.0]));
        assert!(map(&Inputs::new(vec![Some(&numbers)], 0)).unwrap_err().contains("float"));
    }

    #[test]
    fn missing_values_are_keys_like_others() {
        let map =
            mapper(&Data::Float(vec![0.0, f32::NAN]), &Data::Integer(vec![7, 8]), Data::Integer(vec![-1]))
                .unwrap();
        let x = Tensor::vector(Data::Float(vec![f32::NAN, -0.0, 3.0]));
        assert_eq!(map(&Inputs::new(vec![Some(&x)], 0)).unwrap()[0].integers().unwrap(), [8, 7, -1]);
    }
}
