//! Matrix products: `MatMul`, `Gemm`, `LinearClassifier`, `LinearRegressor`.

use super::classes::Classes;
use super::elementwise::zip;
use super::scores::{SecondClass, Transform};
use super::{Inputs, Kernel, Node};
use crate::value::{Data, Tensor, elements};

pub(super) const TABLE: super::Table = &[("Gemm", gemm), ("MatMul", mat_mul)];

pub(super) const ML_TABLE: super::Table =
    &[("LinearClassifier", linear_classifier), ("LinearRegressor", linear_regressor)];

/// `x · yᵀ` for `x` of `rows x inner` and `y` of `columns x inner`.
///
/// Sums use double precision: the order of summation in onnxruntime depends on the processor, so no
/// single-precision sum could match it everywhere; the double-precision sum is closest to all of them.
fn product(x: &[f64], transposed: &[f64], inner: usize) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(p, q)| p * q).sum::<f64>();
    let rows = x.chunks_exact(inner.max(1));
    rows.flat_map(|row| transposed.chunks_exact(inner.max(1)).map(move |column| dot(row, column))).collect()
}

fn transposed(x: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    (0..columns).flat_map(|c| (0..rows).map(move |r| x[r * columns + c])).collect()
}

/// Converts the result to the type of the inputs.
fn like(model: &Tensor, shape: Vec<usize>, values: Vec<f64>) -> Result<Tensor, String> {
    let data = match model.data() {
        Data::Double(_) => Data::Double(values),
        Data::Integer(_) => Data::Integer(values.iter().map(|&x| x as i64).collect()),
        _ => Data::Float(values.iter().map(|&x| x as f32).collect()),
    };
    Tensor::new(shape, data)
}

/// Matrices and vectors only: tabular models need no batched matrix products.
fn mat_mul(_: &Node<'_>) -> Result<Kernel, String> {
    Ok(Box::new(|inputs| {
        let (a, b) = (inputs.need(0)?, inputs.need(1)?);
        let (rows, inner) = a.rows_and_columns()?;
        let (inner_too, columns) = match *b.shape() {
            [length] => (length, 1),
            [rows, columns] => (rows, columns),
            _ => return Err(format!("expects a matrix, got the shape {:?}", b.shape())),
        };
        if inner != inner_too || inner == 0 {
            return Err(format!("cannot multiply {:?} by {:?}", a.shape(), b.shape()));
        }
        elements(&[rows, columns])?;
        inputs.spend([rows, inner, columns])?;
        let values = product(&a.doubles()?, &transposed(&b.doubles()?, inner, columns), inner);
        let mut shape = Vec::new();
        shape.extend((a.shape().len() == 2).then_some(rows));
        shape.extend((b.shape().len() == 2).then_some(columns));
        Ok(vec![like(a, shape, values)?])
    }))
}

fn gemm(node: &Node<'_>) -> Result<Kernel, String> {
    let [alpha, beta] = ["alpha", "beta"].map(|name| f64::from(node.float(name).unwrap_or(1.0)));
    let [flip_a, flip_b] = ["transA", "transB"].map(|name| node.integer(name).unwrap_or(0) == 1);
    Ok(Box::new(move |inputs| {
        let (a, b) = (inputs.need(0)?, inputs.need(1)?);
        let ([a_rows, a_columns], [b_rows, b_columns]) = (matrix(a)?, matrix(b)?);
        let (rows, inner) = if flip_a { (a_columns, a_rows) } else { (a_rows, a_columns) };
        let (inner_too, columns) = if flip_b { (b_columns, b_rows) } else { (b_rows, b_columns) };
        if inner != inner_too || inner == 0 {
            return Err(format!("cannot multiply {:?} by {:?}", a.shape(), b.shape()));
        }
        elements(&[rows, columns])?;
        inputs.spend([rows, inner, columns])?;
        let x = if flip_a { transposed(&a.doubles()?, a_rows, a_columns) } else { a.doubles()? };
        let y = if flip_b { b.doubles()? } else { transposed(&b.doubles()?, b_rows, b_columns) };
        let mut values: Vec<f64> = product(&x, &y, inner).iter().map(|v| alpha * v).collect();
        if let Some(c) = inputs.get(2) {
            let shape = [rows, columns];
            let (stretched, sum) = zip((&values, &shape), (&c.doubles()?, c.shape()), |v, c| v + beta * c)?;
            if stretched != shape {
                return Err(format!("cannot add the shape {:?} to {shape:?}", c.shape()));
            }
            values = sum;
        }
        Ok(vec![like(a, vec![rows, columns], values)?])
    }))
}

