//! `Element`: the Rust types that stand for a dtype in memory.

use crate::DType;

pub use half::{bf16, f16};
pub use num_complex::Complex;

/// `complex64` in Rust.
#[allow(non_camel_case_types)]
pub type c64 = Complex<f32>;
/// `complex128` in Rust.
#[allow(non_camel_case_types)]
pub type c128 = Complex<f64>;

mod sealed {
    pub trait Sealed {}
}

/// A Rust type with the memory layout of a [`DType`]. Sealed: the fifteen dtypes are all there are.
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, Element};
/// assert_eq!(<f32 as Element>::DTYPE, DType::Float32);
/// ```
pub trait Element:
    sealed::Sealed + Copy + Send + Sync + PartialEq + std::fmt::Debug + Default + 'static
{
    /// The dtype whose elements have this type.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($t:ty => $d:ident),* $(,)?) => {$(
        impl sealed::Sealed for $t {}
        impl Element for $t {
            const DTYPE: DType = DType::$d;
        }
    )*};
}
elements! {
    bool => Bool, i8 => Int8, i16 => Int16, i32 => Int32, i64 => Int64,
    u8 => UInt8, u16 => UInt16, u32 => UInt32, u64 => UInt64,
    f16 => Float16, bf16 => BFloat16, f32 => Float32, f64 => Float64,
    c64 => Complex64, c128 => Complex128,
}
