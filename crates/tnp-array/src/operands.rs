//! `Operands`: several arrays as one argument, as `concatenate` and `meshgrid` take them; and `result_type` over such lists.

use tnp_backend::prim::SliceSpec;
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Scalar, TypeInfo, TypeOrScalar, bf16, c64, c128, f16};

use crate::manipulate::pick;
use crate::promote::{at_home, home, to_dtype};
use crate::{Array, Operand};

/// Several arrays as one argument: an array, slice or `Vec` of anything that is an [`Operand`], a tuple of different ones,
/// or one array, which stands for its rows.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, concatenate};
/// let (x, y) = (arange(2)?, arange(3)?);
/// assert_eq!(concatenate([&x, &y], 0)?.to_vec::<i64>()?, [0, 1, 0, 1, 2]);
/// assert_eq!(concatenate((&x, vec![7i64], arange(1)?), 0)?.to_vec::<i64>()?, [0, 1, 7, 0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub struct Operands<'a>(pub Vec<Operand<'a>>);

impl<'a, T: Into<Operand<'a>>> From<Vec<T>> for Operands<'a> {
    fn from(operands: Vec<T>) -> Self {
        Operands(operands.into_iter().map(Into::into).collect())
    }
}

impl<'a, T: Into<Operand<'a>>, const N: usize> From<[T; N]> for Operands<'a> {
    fn from(operands: [T; N]) -> Self {
        Operands(operands.into_iter().map(Into::into).collect())
    }
}

impl<'a, T> From<&'a [T]> for Operands<'a>
where
    &'a T: Into<Operand<'a>>,
{
    fn from(operands: &'a [T]) -> Self {
        Operands(operands.iter().map(Into::into).collect())
    }
}

impl<'a, T> From<&'a Vec<T>> for Operands<'a>
where
    &'a T: Into<Operand<'a>>,
{
    fn from(operands: &'a Vec<T>) -> Self {
        Operands::from(&operands[..])
    }
}

impl<'a, T, const N: usize> From<&'a [T; N]> for Operands<'a>
where
    &'a T: Into<Operand<'a>>,
{
    fn from(operands: &'a [T; N]) -> Self {
        Operands::from(&operands[..])
    }
}

impl From<()> for Operands<'_> {
    fn from((): ()) -> Self {
        Operands(Vec::new())
    }
}

macro_rules! tuples {
    ($(($($t:ident $i:tt),+))*) => {$(
        impl<'a, $($t: Into<Operand<'a>>),+> From<($($t,)+)> for Operands<'a> {
            fn from(operands: ($($t,)+)) -> Self {
                Operands(vec![$(operands.$i.into()),+])
            }
        }
    )*};
}
tuples! {
    (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5)
}

impl<'a> From<&'a Array> for Operands<'a> {
    /// The rows of the array.
    fn from(x: &'a Array) -> Self {
        let Some(&rows) = x.shape().first() else {
            let error = Error::dtype("iteration over a 0-d array");
            return Operands(vec![Operand::Failed(error)]);
        };
        let row = |at| {
            let spec = SliceSpec {
                start: at,
                len: 1,
                step: 1,
            };
            Operand::from(pick("row", x.into(), 0, spec))
        };
        Operands((0..rows).map(row).collect())
    }
}

impl<'a> From<&'a Result<Array>> for Operand<'a> {
    fn from(result: &'a Result<Array>) -> Self {
        match result {
            Ok(array) => Operand::Borrowed(array),
            Err(error) => Operand::Failed(error.clone()),
        }
    }
}

impl<'s, 'a: 's> From<&'s &'a Array> for Operand<'s> {
    fn from(array: &'s &'a Array) -> Self {
        Operand::Borrowed(array)
    }
}

