//! Rust's operators on arrays: thin calls of the named functions that panic, at the caller's line, where those return an error.

use std::ops;

use tnp_backend::Result;
use tnp_backend::prim::Binary;
use tnp_dtype::{BinaryRule, bf16, c64, c128, f16};

use crate::{Array, elementwise};

#[track_caller]
fn unwrap(result: Result<Array>) -> Array {
    match result {
        Ok(array) => array,
        Err(error) => panic!("{error}"),
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $assign_trait:ident $assign:ident $function:path, $op:ident $rule:ident;)*) => {$(
        operators!(@pair $trait $method $function; Array, Array; Array, &Array; &Array, Array; &Array, &Array);
        operators!(@scalars $trait $method $assign_trait $assign $function, $op $rule;
            bool i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f16 bf16 f32 f64 c64 c128);
        operators!(@assign $assign_trait $assign $op $rule; Array; &Array);
    )*};
    (@pair $trait:ident $method:ident $function:path; $($lhs:ty, $rhs:ty);*) => {$(
        impl ops::$trait<$rhs> for $lhs {
            type Output = Array;
            #[track_caller]
            #[inline]
            fn $method(self, rhs: $rhs) -> Array {
                unwrap($function(self, rhs))
            }
        }
    )*};
    (@scalars $trait:ident $method:ident $assign_trait:ident $assign:ident $function:path, $op:ident $rule:ident; $($t:ty)*) => {$(
        operators!(@pair $trait $method $function; Array, $t; &Array, $t; $t, Array; $t, &Array);
        operators!(@assign $assign_trait $assign $op $rule; $t);
    )*};
    (@assign $trait:ident $method:ident $op:ident $rule:ident; $($rhs:ty);*) => {$(
        impl ops::$trait<$rhs> for Array {
            /// Rebinds the handle, in place when nothing else holds the buffer. As in NumPy the dtype stays: a result
            /// that `same_kind` casting cannot bring back to it is an error.
            #[track_caller]
            #[inline]
            fn $method(&mut self, rhs: $rhs) {
                if let Err(error) = elementwise::update(self, Binary::$op, BinaryRule::$rule, rhs.into()) {
                    panic!("{error}");
                }
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
    fn neg(self) -> Array {
        unwrap(elementwise::negative(self))
    }
}

impl ops::Neg for &Array {
    type Output = Array;
    #[track_caller]
    fn neg(self) -> Array {
        unwrap(elementwise::negative(self))
    }
}

impl ops::Not for Array {
    type Output = Array;
    #[track_caller]
    fn not(self) -> Array {
        unwrap(elementwise::invert(self))
    }
}

impl ops::Not for &Array {
    type Output = Array;
    #[track_caller]
    fn not(self) -> Array {
        unwrap(elementwise::invert(self))
    }
}
