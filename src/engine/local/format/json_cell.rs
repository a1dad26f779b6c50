//! One value of a row of JSON, written into its column.

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::json_columns::lone;
use crate::summary::values::{Collector, Dictionary};

/// Deserializes one value into its column.
pub(super) struct JsonCell<'a> {
    pub(super) column: &'a mut Collector,
    pub(super) dictionary: &'a mut Dictionary,
}

impl<'de> DeserializeSeed<'de> for JsonCell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonCell<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number, a text, a truth value, a list of numbers or null")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.column.missing();
        Ok(())
    }

    fn visit_bool<E>(self, x: bool) -> Result<(), E> {
        self.column.boolean(x, self.dictionary);
        Ok(())
    }

    fn visit_i64<E>(self, x: i64) -> Result<(), E> {
        self.column.integer(x, self.dictionary);
        Ok(())
    }

    fn visit_u64<E>(self, x: u64) -> Result<(), E> {
        match i64::try_from(x) {
            Ok(x) => self.column.integer(x, self.dictionary),
            Err(_) => self.column.number(x as f64, self.dictionary),
        }
        Ok(())
    }

    fn visit_f64<E>(self, x: f64) -> Result<(), E> {
        self.column.number(x, self.dictionary);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.column.text(text, self.dictionary);
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        if !self.column.is_of_vectors() {
            let first: Option<Value> = list.next_element()?;
            let is_longer = list.next_element::<IgnoredAny>()?.is_some();
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return match first.as_ref().filter(|_| !is_longer).map(lone).filter(|only| !only.is_array()) {
                Some(only) => self.deserialize(only).map_err(S::Error::custom),
                None => self.visit_unit(),
            };
        }
        let (mut vector, mut is_vector) = (Vec::new(), true);
        while let Some(Element(x)) = list.next_element()? {
            is_vector &= x.is_some();
            vector.extend(x);
        }
        // A list of something else, such as words, is no value that could be counted.
        if is_vector {
            self.column.vector(&vector);
        } else {
            self.column.missing();
        }
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.column.missing();
        Ok(())
    }
}

/// An element of a list: a number, NaN where it is null, none where it is anything else.
struct Element(Option<f32>);

impl<'de> serde::Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(ElementVisitor)
    }
}

struct ElementVisitor;

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = Element;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an element of a list")
    }

    fn visit_unit<E>(self) -> Result<Element, E> {
        Ok(Element(Some(f32::NAN)))
    }

    fn visit_i64<E>(self, x: i64) -> Result<Element, E> {
        Ok(Element(Some(x as f32)))
    }

    fn visit_u64<E>(self, x: u64) -> Result<Element, E> {
        Ok(Element(Some(x as f32)))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Element, E> {
        Ok(Element(Some(x as f32)))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Element, E> {
        Ok(Element(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Element, E> {
        Ok(Element(None))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Element, S::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Element(None))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Element, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Element(None))
    }
}
