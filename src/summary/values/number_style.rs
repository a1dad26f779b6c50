//! Numbers as written by people and spreadsheets: decimal commas, thousands, currencies, percent, brackets.

use super::parse::read_number;

/// How the numbers of a text column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NumberStyle {
    /// As programs write them: `-1234.5`, `1e3`.
    #[default]
    Plain,
    /// A decimal point; thousands separators, currency and percent signs are accepted: `$1,234.50`.
    Point,
    /// A decimal comma; thousands separators, currency and percent signs are accepted: `1.234,50 €`.
    Comma,
}

impl NumberStyle {
    /// Reads a number in this style; NaN if the text is a missing value, none if it is neither. A percent
    /// sign means hundredths: `12.5 %` is 0.125.
    #[must_use]
    pub fn read(self, text: &str) -> Option<f64> {
        match self {
            Self::Plain => read_number(text),
            Self::Point => Written::of(text).map_or_else(|| read_number(text), |w| w.value(b'.')),
            Self::Comma => Written::of(text).map_or_else(|| read_number(text), |w| w.value(b',')),
        }
    }
}

/// Currency names before or after a number, in addition to Unicode's currency symbols.
///
/// A name that another one begins with stands behind it.
const CURRENCIES: [&str; 42] = [
    "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK",
    "HUF", "RON", "TRY", "BRL", "MXN", "ZAR", "KRW", "SGD", "HKD", "THB", "IDR", "MYR", "PHP", "AED", "ILS",
    "SFr.", "Fr.", "kr.", "kr", "Kč", "Ft", "zł", "Rs.", "Rs", "Rp", "R$", "руб.",
];

/// A text that may be a number, without the characters around its digits.
#[expect(clippy::struct_excessive_bools, reason = "four things that a text shows or does not")]
#[derive(Debug, Clone, PartialEq)]
struct Written {
    negative: bool,
    percent: bool,
    dressed: bool,
    /// Digits, points and commas; other grouping characters are removed.
    digits: String,
    /// Whether digits were grouped by blanks or apostrophes.
    grouped: bool,
    /// The power of ten behind the digits: 3 in `1,5E+03`.
    exponent: i32,
}

