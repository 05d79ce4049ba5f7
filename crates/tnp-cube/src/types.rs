//! How dtypes lie in memory and in registers: loads, stores, and the rounding between.
//!
//! In registers there are truth values, 32- and 64-bit integers, float32 and float64, and pairs of those for complex
//! numbers. Narrower integers are computed in 32 bits and wrapped, 16-bit floats in float32 and rounded, after each
//! operation. So a device need only store the narrow types, and bfloat16 runs on any.

use cubecl::ir::ElemType;
use tnp_dtype::{DType, Literal};

use crate::code::{
    BOOL, Cell, F16, F32, F64, I8, I16, I32, I64, Memory, U8, U16, U32, U64, V, cell, float, hold,
    int, shared, target, truth,
};

/// A number in registers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Val {
    /// A real one.
    One(V),
    /// A complex one.
    Two(V, V),
}

impl Val {
    /// A real number.
    pub(crate) fn one(self) -> V {
        match self {
            Val::One(x) | Val::Two(x, _) => x,
        }
    }

    /// Real and imaginary part.
    pub(crate) fn pair(self) -> (V, V) {
        match self {
            Val::One(x) => (x, x.like(0)),
            Val::Two(x, y) => (x, y),
        }
    }
}

/// What an element is in memory; complex numbers are two of them.
pub(crate) fn storage(dtype: DType) -> ElemType {
    match dtype {
        DType::Bool | DType::UInt8 => U8,
        DType::Int8 => I8,
        DType::Int16 => I16,
        DType::Int32 => I32,
        DType::Int64 => I64,
        DType::UInt16 | DType::Float16 | DType::BFloat16 => U16,
        DType::UInt32 => U32,
        DType::UInt64 => U64,
        DType::Float32 | DType::Complex64 => F32,
        DType::Float64 | DType::Complex128 => F64,
    }
}

/// What an element, or each part of one, is in registers.
pub(crate) fn register(dtype: DType) -> ElemType {
    match dtype {
        DType::Bool => BOOL,
        DType::Int8 | DType::Int16 | DType::Int32 => I32,
        DType::Int64 => I64,
        DType::UInt8 | DType::UInt16 | DType::UInt32 => U32,
        DType::UInt64 => U64,
        DType::Float16 | DType::BFloat16 | DType::Float32 | DType::Complex64 => F32,
        DType::Float64 | DType::Complex128 => F64,
    }
}

/// Reads the element of that number.
pub(crate) fn load(dtype: DType, memory: Memory, index: V) -> Val {
    if dtype.is_complex() {
        let first = index * 2;
        return Val::Two(memory.at(first), memory.at(first + 1));
    }
    Val::One(from_stored(dtype, memory.at(index)))
}

/// Writes the element of that number.
pub(crate) fn store(dtype: DType, memory: Memory, index: V, value: Val) {
    match value {
        Val::Two(re, im) => {
            let first = index * 2;
            memory.put(first, re);
            memory.put(first + 1, im);
        }
        Val::One(x) => memory.put(index, to_stored(dtype, x)),
    }
}

fn from_stored(dtype: DType, x: V) -> V {
    match dtype {
        DType::Bool => x.cast(U32).ne(0),
        DType::Float16 => from_float16(x),
        DType::BFloat16 => x.cast(U32).shl(16).bits(F32),
        _ => x.cast(register(dtype)),
    }
}

fn to_stored(dtype: DType, x: V) -> V {
    match dtype {
        DType::Bool => x.select(int(1, U32), 0).cast(U8),
        DType::Float16 => to_float16(x),
        DType::BFloat16 => to_bfloat16(x).shr(16).cast(U16),
        _ => x.cast(storage(dtype)),
    }
}

/// A result brought back to what the dtype can hold.
pub(crate) fn narrow(dtype: DType, x: V) -> V {
    match dtype {
        DType::Int8 => x.cast(I8).cast(I32),
        DType::Int16 => x.cast(I16).cast(I32),
        DType::UInt8 => x.and(0xff),
        DType::UInt16 => x.and(0xffff),
        DType::Float16 => from_float16(to_float16(x)),
        DType::BFloat16 => to_bfloat16(x).bits(F32),
        DType::Bool
        | DType::Int32
        | DType::Int64
        | DType::UInt32
        | DType::UInt64
        | DType::Float32
        | DType::Float64
        | DType::Complex64
        | DType::Complex128 => x,
    }
}

