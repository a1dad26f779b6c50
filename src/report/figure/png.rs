//! PNG encoding. Compression is in plain Rust, so that the bytes do not depend on the machine.

use miniz_oxide::deflate::compress_to_vec_zlib;

/// Compression level; the maximum is 10.
const EFFORT: u8 = 6;

/// Encodes an RGB image with 8 bits per channel.
///
/// * `width`: pixels per row.
/// * `pixels`: red, green and blue, row by row.
pub(super) fn encoded(width: usize, pixels: &[u8]) -> Vec<u8> {
    let height = pixels.len() / (3 * width).max(1);
    let mut lines = Vec::with_capacity(pixels.len() + height);
    let mut above = vec![0; 3 * width];
    for line in pixels.chunks_exact((3 * width).max(1)) {
        // Filter 2 (up): each byte minus the one above it, which is 0 over most of a chart.
        lines.push(2);
        lines.extend(line.iter().zip(&above).map(|(x, up)| x.wrapping_sub(*up)));
        above.copy_from_slice(line);
    }
    let mut header = Vec::new();
    header.extend((width as u32).to_be_bytes());
    header.extend((height as u32).to_be_bytes());
    // 8 bits per channel, RGB; the only compression and filter method; not interlaced.
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"IDAT", &compress_to_vec_zlib(&lines, EFFORT));
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let from = file.len();
    file.extend(kind);
    file.extend(data);
    let sum = crc32(&file[from..]);
    file.extend(sum.to_be_bytes());
}

/// The checksum of a chunk.
///
/// Source: PNG (Third Edition), W3C 2025, annex D.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(
            sum ^ u32::from(byte),
            |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
            },
        )
    })
}

/// Encodes bytes as base64 for a `data:` URL.
///
/// Source: RFC 4648, section 4.
pub(in crate::report) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let group =
            three.iter().chain([&0; 2]).take(3).fold(0, |group, &byte| (group << 8) | usize::from(byte));
        for digit in 0..4 {
            text.push(if digit <= three.len() {
                char::from(DIGITS[(group >> (18 - 6 * digit)) & 63])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_and_the_digits_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn the_pixels_come_back() {
        let pixels: Vec<u8> = (0..3 * 4 * 5).map(|at| (at * 37 % 251) as u8).collect();
        let file = encoded(4, &pixels);
        let data = file.windows(4).position(|name| name == b"IDAT").expect("data") + 4;
        let lines = miniz_oxide::inflate::decompress_to_vec_zlib(&file[data..]).expect("zlib");
        let mut above = vec![0_u8; 12];
        let mut back = Vec::new();
        for line in lines.chunks(13) {
            assert_eq!(line[0], 2);
            for (x, up) in line[1..].iter().zip(&mut above) {
                *up = up.wrapping_add(*x);
                back.push(*up);
            }
        }
        assert_eq!(back, pixels);
    }
}
