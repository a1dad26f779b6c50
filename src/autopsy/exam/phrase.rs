//! Shares, and lists of things, as the exams' sentences need them.

/// `k` of `n` as a share; 0 of nothing.
#[must_use]
pub fn fraction(k: u64, n: u64) -> f64 {
    if n == 0 { 0.0 } else { k as f64 / n as f64 }
}

/// One thing or several of them: `1 column`, `3 columns`.
#[must_use]
pub fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A list for a sentence, at most four items long: `a`, `a and b`, `a, b, c and 5 more`.
#[must_use]
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    let name = |i: usize| items[i].as_ref();
    match items.len() {
        0 => "none".to_owned(),
        1 => name(0).to_owned(),
        2 => format!("{} and {}", name(0), name(1)),
        3 => format!("{}, {} and {}", name(0), name(1), name(2)),
        4 => format!("{}, {}, {} and {}", name(0), name(1), name(2), name(3)),
        n => format!("{}, {}, {} and {} more", name(0), name(1), name(2), n - 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end() {
        assert_eq!(list(&["a", "b", "c", "d", "e", "f"]), "a, b, c and 3 more");
        assert_eq!(list::<&str>(&[]), "none");
    }
}
