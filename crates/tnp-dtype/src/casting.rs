//! Casting rules between dtypes and the abstract kinds of dtypes: `can_cast`, `issubdtype`.

use crate::{DType, Kind};

/// How far a conversion may go, from strictest to most lenient.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.can_cast.html>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Default)]
pub enum Casting {
    /// The same dtype only.
    No,
    /// The same dtype up to byte order; elements are always native here, so this equals `No`.
    Equiv,
    /// Every value is kept (int64 to float64 counts as safe, as in NumPy).
    Safe,
    /// Safe, or within a kind: float64 to float32, int64 to int8, unsigned to signed.
    #[default]
    SameKind,
    /// Anything.
    Unsafe,
}

impl Casting {
    /// NumPy's name: `"same_kind"`.
    pub const fn name(self) -> &'static str {
        match self {
            Casting::No => "no",
            Casting::Equiv => "equiv",
            Casting::Safe => "safe",
            Casting::SameKind => "same_kind",
            Casting::Unsafe => "unsafe",
        }
    }
}

// One row per source in the order of `DType`, one column per target; what numpy.can_cast answers.
const SAFE: [&[u8; 15]; 15] = [
    b"yyyyyyyyyyyyyyy",
    b".yyyy....yyyyyy",
    b"..yyy......yyyy",
    b"...yy.......y.y",
    b"....y.......y.y",
    b"..yyyyyyyyyyyyy",
    b"...yy.yyy..yyyy",
    b"....y..yy...y.y",
    b"........y...y.y",
    b".........y.yyyy",
    b"..........yyyyy",
    b"...........yyyy",
    b"............y.y",
    b".............yy",
    b"..............y",
];
const SAME_KIND: [&[u8; 15]; 15] = [
    b"yyyyyyyyyyyyyyy",
    b".yyyy....yyyyyy",
    b".yyyy....yyyyyy",
    b".yyyy....yyyyyy",
    b".yyyy....yyyyyy",
    b".yyyyyyyyyyyyyy",
    b".yyyyyyyyyyyyyy",
    b".yyyyyyyyyyyyyy",
    b".yyyyyyyyyyyyyy",
    b".........yyyyyy",
    b"..........yyyyy",
    b".........yyyyyy",
    b".........yyyyyy",
    b"..........y..yy",
    b"..........y..yy",
];

/// True when a conversion from one dtype to another is allowed under a casting rule.
///
/// # Examples
/// ```
/// use tnp_dtype::{Casting, DType, can_cast};
/// assert!(can_cast(DType::Int32, DType::Float64, Casting::Safe));
/// assert!(!can_cast(DType::Float64, DType::Float32, Casting::Safe));
/// assert!(can_cast(DType::Float64, DType::Float32, Casting::SameKind));
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.can_cast.html>
pub const fn can_cast(from: DType, to: DType, casting: Casting) -> bool {
    let (row, column) = (from as usize, to as usize);
    match casting {
        Casting::No | Casting::Equiv => row == column,
        Casting::Safe => SAFE[row][column] == b'y',
        Casting::SameKind => SAME_KIND[row][column] == b'y',
        Casting::Unsafe => true,
    }
}

/// NumPy's abstract scalar types, and one concrete dtype as a kind of its own.
///
/// <https://numpy.org/doc/stable/reference/arrays.scalars.html>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ScalarKind {
    /// Every dtype (`numpy.generic`).
    Generic,
    /// Integers, floats and complex numbers; not `bool` (`numpy.number`).
    Number,
    /// Signed and unsigned integers (`numpy.integer`).
    Integer,
    /// `int8` to `int64` (`numpy.signedinteger`).
    SignedInteger,
    /// `uint8` to `uint64` (`numpy.unsignedinteger`).
    UnsignedInteger,
    /// Real and complex floating point (`numpy.inexact`).
    Inexact,
    /// Real floating point (`numpy.floating`).
    Floating,
    /// Complex floating point (`numpy.complexfloating`).
    ComplexFloating,
    /// `bool` (`numpy.bool`).
    Bool,
    /// This dtype alone.
    Exactly(DType),
}

impl From<DType> for ScalarKind {
    fn from(dtype: DType) -> ScalarKind {
        ScalarKind::Exactly(dtype)
    }
}

/// True when a dtype is of a kind.
///
/// `bfloat16` counts as floating. The `ml_dtypes` package registers it outside NumPy's hierarchy, so NumPy itself
/// says no there; code that asks for "floating" wants it in.
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, ScalarKind, issubdtype};
/// assert!(issubdtype(DType::Float32, ScalarKind::Floating));
/// assert!(!issubdtype(DType::Float32, ScalarKind::Integer));
/// assert!(!issubdtype(DType::Float32, DType::Float64));
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.issubdtype.html>
pub fn issubdtype(dtype: DType, kind: impl Into<ScalarKind>) -> bool {
    let own = dtype.kind();
    match kind.into() {
        ScalarKind::Generic => true,
        ScalarKind::Number => own != Kind::Bool,
        ScalarKind::Integer => matches!(own, Kind::Signed | Kind::Unsigned),
        ScalarKind::SignedInteger => own == Kind::Signed,
        ScalarKind::UnsignedInteger => own == Kind::Unsigned,
        ScalarKind::Inexact => matches!(own, Kind::Float | Kind::Complex),
        ScalarKind::Floating => own == Kind::Float,
        ScalarKind::ComplexFloating => own == Kind::Complex,
        ScalarKind::Bool => own == Kind::Bool,
        ScalarKind::Exactly(other) => dtype == other,
    }
}
