//! How options are passed: shapes, dtypes, axes and reductions, each with conversions from what one would write.
//!
//! A function's last argument is its options: `()` for NumPy's defaults, the option most often given by itself
//! (`x.sum(0)`, `zeros([2, 3], Float32)`), or a builder with all of them (`Reduce::axes([0, 1]).keepdims()`).

use smallvec::SmallVec;
use tnp_backend::{Error, Result};
use tnp_dtype::DType;
use tnp_shape::{Dims, normalize_axes};

use crate::{Array, Operand};

/// A shape: `[2, 3]`, `5`, `vec![…]`, `&shape` or `()` for 0-d. Sizes are signed, as in NumPy: what −1 means is the function's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape(pub SmallVec<[isize; 4]>);

impl Shape {
    /// The sizes, which must not be negative.
    ///
    /// # Errors
    /// For a negative size ("negative dimensions are not allowed").
    pub fn dims(&self) -> Result<Dims> {
        Ok(tnp_shape::shape_from_signed(&self.0)?)
    }
}

impl From<()> for Shape {
    fn from((): ()) -> Shape {
        Shape(SmallVec::new())
    }
}

fn signed<T: TryInto<isize>>(size: T) -> isize {
    // A size beyond isize::MAX is refused later as too big; it must only not wrap to a negative one here.
    size.try_into().unwrap_or(isize::MAX)
}

macro_rules! shapes {
    ($($t:ty),*) => {$(
        impl From<$t> for Shape {
            fn from(size: $t) -> Shape {
                Shape(SmallVec::from_slice(&[signed(size)]))
            }
        }
        impl<const N: usize> From<[$t; N]> for Shape {
            fn from(sizes: [$t; N]) -> Shape {
                Shape(sizes.into_iter().map(signed).collect())
            }
        }
        impl<const N: usize> From<&[$t; N]> for Shape {
            fn from(sizes: &[$t; N]) -> Shape {
                Shape(sizes.iter().copied().map(signed).collect())
            }
        }
        impl From<&[$t]> for Shape {
            fn from(sizes: &[$t]) -> Shape {
                Shape(sizes.iter().copied().map(signed).collect())
            }
        }
        impl From<Vec<$t>> for Shape {
            fn from(sizes: Vec<$t>) -> Shape {
                Shape(sizes.into_iter().map(signed).collect())
            }
        }
        impl From<&Vec<$t>> for Shape {
            fn from(sizes: &Vec<$t>) -> Shape {
                Shape(sizes.iter().copied().map(signed).collect())
            }
        }
    )*};
}
shapes!(i32, i64, isize, usize);

impl From<&Dims> for Shape {
    fn from(dims: &Dims) -> Shape {
        Shape(dims.iter().copied().map(signed).collect())
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Shape {
        shape.clone()
    }
}

/// A dtype that may be left to the function: `()` or `None` for its default, or a [`DType`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DTypeArg(pub Option<DType>);

impl From<()> for DTypeArg {
    fn from((): ()) -> DTypeArg {
        DTypeArg(None)
    }
}

impl From<DType> for DTypeArg {
    fn from(dtype: DType) -> DTypeArg {
        DTypeArg(Some(dtype))
    }
}

impl From<Option<DType>> for DTypeArg {
    fn from(dtype: Option<DType>) -> DTypeArg {
        DTypeArg(dtype)
    }
}

/// Axes of an array: `()` or `None` for NumPy's `None` (often: all), one number, or several; negative ones count from the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Axis(pub Option<SmallVec<[isize; 4]>>);

impl Axis {
    /// The axes as sorted, distinct positions; `None` where all are meant.
    ///
    /// # Errors
    /// When the array has no such axis, or one is named twice.
    pub fn normalize(&self, ndim: usize) -> Result<Option<SmallVec<[usize; 4]>>> {
        let Some(axes) = &self.0 else { return Ok(None) };
        let mut axes = normalize_axes(axes, ndim)?;
        axes.sort_unstable();
        Ok(Some(axes))
    }

    /// The axes in the order given.
    ///
    /// # Errors
    /// As [`Axis::normalize`].
    pub fn in_order(&self, ndim: usize) -> Result<Option<SmallVec<[usize; 4]>>> {
        match &self.0 {
            None => Ok(None),
            Some(axes) => Ok(Some(normalize_axes(axes, ndim)?)),
        }
    }

