//! Support vector machines: `SVMClassifier` and `SVMRegressor`, after LIBSVM.

use super::classes::Classes;
use super::scores::{SecondClass, Transform, logistic};
use super::{Kernel, Node};
use crate::value::{Data, Tensor, elements};

pub(super) const ML_TABLE: super::Table = &[("SVMClassifier", classifier), ("SVMRegressor", regressor)];

/// A kernel function (named `Likeness` because a kernel here is an operator's function).
#[derive(Debug, Clone, Copy)]
enum Likeness {
    Linear,
    /// `(γ·⟨a, b⟩ + c)^d`
    Polynomial,
    /// `exp(−γ·|a − b|²)`
    Radial,
    /// `tanh(γ·⟨a, b⟩ + c)`
    Sigmoid,
}

/// A kernel function with its parameters, and the support vectors.
struct Vectors {
    likeness: Likeness,
    gamma: f64,
    offset: f64,
    degree: f64,
    /// `count x columns`.
    rows: Vec<f64>,
    count: usize,
}

impl Vectors {
    fn read(node: &Node<'_>, rows: &[f32], count: usize) -> Result<Self, String> {
        let likeness = match node.string("kernel_type").as_deref().unwrap_or("LINEAR") {
            "LINEAR" => Likeness::Linear,
            "POLY" => Likeness::Polynomial,
            "RBF" => Likeness::Radial,
            "SIGMOID" => Likeness::Sigmoid,
            other => return Err(format!("the kernel_type {other:?} is unknown")),
        };
        let parameter = |i: usize| f64::from(node.floats("kernel_params").get(i).copied().unwrap_or(0.0));
        if count == 0 || rows.is_empty() || !rows.len().is_multiple_of(count) {
            return Err(format!("{} values do not make {count} support vectors", rows.len()));
        }
        Ok(Self {
            likeness,
            gamma: parameter(0),
            offset: parameter(1),
            degree: parameter(2),
            rows: rows.iter().map(|&x| f64::from(x)).collect(),
            count,
        })
    }

    /// The same vectors with the dot product: in the linear form the kernel attribute is ignored.
    fn linear(self) -> Self {
        Self { likeness: Likeness::Linear, ..self }
    }

    fn check(&self, x: &Tensor) -> Result<(usize, usize), String> {
        let (rows, columns) = x.rows_and_columns()?;
        let wanted = self.rows.len() / self.count;
        if columns == wanted {
            Ok((rows, columns))
        } else {
            Err(format!("the support vectors have {wanted} columns, the input has {columns}"))
        }
    }

    /// The kernel values of a row with each support vector.
    fn alike(&self, row: &[f64]) -> Vec<f64> {
        let dot = |v: &[f64]| v.iter().zip(row).map(|(a, b)| a * b).sum::<f64>();
        let distance = |v: &[f64]| v.iter().zip(row).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let of = |v: &[f64]| match self.likeness {
            Likeness::Linear => dot(v),
            Likeness::Polynomial => (self.gamma * dot(v) + self.offset).powf(self.degree),
            Likeness::Radial => (-self.gamma * distance(v)).exp(),
            Likeness::Sigmoid => (self.gamma * dot(v) + self.offset).tanh(),
        };
        self.rows.chunks_exact(row.len()).map(of).collect()
    }
}

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x)).collect()
}

fn regressor(node: &Node<'_>) -> Result<Kernel, String> {
    let coefficients = widened(node.floats("coefficients"));
    let offset = f64::from(node.floats("rho").first().copied().ok_or("rho is missing")?);
    let one_class = node.integer("one_class").unwrap_or(0) == 1;
    let count = usize::try_from(node.integer("n_supports").unwrap_or(0)).unwrap_or(0);
    // Without support vectors there is one coefficient per column.
    let (vectors, weights) = if count > 0 {
        (Vectors::read(node, node.floats("support_vectors"), count)?, coefficients)
    } else {
        (Vectors::read(node, node.floats("coefficients"), 1)?.linear(), vec![1.0])
    };
    if weights.len() != vectors.count {
        return Err(format!("{} coefficients for {} support vectors", weights.len(), vectors.count));
    }
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let (rows, columns) = vectors.check(x)?;
        inputs.spend([rows, vectors.rows.len(), 1])?;
        let value = |row: &[f64]| {
            let sum = offset + vectors.alike(row).iter().zip(&weights).map(|(k, w)| k * w).sum::<f64>();
            if one_class && sum > 0.0 {
                1.0
            } else if one_class {
                -1.0
            } else {
                sum as f32
            }
        };
        let values = x.doubles()?.chunks_exact(columns).map(value).collect();
        Ok(vec![Tensor::new(vec![rows, 1], Data::Float(values))?])
    }))
}

