//! Comparisons, which give one byte of truth; complex numbers compare lexicographically.

use tnp_dtype::{Complex, c64, c128};

use super::BinaryOp;

/// The parts of a complex number.
pub(super) trait Part: PartialOrd + Copy {
    /// True for NaN.
    fn nan(self) -> bool;
}
impl Part for f32 {
    #[inline(always)]
    fn nan(self) -> bool {
        self.is_nan()
    }
}
impl Part for f64 {
    #[inline(always)]
    fn nan(self) -> bool {
        self.is_nan()
    }
}

/// True when either part is NaN.
#[inline(always)]
pub(super) fn is_nan<T: Part>(z: Complex<T>) -> bool {
    z.re.nan() | z.im.nan()
}

// NumPy lets the real parts decide only where neither imaginary part is NaN.
#[inline(always)]
fn decided<T: Part>(a: Complex<T>, b: Complex<T>) -> bool {
    !(a.im.nan() | b.im.nan())
}

#[inline(always)]
pub(super) fn at_least<T: Part>(a: Complex<T>, b: Complex<T>) -> bool {
    ((a.re > b.re) & decided(a, b)) | ((a.re == b.re) & (a.im >= b.im))
}

#[inline(always)]
pub(super) fn at_most<T: Part>(a: Complex<T>, b: Complex<T>) -> bool {
    at_least(b, a)
}

#[inline(always)]
fn less<T: Part>(a: Complex<T>, b: Complex<T>) -> bool {
    ((a.re < b.re) & decided(a, b)) | ((a.re == b.re) & (a.im < b.im))
}

macro_rules! comparisons {
    ($($(#[$m:meta])* $name:ident { $([$($t:ty),+] |$a:ident, $b:ident| $e:expr;)+ })+) => {$(
        $(#[$m])*
        pub(super) struct $name;
        $($(
            impl BinaryOp<$t> for $name {
                type Out = u8;
                #[inline(always)]
                fn apply($a: $t, $b: $t) -> u8 {
                    u8::from($e)
                }
            }
        )+)+
    )+};
}

comparisons! {
    /// `a == b`.
    Equal {
        [u8, u16, u32, u64, f32, f64] |a, b| a == b;
        [c64, c128] |a, b| (a.re == b.re) & (a.im == b.im);
    }
    /// `a != b`.
    NotEqual {
        [u8, u16, u32, u64, f32, f64] |a, b| a != b;
        [c64, c128] |a, b| (a.re != b.re) | (a.im != b.im);
    }
    /// `a < b`.
    Less {
        [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64] |a, b| a < b;
        [c64, c128] |a, b| less(a, b);
    }
    /// `a <= b`.
    LessEqual {
        [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64] |a, b| a <= b;
        [c64, c128] |a, b| at_most(a, b);
    }
    /// `a > b`.
    Greater {
        [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64] |a, b| a > b;
        [c64, c128] |a, b| less(b, a);
    }
    /// `a >= b`.
    GreaterEqual {
        [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64] |a, b| a >= b;
        [c64, c128] |a, b| at_least(a, b);
    }
}
