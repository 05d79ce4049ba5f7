//! `serde` for arrays: dtype, shape and elements in C order.
//!
//! Formats for people (JSON) get numbers: floats that JSON has no number for as `"nan"`, `"inf"` and `"-inf"`, complex numbers as
//! `[re, im]`. Other formats get little-endian bytes. Nothing is said of device and strides: what is read is contiguous on the current device.

use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tnp_dtype::{DType, Literal, with_dtype};

use crate::Array;
use crate::array::host_literals;

const FIELDS: &[&str] = &["dtype", "shape", "data"];

/// As a record of `dtype` (NumPy's name), `shape` and `data`, the elements in C order.
impl Serialize for Array {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let readable = serializer.is_human_readable();
        let mut record = serializer.serialize_struct("Array", FIELDS.len())?;
        record.serialize_field("dtype", &self.dtype().to_string())?;
        record.serialize_field("shape", self.shape())?;
        if readable {
            let numbers = host_literals(self).map_err(serde::ser::Error::custom)?;
            record.serialize_field("data", &Numbers(numbers))?;
        } else {
            let mut bytes = self.to_bytes().map_err(serde::ser::Error::custom)?;
            little_endian(&mut bytes, self.dtype());
            record.serialize_field("data", &Bytes(bytes))?;
        }
        record.end()
    }
}

impl<'de> Deserialize<'de> for Array {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Array, D::Error> {
        let readable = deserializer.is_human_readable();
        deserializer.deserialize_struct("Array", FIELDS, Record { readable })
    }
}

/// Native bytes to little-endian ones, or back.
fn little_endian(bytes: &mut [u8], dtype: DType) {
    if cfg!(target_endian = "big") {
        for element in bytes.chunks_exact_mut(dtype.real().itemsize()) {
            element.reverse();
        }
    }
}

// ---- writing

struct Numbers(Vec<Literal>);

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for literal in &self.0 {
            list.serialize_element(&Number::of(literal))?;
        }
        list.end()
    }
}

/// An element as a format for people has it.
#[derive(Clone, Copy)]
enum Number {
    Bool(bool),
    Int(i128),
    /// Written as the shorter `f32` where that is exact.
    Float(f64),
    Complex(f64, f64),
}

impl Number {
    fn of(literal: &Literal) -> Number {
        let dtype = literal.dtype();
        if dtype.is_bool() {
            return Number::Bool(literal.value());
        }
        if let Some(int) = literal.to_i128() {
            return Number::Int(int);
        }
        let z = literal.to_c128();
        if dtype.is_complex() {
            Number::Complex(z.re, z.im)
        } else {
            Number::Float(z.re)
        }
    }

    /// The element of a dtype; `None` when the dtype does not hold such a number.
    fn literal(self, dtype: DType) -> Option<Literal> {
        match self {
            Number::Bool(value) => dtype.is_bool().then(|| Literal::new(value)),
            Number::Int(int) if dtype.is_integer() => {
                with_dtype!(dtype, T: integer => T::try_from(int).ok().map(Literal::new), else => None)
            }
            Number::Int(_) if dtype.is_bool() => None,
            Number::Int(int) => Some(Literal::new(int as f64).cast(dtype)),
            Number::Float(float) => dtype.is_inexact().then(|| Literal::new(float).cast(dtype)),
            Number::Complex(re, im) => dtype
                .is_complex()
                .then(|| Literal::new(tnp_dtype::c128::new(re, im)).cast(dtype)),
        }
    }
}

/// A float: a number where it is finite, else its name.
struct Float(f64);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.0;
        if value.is_nan() {
            serializer.serialize_str("nan")
        } else if value.is_infinite() {
            serializer.serialize_str(if value > 0.0 { "inf" } else { "-inf" })
        } else if f64::from(value as f32) == value {
            serializer.serialize_f32(value as f32)
        } else {
            serializer.serialize_f64(value)
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Number::Bool(value) => serializer.serialize_bool(value),
            Number::Int(int) => match i64::try_from(int) {
                Ok(int) => serializer.serialize_i64(int),
                // What i64 does not hold is of uint64.
                Err(_) => serializer.serialize_u64(int as u64),
            },
            Number::Float(float) => Float(float).serialize(serializer),
            Number::Complex(re, im) => [Float(re), Float(im)].serialize(serializer),
        }
    }
}

struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

// ---- reading

/// What is read before dtype and shape are known to fit it.
enum Elements {
    Numbers(Vec<Number>),
    Bytes(Vec<u8>),
}

struct Record {
    readable: bool,
}

