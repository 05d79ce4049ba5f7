//! How a scatter combines what is there with what comes, dtype by dtype.

use tnp_dtype::{Element, bf16, c64, c128, f16};

/// How two elements combine, as the binary functions of the same names do.
pub(super) trait Combine: Element {
    fn sum(self, other: Self) -> Self;
    fn product(self, other: Self) -> Self;
    fn smaller(self, other: Self) -> Self;
    fn larger(self, other: Self) -> Self;
}

macro_rules! combine {
    ($($t:ty: |$x:ident, $y:ident| $sum:expr, $product:expr, $less:expr, $nan:expr;)*) => {$(
        impl Combine for $t {
            fn sum(self, other: Self) -> Self { let ($x, $y) = (self, other); $sum }
            fn product(self, other: Self) -> Self { let ($x, $y) = (self, other); $product }
            fn smaller(self, other: Self) -> Self {
                let is_nan = |$x: $t| $nan;
                let less = |$x: $t, $y: $t| $less;
                if is_nan(self) || less(self, other) { self } else { other }
            }
            fn larger(self, other: Self) -> Self {
                let is_nan = |$x: $t| $nan;
                let less = |$x: $t, $y: $t| $less;
                if is_nan(self) || less(other, self) { self } else { other }
            }
        }
    )*};
}
macro_rules! combine_integers {
    ($($t:ty)*) => { combine! { $($t: |x, y| x.wrapping_add(y), x.wrapping_mul(y), x < y, { let _ = x; false };)* } };
}
combine_integers!(i8 i16 i32 i64 u8 u16 u32 u64);
combine! {
    bool: |x, y| x | y, x & y, !x & y, { let _ = x; false };
    f16: |x, y| f16::from_f32(x.to_f32() + y.to_f32()), f16::from_f32(x.to_f32() * y.to_f32()), x < y, x.is_nan();
    bf16: |x, y| bf16::from_f32(x.to_f32() + y.to_f32()), bf16::from_f32(x.to_f32() * y.to_f32()), x < y, x.is_nan();
    f32: |x, y| x + y, x * y, x < y, x.is_nan();
    f64: |x, y| x + y, x * y, x < y, x.is_nan();
    c64: |x, y| x + y, x * y, (x.re, x.im) < (y.re, y.im), x.re.is_nan() || x.im.is_nan();
    c128: |x, y| x + y, x * y, (x.re, x.im) < (y.re, y.im), x.re.is_nan() || x.im.is_nan();
}
