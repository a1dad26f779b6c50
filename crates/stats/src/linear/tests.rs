//! The linear models against numpy and scikit-learn.

use super::{Matrix, Products, logistic, logistic_with_errors, one_against_rest, ridge, sigmoid};
use crate::{
    Undefined, assert_near,
    random::{rng, unit},
};

const FIRST: [f64; 7] = [0.1, 0.5, -0.3, 1.2, 0.7, -1.0, 0.3];
const SECOND: [f64; 7] = [1.0, 0.2, 0.4, -0.5, 0.9, 2.0, -0.1];
const CLASS: [f64; 7] = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0];
const VALUE: [f64; 7] = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.2];
const OFFSET: [f64; 7] = [0.2, -0.1, 0.0, 0.3, 0.5, -0.4, 0.1];
const WEIGHT: [f64; 7] = [1.0, 2.0, 1.0, 0.5, 1.0, 1.0, 3.0];

fn columns() -> Matrix {
    Matrix::from_columns(&[FIRST, SECOND]).unwrap()
}

#[test]
fn logistic_agrees_with_newtons_method() {
    // 50 x: m = expit(Z @ th + o); H = Z.T @ (Z * (w * m * (1 - m))[:, None]) + L; th += solve(H, Z.T @ (w * (y - m)) - L @ th)
    let (fit, errors) = logistic_with_errors(&columns(), &CLASS, 0.5, Some(&OFFSET), Some(&WEIGHT)).unwrap();
    assert_near("first", fit.coefficients[0], -0.362_828_747_158_895_35);
    assert_near("second", fit.coefficients[1], 0.961_474_919_555_508_2);
    assert_near("intercept", fit.intercept, -0.987_653_413_570_416_2);
    // np.sqrt(np.diag(np.linalg.inv(H))), (w * (y * e - np.log1p(np.exp(e)))).sum()
    assert_near("first error", errors.coefficients[0], 1.068_668_426_761_628_7);
    assert_near("second error", errors.coefficients[1], 0.924_771_898_077_914_6);
    assert_near("intercept error", errors.intercept, 0.911_585_657_039_559_8);
    assert_near("log-likelihood", fit.log_likelihood, -5.057_094_378_505_511);
    // Without weights, the likelihood is a product.
    let (plain, ones) = (
        logistic(&columns(), &CLASS, 0.5, Some(&OFFSET), None).unwrap(),
        logistic(&columns(), &CLASS, 0.5, Some(&OFFSET), Some(&[1.0; 7])).unwrap(),
    );
    assert_near("product", plain.log_likelihood, ones.log_likelihood);
}

#[test]
fn products_give_the_same_fit_as_their_columns() {
    let mut random = rng(11);
    let columns: Vec<Vec<f64>> = (0..6).map(|_| (0..41).map(|_| unit(&mut random)).collect()).collect();
    let (y, columns) = columns.split_last().unwrap();
    let all = Matrix::from_columns(columns).unwrap();
    let products = Products::of(&all);
    for chosen in [vec![0, 1, 2, 3, 4], vec![1, 4], vec![2]] {
        let some: Vec<&[f64]> = chosen.iter().map(|&c| columns[c].as_slice()).collect();
        let x = Matrix::from_columns(&some).unwrap();
        // Identical to the last bit: the sums are added in the same order.
        let plain = ridge(&x, y, 0.3, None).unwrap();
        let answers = plain.predict(&x);
        assert_eq!(products.ridge(&chosen, &all, y, 0.3), Ok((plain, answers)));
    }
    let x = Matrix::from_columns(&columns[..2]).unwrap();
    assert_eq!(products.ridge(&[0], &x, y, 0.3).err(), Some(Undefined::BinMismatch));
}

