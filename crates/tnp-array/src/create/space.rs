//! Numbers evenly spaced between two ends, and their logarithmic relatives, rounded as NumPy rounds them.

use tnp_backend::prim::{Binary, Prim, ReduceOp, Unary};
use tnp_backend::{Error, Result};
use tnp_dtype::{
    BinaryRule, DType, Literal, Scalar, TypeOrScalar, UnaryRule, c128, default_float, to_inexact,
};
use tnp_shape::{Dims, broadcast_shapes, normalize_axis};

use super::range::{is_complex, replaced};
use crate::array::host_literals;
use crate::bind::bind1;
use crate::elementwise::{binary, unary};
use crate::manipulate::{expanded, moved_axes, reshape_to, stretch};
use crate::promote::{at_home, home, to_dtype};
use crate::{Array, Operand};

/// Options of [`linspace`], [`logspace`] and [`geomspace`]: how many numbers, whether the last is the end, dtype, axis.
///
/// # Examples
/// ```
/// use tnp_array::{DType, Space};
/// let options = Space::num(11).endpoint(false).dtype(DType::Float32);
/// ```
#[derive(Clone, Debug)]
pub struct Space {
    num: isize,
    endpoint: bool,
    dtype: Option<DType>,
    axis: isize,
    base: Scalar,
    bases: Option<Array>,
}

impl Space {
    /// So many numbers.
    pub fn num(num: isize) -> Space {
        Space {
            num,
            endpoint: true,
            dtype: None,
            axis: 0,
            base: Scalar::Float(10.0),
            bases: None,
        }
    }

    /// Whether the last number is the end itself (it is, unless said).
    pub fn endpoint(mut self, endpoint: bool) -> Space {
        self.endpoint = endpoint;
        self
    }

    /// The dtype of the result; for integers numbers round down.
    pub fn dtype(mut self, dtype: DType) -> Space {
        self.dtype = Some(dtype);
        self
    }

    /// Where the axis of the numbers goes when start and stop are arrays.
    pub fn axis(mut self, axis: isize) -> Space {
        self.axis = axis;
        self
    }

    /// The base of [`logspace`]; 10 unless said.
    pub fn base(mut self, base: impl Into<Scalar>) -> Space {
        self.base = base.into();
        self
    }

    /// Bases of [`logspace`], broadcast with start and stop.
    pub fn bases(mut self, bases: &Array) -> Space {
        self.bases = Some(bases.clone());
        self
    }

    fn len(&self, op: &str) -> Result<usize> {
        usize::try_from(self.num).map_err(|_| {
            Error::value(format!(
                "{op}: Number of samples, {}, must be non-negative.",
                self.num
            ))
        })
    }
}

impl From<()> for Space {
    fn from((): ()) -> Space {
        Space::num(50)
    }
}

macro_rules! sample_counts {
    ($($t:ty),*) => {$(
        impl From<$t> for Space {
            fn from(num: $t) -> Space {
                Space::num(isize::try_from(num).unwrap_or(isize::MAX))
            }
        }
    )*};
}
sample_counts!(i32, i64, isize, usize);

impl From<DType> for Space {
    fn from(dtype: DType) -> Space {
        Space::from(()).dtype(dtype)
    }
}

/// Evenly spaced numbers from `start` to `stop`, 50 unless said; see [`Space`] for the options.
///
/// Start and stop may be arrays, which broadcast; the numbers run along a new axis, the first unless said. Floating point,
/// float64 for Rust numbers and integer arrays. (bfloat16 stays bfloat16, which NumPy, to which it is foreign, makes float64.)
///
/// # Errors
/// For a negative number of samples, operands that do not promote or broadcast, or an axis the result does not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Space, linspace};
/// assert_eq!(linspace(0, 1, 5)?.to_vec::<f64>()?, [0.0, 0.25, 0.5, 0.75, 1.0]);
/// assert_eq!(linspace(0, 1, Space::num(4).endpoint(false))?.to_vec::<f64>()?, [0.0, 0.25, 0.5, 0.75]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linspace.html>
pub fn linspace<'a, 'b>(
    start: impl Into<Operand<'a>>,
    stop: impl Into<Operand<'b>>,
    options: impl Into<Space>,
) -> Result<Array> {
    Ok(spaced("linspace", start.into(), stop.into(), &options.into())?.0)
}

