//! The values that flow through a model's graph: dense row-major tensors of a few element types.

use std::fmt;

use crate::proto::TensorProto;

/// The maximum number of elements of a tensor; a model that needs more is broken or tries to exhaust the
/// memory.
const MOST_ELEMENTS: usize = 1 << 26;

/// The maximum number of bytes for all values of a model, constants and intermediate values together.
pub(crate) const MOST_BYTES: usize = 1 << 30;

/// The maximum number of bytes of a text; a category level is a word.
pub(crate) const MOST_TEXT: usize = 1 << 16;

/// The maximum number of bytes of the texts of one tensor, which an operator may make beside the values that are there.
const MOST_TEXTS: usize = 1 << 28;

/// Why a tensor of texts is refused.
const TOO_MANY_TEXTS: &str = "its texts take more than 256 MB";

/// The supported element types. Integers of all widths are stored as 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// 32-bit floating point.
    Float,
    /// 64-bit floating point.
    Double,
    /// Integers.
    Integer,
    /// Text.
    Text,
    /// Booleans.
    Truth,
}

impl Type {
    /// Reads a `TensorProto.DataType`.
    ///
    /// # Errors
    ///
    /// When the type is not supported.
    pub fn of_code(code: i64) -> Result<Self, String> {
        match code {
            1 => Ok(Self::Float),
            11 => Ok(Self::Double),
            2..=7 | 12 | 13 => Ok(Self::Integer),
            8 => Ok(Self::Text),
            9 => Ok(Self::Truth),
            10 => Err("half precision (float16) is not supported".into()),
            other => Err(format!("element type {other} is not supported")),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float => "float",
            Self::Double => "double",
            Self::Integer => "int64",
            Self::Text => "string",
            Self::Truth => "bool",
        })
    }
}

/// Elements in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// 32-bit floating point.
    Float(Vec<f32>),
    /// 64-bit floating point.
    Double(Vec<f64>),
    /// Integers.
    Integer(Vec<i64>),
    /// Text.
    Text(Vec<String>),
    /// Booleans.
    Truth(Vec<bool>),
}

impl Data {
    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Float(v) => v.len(),
            Self::Double(v) => v.len(),
            Self::Integer(v) => v.len(),
            Self::Text(v) => v.len(),
            Self::Truth(v) => v.len(),
        }
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element type.
    #[must_use]
    pub fn kind(&self) -> Type {
        match self {
            Self::Float(_) => Type::Float,
            Self::Double(_) => Type::Double,
            Self::Integer(_) => Type::Integer,
            Self::Text(_) => Type::Text,
            Self::Truth(_) => Type::Truth,
        }
    }

    /// The size of the elements in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Float(v) => size_of_val(v.as_slice()),
            Self::Double(v) => size_of_val(v.as_slice()),
            Self::Integer(v) => size_of_val(v.as_slice()),
            Self::Text(v) => size_of_val(v.as_slice()) + v.iter().map(String::len).sum::<usize>(),
            Self::Truth(v) => size_of_val(v.as_slice()),
        }
    }

    /// Refuses texts that take too much memory, before they are made.
    ///
    /// # Errors
    ///
    /// When they exceed the size limit.
    pub(crate) fn fit<'d>(mut parts: impl Iterator<Item = &'d Self>) -> Result<(), String> {
        let rest = parts.try_fold(MOST_TEXTS, |room, part| match part {
            Self::Text(_) => room.checked_sub(part.bytes()),
            _ => Some(room),
        });
        rest.map(|_| ()).ok_or_else(|| TOO_MANY_TEXTS.to_owned())
    }

    /// The elements at the given indices; every index must be below [`Data::len`].
    ///
    /// # Errors
    ///
    /// When the selected texts exceed the size limit.
    pub fn pick(&self, places: impl Iterator<Item = usize>) -> Result<Self, String> {
        Ok(match self {
            Self::Float(v) => Self::Float(places.map(|i| v[i]).collect()),
            Self::Double(v) => Self::Double(places.map(|i| v[i]).collect()),
            Self::Integer(v) => Self::Integer(places.map(|i| v[i]).collect()),
            Self::Text(v) => {
                let mut room = MOST_TEXTS;
                let texts = places.map(|i| {
                    room = room.checked_sub(v[i].len() + size_of::<String>())?;
                    Some(v[i].clone())
                });
                let texts: Option<Vec<String>> = texts.collect();
                Self::Text(texts.ok_or(TOO_MANY_TEXTS)?)
            }
            Self::Truth(v) => Self::Truth(places.map(|i| v[i]).collect()),
        })
    }
}

/// A dense tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The length of each axis; the product is the number of elements.
    shape: Vec<usize>,
    /// The elements.
    data: Data,
}

impl Tensor {
    /// A tensor of the given shape.
    ///
    /// # Errors
    ///
    /// When the shape does not match the number of elements.
    pub fn new(shape: Vec<usize>, data: Data) -> Result<Self, String> {
        if elements(&shape)? == data.len() {
            Ok(Self { shape, data })
        } else {
            Err(format!("a tensor of shape {shape:?} cannot hold {} elements", data.len()))
        }
    }

    /// A tensor with one axis.
    #[must_use]
    pub fn vector(data: Data) -> Self {
        Self { shape: vec![data.len()], data }
    }

    /// The length of each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The element type.
    #[must_use]
    pub fn kind(&self) -> Type {
        self.data.kind()
    }

