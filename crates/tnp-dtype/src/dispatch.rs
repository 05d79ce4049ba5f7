//! `with_dtype!`: one match from a dtype to the Rust type, at the door of generic code.

/// Runs a block with a type alias bound to the Rust type of a [`DType`](crate::DType).
///
/// `with_dtype!(dtype, T => block)` covers all fifteen; naming a class restricts it and needs an
/// `else` block: `with_dtype!(dtype, T: real => block, else => block)`. Classes: `integer` (signed and unsigned),
/// `real` (integers, f32 and f64; no bool, no half-width floats), `float` (f32, f64), `complex`, `number` (`real` and `complex`).
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, with_dtype};
/// let size = with_dtype!(DType::Int16, T => { size_of::<T>() });
/// assert_eq!(size, 2);
/// ```
#[macro_export]
macro_rules! with_dtype {
    ($dtype:expr, $t:ident => $body:expr) => {
        $crate::with_dtype!(@match $dtype, $t, $body, (unreachable!()),
            Bool bool, Int8 i8, Int16 i16, Int32 i32, Int64 i64, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64,
            Float16 $crate::f16, BFloat16 $crate::bf16, Float32 f32, Float64 f64, Complex64 $crate::c64, Complex128 $crate::c128)
    };
    ($dtype:expr, $t:ident : integer => $body:expr, else => $other:expr) => {
        $crate::with_dtype!(@match $dtype, $t, $body, ($other),
            Int8 i8, Int16 i16, Int32 i32, Int64 i64, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64)
    };
    ($dtype:expr, $t:ident : real => $body:expr, else => $other:expr) => {
        $crate::with_dtype!(@match $dtype, $t, $body, ($other),
            Int8 i8, Int16 i16, Int32 i32, Int64 i64, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64, Float32 f32, Float64 f64)
    };
    ($dtype:expr, $t:ident : float => $body:expr, else => $other:expr) => {
        $crate::with_dtype!(@match $dtype, $t, $body, ($other), Float32 f32, Float64 f64)
    };
    ($dtype:expr, $t:ident : complex => $body:expr, else => $other:expr) => {
        $crate::with_dtype!(@match $dtype, $t, $body, ($other), Complex64 $crate::c64, Complex128 $crate::c128)
    };
    ($dtype:expr, $t:ident : number => $body:expr, else => $other:expr) => {
        $crate::with_dtype!(@match $dtype, $t, $body, ($other),
            Int8 i8, Int16 i16, Int32 i32, Int64 i64, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64, Float32 f32, Float64 f64,
            Complex64 $crate::c64, Complex128 $crate::c128)
    };
    (@match $dtype:expr, $t:ident, $body:expr, ($other:expr), $($v:ident $ty:ty),*) => {{
        #[allow(unreachable_patterns)]
        match $dtype {
            $($crate::DType::$v => { type $t = $ty; $body })*
            _ => $other,
        }
    }};
}