/// [`linspace`] with the distance between its numbers: NumPy's `retstep=True`. NaN when there is none.
///
/// # Errors
/// As [`linspace`].
pub fn linspace_step<'a, 'b>(
    start: impl Into<Operand<'a>>,
    stop: impl Into<Operand<'b>>,
    options: impl Into<Space>,
) -> Result<(Array, Array)> {
    spaced("linspace", start.into(), stop.into(), &options.into())
}

/// The floating dtype of numbers between two ends.
fn space_type(op: &'static str, ends: &[TypeOrScalar]) -> Result<DType> {
    let real = |end: &TypeOrScalar| matches!(end, TypeOrScalar::Scalar(x) if !is_complex(*x));
    if ends.iter().all(real) {
        return Ok(default_float());
    }
    let dtype = tnp_dtype::result_type(op, ends)?.dtype;
    Ok(if dtype.is_inexact() {
        dtype
    } else {
        default_float()
    })
}

pub(crate) fn spaced(
    op: &'static str,
    start: Operand<'_>,
    stop: Operand<'_>,
    options: &Space,
) -> Result<(Array, Array)> {
    spaced_by_rule(op, start, stop, options).map_err(|error| error.in_op(op))
}

fn spaced_by_rule(
    op: &'static str,
    start: Operand<'_>,
    stop: Operand<'_>,
    options: &Space,
) -> Result<(Array, Array)> {
    let num = options.len(op)?;
    let div = if options.endpoint {
        num.saturating_sub(1)
    } else {
        num
    };
    let dtype = space_type(op, &[start.promotes_as()?, stop.promotes_as()?])?;
    let scalars = matches!((&start, &stop), (Operand::Scalar(_), Operand::Scalar(_)));
    // Numbers, and all that is made out of none of the operands, go where the first array is.
    let home = home(&[&start, &stop]);
    let end = |x| at_home(home, || to_dtype(op, x, dtype)?.into_array());
    let start = end(start)?.with_weak(false);
    let stop = end(stop)?.with_weak(false);
    let arithmetic = |f: Binary, x: &Array, y: &Array| {
        binary(
            op,
            f,
            BinaryRule::Arithmetic,
            Operand::Borrowed(x),
            Operand::Borrowed(y),
        )
    };
    let delta = arithmetic(Binary::Subtract, &stop, &start)?;
    let shape = broadcast_shapes(&[start.shape(), stop.shape()])?;
    let mut full = Dims::from_slice(&[num]);
    full.extend_from_slice(&shape);
    let whole = |x: &Array| stretch(op, Operand::Owned(x.clone()), &full);
    let constant = |value: f64| {
        at_home(home, || {
            Array::from_literal(Literal::new(value).cast(dtype))
        })
    };

    let counter = if dtype.is_complex() {
        dtype.real()
    } else {
        dtype
    };
    let iota = Prim::Iota {
        shape: full.clone(),
        dtype: counter,
        axis: 0,
    };
    let mut y = at_home(home, || bind1(&iota, &mut []))?;
    if counter != dtype {
        y = bind1(&Prim::Cast { dtype }, &mut [Operand::Owned(y)])?;
    }
    let multiply = |x: Array, by: &Array| {
        bind1(
            &Prim::Binary(Binary::Multiply),
            &mut [Operand::Owned(x), whole(by)?],
        )
    };
    let step;
    if div > 0 {
        let divisor = constant(div as f64)?;
        step = arithmetic(Binary::Divide, &delta, &divisor)?;
        // Where a step underflows to zero everything is divided before it is multiplied. A step of two Rust numbers is
        // looked at; of arrays both are computed and chosen from.
        let shrunk = |y: Array| {
            let divided = bind1(
                &Prim::Binary(Binary::Divide),
                &mut [Operand::Owned(y), whole(&divisor)?],
            )?;
            multiply(divided, &delta)
        };
        if scalars && step.boxed().is_none() {
            let zero = step.literal()?.to_c128() == c128::new(0.0, 0.0);
            y = if zero {
                shrunk(y)?
            } else {
                multiply(y, &step)?
            };
        } else {
            let zero = constant(0.0)?;
            let is_zero = arithmetic_compare(&step, &zero)?;
            let any = Prim::Reduce {
                op: ReduceOp::Any,
                axes: (0..is_zero.ndim()).collect(),
                dtype: DType::Bool,
            };
            let any = bind1(&any, &mut [Operand::Owned(is_zero)])?;
            let plain = multiply(y.clone(), &step)?;
            let careful = shrunk(y)?;
            y = bind1(
                &Prim::Select,
                &mut [whole(&any)?, Operand::Owned(careful), Operand::Owned(plain)],
            )?;
        }
    } else {
        step = constant(f64::NAN)?;
        y = multiply(y, &delta)?;
    }
    y = bind1(
        &Prim::Binary(Binary::Add),
        &mut [Operand::Owned(y), whole(&start)?],
    )?;
    if options.endpoint && num > 1 {
        let row = stretch(op, Operand::Borrowed(&stop), &shape)?.into_array()?;
        let row = expanded(op, Operand::Owned(row), &0.into())?;
        y = replaced(y, 0, num - 1, row)?;
    }
    if options.axis != 0 {
        let axis = normalize_axis(options.axis, y.ndim())?;
        y = moved_axes(Operand::Owned(y), 0.into(), (axis as isize).into())?;
    }
    if let Some(wanted) = options.dtype {
        if wanted.is_integer() && !dtype.is_complex() {
            y = bind1(&Prim::Unary(Unary::Floor), &mut [Operand::Owned(y)])?;
        }
        y = y.astype(wanted)?;
    }
    Ok((y, step))
}

