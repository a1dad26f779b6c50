//! Metrics of what is done with the answers: who is reached first, and what an error on either side costs.

use crate::Undefined;

/// The pinball (quantile) loss of predictions of a quantile: `mean(max(q (y - p), (q - 1) (y - p)))`.
///
/// Source: Koenker and Bassett 1978; scikit-learn's `mean_pinball_loss(truth, prediction, alpha=q)`.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows; [`Undefined::BinMismatch`] for slices of different lengths.
pub fn pinball(prediction: &[f64], truth: &[f64], q: f64) -> Result<f64, Undefined> {
    if prediction.len() != truth.len() {
        return Err(Undefined::BinMismatch);
    }
    if prediction.is_empty() {
        return Err(Undefined::Empty);
    }
    let loss = |(p, y): (&f64, &f64)| (q * (y - p)).max((q - 1.0) * (y - p));
    Ok(prediction.iter().zip(truth).map(loss).sum::<f64>() / prediction.len() as f64)
}

/// The lift of the highest scores: the share of positives among the top `share` of the rows over that among all rows.
/// Rows with equal scores at the edge count in part, so the order of equal rows does not matter.
///
/// # Errors
///
/// [`Undefined::Empty`] without rows or positives; [`Undefined::BinMismatch`] for slices of different lengths.
pub fn lift(score: &[f64], positive: &[bool], share: f64) -> Result<f64, Undefined> {
    if score.len() != positive.len() {
        return Err(Undefined::BinMismatch);
    }
    let positives = positive.iter().filter(|&&p| p).count() as f64;
    if positives == 0.0 {
        return Err(Undefined::Empty);
    }
    let rows = score.len() as f64;
    let wanted = (share * rows).max(1.0);
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|&a, &b| score[b].total_cmp(&score[a]));
    let (mut reached, mut hits, mut at) = (0.0, 0.0, 0);
    while at < order.len() && reached < wanted {
        let end = at + order[at..].iter().take_while(|&&row| score[row] == score[order[at]]).count();
        let tied = order[at..end].iter().filter(|&&row| positive[row]).count() as f64;
        let size = (end - at) as f64;
        let part = ((wanted - reached) / size).min(1.0);
        hits += part * tied;
        reached += part * size;
        at = end;
    }
    Ok((hits / reached) / (positives / rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_loss_is_that_of_scikit_learn() {
        // mean_pinball_loss([2, 4, 1.5], [3, 3, 2], alpha=0.1) = 0.48333333333333334; alpha=0.9: 0.35000000000000003
        let (prediction, truth) = ([3.0, 3.0, 2.0], [2.0, 4.0, 1.5]);
        assert!((pinball(&prediction, &truth, 0.1).unwrap() - 0.483_333_333_333_333_34).abs() < 1e-12);
        assert!((pinball(&prediction, &truth, 0.9).unwrap() - 0.35).abs() < 1e-12);
        assert_eq!(pinball(&[], &[], 0.5), Err(Undefined::Empty));
    }

    #[test]
    fn the_lift_counts_the_top_and_ties_in_part() {
        // numpy: y[np.argsort(-s)[:2]].mean() / y.mean() for s = [.9, .8, .3, .2], y = [1, 0, 1, 0]: 0.5 / 0.5
        let positive = [true, false, true, false];
        assert_eq!(lift(&[0.9, 0.8, 0.3, 0.2], &positive, 0.25), Ok(2.0));
        assert_eq!(lift(&[0.9, 0.8, 0.3, 0.2], &positive, 0.5), Ok(1.0));
        // All rows tie: no order is better than none.
        assert_eq!(lift(&[0.5; 4], &positive, 0.25), Ok(1.0));
        assert_eq!(lift(&[0.5; 2], &[false; 2], 0.5), Err(Undefined::Empty));
    }
}
