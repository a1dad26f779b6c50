//! Counts, lists and parts of the loss in sentences.

use super::number;

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

/// The words of a text, where lines may be broken between: a number stays whole, with its sign before it and `%` behind it.
pub fn unbroken(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let end_of_word =
            |from: usize| rest[from..].find(char::is_whitespace).map_or(rest.len(), |at| from + at);
        let (mut start, mut end) = (0, end_of_word(0));
        while let Some(next) = rest[end..].strip_prefix(' ')
            && belong_together(&rest[start..end], next)
        {
            (start, end) = (end + 1, end_of_word(end + 1));
        }
        let (word, left) = rest.split_at(end);
        rest = left.trim_start();
        (!word.is_empty()).then_some(word)
    })
}

/// Whether the first word and the beginning of what follows are parts of one number.
fn belong_together(word: &str, next: &str) -> bool {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    let last = word.chars().rev().take_while(char::is_ascii_digit).count();
    let first = digits(next);
    if first > 0 && matches!(word, "<" | ">" | "≥" | "≤" | "±" | "×" | "÷") {
        return true;
    }
    last > 0 && (next.starts_with('%') || last <= 3 && first == 3)
}

/// A part of the loss, behind what caused it or undoes it: `37.0 % of the loss`; nobody asks for the rest of a part
/// that is the whole but for noise.
///
/// * `share`: of the loss; below 0 it offsets some of it, and 0 is within noise.
#[must_use]
pub fn of_the_loss(share: f64) -> String {
    match share {
        0.0 => "none of the loss beyond noise".to_owned(),
        part if part < 0.0 => format!("offsets {} of the loss", number::share(-part)),
        part if WHOLE.contains(&part) => "all of the loss, give or take".to_owned(),
        part if part > 1.0 => format!("more than the loss ({:.0} %)", 100.0 * part),
        part => format!("{} of the loss", number::share(part)),
    }
}

/// What a repair does to the loss: `wins back 37.0 % of the loss`, `adds 2.1 % to the loss`.
#[must_use]
pub fn wins_back(share: f64) -> String {
    match share {
        0.0 => "wins back none of the loss".to_owned(),
        part if part < 0.0 => format!("adds {} to the loss", number::share(-part)),
        part => format!("wins back {}", of_the_loss(part)),
    }
}

/// Where a part of the loss arose, as a sentence.
///
/// * `share`: as in [`of_the_loss`].
/// * `interval`: of the share.
#[must_use]
pub fn arose(share: f64, interval: Option<(f64, f64)>, place: &str) -> String {
    let range = interval.map_or_else(String::new, |(low, high)| {
        format!(" ({} to {})", number::share(low).trim_end_matches(" %"), number::share(high))
    });
    match share {
        0.0 => format!("What arose here of the loss is below noise: {place}."),
        part if part < 0.0 => format!("This offsets {}{range} of the loss: {place}.", number::share(-part)),
        part if WHOLE.contains(&part) => {
            format!("All of the loss, give or take{range}, arose here: {place}.")
        }
        part if part > 1.0 => {
            format!(
                "More than the loss arose here, {:.0} %{range}, and others offset some: {place}.",
                100.0 * part
            )
        }
        part => format!("Of the loss, {}{range} arose here: {place}.", number::share(part)),
    }
}

/// Shares of the loss that are all of it: nobody takes the last percent for a measurement.
const WHOLE: std::ops::RangeInclusive<f64> = ALL..=1.10;

/// From this share of the loss on it is all of it.
pub const ALL: f64 = 0.98;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_word() {
        let words = |text: &'static str| unbroken(text).collect::<Vec<_>>();
        let told = words(" of 1 302 527 rows  97.8 % (< 0.1 % before), ± 12 in 2026 100 times");
        let expected = [
            "of",
            "1 302 527",
            "rows",
            "97.8 %",
            "(<",
            "0.1 %",
            "before),",
            "± 12",
            "in",
            "2026",
            "100",
            "times",
        ];
        assert_eq!(told, expected);
        assert!(words("  ").is_empty() && words("").is_empty());
    }

    #[test]
    fn a_part_of_the_loss_is_never_negative_and_never_a_hundred_and_three_percent() {
        let said = [-0.021, 0.0, 0.37, 1.031, 1.4].map(of_the_loss);
        let expected = [
            "offsets 2.1 % of the loss",
            "none of the loss beyond noise",
            "37.0 % of the loss",
            "all of the loss, give or take",
            "more than the loss (140 %)",
        ];
        assert_eq!(said, expected);
        assert_eq!(wins_back(1.02), "wins back all of the loss, give or take");
        assert_eq!(wins_back(-0.02), "adds 2.0 % to the loss");
        assert_eq!(arose(-0.021, None, "population"), "This offsets 2.1 % of the loss: population.");
        assert_eq!(arose(0.0, None, "model"), "What arose here of the loss is below noise: model.");
        assert_eq!(
            arose(1.031, Some((0.95, 1.12)), "input dti"),
            "All of the loss, give or take (95.0 to 112.0 %), arose here: input dti."
        );
    }

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
