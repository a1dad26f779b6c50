//! Counts and lists in sentences.

/// Formats a count with its noun: `1 column`, `3 columns`.
#[must_use]
pub fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Formats a list of at most four items: `a`, `a and b`, `a, b, c and 5 more`.
#[must_use]
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    list_up_to(items, 4)
}

/// Formats a list: all items up to a maximum, otherwise three and the number of the rest.
#[must_use]
pub fn list_up_to<T: AsRef<str>>(items: &[T], most: usize) -> String {
    const SHOWN: usize = 3;
    let joined = |items: &[T]| items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match items {
        [] => "none".to_owned(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] if items.len() <= most.max(SHOWN) => {
            format!("{} and {}", joined(first), last.as_ref())
        }
        _ => format!("{} and {} more", joined(&items[..SHOWN]), items.len() - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end() {
        let items = ["a", "b", "c", "d", "e", "f"];
        assert_eq!(list(&items), "a, b, c and 3 more");
        assert_eq!(list(&items[..4]), "a, b, c and d");
        assert_eq!(list_up_to(&items[..4], 3), "a, b, c and 1 more");
        assert_eq!(list_up_to(&items[..2], 3), "a and b");
        assert_eq!(list::<&str>(&[]), "none");
    }
}
