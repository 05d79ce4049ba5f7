//! `DType`: the fifteen element types, their names, sizes and kinds.

use std::fmt;
use std::str::FromStr;

/// The type of an array's elements.
///
/// The same fifteen types on every device: NumPy's numeric types plus `bfloat16` as the
/// `ml_dtypes` package defines it.
///
/// # Examples
/// ```
/// use tnp_dtype::DType;
/// assert_eq!(DType::Float32.to_string(), "float32");
/// assert_eq!("int64".parse::<DType>().unwrap(), DType::Int64);
/// assert_eq!(DType::Complex128.itemsize(), 16);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum DType {
    /// Truth values, one byte each (0 or 1).
    Bool,
    /// Signed 8-bit integers.
    Int8,
    /// Signed 16-bit integers.
    Int16,
    /// Signed 32-bit integers.
    Int32,
    /// Signed 64-bit integers: NumPy's default integer.
    Int64,
    /// Unsigned 8-bit integers.
    UInt8,
    /// Unsigned 16-bit integers.
    UInt16,
    /// Unsigned 32-bit integers.
    UInt32,
    /// Unsigned 64-bit integers.
    UInt64,
    /// IEEE 754 binary16.
    Float16,
    /// The upper half of a binary32.
    BFloat16,
    /// IEEE 754 binary32.
    Float32,
    /// IEEE 754 binary64: NumPy's default float.
    Float64,
    /// Two binary32: real and imaginary part.
    Complex64,
    /// Two binary64: real and imaginary part.
    Complex128,
}

/// What sort of number a dtype holds; the order is that of promotion.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Kind {
    /// `bool`.
    Bool,
    /// Unsigned integers.
    Unsigned,
    /// Signed integers.
    Signed,
    /// Real floating point.
    Float,
    /// Complex floating point.
    Complex,
}

const NAMES: [&str; 15] = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "complex64",
    "complex128",
];
const SIZES: [u8; 15] = [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16];

impl DType {
    /// All dtypes, in the order of the enum.
    pub const ALL: [DType; 15] = [
        DType::Bool,
        DType::Int8,
        DType::Int16,
        DType::Int32,
        DType::Int64,
        DType::UInt8,
        DType::UInt16,
        DType::UInt32,
        DType::UInt64,
        DType::Float16,
        DType::BFloat16,
        DType::Float32,
        DType::Float64,
        DType::Complex64,
        DType::Complex128,
    ];

    /// NumPy's name: `"float32"`.
    #[inline]
    pub const fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// Bytes per element.
    #[inline]
    pub const fn itemsize(self) -> usize {
        SIZES[self as usize] as usize
    }

    /// What sort of number this is.
    #[inline]
    pub const fn kind(self) -> Kind {
        match self {
            DType::Bool => Kind::Bool,
            DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => Kind::Unsigned,
            DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64 => Kind::Signed,
            DType::Float16 | DType::BFloat16 | DType::Float32 | DType::Float64 => Kind::Float,
            DType::Complex64 | DType::Complex128 => Kind::Complex,
        }
    }

    /// True for `bool`.
    #[inline]
    pub const fn is_bool(self) -> bool {
        matches!(self, DType::Bool)
    }

    /// True for signed and unsigned integers (not for `bool`).
    #[inline]
    pub const fn is_integer(self) -> bool {
        matches!(self.kind(), Kind::Signed | Kind::Unsigned)
    }

    /// True for signed integers.
    #[inline]
    pub const fn is_signed_integer(self) -> bool {
        matches!(self.kind(), Kind::Signed)
    }

    /// True for unsigned integers.
    #[inline]
    pub const fn is_unsigned_integer(self) -> bool {
        matches!(self.kind(), Kind::Unsigned)
    }

    /// True for real floating-point types.
    #[inline]
    pub const fn is_float(self) -> bool {
        matches!(self.kind(), Kind::Float)
    }

    /// True for complex types.
    #[inline]
    pub const fn is_complex(self) -> bool {
        matches!(self.kind(), Kind::Complex)
    }

    /// True for real and complex floating-point types (NumPy's `inexact`).
    #[inline]
    pub const fn is_inexact(self) -> bool {
        matches!(self.kind(), Kind::Float | Kind::Complex)
    }

    /// The real type of a complex one's parts; any other type unchanged.
    #[inline]
    pub const fn real(self) -> DType {
        match self {
            DType::Complex64 => DType::Float32,
            DType::Complex128 => DType::Float64,
            other => other,
        }
    }

    /// The complex type that holds this real one without loss where there is one.
    #[inline]
    pub const fn complex(self) -> DType {
        match self {
            DType::Complex64 | DType::Float16 | DType::BFloat16 | DType::Float32 => {
                DType::Complex64
            }
            _ => DType::Complex128,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not the name of a dtype.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "data type '{0}' not understood; the dtypes are bool, int8 … int64, uint8 … uint64, float16, bfloat16, float32, float64, complex64 and complex128"
)]
pub struct ParseDTypeError(pub String);

impl FromStr for DType {
    type Err = ParseDTypeError;

    fn from_str(text: &str) -> Result<DType, ParseDTypeError> {
        let found = DType::ALL.into_iter().find(|d| d.name() == text);
        let alias = || match text {
            "bool_" | "?" => Some(DType::Bool),
            "int" | "int_" => Some(DType::Int64),
            "uint" => Some(DType::UInt64),
            "half" => Some(DType::Float16),
            "single" => Some(DType::Float32),
            "float" | "float_" | "double" => Some(DType::Float64),
            "csingle" => Some(DType::Complex64),
            "complex" | "complex_" | "cdouble" => Some(DType::Complex128),
            _ => None,
        };
        found
            .or_else(alias)
            .ok_or_else(|| ParseDTypeError(text.to_owned()))
    }
}