fn arithmetic_compare(x: &Array, zero: &Array) -> Result<Array> {
    let shape = Dims::from_slice(x.shape());
    let zero = stretch("linspace", Operand::Borrowed(zero), &shape)?;
    bind1(
        &Prim::Binary(Binary::Equal),
        &mut [Operand::Borrowed(x), zero],
    )
}

/// Numbers whose logarithms are evenly spaced: `base ** linspace(start, stop)`. The base is 10 unless [`Space::base`] or
/// [`Space::bases`] says otherwise.
///
/// # Errors
/// As [`linspace`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Space, logspace};
/// assert_eq!(logspace(0, 3, Space::num(4).base(2))?.to_vec::<f64>()?, [1.0, 2.0, 4.0, 8.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.logspace.html>
pub fn logspace<'a, 'b>(
    start: impl Into<Operand<'a>>,
    stop: impl Into<Operand<'b>>,
    options: impl Into<Space>,
) -> Result<Array> {
    powers("logspace", start.into(), stop.into(), options.into())
}

fn powers(
    op: &'static str,
    start: Operand<'_>,
    stop: Operand<'_>,
    options: Space,
) -> Result<Array> {
    let (mut start, mut stop) = (start, stop);
    let mut base = Operand::Scalar(options.base);
    let bases = options.bases.as_ref().map(Operand::Borrowed);
    let home = home(&[&start, &stop]).or(bases.and_then(|bases| home(&[&bases])));
    if let Some(bases) = &options.bases {
        // All three get as many axes as their broadcast has, so that the new axis comes at the same place.
        let shapes = [start.shape(), stop.shape(), bases.shape()];
        let ndim = broadcast_shapes(&shapes)
            .map_err(|error| Error::from(error).in_op(op))?
            .len();
        let padded = |mut x: Operand<'_>| -> Result<Array> {
            let own = Dims::from_slice(x.array()?.shape());
            let mut shape = Dims::from_elem(1, ndim - own.len());
            shape.extend_from_slice(&own);
            reshape_to(op, x, shape)
        };
        if ndim > 0 {
            (start, stop) = at_home(home, || {
                Ok::<_, Error>((
                    Operand::Owned(padded(start)?),
                    Operand::Owned(padded(stop)?),
                ))
            })?;
        }
        let bases = padded(Operand::Borrowed(bases))?;
        base = Operand::Owned(expanded(op, Operand::Owned(bases), &options.axis.into())?);
    }
    let exponents = Space {
        dtype: None,
        ..options.clone()
    };
    let y = at_home(home, || spaced(op, start, stop, &exponents))?.0;
    let result = binary(
        op,
        Binary::Power,
        BinaryRule::Power,
        base,
        Operand::Owned(y),
    )?;
    match options.dtype {
        Some(dtype) => result.astype(dtype),
        None => Ok(result),
    }
}