impl Record {
    fn finish<E: de::Error>(dtype: &str, shape: &[usize], elements: Elements) -> Result<Array, E> {
        let dtype: DType = dtype.parse().map_err(E::custom)?;
        let bytes = match elements {
            Elements::Bytes(mut bytes) => {
                little_endian(&mut bytes, dtype);
                bytes
            }
            Elements::Numbers(numbers) => {
                let mut bytes = Vec::with_capacity(numbers.len() * dtype.itemsize());
                for (position, number) in numbers.into_iter().enumerate() {
                    let literal = number.literal(dtype).ok_or_else(|| {
                        E::custom(format!("element {position} of an array is no {dtype}"))
                    })?;
                    bytes.extend_from_slice(literal.as_bytes());
                }
                bytes
            }
        };
        Array::from_bytes(&bytes, shape, dtype).map_err(E::custom)
    }
}

impl<'de> Visitor<'de> for Record {
    type Value = Array;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array: a record of dtype, shape and data")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<Array, A::Error> {
        let missing = |at| de::Error::invalid_length(at, &"dtype, shape and data");
        let dtype: String = fields.next_element()?.ok_or_else(|| missing(0))?;
        let shape: Vec<usize> = fields.next_element()?.ok_or_else(|| missing(1))?;
        let elements = if self.readable {
            let list: ReadNumbers = fields.next_element()?.ok_or_else(|| missing(2))?;
            Elements::Numbers(list.0)
        } else {
            let bytes: ReadBytes = fields.next_element()?.ok_or_else(|| missing(2))?;
            Elements::Bytes(bytes.0)
        };
        Record::finish(&dtype, &shape, elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Array, A::Error> {
        let (mut dtype, mut shape, mut elements) = (None::<String>, None::<Vec<usize>>, None);
        while let Some(name) = fields.next_key::<String>()? {
            let again = match name.as_str() {
                "dtype" => dtype.replace(fields.next_value()?).is_some(),
                "shape" => shape.replace(fields.next_value()?).is_some(),
                "data" if self.readable => {
                    let list: ReadNumbers = fields.next_value()?;
                    elements.replace(Elements::Numbers(list.0)).is_some()
                }
                "data" => {
                    let bytes: ReadBytes = fields.next_value()?;
                    elements.replace(Elements::Bytes(bytes.0)).is_some()
                }
                _ => return Err(de::Error::unknown_field(&name, FIELDS)),
            };
            if again {
                return Err(de::Error::custom(format!("duplicate field `{name}`")));
            }
        }
        let dtype = dtype.ok_or_else(|| de::Error::missing_field("dtype"))?;
        let shape = shape.ok_or_else(|| de::Error::missing_field("shape"))?;
        let elements = elements.ok_or_else(|| de::Error::missing_field("data"))?;
        Record::finish(&dtype, &shape, elements)
    }
}

struct ReadNumbers(Vec<Number>);

impl<'de> Deserialize<'de> for ReadNumbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ReadNumbers, D::Error> {
        Vec::<Number>::deserialize(deserializer).map(ReadNumbers)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        deserializer.deserialize_any(ReadNumber)
    }
}

struct ReadNumber;

impl<'de> Visitor<'de> for ReadNumber {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a truth value, \"nan\", \"inf\", \"-inf\" or [re, im]")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Number, E> {
        Ok(Number::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Number, E> {
        Ok(Number::Int(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number::Int(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Number, E> {
        Ok(Number::Float(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Number, E> {
        match value {
            "nan" => Ok(Number::Float(f64::NAN)),
            "inf" => Ok(Number::Float(f64::INFINITY)),
            "-inf" => Ok(Number::Float(f64::NEG_INFINITY)),
            _ => Err(E::invalid_value(de::Unexpected::Str(value), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Number, A::Error> {
        let mut part = |at| -> Result<f64, A::Error> {
            match parts.next_element::<Number>()? {
                Some(Number::Float(float)) => Ok(float),
                Some(Number::Int(int)) => Ok(int as f64),
                Some(Number::Bool(_) | Number::Complex(..)) => {
                    Err(de::Error::custom("a part of a complex number is no number"))
                }
                None => Err(de::Error::invalid_length(at, &"[re, im]")),
            }
        };
        let (re, im) = (part(0)?, part(1)?);
        match parts.next_element::<de::IgnoredAny>()? {
            None => Ok(Number::Complex(re, im)),
            Some(_) => Err(de::Error::invalid_length(3, &"[re, im]")),
        }
    }
}

struct ReadBytes(Vec<u8>);

impl<'de> Deserialize<'de> for ReadBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ReadBytes, D::Error> {
        struct Content;
        impl<'de> Visitor<'de> for Content {
            type Value = ReadBytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the bytes of the elements")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<ReadBytes, E> {
                Ok(ReadBytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<ReadBytes, E> {
                Ok(ReadBytes(bytes))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ReadBytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = list.next_element()? {
                    bytes.push(byte);
                }
                Ok(ReadBytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Content)
    }
}
