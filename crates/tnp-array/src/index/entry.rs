//! What may stand in an index expression besides integers and slices: arrays, masks, and Rust collections of integers or bools.

use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Element};
use tnp_shape::{Index, IntoIndex};

use crate::Array;
use crate::numbers::shape_of_parts;

/// An index array or mask in an index expression (`Index<IndexArray>`), or why it could not be made.
///
/// Made by [`s!`](crate::s) from arrays (owned or borrowed), `Result<Array>`s, `bool`s, and `Vec`s, slices and nested arrays
/// of integers or bools. Bool arrays are masks, integer arrays positions.
#[derive(Clone)]
pub struct IndexArray(Box<Repr>);

#[derive(Clone)]
struct Repr {
    array: Result<Array>,
    /// Comes from a Rust value, and so goes to whatever device the indexed array is on.
    follows: bool,
}

impl IndexArray {
    fn new(array: Result<Array>, follows: bool) -> Index<IndexArray> {
        let is_mask = array
            .as_ref()
            .is_ok_and(|array| array.dtype() == DType::Bool);
        let entry = IndexArray(Box::new(Repr { array, follows }));
        if is_mask {
            Index::Mask(entry)
        } else {
            Index::Array(entry)
        }
    }

    /// An entry made of values that belong to no device: it goes to whatever device the indexed array is on.
    pub fn following(array: Array) -> Index<IndexArray> {
        IndexArray::new(Ok(array), true)
    }

    /// The shape of what was made.
    pub(crate) fn shape(&self) -> &[usize] {
        self.0.array.as_ref().map_or(&[], Array::shape)
    }

    /// The array, on the device of the array to be indexed when it comes from a Rust value.
    ///
    /// # Errors
    /// What went wrong when it was made, and when it is neither of integers nor a mask.
    pub(crate) fn resolve(&self, x: &Array) -> Result<Array> {
        let array = self.0.array.as_ref().map_err(Error::clone)?;
        if !array.dtype().is_integer() && array.dtype() != DType::Bool {
            return Err(Error::index(format!(
                "arrays used as indices must be of integer (or boolean) type, this one is {}; convert it with `astype(Int64)`",
                array.dtype()
            )));
        }
        if self.0.follows {
            super::beside(x, array.clone())
        } else {
            Ok(array.clone())
        }
    }
}

impl IntoIndex<IndexArray> for Array {
    fn into_index(self) -> Index<IndexArray> {
        IndexArray::new(Ok(self), false)
    }
}

impl IntoIndex<IndexArray> for &Array {
    fn into_index(self) -> Index<IndexArray> {
        IndexArray::new(Ok(self.clone()), false)
    }
}

impl IntoIndex<IndexArray> for Result<Array> {
    fn into_index(self) -> Index<IndexArray> {
        IndexArray::new(self, false)
    }
}

impl IntoIndex<IndexArray> for bool {
    fn into_index(self) -> Index<IndexArray> {
        IndexArray::new(Array::from_slice(&[self], &[]), true)
    }
}

impl IntoIndex<IndexArray> for &bool {
    fn into_index(self) -> Index<IndexArray> {
        (*self).into_index()
    }
}

/// Rust values that can be index arrays: integers of any type, bools, and collections of them, nested too.
pub trait IndexItem {
    /// `i64` for integers, `bool` for masks.
    type Element: Element;

    /// Appends the elements in C order and says the shape.
    ///
    /// # Errors
    /// When the parts differ in shape.
    fn flatten_into(&self, elements: &mut Vec<Self::Element>) -> Result<Vec<usize>>;
}

macro_rules! integer_items {
    ($($t:ty)*) => {$(
        impl IndexItem for $t {
            type Element = i64;
            #[inline]
            fn flatten_into(&self, elements: &mut Vec<i64>) -> Result<Vec<usize>> {
                // What i64 cannot hold is out of bounds of every axis, and so is what it is clamped to.
                elements.push(i64::try_from(*self).unwrap_or(i64::MAX));
                Ok(Vec::new())
            }
        }
    )*};
}
integer_items!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl IndexItem for bool {
    type Element = bool;
    #[inline]
    fn flatten_into(&self, elements: &mut Vec<bool>) -> Result<Vec<usize>> {
        elements.push(*self);
        Ok(Vec::new())
    }
}

impl<T: IndexItem> IndexItem for [T] {
    type Element = T::Element;
    fn flatten_into(&self, elements: &mut Vec<T::Element>) -> Result<Vec<usize>> {
        let ragged = |_: &[usize], _: &[usize]| {
            Error::index("an index of nested sequences is ragged: its parts differ in length")
        };
        shape_of_parts(self, |part| part.flatten_into(elements), ragged)
    }
}

impl<T: IndexItem, const N: usize> IndexItem for [T; N] {
    type Element = T::Element;
    fn flatten_into(&self, elements: &mut Vec<T::Element>) -> Result<Vec<usize>> {
        self[..].flatten_into(elements)
    }
}

impl<T: IndexItem> IndexItem for Vec<T> {
    type Element = T::Element;
    fn flatten_into(&self, elements: &mut Vec<T::Element>) -> Result<Vec<usize>> {
        self[..].flatten_into(elements)
    }
}

impl<T: IndexItem + ?Sized> IndexItem for &T {
    type Element = T::Element;
    fn flatten_into(&self, elements: &mut Vec<T::Element>) -> Result<Vec<usize>> {
        (**self).flatten_into(elements)
    }
}

fn from_items(items: &(impl IndexItem + ?Sized)) -> Index<IndexArray> {
    let mut elements = Vec::new();
    let array = items
        .flatten_into(&mut elements)
        .and_then(|shape| Array::from_vec(elements, &shape));
    IndexArray::new(array, true)
}

macro_rules! collections {
    ($([$($generics:tt)*] $t:ty),* $(,)?) => {$(
        impl<$($generics)*> IntoIndex<IndexArray> for $t {
            fn into_index(self) -> Index<IndexArray> {
                from_items(&self)
            }
        }
    )*};
}
collections!(
    [T: IndexItem] Vec<T>,
    [T: IndexItem] &Vec<T>,
    [T: IndexItem] &[T],
    [T: IndexItem, const N: usize] [T; N],
    [T: IndexItem, const N: usize] &[T; N],
);
