//! `Operand`: anything a function takes as an array, owned or borrowed, or a Rust number that promotes weakly.

use tnp_backend::{Error, Result};
use tnp_dtype::{
    Casting, DType, Element, Scalar, TypeInfo, TypeOrScalar, bf16, c64, c128, can_cast, f16,
};

use crate::Array;
use crate::array::host_literals;

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
    /// An array made of numbers in Rust's own collections. Put into a dtype that is named for them they must fit, as a number alone must.
    Numbers(Array),
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
            Operand::Owned(array) | Operand::Numbers(array) => Some(array),
            Operand::Borrowed(array) => Some(array),
            Operand::Reusable(array) => Some(array),
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
            Operand::Owned(array) | Operand::Numbers(array) => Ok(array),
            Operand::Borrowed(array) => Ok(array.clone()),
            Operand::Reusable(array) => Ok(array.clone()),
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
            Operand::Owned(_) | Operand::Numbers(_) => Ok(()),
            Operand::Borrowed(_) | Operand::Reusable(_) => Ok(()),
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
            Operand::Owned(array) | Operand::Numbers(array) => Ok(array),
            Operand::Borrowed(array) => Ok(array),
            Operand::Reusable(array) => Ok(array),
            Operand::Scalar(_) | Operand::Failed(_) => {
                Err(Error::value("an operand is not an array"))
            }
        }
    }

    /// The same operand, lent.
    pub fn lend(&self) -> Operand<'_> {
        match self {
            Operand::Owned(array) | Operand::Numbers(array) => Operand::Borrowed(array),
            Operand::Borrowed(array) => Operand::Borrowed(array),
            Operand::Reusable(array) => Operand::Borrowed(array),
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
            Operand::Owned(array) | Operand::Numbers(array) => Ok(array.type_info().into()),
            Operand::Borrowed(array) => Ok(array.type_info().into()),
            Operand::Reusable(array) => Ok(array.type_info().into()),
            Operand::Scalar(scalar) => Ok((*scalar).into()),
            Operand::Failed(error) => Err(error.clone()),
        }
    }

    /// Shape of the array; a number has none.
    pub fn shape(&self) -> &[usize] {
        self.as_array().map_or(&[], Array::shape)
    }

    /// True when the buffer is the backend's to overwrite.
    #[inline]
    pub(crate) fn is_donated(&mut self) -> bool {
        match self {
            Operand::Owned(array) | Operand::Numbers(array) => array.is_unique(),
            Operand::Reusable(array) => array.is_unique(),
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

/// Numbers in nested Rust collections, as `array` takes them: shape, then the elements in C order.
pub trait Nested {
    /// Type of the elements.
    type Element: Element;

    /// Appends the elements, and says the shape.
    ///
    /// # Errors
    /// When the parts differ in shape.
    fn flatten_into(&self, elements: &mut Vec<Self::Element>) -> Result<Vec<usize>>;
}

macro_rules! nested_elements {
    ($($t:ty),*) => {$(
        impl Nested for $t {
            type Element = $t;
            #[inline]
            fn flatten_into(&self, elements: &mut Vec<$t>) -> Result<Vec<usize>> {
                elements.push(*self);
                Ok(Vec::new())
            }
        }
    )*};
}
nested_elements!(
    bool, i8, i16, i32, i64, u8, u16, u32, u64, f16, bf16, f32, f64, c64, c128
);

impl<T: Nested> Nested for [T] {
    type Element = T::Element;
    fn flatten_into(&self, elements: &mut Vec<T::Element>) -> Result<Vec<usize>> {
        let mut inner: Option<Vec<usize>> = None;
        for part in self {
            let shape = part.flatten_into(elements)?;
            match &inner {
                None => inner = Some(shape),
                Some(first) if *first == shape => {}
                Some(first) => return Err(ragged(self.len(), first, &shape)),
            }
        }
        let mut shape = vec![self.len()];
        shape.extend(inner.unwrap_or_default());
        Ok(shape)
    }
}

#[cold]
fn ragged(len: usize, first: &[usize], other: &[usize]) -> Error {
    Error::value(format!(
        "array: setting an array element with a sequence. The requested array has an inhomogeneous shape: among {len} parts, one has shape {} and one {}",
        tnp_backend::shape_text(first),
        tnp_backend::shape_text(other)
    ))
}

macro_rules! nested_through_slice {
    ($([$($generics:tt)*] $t:ty),* $(,)?) => {$(
        impl<$($generics)*> Nested for $t {
            type Element = T::Element;
            fn flatten_into(&self, elements: &mut Vec<T::Element>) -> Result<Vec<usize>> {
                self[..].flatten_into(elements)
            }
        }
    )*};
}
nested_through_slice!([T: Nested, const N: usize] [T; N], [T: Nested] Vec<T>);

impl<T: Nested + ?Sized> Nested for &T {
    type Element = T::Element;
    fn flatten_into(&self, elements: &mut Vec<T::Element>) -> Result<Vec<usize>> {
        (**self).flatten_into(elements)
    }
}

fn from_nested(nested: &impl Nested) -> Operand<'static> {
    let mut elements = Vec::new();
    let shape = nested.flatten_into(&mut elements);
    match shape.and_then(|shape| Array::from_vec(elements, &shape)) {
        Ok(array) => Operand::Numbers(array),
        Err(error) => Operand::Failed(error),
    }
}

/// Whether all numbers fit a dtype: integers in its range, no NaN as an integer, no complex number as a real one.
///
/// # Errors
/// That of the first which does not.
pub(crate) fn check_fit(numbers: &Array, dtype: DType) -> Result<()> {
    let narrow = dtype.is_integer() || numbers.dtype().is_complex() && !dtype.is_complex();
    if !narrow || can_cast(numbers.dtype(), dtype, Casting::Safe) {
        return Ok(());
    }
    for number in host_literals(numbers)? {
        Scalar::from(number).to_literal(dtype)?;
    }
    Ok(())
}

impl<T: Nested> From<&[T]> for Operand<'_> {
    fn from(slice: &[T]) -> Self {
        from_nested(&slice)
    }
}

impl<T: Nested> From<Vec<T>> for Operand<'_> {
    fn from(vec: Vec<T>) -> Self {
        from_nested(&vec)
    }
}

impl<T: Nested> From<&Vec<T>> for Operand<'_> {
    fn from(vec: &Vec<T>) -> Self {
        from_nested(vec)
    }
}

impl<T: Nested, const N: usize> From<[T; N]> for Operand<'_> {
    fn from(array: [T; N]) -> Self {
        from_nested(&array)
    }
}

impl<T: Nested, const N: usize> From<&[T; N]> for Operand<'_> {
    fn from(array: &[T; N]) -> Self {
        from_nested(array)
    }
}