impl Written {
    fn of(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut written = Self {
            negative: false,
            percent: false,
            dressed: false,
            digits: String::new(),
            grouped: false,
            exponent: 0,
        };
        let mut signs = 0;
        // The mark by which spreadsheets keep a text from being read; before whole numbers it may protect a code.
        if let Some(bare) = rest.strip_prefix('\'').filter(|bare| bare.contains(['.', ','])) {
            (rest, written.dressed) = (bare.trim(), true);
        }
        if let Some(inner) = rest.strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
            // Accountants write negative numbers in brackets.
            (rest, written.negative, written.dressed) = (inner.trim(), true, true);
            signs += 1;
        }
        loop {
            let before = rest;
            for (sign, negative) in [("-", true), ("−", true), ("+", false)] {
                let bare = rest.strip_prefix(sign).or_else(|| rest.strip_suffix(sign));
                if let Some(bare) = bare {
                    (rest, written.negative) = (bare.trim(), written.negative | negative);
                    signs += 1;
                }
            }
            if let Some(bare) = rest.strip_suffix('%').or_else(|| rest.strip_prefix('%')) {
                if written.percent {
                    return None;
                }
                (rest, written.percent, written.dressed) = (bare.trim(), true, true);
            }
            let without = |name: &&str| rest.strip_suffix(*name).or_else(|| rest.strip_prefix(*name));
            if let Some(bare) = CURRENCIES.iter().find_map(without) {
                (rest, written.dressed) = (bare.trim(), true);
            }
            let bare = rest.trim_matches(is_currency);
            if bare.len() < rest.len() {
                (rest, written.dressed) = (bare.trim(), true);
            }
            if rest.len() == before.len() {
                break;
            }
        }
        if signs > 1 || !rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',')) {
            return None;
        }
        if let Some((digits, exponent)) = with_exponent(rest) {
            (rest, written.exponent) = (digits, exponent);
        }
        let mut run = 0;
        let mut last_group = None;
        for c in rest.chars() {
            match c {
                '0'..='9' => {
                    run += 1;
                    written.digits.push(c);
                }
                '.' | ',' => {
                    if last_group.is_some() && run != 3 {
                        return None;
                    }
                    (run, last_group) = (0, None);
                    written.digits.push(c);
                }
                // Blanks (plain, no-break, narrow) and apostrophes only ever separate thousands.
                ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’' => {
                    let first = last_group.is_none();
                    if run == 0 || run > 3 || (!first && run != 3) || written.digits.contains(['.', ',']) {
                        return None;
                    }
                    (run, last_group, written.grouped) = (0, Some(c), true);
                }
                _ => return None,
            }
        }
        if last_group.is_some() && run != 3 {
            return None;
        }
        written.digits.contains(|c: char| c.is_ascii_digit()).then_some(written)
    }

    /// The number, given the decimal separator; the other one of point and comma separates thousands.
    fn value(&self, decimal: u8) -> Option<f64> {
        let thousands = if decimal == b'.' { ',' } else { '.' };
        let (whole, fraction) = match self.digits.split_once(char::from(decimal)) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (self.digits.as_str(), None),
        };
        if fraction.is_some_and(|f| f.contains(['.', ','])) {
            return None;
        }
        let mut groups = whole.split(thousands);
        let first = groups.next().unwrap_or("");
        let later: Vec<&str> = groups.collect();
        if let Some((last, middle)) = later.split_last() {
            // Thousands; in India all groups except the last have two digits.
            let even =
                |size: usize| middle.iter().all(|g| g.len() == size) && (1..=size).contains(&first.len());
            if self.grouped
                || last.len() != 3
                || first == "0"
                || !(even(3) || (even(2) && !middle.is_empty()))
            {
                return None;
            }
        }
        let mut plain = format!("0{first}{}.{}", later.concat(), fraction.unwrap_or("0"));
        // A percent sign is not a division, which would round once more.
        let exponent = self.exponent - if self.percent { 2 } else { 0 };
        if exponent != 0 {
            plain.push_str(&format!("e{exponent}"));
        }
        let size: f64 = plain.parse().ok()?;
        Some(if self.negative { -size } else { size })
    }
}

/// The digits of a number in scientific notation, and its power of ten.
fn with_exponent(text: &str) -> Option<(&str, i32)> {
    let (digits, power) = text.rsplit_once(['e', 'E'])?;
    let size = power.strip_prefix(['+', '-']).unwrap_or(power);
    let fits = (1..=3).contains(&size.len()) && size.bytes().all(|b| b.is_ascii_digit());
    (fits && digits.ends_with(|c: char| c.is_ascii_digit())).then(|| Some((digits, power.parse().ok()?)))?
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '¢' | '£' | '¤' | '¥' | '\u{20a0}'..='\u{20cf}')
}

/// Evidence on the number style of a column, from its texts.
#[derive(Debug, Clone, Default)]
pub struct NumberEvidence {
    /// Texts that are numbers with a decimal point but not with a comma.
    pub only_point: u64,
    /// Texts that are numbers with a decimal comma but not with a point.
    pub only_comma: u64,
    /// Texts that are different numbers with a decimal point and with a comma.
    pub either: u64,
    /// Texts that are the same number either way.
    pub same: u64,
    /// Texts that are numbers to people but not to programs.
    pub dressed: u64,
    /// Texts that are numbers with a percent sign.
    pub percent: u64,
    /// Texts that are not numbers.
    pub neither: u64,
    /// Integers of four digits or more without grouping.
    ungrouped: u64,
    /// Texts that are a number and letters behind it, by those letters; at most [`MOST_UNITS`] are kept.
    units: Vec<(String, u64)>,
    /// A text of each kind: only point, only comma, either, dressed, neither.
    examples: [Option<String>; 5],
}

/// The most units that are told apart in one column.
const MOST_UNITS: usize = 4;

/// The longest unit.
const LONGEST_UNIT: usize = 8;

/// The letters behind a number: `12.5 kg`, `3k`, `20°C`, `1,200 sq ft`.
fn unit_of(text: &str) -> Option<&str> {
    let is_of_unit = |c: char| c.is_alphabetic() || matches!(c, '°' | '²' | '³' | '/' | ' ' | '\u{a0}');
    let number = text.trim_end_matches(is_of_unit);
    let unit = text[number.len()..].trim();
    let fits = !unit.is_empty() && unit.len() <= LONGEST_UNIT && Written::of(number).is_some();
    fits.then_some(unit)
}

