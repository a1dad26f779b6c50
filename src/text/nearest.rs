//! Suggestions for misspelled names.

/// Maximum number of suggestions.
const OFFERED: usize = 3;

/// Returns up to three of the `names` that are similar to `wanted`, most similar first.
///
/// A name is similar if at most a third of its letters differ (insertion, deletion, substitution,
/// transposition of neighbours), if one name is a word of the other (`ts` of `event_ts`), or if it begins with
/// `wanted` (`time` of `timestamp`). Case and separators are ignored.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let plain = normalised(wanted);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let other = normalised(name);
            let longest = plain.len().max(other.len());
            let distance = distance(&plain, &other);
            if distance * 3 <= longest {
                Some((distance, name))
            } else if is_word_of(wanted, name) || is_word_of(name, wanted) || begins(&plain, &other) {
                Some((longest, name)) // after every misspelling
            } else {
                None
            }
        })
        .collect();
    near.sort_by_key(|(distance, name)| (*distance, name.len(), *name));
    near.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}

/// Returns letters and digits in lower case; at most 64, since longer names are not typed by hand.
fn normalised(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(64).collect()
}

/// Whether a name begins with what was written, which is long enough to mean it.
fn begins(wanted: &[char], name: &[char]) -> bool {
    wanted.len() >= 3 && name.starts_with(wanted)
}

/// Whether `word` is one of the words of `name`.
fn is_word_of(word: &str, name: &str) -> bool {
    word.len() >= 2 && name.split(|c: char| !c.is_alphanumeric()).any(|part| part.eq_ignore_ascii_case(word))
}

/// Returns the optimal string alignment distance: insertions, deletions, substitutions and transpositions of
/// neighbours.
///
/// Source: Damerau, F. J. (1964): A technique for computer detection and correction of spelling errors.
/// Communications of the ACM 7(3), 171-176.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut two_before = vec![0; b.len() + 1];
    let mut before: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = before[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(before[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(two_before[j - 2] + 1);
            }
        }
        two_before = std::mem::replace(&mut before, row);
    }
    before[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspellings_come_before_words() {
        let names = ["event_ts", "ts_utc", "tz", "income", "prediction", "score"];
        assert_eq!(nearest("ts", names), ["ts_utc", "event_ts"]);
        assert_eq!(nearest("prediciton", names), ["prediction"]);
        assert_eq!(nearest("Event-TS", names), ["event_ts"]);
        assert_eq!(nearest("inc0me", names), ["income"]);
        assert_eq!(nearest("time", ["label_time", "timestamp", "weight"]), ["timestamp", "label_time"]);
        assert!(nearest("zzz", names).is_empty());
        assert!(nearest("", names).is_empty());
    }

    #[test]
    fn at_most_three() {
        assert_eq!(nearest("f1", ["f2", "f3", "f1_a", "f1_b", "f1_c", "f1_d"]), ["f1_a", "f1_b", "f1_c"]);
    }

    #[test]
    fn distances() {
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        for (a, b, want) in [("", "", 0), ("abc", "", 3), ("label", "lable", 1), ("kitten", "sitting", 3)] {
            assert_eq!(distance(&chars(a), &chars(b)), want, "{a} {b}");
        }
    }
}
