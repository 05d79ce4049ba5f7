//! Arrays and Rust's own collections: nested lists, rows to iterate over, `TryFrom`.

use std::fmt;

use tnp_backend::prim::SliceSpec;
use tnp_backend::{Error, Result};
use tnp_dtype::{Literal, Scalar};

use crate::array::host_literals;
use crate::manipulate::pick;
use crate::print::scalar_str;
use crate::{Array, Nested, Operand};

/// What [`Array::tolist`] gives: a number, or a list of lists. Printed as Python prints it.
#[derive(Clone, Debug, PartialEq)]
pub enum List {
    /// An element, as the Rust number of its kind.
    Item(Scalar),
    /// The parts along an axis.
    List(Vec<List>),
}

impl List {
    /// The parts; none for an element.
    pub fn as_slice(&self) -> &[List] {
        match self {
            List::Item(_) => &[],
            List::List(parts) => parts,
        }
    }

    /// The element, if this is one.
    pub fn item(&self) -> Option<Scalar> {
        match self {
            List::Item(item) => Some(*item),
            List::List(_) => None,
        }
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            List::Item(Scalar::Float(x)) => f.write_str(&scalar_str(&Literal::new(*x))),
            List::Item(Scalar::Complex(z)) => f.write_str(&scalar_str(&Literal::new(*z))),
            List::Item(other) => write!(f, "{other}"),
            List::List(parts) => {
                f.write_str("[")?;
                for (at, part) in parts.iter().enumerate() {
                    write!(f, "{}{part}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

fn nested(items: &mut impl Iterator<Item = Scalar>, shape: &[usize]) -> List {
    match shape.split_first() {
        None => List::Item(items.next().unwrap_or(Scalar::Int(0))),
        Some((&len, rest)) => List::List((0..len).map(|_| nested(items, rest)).collect()),
    }
}

impl Array {
    /// The elements as nested lists of Rust numbers; a 0-d array gives a number.
    ///
    /// # Errors
    /// Inside a trace or a map, where there is no value yet, or when what computed the array failed.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::arange;
    /// let list = arange(4)?.reshape([2, 2])?.tolist()?;
    /// assert_eq!(list.to_string(), "[[0, 1], [2, 3]]");
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    /// <https://numpy.org/doc/stable/reference/generated/numpy.ndarray.tolist.html>
    pub fn tolist(&self) -> Result<List> {
        let literals = host_literals(self).map_err(|error| error.in_op("tolist"))?;
        Ok(nested(
            &mut literals.into_iter().map(Scalar::from),
            self.shape(),
        ))
    }

    /// The parts along the first axis, one after another; each is a view.
    ///
    /// # Errors
    /// For a 0-d array.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::arange;
    /// for (i, row) in arange(4)?.reshape([2, 2])?.iter()?.enumerate() {
    ///     assert_eq!(row?.to_vec::<i64>()?[0], 2 * i as i64);
    /// }
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn iter(&self) -> Result<Rows<'_>> {
        match self.shape().first() {
            Some(&len) => Ok(Rows {
                array: self,
                places: 0..len,
                flat: false,
            }),
            None => Err(zero_dimensional()),
        }
    }
}

#[cold]
fn zero_dimensional() -> Error {
    Error::dtype("iter: iteration over a 0-d array")
}

/// The parts of an array along its first axis; made by [`Array::iter`].
pub struct Rows<'a> {
    array: &'a Array,
    places: std::ops::Range<usize>,
    flat: bool,
}

impl Rows<'_> {
    fn row(&self, start: usize) -> Result<Array> {
        if self.flat {
            return Err(zero_dimensional());
        }
        let spec = SliceSpec {
            start,
            len: 1,
            step: 1,
        };
        pick("iter", Operand::Borrowed(self.array), 0, spec)
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Array>;

    fn next(&mut self) -> Option<Result<Array>> {
        let start = self.places.next()?;
        Some(self.row(start))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl DoubleEndedIterator for Rows<'_> {
    fn next_back(&mut self) -> Option<Result<Array>> {
        let start = self.places.next_back()?;
        Some(self.row(start))
    }
}

impl ExactSizeIterator for Rows<'_> {}

impl<'a> IntoIterator for &'a Array {
    type Item = Result<Array>;
    type IntoIter = Rows<'a>;

    /// The parts along the first axis. Each comes as a `Result`, since a row of an array inside a transformation may be an
    /// error; a 0-d array gives one error.
    fn into_iter(self) -> Rows<'a> {
        self.iter().unwrap_or(Rows {
            array: self,
            places: 0..1,
            flat: true,
        })
    }
}

impl<T: Nested> TryFrom<Vec<T>> for Array {
    type Error = Error;
    fn try_from(vec: Vec<T>) -> Result<Array> {
        Operand::from(vec).into_array()
    }
}

impl<T: Nested> TryFrom<&[T]> for Array {
    type Error = Error;
    fn try_from(slice: &[T]) -> Result<Array> {
        Operand::from(slice).into_array()
    }
}

impl<T: Nested, const N: usize> TryFrom<[T; N]> for Array {
    type Error = Error;
    fn try_from(array: [T; N]) -> Result<Array> {
        Operand::from(array).into_array()
    }
}

macro_rules! scalar_arrays {
    ($($t:ty),*) => {$(
        impl TryFrom<$t> for Array {
            type Error = Error;
            /// A 0-d array of the number's own type.
            fn try_from(number: $t) -> Result<Array> {
                Array::from_literal(Literal::new(number))
            }
        }
    )*};
}
scalar_arrays!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

macro_rules! read_as {
    ($($t:ty),*) => {$(
        impl TryFrom<&Array> for Vec<$t> {
            type Error = Error;
            /// The elements in C order; the dtype must be the type's.
            fn try_from(x: &Array) -> Result<Vec<$t>> {
                x.to_vec::<$t>()
            }
        }
    )*};
}
read_as!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
