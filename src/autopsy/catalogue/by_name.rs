//! Checks and signals in kept bytes: their names stand for them.

use super::{CheckSpec, SignalSpec, every_check, every_signal};
use crate::cached::{Cached, Damaged, Reader, Writer};

impl Cached for &'static CheckSpec {
    fn write(&self, to: &mut Writer<'_>) {
        self.id.write(to);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let id = <&str>::read(from)?;
        every_check().find(|check| check.id == id).ok_or(Damaged)
    }
}

impl Cached for &'static SignalSpec {
    fn write(&self, to: &mut Writer<'_>) {
        self.key.write(to);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let key = <&str>::read(from)?;
        every_signal().find(|signal| signal.key == key).ok_or(Damaged)
    }
}
