//! `Operand`: anything a function takes as an array, owned or borrowed, or a Rust number that promotes weakly.

use std::sync::Arc;

use tnp_backend::{Error, Result};
use tnp_dtype::{Scalar, TypeInfo, TypeOrScalar, bf16, c64, c128, f16};

use crate::Array;
use crate::numbers::{Nested, Numbers, from_nested};

/// An argument of a function: an array that is given up or lent, or a Rust scalar.
///
/// Functions take `impl Into<Operand>`, so arrays, references to them, every Rust number, `Vec`s, arrays and slices of
/// numbers (nested too), and `Result<Array>` all do. An owned array whose buffer nobody else holds may be
/// overwritten with the result.
pub enum Operand<'a> {
    /// An array that is given up.
    Owned(Array),
    /// An array that stays as it is.
    Borrowed(&'a Array),
    /// An array whose value is not needed afterwards, lent so that an error can leave it whole.
    Reusable(&'a mut Array),
    /// The numbers of lists: an array, whose elements must fit a dtype that is named for them, as a number alone must.
    Numbers(Arc<Numbers>),
    /// A number: it takes the dtype of what it meets.
    Scalar(Scalar),
    /// What should have become an array could not (ragged nesting, say); using it gives the error.
    Failed(Error),
}

impl<'a> Operand<'a> {
    /// The array, unless this is a number or a failure.
    #[inline]
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Operand::Owned(array) => Some(array),
            Operand::Borrowed(array) => Some(array),
            Operand::Reusable(array) => Some(array),
            Operand::Numbers(numbers) => numbers.array().ok(),
            Operand::Scalar(_) | Operand::Failed(_) => None,
        }
    }

    /// An array of its own: numbers become 0-d arrays of their default dtype.
    ///
    /// # Errors
    /// The failure of the conversion.
    #[inline]
    pub fn into_array(mut self) -> Result<Array> {
        self.resolve()?;
        match self {
            Operand::Owned(array) => Ok(array),
            Operand::Borrowed(array) => Ok(array.clone()),
            Operand::Reusable(array) => Ok(array.clone()),
            Operand::Numbers(numbers) => match Arc::try_unwrap(numbers) {
                Ok(numbers) => numbers.into_array(),
                Err(numbers) => numbers.array().cloned(),
            },
            Operand::Scalar(_) | Operand::Failed(_) => {
                Err(Error::value("an operand is not an array"))
            }
        }
    }

    /// Makes sure that this is an array.
    ///
    /// # Errors
    /// The failure of the conversion.
    #[inline]
    pub fn resolve(&mut self) -> Result<()> {
        match self {
            Operand::Owned(_) | Operand::Borrowed(_) | Operand::Reusable(_) => Ok(()),
            Operand::Numbers(numbers) => numbers.array().map(|_| ()),
            Operand::Scalar(scalar) => {
                let info = scalar.type_info();
                *self = Operand::Owned(
                    Array::from_literal(scalar.to_literal(info.dtype)?)?.with_weak(info.weak),
                );
                Ok(())
            }
            Operand::Failed(error) => Err(error.clone()),
        }
    }

    /// The array, lent.
    ///
    /// # Errors
    /// The failure of the conversion.
    #[inline]
    pub fn array(&mut self) -> Result<&Array> {
        self.resolve()?;
        match self {
            Operand::Owned(array) => Ok(array),
            Operand::Borrowed(array) => Ok(array),
            Operand::Reusable(array) => Ok(array),
            Operand::Numbers(numbers) => numbers.array(),
            Operand::Scalar(_) | Operand::Failed(_) => {
                Err(Error::value("an operand is not an array"))
            }
        }
    }

    /// The same operand, lent.
    pub fn lend(&self) -> Operand<'_> {
        match self {
            Operand::Owned(array) => Operand::Borrowed(array),
            Operand::Borrowed(array) => Operand::Borrowed(array),
            Operand::Reusable(array) => Operand::Borrowed(array),
            Operand::Numbers(numbers) => Operand::Numbers(numbers.clone()),
            Operand::Scalar(scalar) => Operand::Scalar(*scalar),
            Operand::Failed(error) => Operand::Failed(error.clone()),
        }
    }

    /// What promotion sees.
    ///
    /// # Errors
    /// The failure of the conversion.
    #[inline]
    pub fn promotes_as(&self) -> Result<TypeOrScalar> {
        match self {
            Operand::Owned(array) => Ok(array.type_info().into()),
            Operand::Borrowed(array) => Ok(array.type_info().into()),
            Operand::Reusable(array) => Ok(array.type_info().into()),
            Operand::Numbers(numbers) => Ok(numbers.array()?.type_info().into()),
            Operand::Scalar(scalar) => Ok((*scalar).into()),
            Operand::Failed(error) => Err(error.clone()),
        }
    }

    /// Shape of the array; a number has none.
    pub fn shape(&self) -> &[usize] {
        match self {
            Operand::Numbers(numbers) => numbers.shape(),
            operand => operand.as_array().map_or(&[], Array::shape),
        }
    }

    /// True when the buffer is the backend's to overwrite.
    #[inline]
    pub(crate) fn is_donated(&mut self) -> bool {
        match self {
            Operand::Owned(array) => array.is_unique(),
            Operand::Reusable(array) => array.is_unique(),
            Operand::Numbers(numbers) => Arc::get_mut(numbers)
                .and_then(Numbers::array_mut)
                .is_some_and(Array::is_unique),
            Operand::Borrowed(_) | Operand::Scalar(_) | Operand::Failed(_) => false,
        }
    }

    /// The type info when this is an array.
    pub fn type_info(&self) -> Option<TypeInfo> {
        self.as_array().map(Array::type_info)
    }
}

