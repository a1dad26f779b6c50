//! Header blocks (RFC 7541), without a dynamic table: the client allows a table of no bytes, so a server sends literals and
//! references to the static table only.

/// The static table (RFC 7541, appendix A), from index 1.
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// The length in bits of the Huffman code of each byte, and of the end of a text (RFC 7541, appendix B). The code is
/// canonical, so the lengths determine it.
#[rustfmt::skip]
const CODE_LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

/// Names and values of a header block.
pub(crate) type Headers = Vec<(String, Vec<u8>)>;

/// Appends a header as a literal; one that holds a secret is marked never to be indexed on its way.
pub(crate) fn write(out: &mut Vec<u8>, name: &str, value: &[u8], secret: bool) {
    out.push(if secret { 0x10 } else { 0x00 });
    for text in [name.as_bytes(), value] {
        write_length(out, text.len());
        out.extend_from_slice(text);
    }
}

/// A length with a prefix of seven bits (RFC 7541, section 5.1).
fn write_length(out: &mut Vec<u8>, mut length: usize) {
    if length < 127 {
        out.push(length as u8);
        return;
    }
    out.push(127);
    length -= 127;
    while length >= 128 {
        out.push((length % 128) as u8 | 128);
        length /= 128;
    }
    out.push(length as u8);
}

/// Reads a header block.
///
/// # Errors
///
/// When it is malformed, or refers to a dynamic table.
pub(crate) fn read(mut block: &[u8]) -> Result<Headers, String> {
    let mut headers = Vec::new();
    while let Some(&first) = block.first() {
        if first & 0x80 != 0 {
            let (name, value) = named(number(&mut block, 7)?)?;
            headers.push((name.to_owned(), value.as_bytes().to_vec()));
        } else if first & 0xe0 == 0x20 {
            // A change of the table's size, which can only be to nothing.
            number(&mut block, 5)?;
        } else {
            let index = number(&mut block, if first & 0x40 != 0 { 6 } else { 4 })?;
            let name = if index == 0 {
                String::from_utf8_lossy(&text(&mut block)?).into_owned()
            } else {
                named(index)?.0.to_owned()
            };
            headers.push((name, text(&mut block)?));
        }
    }
    Ok(headers)
}

fn named(index: usize) -> Result<(&'static str, &'static str), String> {
    let entry = index.checked_sub(1).and_then(|index| STATIC.get(index));
    entry.copied().ok_or_else(|| "a header refers to a table that was not agreed on".to_owned())
}

fn cut_off() -> String {
    "a header block is cut off".to_owned()
}

fn take_byte(block: &mut &[u8]) -> Result<u8, String> {
    let (&byte, rest) = block.split_first().ok_or_else(cut_off)?;
    *block = rest;
    Ok(byte)
}

fn number(block: &mut &[u8], prefix: u32) -> Result<usize, String> {
    let most = (1_usize << prefix) - 1;
    let mut value = usize::from(take_byte(block)?) & most;
    if value < most {
        return Ok(value);
    }
    for shift in (0..28).step_by(7) {
        let byte = take_byte(block)?;
        value += usize::from(byte & 127) << shift;
        if byte & 128 == 0 {
            return Ok(value);
        }
    }
    Err("a header's length has too many bytes".to_owned())
}

fn text(block: &mut &[u8]) -> Result<Vec<u8>, String> {
    let is_coded = block.first().is_some_and(|byte| byte & 0x80 != 0);
    let length = number(block, 7)?;
    let (text, rest) = block.split_at_checked(length).ok_or_else(cut_off)?;
    *block = rest;
    if is_coded { decoded(text) } else { Ok(text.to_vec()) }
}

/// A text in the Huffman code, bit by bit: headers of a few hundred bytes need no faster way.
fn decoded(coded: &[u8]) -> Result<Vec<u8>, String> {
    let mut order: Vec<usize> = (0..CODE_LENGTHS.len()).collect();
    order.sort_by_key(|&symbol| CODE_LENGTHS[symbol]);
    // Of each length: the first code, the position in the order of its symbol, and the number of codes.
    let mut lengths = [(0_u32, 0_usize, 0_usize); 31];
    let (mut code, mut position) = (0_u32, 0);
    for (length, entry) in lengths.iter_mut().enumerate().skip(1) {
        code <<= 1;
        let count = CODE_LENGTHS.iter().filter(|bits| usize::from(**bits) == length).count();
        *entry = (code, position, count);
        code += count as u32;
        position += count;
    }
    let broken = || "a header's text is not in the Huffman code".to_owned();
    let mut text = Vec::with_capacity(coded.len() * 2);
    let (mut code, mut length) = (0_u32, 0_usize);
    for bit in coded.iter().flat_map(|byte| (0..8).rev().map(move |shift| byte >> shift & 1)) {
        code = code << 1 | u32::from(bit);
        length += 1;
        let &(first, position, count) = lengths.get(length).ok_or_else(broken)?;
        let offset = code.wrapping_sub(first) as usize;
        if code >= first && offset < count {
            text.push(u8::try_from(order[position + offset]).map_err(|_| broken())?);
            (code, length) = (0, 0);
        }
    }
    // What is left is the beginning of the end's code, all ones, of less than a byte.
    if length < 8 && code.count_ones() as usize == length { Ok(text) } else { Err(broken()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn examples_of_the_standard() {
        // RFC 7541, appendix C.4.1 and C.6.1, without the indexing that a table of no bytes rules out.
        let coded = [0x8c, 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff];
        assert_eq!(text(&mut &coded[..]).expect("a text"), b"www.example.com");
        let private = [0x08, 0x82, 0x64, 0x02];
        assert_eq!(read(&private).expect("a block"), [(":status".to_owned(), b"302".to_vec())]);
        assert_eq!(read(&[0x88]).expect("a block"), [(":status".to_owned(), b"200".to_vec())]);
        assert_eq!(number(&mut &[0x1f, 0x9a, 0x0a][..], 5), Ok(1337));
    }

    #[test]
    fn malformed_blocks_are_refused() {
        for block in [&[0xff][..], &[0xbe], &[0x00, 0x05, b'a'], &[0x00, 0x81, 0x00, 0x00], &[0x80]] {
            assert!(read(block).is_err(), "{block:?}");
        }
    }

    proptest! {
        #[test]
        fn headers_are_read_as_they_were_written(name in "[a-z-]{1,20}", value in "[ -~]{0,300}", secret: bool) {
            let mut block = Vec::new();
            write(&mut block, &name, value.as_bytes(), secret);
            prop_assert_eq!(read(&block), Ok(vec![(name, value.into_bytes())]));
        }

        #[test]
        fn no_block_makes_it_panic(block in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&block);
        }
    }
}