/// Numbers in geometric progression from `start` to `stop`, whose signs (or angles, for complex ones) may differ from +1.
///
/// # Errors
/// When an end is zero, as far as values are known (a traced array's are not); otherwise as [`linspace`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::geomspace;
/// assert_eq!(geomspace(1, 1000, 4)?.to_vec::<f64>()?, [1.0, 10.0, 100.0, 1000.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.geomspace.html>
pub fn geomspace<'a, 'b>(
    start: impl Into<Operand<'a>>,
    stop: impl Into<Operand<'b>>,
    options: impl Into<Space>,
) -> Result<Array> {
    const OP: &str = "geomspace";
    geometric(start.into(), stop.into(), &options.into()).map_err(|error| error.in_op(OP))
}

fn geometric(start: Operand<'_>, stop: Operand<'_>, options: &Space) -> Result<Array> {
    const OP: &str = "geomspace";
    let num = options.len(OP)?;
    let mut types = vec![start.promotes_as()?, stop.promotes_as()?];
    let ends_are_numbers = types
        .iter()
        .all(|end| matches!(end, TypeOrScalar::Scalar(_)));
    // NumPy counts the number of samples as a float, and the dtype asked for, among what decides the precision.
    let dtype = match options.dtype {
        Some(dtype) => {
            types.push(Scalar::Float(1.0).into());
            types.push(dtype.into());
            to_inexact(tnp_dtype::result_type(OP, &types)?.dtype)
        }
        // Without one NumPy takes in its default for new arrays, so that two numbers of less precision get that of the default.
        None => {
            if !ends_are_numbers {
                types.push(default_float().into());
            }
            space_type(OP, &types)?
        }
    };
    let mut ends = [start, stop];
    let home = home(&[&ends[0], &ends[1]]);
    for end in &mut ends {
        // Values that are there are looked at as they are, whatever transformation is in force.
        let zero = match &*end {
            Operand::Scalar(Scalar::Bool(is)) => !is,
            Operand::Scalar(Scalar::Int(number)) => *number == 0,
            Operand::Scalar(Scalar::Float(number)) => *number == 0.0,
            Operand::Scalar(Scalar::Complex(number)) => *number == c128::new(0.0, 0.0),
            _ => false,
        };
        at_home(home, || end.resolve())?;
        let array = end.array()?;
        if zero || (array.boxed().is_none() && has_zero(array)?) {
            return Err(Error::value(
                "geomspace: Geometric sequence cannot include zero",
            ));
        }
    }
    let [start, stop] = ends;
    let start = start.astype(dtype)?.into_array()?;
    let stop = stop.astype(dtype)?.into_array()?;
    let sign = unary(
        OP,
        Unary::Sign,
        UnaryRule::Negative,
        Operand::Borrowed(&start),
    )?;
    let divided = |x: Array| {
        binary(
            OP,
            Binary::Divide,
            BinaryRule::Divide,
            Operand::Owned(x),
            Operand::Borrowed(&sign),
        )
    };
    let (start, stop) = (divided(start)?, divided(stop)?);
    let log = |x: &Array| unary(OP, Unary::Log10, UnaryRule::Float, Operand::Borrowed(x));
    let exponents = Space {
        num: options.num,
        endpoint: options.endpoint,
        ..Space::from(())
    };
    let exponents = exponents.dtype(dtype);
    let (low, high) = (log(&start)?, log(&stop)?);
    let mut y = powers(OP, Operand::Owned(low), Operand::Owned(high), exponents)?;
    let shape = Dims::from_slice(&y.shape()[1..]);
    let row = |x: &Array| {
        let row = stretch(OP, Operand::Borrowed(x), &shape)?;
        expanded(OP, row, &0.into())
    };
    if num > 0 {
        y = replaced(y, 0, 0, row(&start)?)?;
        if num > 1 && options.endpoint {
            y = replaced(y, 0, num - 1, row(&stop)?)?;
        }
    }
    y = binary(
        OP,
        Binary::Multiply,
        BinaryRule::Arithmetic,
        Operand::Owned(y),
        Operand::Owned(sign),
    )?;
    if options.axis != 0 {
        let axis = normalize_axis(options.axis, y.ndim())?;
        y = moved_axes(Operand::Owned(y), 0.into(), (axis as isize).into())?;
    }
    y.astype(options.dtype.unwrap_or(dtype))
}

fn has_zero(x: &Array) -> Result<bool> {
    let elements = host_literals(x)?;
    Ok(elements.iter().any(|x| x.to_c128() == c128::new(0.0, 0.0)))
}
