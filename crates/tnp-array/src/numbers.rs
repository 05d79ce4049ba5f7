//! `Numbers`: what lists hold, kept as it was written until the dtype is known that it goes into.

use std::sync::OnceLock;

use tnp_backend::{Error, Result, shape_text};
use tnp_dtype::{
    Casting, DType, Element, Literal, Scalar, bf16, c64, c128, can_cast, default_fill_float, f16,
    promote_types,
};
use tnp_shape::Dims;

use crate::Array;
use crate::array::host_literals;

/// One number of a list.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// A number without a dtype, which must fit the one it is put into.
    Free(Scalar),
    /// One that has a dtype already, and is cast from it; as a signed integer it must fit.
    Typed(Literal),
}

impl Number {
    fn dtype(&self) -> DType {
        match self {
            Number::Free(number) => number.default_dtype(),
            Number::Typed(number) => number.dtype(),
        }
    }

    fn read(&self, dtype: DType) -> Result<Literal> {
        match self {
            Number::Free(number) => Ok(number.to_literal(dtype)?),
            // NumPy 2.4 reads scalars in lists through Python's integers for signed dtypes alone.
            Number::Typed(number) if dtype.is_signed_integer() && !number.dtype().is_complex() => {
                Ok(Scalar::from(*number).to_literal(dtype)?)
            }
            Number::Typed(number) => Ok(number.cast(dtype)),
        }
    }
}

/// The numbers of nested lists, in C order, and their shape.
///
/// As an operand they are an array of the dtype that promotion gives them. Where a dtype is named for them, in `array` or an
/// assignment, each is read as that dtype at once and has to fit, as a number alone must: among `2**63 + 1` and `0` stands no
/// float64.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, Number, Numbers, Operand, Scalar, array};
/// let two = [0, u64::MAX].map(|x| Number::Free(Scalar::from(x)));
/// let numbers = || Numbers::new(two.to_vec(), &[2]);
/// let exact = array(Operand::from(numbers()), DType::UInt64)?;
/// assert_eq!(exact.to_vec::<u64>()?, [0, u64::MAX]);
/// assert_eq!(array(Operand::from(numbers()), ())?.dtype(), DType::Float64);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub struct Numbers {
    /// The array of the dtype that promotion gives them, made when it is asked for.
    array: OnceLock<Result<Array>>,
    /// `None` where there is the array, which holds each as it was.
    listed: Option<(Vec<Number>, Dims)>,
}

impl Numbers {
    /// Numbers of any kinds side by side, in C order.
    pub fn new(numbers: Vec<Number>, shape: &[usize]) -> Numbers {
        Numbers {
            array: OnceLock::new(),
            listed: Some((numbers, shape.into())),
        }
    }

    fn of_array(array: Array) -> Numbers {
        Numbers {
            array: OnceLock::from(Ok(array)),
            listed: None,
        }
    }

    /// The array of the dtype that promotion gives them; floats where there are none.
    ///
    /// # Errors
    /// For an integer that no dtype holds.
    pub fn array(&self) -> Result<&Array> {
        let made = self.array.get_or_init(|| {
            let (numbers, shape) = self.listed()?;
            of_dtype(numbers, shape, common_dtype(numbers)?)
        });
        made.as_ref().map_err(Error::clone)
    }

    /// The array, when nobody else looks at it.
    pub(crate) fn array_mut(&mut self) -> Option<&mut Array> {
        self.array.get_mut()?.as_mut().ok()
    }

    /// The same as an array of its own.
    ///
    /// # Errors
    /// As [`Numbers::array`].
    pub fn into_array(self) -> Result<Array> {
        self.array()?;
        self.array.into_inner().unwrap_or_else(|| Err(no_numbers()))
    }

    /// An array of a dtype, each number read as that.
    ///
    /// # Errors
    /// For a number that does not fit: an integer out of the dtype's range, NaN as an integer, a complex number as a real one.
    pub fn read(&self, dtype: DType) -> Result<Array> {
        let Some((numbers, shape)) = &self.listed else {
            let array = self.array()?;
            check_fit(array, dtype)?;
            return array.astype(dtype);
        };
        of_dtype(numbers, shape, dtype)
    }

    /// As they were listed, and their shape.
    fn listed(&self) -> Result<(&[Number], &[usize])> {
        let (numbers, shape) = self.listed.as_ref().ok_or_else(no_numbers)?;
        Ok((numbers, shape))
    }

    /// The shape of the lists.
    pub fn shape(&self) -> &[usize] {
        match (&self.listed, self.array.get()) {
            (Some((_, shape)), _) => shape,
            (None, Some(Ok(array))) => array.shape(),
            (None, _) => &[],
        }
    }
}

#[cold]
fn no_numbers() -> Error {
    Error::value("an operand is not an array")
}

fn common_dtype(numbers: &[Number]) -> Result<DType> {
    let mut dtype = None;
    for number in numbers {
        let own = number.dtype();
        dtype = match dtype {
            None => Some(own),
            Some(so_far) if so_far == own => continue,
            Some(so_far) => Some(promote_types(so_far, own)?),
        };
    }
    Ok(dtype.unwrap_or_else(default_fill_float))
}

fn of_dtype(numbers: &[Number], shape: &[usize], dtype: DType) -> Result<Array> {
    let mut bytes = Vec::with_capacity(numbers.len() * dtype.itemsize());
    for number in numbers {
        bytes.extend_from_slice(number.read(dtype)?.as_bytes());
    }
    Array::from_bytes(&bytes, shape, dtype)
}

/// Whether all elements fit a dtype.
fn check_fit(array: &Array, dtype: DType) -> Result<()> {
    let narrow = dtype.is_integer() || array.dtype().is_complex() && !dtype.is_complex();
    if !narrow || can_cast(array.dtype(), dtype, Casting::Safe) {
        return Ok(());
    }
    for number in host_literals(array)? {
        Scalar::from(number).to_literal(dtype)?;
    }
    Ok(())
}

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
        let ragged = |first: &[usize], other: &[usize]| ragged(self.len(), first, other);
        shape_of_parts(self, |part| part.flatten_into(elements), ragged)
    }
}

/// The shape of a sequence of parts, each of which `flatten` takes apart; `ragged` is the error of two shapes that differ.
pub(crate) fn shape_of_parts<T>(
    parts: &[T],
    mut flatten: impl FnMut(&T) -> Result<Vec<usize>>,
    ragged: impl FnOnce(&[usize], &[usize]) -> Error,
) -> Result<Vec<usize>> {
    let mut inner: Option<Vec<usize>> = None;
    for part in parts {
        let shape = flatten(part)?;
        match &inner {
            None => inner = Some(shape),
            Some(first) if *first == shape => {}
            Some(first) => return Err(ragged(first, &shape)),
        }
    }
    let mut shape = vec![parts.len()];
    shape.extend(inner.unwrap_or_default());
    Ok(shape)
}

#[cold]
fn ragged(len: usize, first: &[usize], other: &[usize]) -> Error {
    Error::value(format!(
        "array: setting an array element with a sequence. The requested array has an inhomogeneous shape: among {len} parts, one has shape {} and one {}",
        shape_text(first),
        shape_text(other)
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

/// The numbers of a nested collection.
///
/// # Errors
/// When its parts differ in shape; when memory runs out.
pub(crate) fn from_nested(nested: &impl Nested) -> Result<Numbers> {
    let mut elements = Vec::new();
    let shape = nested.flatten_into(&mut elements)?;
    Array::from_vec(elements, &shape).map(Numbers::of_array)
}
