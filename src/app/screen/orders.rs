//! The orders in which the lists of the panes can stand: `s` takes the next one, `S` turns the present one round.

use std::cmp::Ordering;

use super::state::Order;

/// The orders that the list of a pane knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orders {
    /// Those of the list of features, which several screens share.
    Features,
    /// Its own, by name; it opens in the first one.
    Own(&'static [&'static str]),
    /// One only; why, as a clause.
    Fixed(&'static str),
}

/// How two lines of a list compare.
pub(super) type Comparison<'a, T> = &'a dyn Fn(&T, &T) -> Ordering;

/// A list in the order that was chosen for its pane.
///
/// * `list`: in the first of the pane's orders.
/// * `others`: how two lines compare in each of the others.
#[must_use]
pub(super) fn arranged<T>(mut list: Vec<T>, order: Order, others: &[Comparison<'_, T>]) -> Vec<T> {
    if let Some(compare) = order.by.checked_sub(1).and_then(|at| others.get(at)) {
        list.sort_by(|a, b| compare(a, b));
    }
    if order.reversed {
        list.reverse();
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_stands_as_it_comes_sorted_or_turned_round() {
        let list = |by, reversed| {
            let by_size = |a: &i32, b: &i32| b.cmp(a);
            arranged(vec![2, 3, 1], Order { by, reversed }, &[&by_size])
        };
        assert_eq!(list(0, false), [2, 3, 1]);
        assert_eq!(list(0, true), [1, 3, 2]);
        assert_eq!(list(1, false), [3, 2, 1]);
        assert_eq!(list(1, true), [1, 2, 3]);
        assert_eq!(list(9, false), [2, 3, 1], "an order that is no more");
    }
}