/// Rounds to bfloat16, in the upper half of 32 bits.
fn to_bfloat16(x: V) -> V {
    let bits = x.bits(U32);
    let rounded = (bits + 0x7fff + bits.shr(16).and(1)).and(0xffff_0000u32);
    is_nan(x).select(int(0x7fc0_0000, U32), rounded)
}

fn from_float16(x: V) -> V {
    if target().float16 {
        return x.bits(F16).cast(F32);
    }
    let bits = x.cast(U32);
    let magnitude = bits.and(0x7fff);
    let normal = magnitude.shl(13) + (112u32 << 23);
    let special = magnitude.shl(13).or(0x7f80_0000);
    // A subnormal one is a normal float32: nothing is flushed.
    let subnormal = (magnitude.cast(F32) * 5.960464477539063e-08).bits(U32);
    let bits32 = magnitude
        .lt(0x400)
        .select(subnormal, magnitude.ge(0x7c00).select(special, normal));
    bits32.or(bits.and(0x8000).shl(16)).bits(F32)
}

fn to_float16(x: V) -> V {
    if target().float16 {
        return x.cast(F16).bits(U16);
    }
    let bits = x.bits(U32);
    let magnitude = bits.and(0x7fff_ffff);
    let shifted = magnitude - (112u32 << 23);
    let normal = (shifted + 0xfff + shifted.shr(13).and(1)).shr(13);
    // Adding ½ rounds at the place of the smallest subnormal.
    let subnormal = (magnitude.bits(F32) + 0.5).bits(U32) - 0x3f00_0000;
    let finite = magnitude.lt(0x3880_0000).select(subnormal, normal);
    let large = magnitude.ge(0x4780_0000).select(int(0x7c00, U32), finite);
    let nan = magnitude.gt(0x7f80_0000).select(int(0x7e00, U32), large);
    nan.or(bits.shr(16).and(0x8000)).cast(U16)
}

/// The unsigned integer of a float's bits.
pub(crate) fn float_bits(x: V) -> V {
    x.bits(if x.elem() == F64 { U64 } else { U32 })
}

fn masks(x: V) -> (i128, i128) {
    match x.elem() {
        F64 => (i64::MAX as i128, f64::INFINITY.to_bits() as i128),
        _ => (i32::MAX as i128, f32::INFINITY.to_bits() as i128),
    }
}

/// NaN, by its bits: compilers may believe that there is none.
pub(crate) fn is_nan(x: V) -> V {
    let (magnitude, infinity) = masks(x);
    float_bits(x).and(magnitude).gt(infinity)
}

pub(crate) fn is_inf(x: V) -> V {
    let (magnitude, infinity) = masks(x);
    float_bits(x).and(magnitude).eq(infinity)
}

pub(crate) fn is_finite(x: V) -> V {
    let (magnitude, infinity) = masks(x);
    float_bits(x).and(magnitude).lt(infinity)
}

/// The sign bit is set.
pub(crate) fn is_negative(x: V) -> V {
    let bits = float_bits(x);
    bits.shr(x.width() - 1).ne(0)
}

/// Zero of either sign.
pub(crate) fn is_zero(x: V) -> V {
    if x.is_float() {
        let (magnitude, _) = masks(x);
        return float_bits(x).and(magnitude).eq(0);
    }
    if x.elem() == BOOL {
        return x.not();
    }
    x.eq(0)
}

/// `|x|`, NaN included.
pub(crate) fn magnitude(x: V) -> V {
    let (magnitude, _) = masks(x);
    float_bits(x).and(magnitude).bits(x.elem())
}

/// The magnitude of `x` with the sign of `y`.
pub(crate) fn copysign(x: V, y: V) -> V {
    let (magnitude, _) = masks(x);
    let sign = float_bits(y).and(!magnitude & ((1i128 << x.width()) - 1));
    float_bits(x).and(magnitude).or(sign).bits(x.elem())
}

