//! The lattices of strong dtypes, one row per left operand; what modes make of them is `join.rs`.
//!
//! Rows and columns are in the order of [`DType`]. `NUMPY` is what `numpy.promote_types` answers with ml_dtypes'
//! bfloat16, `LATTICE` is JAX's type promotion lattice with 64-bit types, `SAFE` is TensorFlow's restriction of it
//! to pairs that lose neither range nor precision.

use crate::DType;

pub(super) type Table = [[u8; 15]; 15];

const B: u8 = DType::Bool as u8;
const I1: u8 = DType::Int8 as u8;
const I2: u8 = DType::Int16 as u8;
const I4: u8 = DType::Int32 as u8;
const I8: u8 = DType::Int64 as u8;
const U1: u8 = DType::UInt8 as u8;
const U2: u8 = DType::UInt16 as u8;
const U4: u8 = DType::UInt32 as u8;
const U8: u8 = DType::UInt64 as u8;
const F2: u8 = DType::Float16 as u8;
const BF: u8 = DType::BFloat16 as u8;
const F4: u8 = DType::Float32 as u8;
const F8: u8 = DType::Float64 as u8;
const C8: u8 = DType::Complex64 as u8;
const CX: u8 = DType::Complex128 as u8;
/// No common dtype.
const __: u8 = u8::MAX;

/// The common dtype of two, or `None` where the table has none.
#[inline]
pub(super) const fn look_up(table: &Table, lhs: DType, rhs: DType) -> Option<DType> {
    let found = table[lhs as usize][rhs as usize];
    if found == __ {
        None
    } else {
        Some(DType::ALL[found as usize])
    }
}

/// NumPy. `bfloat16` has no common dtype with `float16` and the wider integers.
pub(super) const NUMPY: Table = [
    [B, I1, I2, I4, I8, U1, U2, U4, U8, F2, BF, F4, F8, C8, CX],
    [I1, I1, I2, I4, I8, I2, I4, I8, F8, F2, BF, F4, F8, C8, CX],
    [I2, I2, I2, I4, I8, I2, I4, I8, F8, F4, __, F4, F8, C8, CX],
    [I4, I4, I4, I4, I8, I4, I4, I8, F8, F8, __, F8, F8, CX, CX],
    [I8, I8, I8, I8, I8, I8, I8, I8, F8, F8, __, F8, F8, CX, CX],
    [U1, I2, I2, I4, I8, U1, U2, U4, U8, F2, BF, F4, F8, C8, CX],
    [U2, I4, I4, I4, I8, U2, U2, U4, U8, F4, __, F4, F8, C8, CX],
    [U4, I8, I8, I8, I8, U4, U4, U4, U8, F8, __, F8, F8, CX, CX],
    [U8, F8, F8, F8, F8, U8, U8, U8, U8, F8, __, F8, F8, CX, CX],
    [F2, F2, F4, F8, F8, F2, F4, F8, F8, F2, __, F4, F8, C8, CX],
    [BF, BF, __, __, __, BF, __, __, __, __, BF, F4, F8, C8, CX],
    [F4, F4, F4, F8, F8, F4, F4, F8, F8, F4, F4, F4, F8, C8, CX],
    [F8, F8, F8, F8, F8, F8, F8, F8, F8, F8, F8, F8, F8, CX, CX],
    [C8, C8, C8, CX, CX, C8, C8, CX, CX, C8, C8, C8, CX, C8, CX],
    [CX, CX, CX, CX, CX, CX, CX, CX, CX, CX, CX, CX, CX, CX, CX],
];

/// NumPy as its ufuncs see it: where `NUMPY` has no common dtype they take the first loop both inputs cast to safely.
pub(super) const UFUNC: Table = {
    let mut table = NUMPY;
    let mut row = 0;
    while row < 15 {
        let mut column = 0;
        while column < 15 {
            if table[row][column] == __ {
                let other = if row == BF as usize { column } else { row };
                let short = DType::ALL[other].itemsize() <= 2;
                table[row][column] = if short { F4 } else { F8 };
            }
            column += 1;
        }
        row += 1;
    }
    table
};

/// JAX. Signed integers and `uint64` meet at a weak `float64`.
pub(super) const LATTICE: Table = [
    [B, I1, I2, I4, I8, U1, U2, U4, U8, F2, BF, F4, F8, C8, CX],
    [I1, I1, I2, I4, I8, I2, I4, I8, F8, F2, BF, F4, F8, C8, CX],
    [I2, I2, I2, I4, I8, I2, I4, I8, F8, F2, BF, F4, F8, C8, CX],
    [I4, I4, I4, I4, I8, I4, I4, I8, F8, F2, BF, F4, F8, C8, CX],
    [I8, I8, I8, I8, I8, I8, I8, I8, F8, F2, BF, F4, F8, C8, CX],
    [U1, I2, I2, I4, I8, U1, U2, U4, U8, F2, BF, F4, F8, C8, CX],
    [U2, I4, I4, I4, I8, U2, U2, U4, U8, F2, BF, F4, F8, C8, CX],
    [U4, I8, I8, I8, I8, U4, U4, U4, U8, F2, BF, F4, F8, C8, CX],
    [U8, F8, F8, F8, F8, U8, U8, U8, U8, F2, BF, F4, F8, C8, CX],
    [F2, F2, F2, F2, F2, F2, F2, F2, F2, F2, F4, F4, F8, C8, CX],
    [BF, BF, BF, BF, BF, BF, BF, BF, BF, F4, BF, F4, F8, C8, CX],
    [F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F8, C8, CX],
    [F8, F8, F8, F8, F8, F8, F8, F8, F8, F8, F8, F8, F8, CX, CX],
    [C8, C8, C8, C8, C8, C8, C8, C8, C8, C8, C8, C8, CX, C8, CX],
    [CX, CX, CX, CX, CX, CX, CX, CX, CX, CX, CX, CX, CX, CX, CX],
];

/// TensorFlow's safe mode: `LATTICE` where nothing is lost.
pub(super) const SAFE: Table = [
    [B, I1, I2, I4, I8, U1, U2, U4, U8, F2, BF, F4, F8, C8, CX],
    [I1, I1, I2, I4, I8, __, __, __, __, F2, BF, F4, F8, C8, CX],
    [I2, I2, I2, I4, I8, I2, __, __, __, __, __, F4, F8, C8, CX],
    [I4, I4, I4, I4, I8, I4, I4, __, __, __, __, __, F8, __, CX],
    [I8, I8, I8, I8, I8, I8, I8, I8, __, __, __, __, __, __, __],
    [U1, __, I2, I4, I8, U1, U2, U4, U8, F2, BF, F4, F8, C8, CX],
    [U2, __, __, I4, I8, U2, U2, U4, U8, __, __, F4, F8, C8, CX],
    [U4, __, __, __, I8, U4, U4, U4, U8, __, __, __, F8, __, CX],
    [U8, __, __, __, __, U8, U8, U8, U8, __, __, __, __, __, __],
    [F2, F2, __, __, __, F2, __, __, __, F2, __, F4, F8, C8, CX],
    [BF, BF, __, __, __, BF, __, __, __, __, BF, F4, F8, C8, CX],
    [F4, F4, F4, __, __, F4, F4, __, __, F4, F4, F4, F8, C8, CX],
    [F8, F8, F8, F8, __, F8, F8, F8, __, F8, F8, F8, F8, __, CX],
    [C8, C8, C8, __, __, C8, C8, __, __, C8, C8, C8, __, C8, CX],
    [CX, CX, CX, CX, __, CX, CX, CX, __, CX, CX, CX, CX, CX, CX],
];
