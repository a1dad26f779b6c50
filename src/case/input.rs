//! Small text files that the user writes by hand: contracts, settings, templates, mappings.
//!
//! Whatever else stands in their place is an error at once: a pipe would wait for ever, and a device has no end.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use crate::text::number;

/// Maximum size in bytes of a text that is written by hand.
pub const MOST_TEXT: u64 = 16_000_000;

/// Reads a text file.
///
/// * `most`: its maximum size in bytes.
///
/// # Errors
///
/// When it cannot be read, is not a regular file, is larger, or is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let found = fs::metadata(path)?;
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !found.is_file() {
        return Err(io::Error::other("it is a pipe, a socket or a device, not a file"));
    }
    let mut text = String::new();
    // Looked at while it is read: it may grow meanwhile.
    if found.len() <= most && File::open(path)?.take(most + 1).read_to_string(&mut text)? as u64 <= most {
        return Ok(text);
    }
    Err(io::Error::other(format!("it is larger than {}", number::bytes(most))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.toml");
        fs::write(&file, "four").expect("it is written");
        assert_eq!(read_text(&file, 4).expect("it fits"), "four");
        assert!(read_text(&file, 3).expect_err("too large").to_string().contains("larger than 3 B"));
        fs::write(&file, b"\xff").expect("it is written");
        assert_eq!(read_text(&file, 4).expect_err("no UTF-8").kind(), io::ErrorKind::InvalidData);
        assert_eq!(read_text(folder.path(), 4).expect_err("a folder").kind(), io::ErrorKind::IsADirectory);
        let absent = read_text(&folder.path().join("absent"), 4).expect_err("nothing is there");
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn what_never_ends_is_no_text() {
        for device in ["/dev/zero", "/dev/null"] {
            let error = read_text(Path::new(device), 1 << 40).expect_err(device);
            assert!(error.to_string().contains("device"), "{error}");
        }
    }
}
