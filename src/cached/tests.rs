use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, PartialEq)]
struct Inner {
    name: String,
    word: &'static str,
    pairs: Vec<(f64, Option<u32>)>,
}

cached!(struct Inner { name, word, pairs });

#[derive(Debug, Clone, PartialEq)]
struct Wrapped(Vec<bool>);

cached!(struct Wrapped(flags));

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Plain,
    Of(usize, f64),
    Named { inner: Box<Inner>, wrapped: Wrapped },
}

cached!(enum Kind { Plain, Of(place, value), Named { inner, wrapped } });

fn bytes_of<T: Cached>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    value.write(&mut writer);
    writer.finish().expect("memory takes bytes");
    bytes
}

fn back<T: Cached>(bytes: &[u8]) -> Result<T, Damaged> {
    let mut reader = Reader::new(bytes);
    let value = T::read(&mut reader)?;
    reader.end()?;
    Ok(value)
}

fn examples() -> Vec<Kind> {
    let inner = Inner { name: "a\u{e9}".to_owned(), word: "rows", pairs: vec![(-0.0, None), (1.5, Some(7))] };
    let wrapped = Wrapped(vec![true, false]);
    vec![Kind::Plain, Kind::Of(usize::MAX, f64::INFINITY), Kind::Named { inner: Box::new(inner), wrapped }]
}

#[test]
fn what_is_written_comes_back() {
    let examples = examples();
    assert_eq!(back::<Vec<Kind>>(&bytes_of(&examples)), Ok(examples));
    let map: BTreeMap<String, (f64, f64)> = BTreeMap::from([("x".to_owned(), (0.1, f64::MIN))]);
    assert_eq!(back(&bytes_of(&map)), Ok(map));
    let result: Result<Arc<[u32; 2]>, String> = Ok(Arc::new([3, 4]));
    assert_eq!(back(&bytes_of(&result)), Ok(result));
    let undefined: Result<u8, String> = Err("why".to_owned());
    assert_eq!(back(&bytes_of(&undefined)), Ok(undefined));
}

#[test]
fn numbers_keep_every_bit() {
    let odd = [f64::NAN, -f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001), -0.0, f64::MIN_POSITIVE / 2.0];
    let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let read: Vec<f64> = back(&bytes_of(&odd.to_vec())).expect("numbers");
    assert_eq!(bits(&read), bits(&odd));
}

#[test]
fn shorter_bytes_are_damaged_and_ask_for_no_memory() {
    let bytes = bytes_of(&examples());
    for length in 0..bytes.len() {
        assert_eq!(back::<Vec<Kind>>(&bytes[..length]), Err(Damaged), "{length}");
    }
    // A length that no memory holds.
    let huge = bytes_of(&u64::MAX);
    assert_eq!(back::<Vec<f64>>(&huge), Err(Damaged));
    assert_eq!(back::<Vec<Kind>>(&huge), Err(Damaged));
    assert_eq!(back::<String>(&huge), Err(Damaged));
}

#[test]
fn long_values_are_handed_on_in_pieces() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let numbers: Vec<f64> = (0..50_000).map(f64::from).collect();
    assert_eq!(back(&bytes_of(&numbers)), Ok(numbers.clone()));
    let mut full = Full(100_000);
    let mut writer = Writer::new(&mut full);
    numbers.write(&mut writer);
    assert_eq!(writer.finish().map_err(|error| error.kind()), Err(std::io::ErrorKind::StorageFull));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = back::<Vec<Kind>>(&bytes);
    }
}