/// The style found for a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StyleFound {
    /// This one.
    Clear(NumberStyle),
    /// Points or commas: the texts are ambiguous. With an example.
    Either(String),
    /// Its texts are not numbers.
    NoNumbers,
}

/// With this many grouped numbers it is not chance that each has exactly three digits after its comma.
const MANY: u64 = 30;

/// With this many texts it is not chance that the same letters follow each number.
const MANY_OF_UNIT: u64 = 5;

impl NumberEvidence {
    /// Adds a text that is not a missing value.
    pub fn look(&mut self, text: &str) {
        let plain = read_number(text).is_some();
        let Some(written) = Written::of(text) else {
            if plain {
                self.same += 1;
            } else {
                self.neither += 1;
                self.keep(4, text);
                self.look_for_unit(text.trim());
            }
            return;
        };
        if !plain {
            self.dressed += 1;
            self.keep(3, text);
        }
        self.percent += u64::from(written.percent);
        match (written.value(b'.'), written.value(b',')) {
            (Some(a), Some(b)) if a == b => {
                self.same += 1;
                let bare = written.digits.len() > 3 && !written.grouped;
                self.ungrouped += u64::from(bare && !written.digits.contains(['.', ',']));
            }
            (Some(_), Some(_)) => {
                self.either += 1;
                self.keep(2, text);
            }
            (Some(_), None) => {
                self.only_point += 1;
                self.keep(0, text);
            }
            (None, Some(_)) => {
                self.only_comma += 1;
                self.keep(1, text);
            }
            (None, None) => {
                self.neither += 1;
                self.keep(4, text);
            }
        }
    }

    fn look_for_unit(&mut self, text: &str) {
        let Some(unit) = unit_of(text) else { return };
        if let Some((_, count)) = self.units.iter_mut().find(|(known, _)| known == unit) {
            *count += 1;
        } else if self.units.len() < MOST_UNITS {
            self.units.push((unit.to_owned(), 1));
        }
    }

    /// An example and the units, the most frequent first, if nearly all texts are a number with one of a few units behind it.
    #[must_use]
    pub fn units(&self) -> Option<(&str, Vec<&str>)> {
        let mut units: Vec<&(String, u64)> = self.units.iter().collect();
        units.sort_by(|(one, a), (other, b)| b.cmp(a).then_with(|| one.cmp(other)));
        let count: u64 = units.iter().map(|(_, count)| count).sum();
        let all = self.neither + self.only_point + self.only_comma + self.either + self.same;
        let units: Vec<&str> = units.into_iter().map(|(unit, _)| unit.as_str()).collect();
        // Letters that differ from value to value may be codes: 12A, 7B.
        let is_code =
            |unit: &&str| unit.len() == 1 && !["k", "K", "M", "B", "m", "g", "h", "s"].contains(unit);
        if units.len() > 1 && units.iter().any(is_code) {
            return None;
        }
        let example =
            self.examples[4].as_deref().filter(|text| units.iter().any(|unit| text.ends_with(unit)))?;
        (count >= MANY_OF_UNIT && count * 10 >= all * 9).then_some((example, units))
    }

    fn keep(&mut self, kind: usize, text: &str) {
        self.examples[kind].get_or_insert_with(|| text.trim().to_owned());
    }

    /// An example of the style found.
    #[must_use]
    pub fn example(&self, style: NumberStyle) -> &str {
        let [point, comma, either, dressed, _] = &self.examples;
        let of_style = if style == NumberStyle::Comma { comma } else { point };
        dressed.iter().chain(of_style).chain(either).next().map_or("", String::as_str)
    }

    /// A text that is not a number, if nearly all others are.
    #[must_use]
    pub fn stray(&self) -> Option<&str> {
        let numbers = self.only_point.max(self.only_comma) + self.either + self.same;
        let rest = self.neither + self.only_point.min(self.only_comma);
        (rest > 0 && numbers >= 9 * rest)
            .then(|| self.examples[4].as_deref().or(self.examples[1].as_deref()))?
    }