    /// Rows and columns as defined by `ai.onnx.ml`: a vector is one row.
    ///
    /// # Errors
    ///
    /// When the tensor does not have one or two axes.
    pub fn rows_and_columns(&self) -> Result<(usize, usize), String> {
        match *self.shape.as_slice() {
            [columns] => Ok((1, columns)),
            [rows, columns] => Ok((rows, columns)),
            _ => Err(format!("expects rows and columns, got the shape {:?}", self.shape)),
        }
    }

    /// The elements as 32-bit floats; text is rejected.
    ///
    /// # Errors
    ///
    /// When the elements are text.
    pub fn floats(&self) -> Result<Vec<f32>, String> {
        match &self.data {
            Data::Float(v) => Ok(v.clone()),
            Data::Double(v) => Ok(v.iter().map(|&x| x as f32).collect()),
            Data::Integer(v) => Ok(v.iter().map(|&x| x as f32).collect()),
            Data::Truth(v) => Ok(v.iter().map(|&x| f32::from(u8::from(x))).collect()),
            Data::Text(_) => Err("expects numbers, got text".into()),
        }
    }

    /// The elements as 64-bit floats; text is rejected.
    ///
    /// # Errors
    ///
    /// When the elements are text.
    pub fn doubles(&self) -> Result<Vec<f64>, String> {
        match &self.data {
            Data::Float(v) => Ok(v.iter().map(|&x| f64::from(x)).collect()),
            Data::Double(v) => Ok(v.clone()),
            Data::Integer(v) => Ok(v.iter().map(|&x| x as f64).collect()),
            Data::Truth(v) => Ok(v.iter().map(|&x| f64::from(u8::from(x))).collect()),
            Data::Text(_) => Err("expects numbers, got text".into()),
        }
    }

    /// The elements as integers, for shapes and axes.
    ///
    /// # Errors
    ///
    /// When the elements have another type.
    pub fn integers(&self) -> Result<&[i64], String> {
        match &self.data {
            Data::Integer(v) => Ok(v),
            other => Err(format!("expects integers, got {}", other.kind())),
        }
    }

    /// Reads a constant from the file.
    ///
    /// # Errors
    ///
    /// When its type is not supported, its numbers are in another file, or its length does not match its
    /// shape.
    pub fn read(proto: &TensorProto) -> Result<Self, String> {
        if proto.data_location == 1 {
            return Err(format!("the constant {:?} stands in another file", proto.name));
        }
        let shape = proto
            .dims
            .iter()
            .map(|&d| usize::try_from(d).map_err(|_| format!("a negative axis length in {:?}", proto.name)))
            .collect::<Result<Vec<_>, _>>()?;
        if proto.string_data.iter().any(|text| text.len() > MOST_TEXT) {
            return Err(format!("the constant {:?} holds a text of more than 64 KB", proto.name));
        }
        Self::new(shape, read_elements(proto)?)
    }
}

/// The number of elements of a shape.
///
/// # Errors
///
/// When it exceeds the limit for a tabular model.
pub fn elements(shape: &[usize]) -> Result<usize, String> {
    // An axis of length 0 leaves no elements, but the other axes are still iterated over.
    let walked = shape.iter().filter(|&&d| d > 0).try_fold(1_usize, |product, &d| product.checked_mul(d));
    let walked = walked
        .filter(|&n| n <= MOST_ELEMENTS)
        .ok_or_else(|| format!("a tensor of shape {shape:?} is too large"))?;
    Ok(if shape.contains(&0) { 0 } else { walked })
}

fn read_elements(proto: &TensorProto) -> Result<Data, String> {
    let raw = &proto.raw_data;
    let integers = |narrow: &[i32]| narrow.iter().map(|&x| i64::from(x)).collect::<Vec<_>>();
    Ok(match (Type::of_code(i64::from(proto.data_type))?, raw.is_empty()) {
        (Type::Float, true) => Data::Float(proto.float_data.clone()),
        (Type::Float, false) => Data::Float(raw_numbers(raw, f32::from_le_bytes)),
        (Type::Double, true) => Data::Double(proto.double_data.clone()),
        (Type::Double, false) => Data::Double(raw_numbers(raw, f64::from_le_bytes)),
        (Type::Text, _) => Data::Text(proto.string_data.iter().map(|s| text(s)).collect()),
        (Type::Truth, true) => Data::Truth(proto.int32_data.iter().map(|&x| x != 0).collect()),
        (Type::Truth, false) => Data::Truth(raw.iter().map(|&x| x != 0).collect()),
        (Type::Integer, true) => Data::Integer(match proto.data_type {
            7 => proto.int64_data.clone(),
            12 | 13 => proto.uint64_data.iter().map(|&x| x as i64).collect(),
            _ => integers(&proto.int32_data),
        }),
        (Type::Integer, false) => Data::Integer(match proto.data_type {
            2 => raw.iter().map(|&x| i64::from(x)).collect(),
            3 => raw_numbers(raw, |b| i64::from(i8::from_le_bytes(b))),
            4 => raw_numbers(raw, |b| i64::from(u16::from_le_bytes(b))),
            5 => raw_numbers(raw, |b| i64::from(i16::from_le_bytes(b))),
            6 => raw_numbers(raw, |b| i64::from(i32::from_le_bytes(b))),
            12 => raw_numbers(raw, |b| i64::from(u32::from_le_bytes(b))),
            _ => raw_numbers(raw, i64::from_le_bytes),
        }),
    })
}

fn raw_numbers<const WIDTH: usize, T>(raw: &[u8], read: impl Fn([u8; WIDTH]) -> T) -> Vec<T> {
    raw.as_chunks::<WIDTH>().0.iter().map(|&bytes| read(bytes)).collect()
}

/// Text from the file; invalid UTF-8 becomes replacement characters.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