fn matrix(tensor: &Tensor) -> Result<[usize; 2], String> {
    tensor.shape().try_into().map_err(|_| format!("expects a matrix, got the shape {:?}", tensor.shape()))
}

/// Coefficients of one or more linear functions.
struct Linear {
    /// `outputs x columns`.
    coefficients: Vec<f64>,
    intercepts: Vec<f64>,
}

impl Linear {
    fn read(node: &Node<'_>, outputs: usize) -> Result<Self, String> {
        let widened = |name: &str| node.floats(name).iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let (coefficients, mut intercepts) = (widened("coefficients"), widened("intercepts"));
        if intercepts.is_empty() {
            intercepts = vec![0.0; outputs];
        }
        if intercepts.len() != outputs
            || coefficients.is_empty()
            || !coefficients.len().is_multiple_of(outputs)
        {
            return Err(format!(
                "{} coefficients and {} intercepts for {outputs} outputs",
                coefficients.len(),
                intercepts.len()
            ));
        }
        Ok(Self { coefficients, intercepts })
    }

    /// The values, `rows x outputs`, rounded to single precision.
    fn values(&self, inputs: &Inputs<'_>) -> Result<(usize, Vec<f64>), String> {
        let x = inputs.need(0)?;
        let (rows, columns) = x.rows_and_columns()?;
        let wanted = self.coefficients.len() / self.intercepts.len();
        if columns != wanted {
            return Err(format!("there are coefficients for {wanted} columns, the input has {columns}"));
        }
        inputs.spend([rows, self.coefficients.len(), 1])?;
        let products = product(&x.doubles()?, &self.coefficients, columns);
        let sums =
            products.iter().zip(self.intercepts.iter().cycle()).map(|(p, i)| f64::from((p + i) as f32));
        Ok((rows, sums.collect()))
    }
}

fn linear_regressor(node: &Node<'_>) -> Result<Kernel, String> {
    let outputs = usize::try_from(node.integer("targets").unwrap_or(1)).unwrap_or(1).max(1);
    let transform = Transform::parse(node.string("post_transform").as_deref())?;
    let linear = Linear::read(node, outputs)?;
    Ok(Box::new(move |inputs| {
        let (rows, mut values) = linear.values(inputs)?;
        if outputs > 1 || transform == Transform::Probit {
            values.chunks_exact_mut(outputs).for_each(|row| transform.apply(row));
        }
        let values = values.iter().map(|&v| v as f32).collect();
        Ok(vec![Tensor::new(vec![rows, outputs], Data::Float(values))?])
    }))
}

fn linear_classifier(node: &Node<'_>) -> Result<Kernel, String> {
    let classes = Classes::read(node, "classlabels_ints")?;
    let transform = Transform::parse(node.string("post_transform").as_deref())?;
    let outputs = match node.floats("intercepts").len() {
        0 => classes.len(),
        given => given,
    };
    let linear = Linear::read(node, outputs)?;
    let second = (outputs == 1 && classes.len() == 2).then_some(SecondClass::Complement);
    Ok(Box::new(move |inputs| {
        let (rows, values) = linear.values(inputs)?;
        let mut winners = Vec::with_capacity(rows);
        let mut scores = Vec::with_capacity(rows * outputs.max(2));
        for row in values.chunks_exact(outputs) {
            if let &[score] = row {
                winners.push(usize::from(score > 0.0));
                match second {
                    Some(second) => scores.extend(second.expand(score, transform).map(|s| s as f32)),
                    None => scores.push(score as f32),
                }
            } else {
                let best = (1..outputs).fold(0, |best, k| if row[k] > row[best] { k } else { best });
                winners.push(best);
                let mut row = row.to_vec();
                transform.apply(&mut row);
                scores.extend(row.iter().map(|&s| s as f32));
            }
        }
        let columns = if second.is_some() { 2 } else { outputs };
        Ok(vec![classes.labels(&winners)?, Tensor::new(vec![rows, columns], Data::Float(scores))?])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_follow_the_definition() {
        // numpy: np.array([[1, 2], [3, 4]]) @ np.array([[5, 6], [7, 8]])
        let y = transposed(&[5.0, 6.0, 7.0, 8.0], 2, 2);
        assert_eq!(product(&[1.0, 2.0, 3.0, 4.0], &y, 2), [19.0, 22.0, 43.0, 50.0]);
    }
}
