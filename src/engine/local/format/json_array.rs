//! One JSON array of objects, or objects over several lines, as JSON lines.

/// Turns the text of a JSON array into JSON lines, byte by byte and of the same length: the brackets of the array become blanks, the
/// commas between its objects line breaks, and line breaks within objects blanks. Of objects that stand one after the other, line
/// breaks within them become blanks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ObjectLines {
    /// Open brackets and braces, with that of the array itself.
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    /// Whether no array surrounds the objects: they stand where those of an array would.
    is_bare: bool,
}

impl ObjectLines {
    pub(super) fn of_array() -> Self {
        Self::default()
    }

    pub(super) fn of_objects() -> Self {
        Self { depth: 1, is_bare: true, ..Self::default() }
    }

    /// Rewrites the next bytes.
    pub(super) fn rewrite(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.next(*byte);
        }
    }

    fn next(&mut self, byte: u8) -> u8 {
        if self.in_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return byte;
        }
        match byte {
            b'"' => self.in_text = true,
            b'[' | b'{' => {
                self.depth += 1;
                return if self.depth == 1 { b' ' } else { byte };
            }
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1).max(usize::from(self.is_bare));
                return if self.depth == 0 { b' ' } else { byte };
            }
            b',' if self.depth == 1 => return b'\n',
            b'\n' | b'\r' if self.depth > usize::from(self.is_bare) => return b' ',
            _ => {}
        }
        byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, step: usize) -> Vec<String> {
        let mut bytes = text.as_bytes().to_vec();
        let mut array = ObjectLines::of_array();
        bytes.chunks_mut(step).for_each(|part| array.rewrite(part));
        let text = String::from_utf8(bytes).expect("only ASCII is replaced");
        text.trim_end().split('\n').map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn objects_of_an_array_stand_on_lines_of_their_own() {
        let want = [r#"{"a": 1,  "b": [1, 2]}"#, r#"{"a": "},\"[{ü", "b": {"c": []}}"#];
        let text = "[{\"a\": 1,\n \"b\": [1, 2]},\n{\"a\": \"},\\\"[{ü\", \"b\": {\"c\": []}}\n]\n";
        for step in [1, 3, 7, 4096] {
            assert_eq!(lines(text, step), want, "{step}");
        }
        assert_eq!(lines("[]", 1), [""]);
    }

    #[test]
    fn objects_over_several_lines_stand_on_one_each() {
        let text = "{\n  \"a\": 1,\n  \"b\": {\"c\": \"}\\n\"}\n}\n{\n  \"a\": 2\n}\n";
        for step in [1, 5, 4096] {
            let mut bytes = text.as_bytes().to_vec();
            let mut objects = ObjectLines::of_objects();
            bytes.chunks_mut(step).for_each(|part| objects.rewrite(part));
            let text = String::from_utf8(bytes).expect("only ASCII is replaced");
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines, [r#"{   "a": 1,   "b": {"c": "}\n"} }"#, r#"{   "a": 2 }"#]);
        }
    }
}