/// One decision function per pair of classes or, in the linear form, per class.
struct Machine {
    classes: Classes,
    vectors: Vectors,
    transform: Transform,
    coefficients: Vec<f64>,
    rho: Vec<f64>,
    /// The support vectors of each class, as ranges; empty in the linear form.
    of_class: Vec<std::ops::Range<usize>>,
    /// Platt scaling of each pair; empty without probabilities.
    platt: Vec<(f64, f64)>,
    none_negative: bool,
}

impl Machine {
    fn read(node: &Node<'_>) -> Result<Self, String> {
        let classes = Classes::read(node, "classlabels_ints")?;
        let mut of_class = Vec::new();
        let mut count = 0_usize;
        for &n in node.integers("vectors_per_class") {
            let n = usize::try_from(n)
                .ok()
                .filter(|&n| n < 1 << 24)
                .ok_or("a class has an impossible number of vectors")?;
            of_class.push(count..count + n);
            count += n;
        }
        let coefficients = node.floats("coefficients");
        let rho = widened(node.floats("rho"));
        let platt = widened(node.floats("prob_a"))
            .into_iter()
            .zip(widened(node.floats("prob_b")))
            .collect::<Vec<_>>();
        let pairs = classes.len() * (classes.len() - 1) / 2;
        let vectors = if count > 0 {
            if of_class.len() != classes.len()
                || coefficients.len() < (classes.len() - 1) * count
                || rho.len() < pairs
                || (!platt.is_empty() && platt.len() < pairs)
            {
                return Err("coefficients, offsets and vectors do not fit the classes".into());
            }
            Vectors::read(node, node.floats("support_vectors"), count)?
        } else {
            let linear = Vectors::read(node, coefficients, classes.len())?;
            if rho.is_empty() {
                return Err("rho is missing".into());
            }
            Vectors { likeness: Likeness::Linear, ..linear }
        };
        Ok(Self {
            classes,
            vectors,
            transform: Transform::parse(node.string("post_transform").as_deref())?,
            none_negative: coefficients.iter().all(|&c| c >= 0.0),
            coefficients: widened(coefficients),
            rho,
            of_class,
            platt,
        })
    }

    /// The class of a row, and its scores.
    fn answer(&self, row: &[f64]) -> (usize, Vec<f64>) {
        let alike = self.vectors.alike(row);
        if self.of_class.is_empty() {
            return self.answer_linear(&alike);
        }
        let count = self.vectors.count;
        let mut votes = vec![0; self.classes.len()];
        let mut margins = Vec::new();
        for i in 0..self.classes.len() {
            for j in i + 1..self.classes.len() {
                let part = |line: usize, class: usize| {
                    let range = self.of_class[class].clone();
                    range.map(|v| self.coefficients[line * count + v] * alike[v]).sum::<f64>()
                };
                let margin = f64::from((part(j - 1, i) + part(i, j) + self.rho[margins.len()]) as f32);
                votes[if margin > 0.0 { i } else { j }] += 1;
                margins.push(margin);
            }
        }
        let winner = (0..votes.len()).fold(0, |best, k| if votes[k] > votes[best] { k } else { best });
        if self.platt.is_empty() {
            return (self.name_winner(winner, 0.0), self.final_margins(margins));
        }
        let mut shares = self.couple(&margins);
        self.transform.apply(&mut shares);
        (winner, shares)
    }

