//! Rust's operators on arrays: thin calls of the named functions that panic, at the caller's line, where those return an error.
//!
//! On the right of an array anything goes that a function takes. On the left of one stand the types that a bare literal becomes (`f64`,
//! `i64`), those no literal can be (`bool`, half-width floats, complex numbers), and `Scalar`, which any Rust number converts to. With
//! `f32` or `i32` there too, `2.0 * &x` would be ambiguous to the compiler, and nothing could be called on the result.

use std::ops;

use tnp_backend::Result;
use tnp_backend::prim::Binary;
use tnp_dtype::{BinaryRule, Scalar, bf16, c64, c128, f16};

use crate::{Array, Operand, elementwise};

#[track_caller]
fn unwrap(result: Result<Array>) -> Array {
    match result {
        Ok(array) => array,
        Err(error) => panic!("{error}"),
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $assign_trait:ident $assign:ident $function:path, $op:ident $rule:ident;)*) => {$(
        impl<'a, T: Into<Operand<'a>>> ops::$trait<T> for Array {
            type Output = Array;
            #[track_caller]
            #[inline]
            fn $method(self, rhs: T) -> Array {
                unwrap($function(self, rhs))
            }
        }
        impl<'a, T: Into<Operand<'a>>> ops::$trait<T> for &Array {
            type Output = Array;
            #[track_caller]
            #[inline]
            fn $method(self, rhs: T) -> Array {
                unwrap($function(self, rhs))
            }
        }
        impl<'a, T: Into<Operand<'a>>> ops::$assign_trait<T> for Array {
            /// Rebinds the handle, in place when nothing else holds the buffer. As in NumPy the dtype stays: a result that
            /// `same_kind` casting cannot bring back to it is an error, which leaves the array as it was.
            #[track_caller]
            #[inline]
            fn $assign(&mut self, rhs: T) {
                if let Err(error) = elementwise::update(self, Binary::$op, BinaryRule::$rule, rhs.into()) {
                    panic!("{error}");
                }
            }
        }
        operators!(@scalars $trait $method $function; bool i64 f16 bf16 f64 c64 c128 Scalar);
    )*};
    (@scalars $trait:ident $method:ident $function:path; $($t:ty)*) => {$(
        impl ops::$trait<Array> for $t {
            type Output = Array;
            #[track_caller]
            #[inline]
            fn $method(self, rhs: Array) -> Array {
                unwrap($function(self, rhs))
            }
        }
        impl ops::$trait<&Array> for $t {
            type Output = Array;
            #[track_caller]
            #[inline]
            fn $method(self, rhs: &Array) -> Array {
                unwrap($function(self, rhs))
            }
        }
    )*};
}

operators! {
    Add add AddAssign add_assign elementwise::add, Add Arithmetic;
    Sub sub SubAssign sub_assign elementwise::subtract, Subtract Subtract;
    Mul mul MulAssign mul_assign elementwise::multiply, Multiply Arithmetic;
    Div div DivAssign div_assign elementwise::divide, Divide Divide;
    Rem rem RemAssign rem_assign elementwise::remainder, Remainder FloorDivide;
    BitAnd bitand BitAndAssign bitand_assign elementwise::bitwise_and, BitwiseAnd Bitwise;
    BitOr bitor BitOrAssign bitor_assign elementwise::bitwise_or, BitwiseOr Bitwise;
    BitXor bitxor BitXorAssign bitxor_assign elementwise::bitwise_xor, BitwiseXor Bitwise;
    Shl shl ShlAssign shl_assign elementwise::left_shift, LeftShift Shift;
    Shr shr ShrAssign shr_assign elementwise::right_shift, RightShift Shift;
}

impl ops::Neg for Array {
    type Output = Array;
    #[track_caller]
    #[inline]
    fn neg(self) -> Array {
        unwrap(elementwise::negative(self))
    }
}

impl ops::Neg for &Array {
    type Output = Array;
    #[track_caller]
    #[inline]
    fn neg(self) -> Array {
        unwrap(elementwise::negative(self))
    }
}

impl ops::Not for Array {
    type Output = Array;
    #[track_caller]
    #[inline]
    fn not(self) -> Array {
        unwrap(elementwise::invert(self))
    }
}

impl ops::Not for &Array {
    type Output = Array;
    #[track_caller]
    #[inline]
    fn not(self) -> Array {
        unwrap(elementwise::invert(self))
    }
}