impl<'a> Operands<'a> {
    /// The operands as arrays of the dtype they meet at by the promotion mode in force, and whether that stays weak.
    ///
    /// # Errors
    /// When there are none, the mode does not promote them, or one is a failure.
    pub(crate) fn promoted(self, op: &'static str) -> Result<(Vec<Operand<'a>>, bool)> {
        if self.agree() {
            return Ok((self.0, false));
        }
        let types = self
            .0
            .iter()
            .map(Operand::promotes_as)
            .collect::<Result<Vec<_>>>()
            .map_err(|error| error.in_op(op))?;
        let info = tnp_dtype::result_type(op, &types)?;
        // Numbers become arrays where the first array is.
        let home = self.0.iter().find_map(|operand| home(&[operand]));
        let cast = |operand| at_home(home, || to_dtype(op, operand, info.dtype));
        let operands = self.0.into_iter().map(cast).collect::<Result<_>>()?;
        Ok((operands, info.weak))
    }

    /// Whether all are arrays of one dtype that does not give way, which no mode of promotion changes.
    fn agree(&self) -> bool {
        let first = self.0.first().and_then(Operand::type_info);
        first.is_some_and(|info| !info.weak)
            && (self.0[1..].iter()).all(|operand| operand.type_info() == first)
    }

    /// Every operand an array.
    pub(crate) fn resolved(mut self, op: &str) -> Result<Vec<Operand<'a>>> {
        for operand in &mut self.0 {
            operand.resolve().map_err(|error| error.in_op(op))?;
        }
        Ok(self.0)
    }
}

/// Something with a type: an array, a dtype or a Rust number.
pub struct TypeArg(Result<TypeOrScalar>);

impl From<DType> for TypeArg {
    fn from(dtype: DType) -> TypeArg {
        TypeArg(Ok(dtype.into()))
    }
}

impl From<TypeInfo> for TypeArg {
    fn from(info: TypeInfo) -> TypeArg {
        TypeArg(Ok(info.into()))
    }
}

impl From<&Array> for TypeArg {
    fn from(x: &Array) -> TypeArg {
        TypeArg(Ok(x.type_info().into()))
    }
}

impl From<Array> for TypeArg {
    fn from(x: Array) -> TypeArg {
        TypeArg::from(&x)
    }
}

impl From<Operand<'_>> for TypeArg {
    fn from(x: Operand<'_>) -> TypeArg {
        TypeArg(x.promotes_as())
    }
}

macro_rules! typed_scalars {
    ($($t:ty),*) => {$(
        impl From<$t> for TypeArg {
            fn from(value: $t) -> TypeArg {
                TypeArg(Ok(Scalar::from(value).into()))
            }
        }
    )*};
}
typed_scalars!(
    bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f16, bf16, f32, f64, c64,
    c128
);

/// A list of things with a type.
pub struct TypeArgs(Vec<TypeArg>);

impl<T: Into<TypeArg>, const N: usize> From<[T; N]> for TypeArgs {
    fn from(args: [T; N]) -> TypeArgs {
        TypeArgs(args.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<TypeArg>> From<Vec<T>> for TypeArgs {
    fn from(args: Vec<T>) -> TypeArgs {
        TypeArgs(args.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<TypeArg>> From<T> for TypeArgs {
    fn from(arg: T) -> TypeArgs {
        TypeArgs(vec![arg.into()])
    }
}

macro_rules! type_tuples {
    ($(($($t:ident $i:tt),+))*) => {$(
        impl<$($t: Into<TypeArg>),+> From<($($t,)+)> for TypeArgs {
            fn from(args: ($($t,)+)) -> TypeArgs {
                TypeArgs(vec![$(args.$i.into()),+])
            }
        }
    )*};
}
type_tuples! {
    (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5)
}

/// The dtype that arrays, dtypes and Rust numbers meet at in the promotion mode in force.
///
/// # Errors
/// When the mode has no common dtype for them, or there are none.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, ones, result_type};
/// let x = ones(2, DType::Float32)?;
/// assert_eq!(result_type((&x, DType::Int8, 1.5))?, DType::Float32);
/// assert_eq!(result_type([DType::Int64, DType::Float32])?, DType::Float64);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.result_type.html>
pub fn result_type(args: impl Into<TypeArgs>) -> Result<DType> {
    let types = (args.into().0.into_iter())
        .map(|arg| arg.0)
        .collect::<Result<Vec<_>>>()
        .map_err(|error| error.in_op("result_type"))?;
    if types.is_empty() {
        return Err(Error::value(
            "result_type: at least one array or dtype is required",
        ));
    }
    Ok(tnp_dtype::result_type("result_type", &types)?.dtype)
}