    /// The one axis, if one is given.
    ///
    /// # Errors
    /// When several are given, or the array has no such axis.
    pub fn single(&self, op: &str, ndim: usize) -> Result<Option<usize>> {
        match self.0.as_deref() {
            None => Ok(None),
            Some([axis]) => Ok(Some(tnp_shape::normalize_axis(*axis, ndim)?)),
            Some(axes) => Err(Error::dtype(format!(
                "{op}: one axis is needed, {} were given",
                axes.len()
            ))),
        }
    }
}

impl From<()> for Axis {
    fn from((): ()) -> Axis {
        Axis(None)
    }
}

macro_rules! axes {
    ($($t:ty),*) => {$(
        impl From<$t> for Axis {
            fn from(axis: $t) -> Axis {
                Axis(Some(SmallVec::from_slice(&[signed(axis)])))
            }
        }
        impl From<Option<$t>> for Axis {
            fn from(axis: Option<$t>) -> Axis {
                Axis(axis.map(|axis| SmallVec::from_slice(&[signed(axis)])))
            }
        }
        impl<const N: usize> From<[$t; N]> for Axis {
            fn from(axes: [$t; N]) -> Axis {
                Axis(Some(axes.into_iter().map(signed).collect()))
            }
        }
        impl From<&[$t]> for Axis {
            fn from(axes: &[$t]) -> Axis {
                Axis(Some(axes.iter().copied().map(signed).collect()))
            }
        }
        impl From<Vec<$t>> for Axis {
            fn from(axes: Vec<$t>) -> Axis {
                Axis(Some(axes.into_iter().map(signed).collect()))
            }
        }
    )*};
}
axes!(i32, i64, isize, usize);

/// An array argument that may be left out: `()`, or anything that is an [`Operand`].
#[derive(Default)]
pub struct Maybe<'a>(pub Option<Operand<'a>>);

impl From<()> for Maybe<'_> {
    #[inline]
    fn from((): ()) -> Self {
        Maybe(None)
    }
}

impl<'a, T: Into<Operand<'a>>> From<T> for Maybe<'a> {
    #[inline]
    fn from(operand: T) -> Self {
        Maybe(Some(operand.into()))
    }
}

/// A switch that is off when left out: `()` or a `bool`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl From<()> for Flag {
    fn from((): ()) -> Flag {
        Flag(false)
    }
}

impl From<bool> for Flag {
    fn from(on: bool) -> Flag {
        Flag(on)
    }
}

/// Options of reductions: axes, `keepdims`, `dtype`, `where`, `initial`, `ddof`. Each function takes those NumPy's takes and
/// refuses the others by name.
///
/// # Examples
/// ```
/// use tnp_array::{DType, Reduce};
/// let options = Reduce::axes([0, 1]).keepdims().dtype(DType::Float64);
/// ```
#[derive(Default)]
pub struct Reduce {
    /// The axes to combine; all when `None`.
    pub axis: Axis,
    /// Keep them as axes of size one.
    pub keepdims: bool,
    /// Dtype to accumulate in and to return.
    pub dtype: Option<DType>,
    /// Combine only where this (bool, broadcast to the array) holds.
    pub where_: Option<Array>,
    /// Start from this value.
    pub initial: Option<Operand<'static>>,
    /// Delta degrees of freedom of `var` and `std`.
    pub ddof: f64,
}

impl Reduce {
    /// All axes.
    pub fn all() -> Reduce {
        Reduce::default()
    }

    /// These axes.
    pub fn axes(axes: impl Into<Axis>) -> Reduce {
        Reduce {
            axis: axes.into(),
            ..Reduce::default()
        }
    }

    /// Keep the combined axes with size one.
    pub fn keepdims(mut self) -> Reduce {
        self.keepdims = true;
        self
    }

    /// Accumulate in, and return, this dtype.
    pub fn dtype(mut self, dtype: DType) -> Reduce {
        self.dtype = Some(dtype);
        self
    }

    /// Combine only elements where a mask holds.
    pub fn mask(mut self, mask: &Array) -> Reduce {
        self.where_ = Some(mask.clone());
        self
    }

    /// Start from a value (needed for `max` and `min` with a mask or of nothing).
    pub fn initial(mut self, value: impl Into<Operand<'static>>) -> Reduce {
        self.initial = Some(value.into());
        self
    }

    /// Divide by the number of elements less this, in `var` and `std`.
    pub fn ddof(mut self, ddof: impl Into<f64>) -> Reduce {
        self.ddof = ddof.into();
        self
    }
}

impl<T: Into<Axis>> From<T> for Reduce {
    fn from(axes: T) -> Reduce {
        Reduce::axes(axes)
    }
}