/// The other sign, NaN included.
pub(crate) fn negate(x: V) -> V {
    let bits = float_bits(x);
    bits.xor(1i128 << (x.width() - 1)).bits(x.elem())
}

/// A literal in registers.
pub(crate) fn literal(value: &Literal) -> Val {
    let dtype = value.dtype();
    let elem = register(dtype);
    if dtype.is_complex() {
        let z = value.to_c128();
        return Val::Two(exact(z.re, elem), exact(z.im, elem));
    }
    if dtype.is_bool() {
        return Val::One(truth(value.value::<bool>()));
    }
    if dtype.is_float() {
        return Val::One(exact(value.to_c128().re, elem));
    }
    Val::One(int(value.to_i128().unwrap_or(0), elem))
}

/// A constant with every bit it has, zeros with their sign: minus zero is held, as sums with it are not left to the compiler.
fn exact(x: f64, elem: ElemType) -> V {
    let from_bits = || match elem {
        F64 => int(x.to_bits() as i128, U64).bits(F64),
        _ => int((x as f32).to_bits() as i128, U32).bits(F32),
    };
    if x == 0.0 && x.is_sign_negative() {
        hold(from_bits())
    } else if x.is_subnormal() || (x as f32).is_subnormal() {
        from_bits()
    } else {
        float(x, elem)
    }
}

/// A variable that holds a number.
#[derive(Clone, Copy)]
pub(crate) enum ValCell {
    One(Cell),
    Two(Cell, Cell),
}

/// A variable with a first value.
pub(crate) fn val_cell(first: Val) -> ValCell {
    match first {
        Val::One(x) => ValCell::One(cell(x)),
        Val::Two(x, y) => ValCell::Two(cell(x), cell(y)),
    }
}

impl ValCell {
    pub(crate) fn get(self) -> Val {
        match self {
            ValCell::One(x) => Val::One(x.get()),
            ValCell::Two(x, y) => Val::Two(x.get(), y.get()),
        }
    }

    pub(crate) fn set(self, value: Val) {
        match (self, value) {
            (ValCell::One(cell), value) => cell.set(value.one()),
            (ValCell::Two(re, im), value) => {
                let (x, y) = value.pair();
                re.set(x);
                im.set(y);
            }
        }
    }
}

/// Numbers of a dtype, as they are in registers, shared by a cube.
#[derive(Clone, Copy)]
pub(crate) struct Shared {
    dtype: DType,
    memory: Memory,
    /// The imaginary parts.
    second: Option<Memory>,
}

impl Shared {
    pub(crate) fn new(dtype: DType, length: usize) -> Shared {
        let elem = match register(dtype) {
            BOOL => U32,
            elem => elem,
        };
        Shared {
            dtype,
            memory: shared(elem, length),
            second: dtype.is_complex().then(|| shared(elem, length)),
        }
    }

    pub(crate) fn get(self, index: V) -> Val {
        let x = self.memory.at(index);
        match self.second {
            Some(second) => Val::Two(x, second.at(index)),
            None if self.dtype.is_bool() => Val::One(x.ne(0)),
            None => Val::One(x),
        }
    }

    pub(crate) fn put(self, index: V, value: Val) {
        let (x, y) = match value {
            Val::One(x) if self.dtype.is_bool() => (x.select(int(1, U32), 0), None),
            Val::One(x) => (x, None),
            Val::Two(x, y) => (x, Some(y)),
        };
        self.memory.put(index, x);
        if let (Some(second), Some(y)) = (self.second, y) {
            second.put(index, y);
        }
    }
}

/// One of two numbers.
pub(crate) fn choose(condition: V, x: Val, y: Val) -> Val {
    match (x, y) {
        (Val::Two(a, b), y) => {
            let (c, d) = y.pair();
            Val::Two(condition.select(a, c), condition.select(b, d))
        }
        (x, y) => Val::One(condition.select(x.one(), y.one())),
    }
}