impl From<Array> for Operand<'_> {
    #[inline]
    fn from(array: Array) -> Self {
        Operand::Owned(array)
    }
}

impl<'a> From<&'a Array> for Operand<'a> {
    #[inline]
    fn from(array: &'a Array) -> Self {
        Operand::Borrowed(array)
    }
}

impl<'a> From<&'a mut Array> for Operand<'a> {
    #[inline]
    fn from(array: &'a mut Array) -> Self {
        Operand::Borrowed(array)
    }
}

impl<'a> From<&'a Operand<'_>> for Operand<'a> {
    #[inline]
    fn from(operand: &'a Operand<'_>) -> Self {
        operand.lend()
    }
}

impl From<Result<Array>> for Operand<'_> {
    #[inline]
    fn from(result: Result<Array>) -> Self {
        match result {
            Ok(array) => Operand::Owned(array),
            Err(error) => Operand::Failed(error),
        }
    }
}

impl From<Scalar> for Operand<'_> {
    #[inline]
    fn from(scalar: Scalar) -> Self {
        Operand::Scalar(scalar)
    }
}

macro_rules! scalars {
    ($($t:ty),*) => {$(
        impl From<$t> for Operand<'_> {
            #[inline]
            fn from(value: $t) -> Self {
                Operand::Scalar(Scalar::from(value))
            }
        }
        impl From<&$t> for Operand<'_> {
            #[inline]
            fn from(value: &$t) -> Self {
                Operand::Scalar(Scalar::from(*value))
            }
        }
    )*};
}
scalars!(
    bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f16, bf16, f32, f64, c64,
    c128
);

impl From<Numbers> for Operand<'_> {
    fn from(numbers: Numbers) -> Self {
        Operand::Numbers(Arc::new(numbers))
    }
}

fn nested(nested: &impl Nested) -> Operand<'static> {
    match from_nested(nested) {
        Ok(numbers) => numbers.into(),
        Err(error) => Operand::Failed(error),
    }
}

impl<T: Nested> From<&[T]> for Operand<'_> {
    fn from(slice: &[T]) -> Self {
        nested(&slice)
    }
}

impl<T: Nested> From<Vec<T>> for Operand<'_> {
    fn from(vec: Vec<T>) -> Self {
        nested(&vec)
    }
}

impl<T: Nested> From<&Vec<T>> for Operand<'_> {
    fn from(vec: &Vec<T>) -> Self {
        nested(vec)
    }
}

impl<T: Nested, const N: usize> From<[T; N]> for Operand<'_> {
    fn from(array: [T; N]) -> Self {
        nested(&array)
    }
}

impl<T: Nested, const N: usize> From<&[T; N]> for Operand<'_> {
    fn from(array: &[T; N]) -> Self {
        nested(array)
    }
}
