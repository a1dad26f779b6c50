//! Maps texts to codes.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use crate::summary::MISSING;

/// How texts are normalised before they become codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Unchanged.
    Exact,
    /// `3.0` is `3`.
    Digits,
    /// `True`, `TRUE` and `1` are `true`.
    Boolean,
    /// Class names: `1.0` is `1`; an unknown text is matched by alternative spellings ([`same_class`]).
    Class,
}

/// Whether two texts are spellings of one class: they differ in case, surrounding blanks or quotes, a full
/// stop at the end or the decimal zeros of a number, or both mean yes (`1`, `true`, `yes`, `Y`, `ja`, `positive`)
/// or both no.
#[must_use]
pub fn same_class(a: &str, b: &str) -> bool {
    let (a, b) = (bare(a), bare(b));
    a == b || says_yes(&a).is_some_and(|yes| says_yes(&b) == Some(yes))
}

/// A class name without insignificant characters, in lower case.
fn bare(text: &str) -> String {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
    let text = text.strip_suffix('.').unwrap_or(text);
    digits(text).to_lowercase()
}

/// Bytes of the longest word below: a longer text need not be looked at for every unknown one.
const LONGEST_WORD: usize = 10;

fn says_yes(bare: &str) -> Option<bool> {
    match bare {
        "1" | "true" | "t" | "yes" | "y" | "positive" | "pos" | "ja" | "j" | "oui" | "si" | "sí" | "sì"
        | "sim" | "wahr" | "vrai" | "verdadero" | "verdadeiro" | "vero" | "waar" | "prawda" => Some(true),
        "0" | "-1" | "false" | "f" | "no" | "n" | "negative" | "neg" | "nein" | "non" | "não" | "nao"
        | "nej" | "falsch" | "faux" | "falso" | "onwaar" | "fałsz" => Some(false),
        _ => None,
    }
}

impl Spelling {
    /// The known spelling of a text.
    fn of<'a>(self, text: &'a str, known: &Codes) -> std::borrow::Cow<'a, str> {
        match self {
            Self::Exact => text.into(),
            Self::Digits => digits(text).into(),
            Self::Boolean => boolean(text).map_or_else(|| text.into(), Into::into),
            Self::Class => {
                let text = digits(text);
                if known.contains_key(text) {
                    return text.into();
                }
                let bare = bare(text);
                if let Some(same) = known.keys().filter(|known| self::bare(known) == bare).min() {
                    return same.clone().into();
                }
                // Yes and no identify a class only if there are two.
                let alike = |known: &&String| known.len() <= LONGEST_WORD && same_class(known, &bare);
                let same = known.keys().filter(alike).min().filter(|_| known.len() == 2);
                let same = same.or_else(|| other_of_two(known, &bare));
                same.map_or_else(|| text.into(), |known| known.clone().into())
            }
        }
    }
}

/// The class that a text which says yes (or no) means where the other one of two classes says the opposite, and this one is a word
/// of its own: `1` is `churned` beside `no`. A number is no such word: beside `1`, a `2` may be either.
fn other_of_two<'k>(known: &'k Codes, bare: &str) -> Option<&'k String> {
    let yes = says_yes(bare).filter(|_| known.len() == 2)?;
    let says = |class: &String| says_yes(&self::bare(class));
    let has_opposite = known.keys().any(|class| says(class) == Some(!yes));
    let is_word = |class: &String| says(class).is_none() && class.parse::<f64>().is_err();
    known.keys().find(|class| has_opposite && is_word(class))
}

/// An integer without decimal zeros: `3.0` is `3`.
fn digits(text: &str) -> &str {
    let Some((whole, decimals)) = text.split_once('.') else {
        return text;
    };
    let sign_free = whole.strip_prefix('-').unwrap_or(whole);
    let is_whole = !sign_free.is_empty() && sign_free.bytes().all(|b| b.is_ascii_digit());
    if is_whole && decimals.bytes().all(|b| b == b'0') { whole } else { text }
}

