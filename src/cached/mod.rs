//! Values as bytes and back, for what is kept of a case between two looks at it.
//!
//! The form is as plain as it can be: fields in their order, numbers in little-endian, lengths before their items, a variant's
//! place before its fields. It describes itself nowhere, so who reads it must be the same build that wrote it; whoever keeps the
//! bytes sees to that, and to their being undamaged.
//!
//! [`cached!`] implements [`Cached`] for a type. It names the fields once more, and the compiler finds one that is missing.

mod foreign;
mod reader;
mod writer;

pub use reader::{Damaged, Reader};
pub use writer::Writer;

/// A value that can be kept as bytes.
pub trait Cached: Sized {
    /// Writes the value.
    fn write(&self, to: &mut Writer<'_>);

    /// Reads what [`Cached::write`] wrote.
    ///
    /// # Errors
    ///
    /// When the bytes hold no such value.
    fn read(from: &mut Reader<'_>) -> Result<Self, Damaged>;

    /// Writes the items of a list, without their number.
    fn write_all(items: &[Self], to: &mut Writer<'_>) {
        for item in items {
            item.write(to);
        }
    }

    /// Reads as many items.
    ///
    /// # Errors
    ///
    /// When the bytes do not hold as many.
    fn read_all(count: usize, from: &mut Reader<'_>) -> Result<Vec<Self>, Damaged> {
        // Damaged bytes must not ask for more memory than they have themselves.
        let mut items = Vec::with_capacity(count.min(from.left() / size_of::<Self>().max(1)));
        for _ in 0..count {
            items.push(Self::read(from)?);
        }
        Ok(items)
    }
}

/// A value's bytes.
#[must_use]
pub fn bytes_of<T: Cached>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    value.write(&mut writer);
    // Memory takes all bytes.
    let _ = writer.finish();
    bytes
}

/// Implements [`Cached`] for a type, whose fields or variants are listed once more, in the order in which they are written.
macro_rules! cached {
    (struct $name:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::cached::Cached for $name {
            fn write(&self, to: &mut $crate::cached::Writer<'_>) {
                let Self { $($field),+ } = self;
                $($crate::cached::Cached::write($field, to);)+
            }

            fn read(
                from: &mut $crate::cached::Reader<'_>,
            ) -> Result<Self, $crate::cached::Damaged> {
                $(let $field = $crate::cached::Cached::read(from)?;)+
                Ok(Self { $($field),+ })
            }
        }
    };
    (struct $name:ident ( $($field:ident),+ )) => {
        impl $crate::cached::Cached for $name {
            fn write(&self, to: &mut $crate::cached::Writer<'_>) {
                let Self($($field),+) = self;
                $($crate::cached::Cached::write($field, to);)+
            }

            fn read(
                from: &mut $crate::cached::Reader<'_>,
            ) -> Result<Self, $crate::cached::Damaged> {
                $(let $field = $crate::cached::Cached::read(from)?;)+
                Ok(Self($($field),+))
            }
        }
    };
    (enum $name:ident { $($variant:ident $(( $($item:ident),+ ))? $({ $($field:ident),+ })?),+ $(,)? }) => {
        const _: () = {
            /// The variants by number.
            enum VariantTag {
                $($variant),+
            }

            impl $crate::cached::Cached for $name {
                fn write(&self, to: &mut $crate::cached::Writer<'_>) {
                    match self {
                        $(Self::$variant $(( $($item),+ ))? $({ $($field),+ })? => {
                            to.bytes(&[VariantTag::$variant as u8]);
                            $($($crate::cached::Cached::write($item, to);)+)?
                            $($($crate::cached::Cached::write($field, to);)+)?
                        })+
                    }
                }

                fn read(
                    from: &mut $crate::cached::Reader<'_>,
                ) -> Result<Self, $crate::cached::Damaged> {
                    let tag: u8 = $crate::cached::Cached::read(from)?;
                    $(if tag == VariantTag::$variant as u8 {
                        $($(let $item = $crate::cached::Cached::read(from)?;)+)?
                        $($(let $field = $crate::cached::Cached::read(from)?;)+)?
                        return Ok(Self::$variant $(( $($item),+ ))? $({ $($field),+ })?);
                    })+
                    Err($crate::cached::Damaged)
                }
            }
        };
    };
}

pub(crate) use cached;

#[cfg(test)]
mod tests;