    fn answer_linear(&self, alike: &[f64]) -> (usize, Vec<f64>) {
        let mut scores: Vec<f64> = alike.iter().map(|a| a + self.rho[0]).collect();
        let winner = (0..scores.len()).fold(0, |best, k| if scores[k] > scores[best] { k } else { best });
        let winner = if scores.len() == 2 { self.name_winner(winner, scores[winner]) } else { winner };
        self.transform.apply(&mut scores);
        (winner, scores)
    }

    /// For two classes without probabilities, a largest score above the threshold selects the second class.
    fn name_winner(&self, winner: usize, largest: f64) -> usize {
        let second = if self.none_negative { largest >= 0.5 } else { largest > 0.0 };
        if self.classes.len() == 2 && second { 1 } else { winner }
    }

    /// The margins of all pairs, or two scores for two classes.
    fn final_margins(&self, mut margins: Vec<f64>) -> Vec<f64> {
        if let [margin] = *margins.as_slice() {
            let second = if self.transform == Transform::None {
                SecondClass::Opposite
            } else {
                SecondClass::Complement
            };
            return second.expand(margin, self.transform).to_vec();
        }
        self.transform.apply(&mut margins);
        margins
    }

    /// Class probabilities from pairwise probabilities.
    ///
    /// Source: T.-F. Wu, C.-J. Lin and R. Weng, "Probability Estimates for Multi-class Classification by
    /// Pairwise Coupling", JMLR 5 (2004), second approach, with LIBSVM's stopping rule.
    fn couple(&self, margins: &[f64]) -> Vec<f64> {
        let n = self.classes.len();
        let mut pair = vec![0.0; n * n];
        let mut at = 0;
        for i in 0..n {
            for j in i + 1..n {
                let (a, b) = self.platt[at];
                let first = (1.0 - logistic(margins[at] * a + b)).clamp(1e-7, 1.0 - 1e-7);
                (pair[i * n + j], pair[j * n + i]) = (first, 1.0 - first);
                at += 1;
            }
        }
        let mut q = vec![0.0; n * n];
        for i in 0..n {
            for j in (0..n).filter(|&j| j != i) {
                q[i * n + i] += pair[j * n + i] * pair[j * n + i];
                q[i * n + j] = -pair[j * n + i] * pair[i * n + j];
            }
        }
        let mut p = vec![1.0 / n as f64; n];
        for _ in 0..100 {
            let mut qp: Vec<f64> = (0..n).map(|i| (0..n).map(|j| q[i * n + j] * p[j]).sum()).collect();
            let mut total: f64 = p.iter().zip(&qp).map(|(p, q)| p * q).sum();
            if qp.iter().all(|x| (x - total).abs() < 0.005 / n as f64) {
                break;
            }
            for i in 0..n {
                let step = (total - qp[i]) / q[i * n + i];
                p[i] += step;
                total = (total + step * (step * q[i * n + i] + 2.0 * qp[i])) / (1.0 + step) / (1.0 + step);
                for j in 0..n {
                    qp[j] = (qp[j] + step * q[i * n + j]) / (1.0 + step);
                    p[j] /= 1.0 + step;
                }
            }
        }
        p
    }
}

fn classifier(node: &Node<'_>) -> Result<Kernel, String> {
    let machine = Machine::read(node)?;
    Ok(Box::new(move |inputs| {
        let x = inputs.need(0)?;
        let (rows, columns) = machine.vectors.check(x)?;
        inputs.spend([rows, machine.vectors.rows.len(), 1])?;
        let (mut winners, mut scores) = (Vec::with_capacity(rows), Vec::new());
        for row in x.doubles()?.chunks_exact(columns) {
            let (winner, row_scores) = machine.answer(row);
            winners.push(winner);
            scores.extend(row_scores.iter().map(|&s| s as f32));
        }
        let width = scores.len().checked_div(rows).unwrap_or(0);
        elements(&[rows, width])?;
        Ok(vec![machine.classes.labels(&winners)?, Tensor::new(vec![rows, width], Data::Float(scores))?])
    }))
}