fn boolean(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "1.0" | "yes" => Some("true"),
        "false" | "f" | "0" | "0.0" | "no" => Some("false"),
        _ => None,
    }
}

/// Text to code.
type Codes = HashMap<String, u32, BuildHasherDefault<TextHasher>>;

/// A quick hash of short texts: eight bytes at a time, rotated, mixed and multiplied as in `rustc`'s
/// `FxHasher`.
#[derive(Debug, Default)]
struct TextHasher(u64);

impl Hasher for TextHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(last) ^ ((bytes.len() as u64) << 56));
        }
    }

    fn write_u8(&mut self, _: u8) {
        // Only texts are hashed; the terminating byte carries no information.
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

/// The levels known to a plan, shared by all threads.
#[derive(Debug, Default)]
pub struct Known {
    /// Texts by code.
    pub texts: Vec<String>,
    codes: Codes,
    spelling: Option<Spelling>,
    /// Other spellings of levels, listed by the user.
    also: HashMap<String, String>,
}

impl Known {
    /// Assigns codes to the levels in order.
    #[must_use]
    pub fn new(texts: Vec<String>, spelling: Spelling) -> Self {
        Self::with_spellings(texts, spelling, HashMap::new())
    }

    /// The same with other spellings of the levels: spelling to level.
    #[must_use]
    pub fn with_spellings(texts: Vec<String>, spelling: Spelling, also: HashMap<String, String>) -> Self {
        let codes = texts.iter().cloned().zip(0..).collect();
        Self { texts, codes, spelling: Some(spelling), also }
    }

    /// How texts are normalised.
    #[must_use]
    pub fn spelling(&self) -> Spelling {
        self.spelling.unwrap_or(Spelling::Exact)
    }
}

/// Maps texts to codes: the plan's first, then those new in this thread.
#[derive(Debug)]
pub struct Dictionary {
    known: Arc<Known>,
    fresh: Vec<String>,
    codes: Codes,
    /// Codes of small integers, [`MISSING`] if not known yet.
    small: [u32; 64],
    /// Class names found in another spelling, spelling to class.
    respelt: BTreeMap<String, String>,
    /// Whether new texts were forgotten.
    forgot: bool,
}

impl Dictionary {
    /// The maximum number of levels that a dictionary remembers beyond those of the plan.
    pub const MOST_FRESH: usize = 1 << 16;

    /// The maximum number of texts whose level is remembered; those beyond it are read again at each meeting.
    const MOST_TEXTS: usize = 4 * Self::MOST_FRESH;

    /// A dictionary with the plan's levels.
    #[must_use]
    pub fn new(known: Arc<Known>) -> Self {
        Self {
            known,
            fresh: Vec::new(),
            codes: Codes::default(),
            small: [MISSING; 64],
            respelt: BTreeMap::new(),
            forgot: false,
        }
    }

    /// Forgets the new levels when there are too many. Codes returned before become invalid.
    pub fn renew(&mut self) {
        if self.fresh.len() > Self::MOST_FRESH {
            self.fresh.clear();
            self.codes.clear();
            self.small = [MISSING; 64];
            self.forgot = true;
        }
    }

    /// The levels met beyond those of the plan, in the order of their codes; none where some were forgotten.
    #[must_use]
    pub fn fresh(&self) -> Option<&[String]> {
        (!self.forgot).then_some(self.fresh.as_slice())
    }

    /// The code of a text.
    pub fn encode(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.known.codes.get(text) {
            return code;
        }
        if let Some(&code) = self.codes.get(text) {
            return code;
        }
        let spelled = match self.known.also.get(text.trim()) {
            Some(level) => level.as_str().into(),
            None => self.known.spelling.unwrap_or(Spelling::Exact).of(text, &self.known.codes),
        };
        if self.known.spelling == Some(Spelling::Class) && digits(text) != spelled {
            self.respelt.insert(text.to_owned(), spelled.clone().into_owned());
        }
        let code = self.known.codes.get(&*spelled).or_else(|| self.codes.get(&*spelled)).copied();
        let code = code.unwrap_or_else(|| {
            let code = (self.known.texts.len() + self.fresh.len()) as u32;
            self.fresh.push(spelled.clone().into_owned());
            self.codes.insert(spelled.clone().into_owned(), code);
            code
        });
        if spelled != text && self.codes.len() < Self::MOST_TEXTS {
            self.codes.insert(text.to_owned(), code);
        }
        code
    }

    /// The code of an integer.
    pub fn encode_whole(&mut self, x: i64) -> u32 {
        let small = usize::try_from(x).ok().filter(|&x| x < self.small.len());
        if let Some(code) = small.map(|x| self.small[x]).filter(|&code| code != MISSING) {
            return code;
        }
        let code = self.encode(&x.to_string());
        if let Some(x) = small {
            self.small[x] = code;
        }
        code
    }

    /// Class names found in another spelling than the plan's, spelling to class.
    #[must_use]
    pub fn respelt(&self) -> &BTreeMap<String, String> {
        &self.respelt
    }

    /// The number of levels known to the plan; codes from here on are specific to this thread.
    #[must_use]
    pub fn known(&self) -> u32 {
        self.known.texts.len() as u32
    }

    /// The text of a code that is not [`MISSING`].
    #[must_use]
    pub fn text(&self, code: u32) -> &str {
        let code = code as usize;
        self.known.texts.get(code).unwrap_or_else(|| &self.fresh[code - self.known.texts.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let code = |spelling, known: &[&str], text: &str| {
            let known = Known::new(known.iter().map(ToString::to_string).collect(), spelling);
            let mut dictionary = Dictionary::new(Arc::new(known));
            let code = dictionary.encode(text);
            assert_eq!(dictionary.encode(text), code);
            dictionary.text(code).to_owned()
        };
        assert_eq!(code(Spelling::Digits, &["3"], "3.0"), "3");
        assert_eq!(code(Spelling::Exact, &["3"], "3.0"), "3.0");
        assert_eq!(code(Spelling::Boolean, &[], "True"), "true");
        assert_eq!(code(Spelling::Class, &["no", "yes"], "YES"), "yes");
        assert_eq!(code(Spelling::Class, &["0", "1"], "1.0"), "1");
        assert_eq!(code(Spelling::Class, &["0", "1"], "True"), "1");
        assert_eq!(code(Spelling::Class, &["false", "true"], "0"), "false");
        assert_eq!(code(Spelling::Class, &["a", "b"], "C"), "C");
        assert_eq!(code(Spelling::Class, &["<=50K", ">50K"], ">50K."), ">50K");
        assert_eq!(code(Spelling::Class, &["N", "Y"], "1"), "Y");
        assert_eq!(code(Spelling::Class, &["0", "1"], " Yes "), "1");
        assert_eq!(code(Spelling::Class, &["-1", "1"], "0"), "-1");
        assert_eq!(code(Spelling::Class, &["bad", "good"], "1"), "1");
        assert_eq!(code(Spelling::Class, &["0", "1", "2"], "no"), "no");
    }

    #[test]
    fn listed_spellings_are_classes() {
        let also = [("gut".to_owned(), "1".to_owned())].into();
        let known = Known::with_spellings(vec!["0".to_owned(), "1".to_owned()], Spelling::Class, also);
        let mut dictionary = Dictionary::new(Arc::new(known));
        assert_eq!((dictionary.encode("gut"), dictionary.encode("yes"), dictionary.encode("0")), (1, 1, 0));
        let told: Vec<&str> = dictionary.respelt().keys().map(String::as_str).collect();
        assert_eq!(told, ["gut", "yes"]);
    }
}