    /// The unambiguous decimal separator of the column, if any.
    #[must_use]
    pub fn vote(&self) -> Option<NumberStyle> {
        match (self.neither, self.only_point, self.only_comma) {
            (0, 1.., 0) => Some(NumberStyle::Point),
            (0, 0, 1..) => Some(NumberStyle::Comma),
            _ => None,
        }
    }

    /// The style of the column.
    ///
    /// * `file`: the style of the file's other columns, or the one given by the user.
    #[must_use]
    pub fn style(&self, file: Option<NumberStyle>) -> StyleFound {
        let numbers = self.only_point + self.only_comma + self.either + self.same;
        if self.neither > 0 || numbers == 0 {
            return StyleFound::NoNumbers;
        }
        let clear = |style: NumberStyle| {
            let style =
                if self.dressed == 0 && style == NumberStyle::Point { NumberStyle::Plain } else { style };
            StyleFound::Clear(style)
        };
        match (self.only_point, self.only_comma) {
            (1.., 1..) => StyleFound::NoNumbers,
            (1.., 0) => clear(NumberStyle::Point),
            (0, 1..) => clear(NumberStyle::Comma),
            _ if self.either == 0 => clear(NumberStyle::Point),
            _ if file.is_some() => clear(file.unwrap_or_default()),
            // Points only: the format of programs.
            _ if self.dressed == 0 => clear(NumberStyle::Point),
            // Thousands: numbers below 1000 have no separator, and no larger number lacks one.
            _ if self.same > 0 && self.ungrouped == 0 && self.either >= MANY => {
                let has_comma = self.examples[2].as_ref().is_some_and(|text| text.contains(','));
                clear(if has_comma { NumberStyle::Point } else { NumberStyle::Comma })
            }
            _ => StyleFound::Either(self.examples[2].clone().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        let cases = [
            ("$1,234.50", Some(1234.5), None),
            ("1.234,50 €", None, Some(1234.5)),
            ("12,5", None, Some(12.5)),
            ("0,340", None, Some(0.34)),
            ("1,234", Some(1234.0), Some(1.234)),
            ("1.234", Some(1.234), Some(1234.0)),
            ("12,34,567.5", Some(1_234_567.5), None),
            ("1'234.5", Some(1234.5), None),
            ("1 234,5", None, Some(1234.5)),
            ("12\u{202f}345", Some(12345.0), Some(12345.0)),
            ("12.5 %", Some(0.125), None),
            ("-3 %", Some(-0.03), Some(-0.03)),
            ("(99.00)", Some(-99.0), None),
            ("−7", Some(-7.0), Some(-7.0)),
            ("- $5.25", Some(-5.25), None),
            ("EUR 19,99", None, Some(19.99)),
            (",5", None, Some(0.5)),
            ("", Some(f64::NAN), Some(f64::NAN)),
            ("1e3", Some(1000.0), Some(1000.0)),
            ("5,4550E+01", None, Some(54.55)),
            ("-1,5e-3", None, Some(-0.0015)),
            ("12 EUR", Some(12.0), Some(12.0)),
            ("1,5e", None, None),
            ("12,3456,7", None, None),
            ("1,23.4", None, None),
            ("--5", None, None),
            ("abc", None, None),
            ("12 kg", None, None),
            ("1 2", None, None),
            (".", Some(f64::NAN), Some(f64::NAN)),
        ];
        for (text, point, comma) in cases {
            let same = |got: Option<f64>, want: Option<f64>| match (got, want) {
                (Some(a), Some(b)) => a == b || (a.is_nan() && b.is_nan()),
                (a, b) => a == b,
            };
            assert!(
                same(NumberStyle::Point.read(text), point),
                "{text}: {:?}",
                NumberStyle::Point.read(text)
            );
            assert!(
                same(NumberStyle::Comma.read(text), comma),
                "{text}: {:?}",
                NumberStyle::Comma.read(text)
            );
        }
    }

    fn found(texts: &[&str], file: Option<NumberStyle>) -> StyleFound {
        let mut evidence = NumberEvidence::default();
        texts.iter().for_each(|text| evidence.look(text));
        evidence.style(file)
    }

    #[test]
    fn a_column_tells_its_style_or_that_it_cannot() {
        use NumberStyle::{Comma, Plain, Point};
        assert_eq!(found(&["1.5", "2"], None), StyleFound::Clear(Plain));
        assert_eq!(found(&["1,5", "2"], None), StyleFound::Clear(Comma));
        assert_eq!(found(&["1,234", "2.5"], None), StyleFound::Clear(Point));
        assert_eq!(found(&["1,234", "5,678"], None), StyleFound::Either("1,234".to_owned()));
        assert_eq!(found(&["1,234", "5,678"], Some(Comma)), StyleFound::Clear(Comma));
        assert_eq!(found(&["1.234", "5.678"], None), StyleFound::Clear(Plain));
        assert_eq!(found(&["1.234", "5.678"], Some(Comma)), StyleFound::Clear(Comma));
        assert_eq!(found(&["1.5", "2,5"], None), StyleFound::NoNumbers);
        assert_eq!(found(&["1.5", "x"], None), StyleFound::NoNumbers);
        assert_eq!(found(&["$5", "$7"], None), StyleFound::Clear(Point));
        let mut thousands = vec!["1,200"; 40];
        thousands.push("950");
        assert_eq!(found(&thousands, None), StyleFound::Clear(Point));
        thousands.push("1200");
        assert_eq!(found(&thousands, None), StyleFound::Either("1,200".to_owned()));
    }

    #[test]
    fn letters_behind_every_number_are_a_unit() {
        let of = |texts: &[&str]| {
            let mut evidence = NumberEvidence::default();
            texts.iter().for_each(|text| evidence.look(text));
            evidence.units().map(|(text, units)| (text.to_owned(), units.join(", ")))
        };
        let kilos = ["12.5 kg", "3 kg", "7,25 kg", "100 kg", "81 kg", "2 kg"];
        assert_eq!(of(&kilos), Some(("12.5 kg".to_owned(), "kg".to_owned())));
        assert_eq!(of(&["1k", "2k", "3k", "4k", "5.5k"]), Some(("1k".to_owned(), "k".to_owned())));
        let prices = ["$1.2M", "$850K", "$2M", "$3.5M", "$900K"];
        assert_eq!(of(&prices), Some(("$1.2M".to_owned(), "M, K".to_owned())));
        assert_eq!(of(&["1,200 sq ft"; 5]), Some(("1,200 sq ft".to_owned(), "sq ft".to_owned())));
        assert_eq!(of(&["12A", "7B", "3A", "9B", "1A"]), None, "seats");
        assert_eq!(of(&["a1", "b2", "c3", "d4", "e5"]), None);
        assert_eq!(of(&["1a", "2b", "3c", "4d", "5e", "6f"]), None, "codes");
    }

    #[test]
    fn a_stray_text_among_numbers_is_named() {
        let mut evidence = NumberEvidence::default();
        (0..50).for_each(|i| evidence.look(&i.to_string()));
        assert_eq!(evidence.stray(), None);
        evidence.look("unknown");
        assert_eq!(evidence.stray(), Some("unknown"));
    }

    proptest! {
        #[test]
        fn what_a_locale_writes_is_read_back(x in -9_999_999.0_f64..9_999_999.0) {
            let x = (x * 100.0).round() / 100.0;
            let plain = format!("{:.2}", x.abs());
            let (whole, cents) = plain.split_once('.').unwrap();
            let first = whole.len() % 3;
            let mut groups: Vec<&str> = if first > 0 { vec![&whole[..first]] } else { Vec::new() };
            groups.extend(whole.as_bytes()[first..].chunks(3).map(|g| std::str::from_utf8(g).unwrap()));
            let sign = if x < 0.0 { "-" } else { "" };
            let english = format!("{sign}${}.{cents}", groups.join(","));
            let german = format!("{sign}{},{cents} €", groups.join("."));
            prop_assert_eq!(NumberStyle::Point.read(&english), Some(x));
            prop_assert_eq!(NumberStyle::Comma.read(&german), Some(x));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,24}") {
            let mut evidence = NumberEvidence::default();
            evidence.look(&text);
            let _ = (NumberStyle::Point.read(&text), evidence.style(None), evidence.stray());
        }
    }
}
