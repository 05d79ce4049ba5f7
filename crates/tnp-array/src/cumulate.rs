//! Running sums and products as the Array API standard has them.

use tnp_backend::prim::Prim;
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use crate::args::{Axis, Reduce};
use crate::bind::bind1;
use crate::promote::constant;
use crate::{Array, Operand};

/// Options of [`cumulative_sum`] and [`cumulative_prod`].
///
/// # Examples
/// ```
/// use tnp_array::{Cumulate, DType};
/// let options = Cumulate::axis(0).dtype(DType::Float32).include_initial();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cumulate {
    /// The axis; may be left out where there is but one.
    pub axis: Axis,
    /// Dtype to accumulate in and to return.
    pub dtype: Option<DType>,
    /// Begin with what the sum or product of nothing is.
    pub include_initial: bool,
}

impl Cumulate {
    /// Along this axis.
    pub fn axis(axis: impl Into<Axis>) -> Cumulate {
        Cumulate {
            axis: axis.into(),
            ..Cumulate::default()
        }
    }

    /// Accumulate in, and return, this dtype.
    pub fn dtype(self, dtype: DType) -> Cumulate {
        Cumulate {
            dtype: Some(dtype),
            ..self
        }
    }

    /// Begin with what the sum or product of nothing is: the axis gets longer by one.
    pub fn include_initial(self) -> Cumulate {
        Cumulate {
            include_initial: true,
            ..self
        }
    }
}

impl<T: Into<Axis>> From<T> for Cumulate {
    fn from(axis: T) -> Cumulate {
        Cumulate::axis(axis)
    }
}

/// Running sum along an axis, which must be named where there are several.
///
/// Bool and integers are summed in at least the default integer. A 0-d array counts as one element. Options: axis, `dtype`, `include_initial`.
///
/// # Errors
/// Without an axis for an array of several; for an axis the array does not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Cumulate, cumulative_sum};
/// assert_eq!(cumulative_sum([1, 2, 3], ())?.to_vec::<i64>()?, [1, 3, 6]);
/// let x = [[1, 2], [3, 4]];
/// let sums = cumulative_sum(x, Cumulate::axis(1).include_initial())?;
/// assert_eq!(sums.to_vec::<i64>()?, [0, 1, 3, 0, 3, 7]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.cumulative_sum.html>
pub fn cumulative_sum<'a>(
    x: impl Into<Operand<'a>>,
    options: impl Into<Cumulate>,
) -> Result<Array> {
    let (zero, options) = (Literal::zero, options.into());
    running("cumulative_sum", crate::cumsum, zero, x.into(), options)
}

/// Running product along an axis, which must be named where there are several.
///
/// Options: axis, `dtype`, `include_initial`.
///
/// # Errors
/// As [`cumulative_sum`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::cumulative_prod;
/// assert_eq!(cumulative_prod([1, 2, 3, 4], ())?.to_vec::<i64>()?, [1, 2, 6, 24]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.cumulative_prod.html>
pub fn cumulative_prod<'a>(
    x: impl Into<Operand<'a>>,
    options: impl Into<Cumulate>,
) -> Result<Array> {
    let (one, options) = (Literal::one, options.into());
    running("cumulative_prod", crate::cumprod, one, x.into(), options)
}

fn running(
    op: &'static str,
    accumulate: impl FnOnce(Operand<'static>, Reduce) -> Result<Array>,
    identity: impl FnOnce(DType) -> Literal,
    x: Operand<'_>,
    options: Cumulate,
) -> Result<Array> {
    let x = crate::atleast_1d(x).map_err(|error| error.in_op(op))?;
    let axis = match options.axis.single(op, x.ndim())? {
        Some(axis) => axis,
        None if x.ndim() == 1 => 0,
        None => {
            return Err(Error::value(format!(
                "{op}: For arrays which have more than one dimension `axis` argument is required; the shape is {}",
                tnp_shape::tuple(x.shape())
            )));
        }
    };
    let mut along = Reduce::axes(axis);
    along.dtype = options.dtype;
    let result = accumulate(x.into(), along)?;
    if !options.include_initial {
        return Ok(result);
    }
    let mut edge = Dims::from_slice(result.shape());
    edge[axis] = 1;
    let first = constant(&result, identity(result.dtype()), &edge)?;
    bind1(
        &Prim::Concatenate { axis },
        &mut [first, Operand::Owned(result)],
    )
    .map_err(|error| error.in_op(op))
}