#[test]
fn ridge_agrees_with_numpy() {
    // mu, ym = np.average(X, 0, w), np.average(y, weights=w); solve((Xc * w[:, None]).T @ Xc + .5 * I, (Xc * w[:, None]).T @ yc)
    let fit = ridge(&columns(), &VALUE, 0.5, Some(&WEIGHT)).unwrap();
    assert_near("intercept", fit.intercept, 0.312_708_568_827_015_5);
    assert_near("first", fit.coefficients[0], -0.013_791_793_270_673_843);
    assert_near("second", fit.coefficients[1], 0.146_229_441_610_771_25);
    assert_near("r2", fit.r2, 0.234_908_947_788_864_18);
    // Ridge(.5).fit(X, y).intercept_, without weights
    assert_near("plain", ridge(&columns(), &VALUE, 0.5, None).unwrap().intercept, 0.409_327_553_071_746_95);
}

#[test]
fn far_columns_cost_no_digits() {
    let far = Matrix::from_columns(&[FIRST.map(|x| x + 1e6), SECOND]).unwrap();
    let (near, moved) =
        (ridge(&columns(), &VALUE, 0.5, None).unwrap(), ridge(&far, &VALUE, 0.5, None).unwrap());
    assert!((near.coefficients[0] - moved.coefficients[0]).abs() < 1e-8);
    let (near, moved) =
        (logistic(&columns(), &CLASS, 0.5, None, None), logistic(&far, &CLASS, 0.5, None, None));
    assert!((near.unwrap().coefficients[1] - moved.unwrap().coefficients[1]).abs() < 1e-7);
}

#[test]
fn true_coefficients_are_found() {
    let mut generator = rng(11);
    let rows = 4000;
    let x = Matrix::from_rows(rows, 2, (0..2 * rows).map(|_| 2.0 * unit(&mut generator) - 1.0).collect())
        .unwrap();
    let y: Vec<f64> = (0..rows)
        .map(|i| f64::from(u8::from(unit(&mut generator) < sigmoid(0.4 + 1.5 * x.get(i, 0) - x.get(i, 1)))))
        .collect();
    let (fit, errors) = logistic_with_errors(&x, &y, 0.0, None, None).unwrap();
    for (got, error, truth) in [
        (fit.coefficients[0], errors.coefficients[0], 1.5),
        (fit.coefficients[1], errors.coefficients[1], -1.0),
        (fit.intercept, errors.intercept, 0.4),
    ] {
        assert!((got - truth).abs() < 3.5 * error, "{got} ± {error} instead of {truth}");
    }
    let mean = fit.predict(&x).iter().sum::<f64>() / rows as f64;
    assert_near("calibrated in the large", mean, y.iter().sum::<f64>() / rows as f64);
}

#[test]
fn undefined_says_why() {
    let x = columns();
    assert_eq!(logistic(&x, &[1.0; 7], 1.0, None, None), Err(Undefined::OneClass));
    assert_eq!(logistic(&x, &[0.5; 6], 1.0, None, None), Err(Undefined::BinMismatch));
    assert_eq!(logistic(&Matrix::zeros(0, 2), &[], 1.0, None, None), Err(Undefined::Empty));
    assert_eq!(logistic(&x, &CLASS, -1.0, None, None), Err(Undefined::NotFinite));
    assert_eq!(ridge(&x, &[f64::NAN; 7], 1.0, None), Err(Undefined::NotFinite));
    assert_eq!(ridge(&x, &VALUE, 1.0, Some(&[0.0; 7])), Err(Undefined::Empty));
    let twice = Matrix::from_columns(&[FIRST, FIRST]).unwrap();
    assert_eq!(ridge(&twice, &VALUE, 0.0, None), Err(Undefined::Singular));
    assert!(ridge(&twice, &VALUE, 0.1, None).is_ok());
    // These rows are separable: no maximum without a penalty, one with it.
    let line = Matrix::from_columns(&[[-2.0, -1.0, 1.0, 2.0]]).unwrap();
    let apart = [0.0, 0.0, 1.0, 1.0];
    assert!(matches!(
        logistic(&line, &apart, 0.0, None, None),
        Err(Undefined::Singular | Undefined::NotConverged)
    ));
    assert!(logistic(&line, &apart, 0.1, None, None).unwrap().coefficients[0] > 1.0);
}

#[test]
fn a_class_that_does_not_occur_has_no_model() {
    let models = one_against_rest(&columns(), &[0, 0, 2, 2, 0, 2, 0], 3, 1.0, None).unwrap();
    assert_eq!(models.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
}
