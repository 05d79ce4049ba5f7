//! Positions and running totals that pass NaN over.

use tnp_backend::prim::Unary;
use tnp_backend::{Error, Result};
use tnp_dtype::Literal;
use tnp_shape::Dims;

use crate::args::Reduce;
use crate::elementwise::{either, one};
use crate::promote::constant;
use crate::reduce::reductions;
use crate::{Array, Operand};

reductions! { functions
    /// Position (int64) of the first largest element along an axis that is not NaN, or in the array read in C order.
    ///
    /// Options: one axis, `keepdims`.
    ///
    /// # Errors
    /// As [`argmax`](crate::argmax); where there is nothing but NaN (inside a trace or a map, where that is not seen, the position is 0).
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::nanargmax;
    /// assert_eq!(nanargmax([f64::NAN, 4.0, 7.0], ())?.item::<i64>()?, 2);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    nanargmax = position_of_number(f64::NEG_INFINITY, crate::argmax);
    /// Position (int64) of the first smallest element along an axis that is not NaN, or in the array read in C order.
    ///
    /// Options: one axis, `keepdims`.
    ///
    /// # Errors
    /// As [`nanargmax`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::nanargmin;
    /// assert_eq!(nanargmin([f64::NAN, 4.0, 7.0], ())?.item::<i64>()?, 1);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    nanargmin = position_of_number(f64::INFINITY, crate::argmin);
    /// Running sum along an axis, NaN counting as zero; of the elements in C order without one.
    ///
    /// Options: one axis, `dtype`.
    ///
    /// # Errors
    /// As [`cumsum`](crate::cumsum).
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::nancumsum;
    /// assert_eq!(nancumsum([1.0, f64::NAN, 2.0], ())?.to_vec::<f64>()?, [1.0, 1.0, 3.0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    nancumsum = running_of_numbers(0.0, crate::cumsum);
    /// Running product along an axis, NaN counting as one; of the elements in C order without one.
    ///
    /// Options: one axis, `dtype`.
    ///
    /// # Errors
    /// As [`cumsum`](crate::cumsum).
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::nancumprod;
    /// assert_eq!(nancumprod([2.0, f64::NAN, 3.0], ())?.to_vec::<f64>()?, [2.0, 2.0, 6.0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    nancumprod = running_of_numbers(1.0, crate::cumprod);
}

/// The array with NaN replaced, and where it was; `None` for dtypes without NaN.
fn replaced(x: &Array, value: f64) -> Result<Option<(Array, Array)>> {
    if !x.dtype().is_inexact() {
        return Ok(None);
    }
    let shape = Dims::from_slice(x.shape());
    let is_nan = one(Unary::IsNan, x)?;
    let value = constant(x, Literal::new(value).cast(x.dtype()), &shape)?;
    let filled = either(&is_nan, value, x)?;
    Ok(Some((filled, is_nan)))
}

fn position_of_number(
    op: &'static str,
    worst: f64,
    position: impl FnOnce(Array, Reduce) -> Result<Array>,
    x: Operand<'_>,
    options: Reduce,
) -> Result<Array> {
    let x = x.into_array()?;
    let Some((filled, is_nan)) = replaced(&x, worst)? else {
        return position(x, options).map_err(|error| error.in_op(op));
    };
    if filled.size() > 0 && is_nan.tensor().is_ok() {
        let along = Reduce::axes(options.axis.clone());
        let nothing_else = crate::all(&is_nan, along)?;
        if nothing_else.tensor().is_ok() && crate::any(nothing_else, ())?.truth()? {
            return Err(Error::value(format!("{op}: All-NaN slice encountered")));
        }
    }
    position(filled, options).map_err(|error| error.in_op(op))
}

fn running_of_numbers(
    op: &'static str,
    identity: f64,
    accumulate: impl FnOnce(Array, Reduce) -> Result<Array>,
    x: Operand<'_>,
    options: Reduce,
) -> Result<Array> {
    let x = x.into_array()?;
    let filled = replaced(&x, identity)?.map_or(x, |(filled, _)| filled);
    accumulate(filled, options).map_err(|error| error.in_op(op))
}
