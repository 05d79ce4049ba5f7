//! Comparisons, logic, and closeness.

use std::cmp::Ordering;

use tnp_backend::prim::{Binary, Prim, ReduceOp, Unary};
use tnp_backend::{Error, Result, shape_text};
use tnp_dtype::{BinaryRule, DType, Kind, Literal, Mode, Scalar, current_mode};
use tnp_shape::{Dims, broadcast_shapes};

use super::{aligned, apply, binary, one, two};
use crate::args::Flag;
use crate::bind::bind1;
use crate::promote::{constant, to_dtype};
use crate::reduce::fold_all;
use crate::{Array, Operand};

macro_rules! comparisons {
    ($($(#[doc = $doc:literal])* $name:ident $method:ident $op:ident;)*) => {
        $(
            $(#[doc = $doc])*
            ///
            /// The operands are promoted by the mode in force and broadcast; the result is bool. Integers are compared
            /// exactly, also int64 with uint64 and with Rust integers beyond the array's dtype.
            ///
            /// # Errors
            /// When the dtypes do not promote or the shapes do not broadcast.
            #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
            #[inline]
            pub fn $name<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
                compare(stringify!($name), Binary::$op, x.into(), y.into())
            }
        )*

        impl Array {
            $(
                $(#[doc = $doc])*
                ///
                /// # Errors
                #[doc = concat!("As [`", stringify!($name), "`](crate::", stringify!($name), ").")]
                #[inline]
                pub fn $method<'b>(&self, other: impl Into<Operand<'b>>) -> Result<Array> {
                    compare(stringify!($name), Binary::$op, self.into(), other.into())
                }
            )*
        }
    };
}

comparisons! {
    /// `x == y`, elementwise; NaN equals nothing.
    equal eq Equal;
    /// `x != y`, elementwise.
    not_equal ne NotEqual;
    /// `x < y`, elementwise; complex numbers by the real, then the imaginary part.
    less lt Less;
    /// `x <= y`, elementwise; complex numbers by the real, then the imaginary part.
    less_equal le LessEqual;
    /// `x > y`, elementwise; complex numbers by the real, then the imaginary part.
    greater gt Greater;
    /// `x >= y`, elementwise; complex numbers by the real, then the imaginary part.
    greater_equal ge GreaterEqual;
}

fn compare(name: &'static str, op: Binary, x: Operand<'_>, y: Operand<'_>) -> Result<Array> {
    let promoted = tnp_dtype::binary(
        name,
        BinaryRule::Compare,
        x.promotes_as()?,
        y.promotes_as()?,
    )?;
    let dtype = promoted.inputs;
    match (&x, &y) {
        (Operand::Scalar(_), Operand::Scalar(_)) => {}
        (_, Operand::Scalar(scalar)) => {
            if let Some(side) = scalar.beyond(dtype) {
                return decided(op, side, x);
            }
        }
        (Operand::Scalar(scalar), _) => {
            if let Some(side) = scalar.beyond(dtype) {
                return decided(flipped(op), side, y);
            }
        }
        _ if dtype.is_inexact() => {
            let kind = |operand: &Operand<'_>| operand.type_info().map(|info| info.dtype.kind());
            match (kind(&x), kind(&y)) {
                (Some(Kind::Signed), Some(Kind::Unsigned)) => return exact(name, op, x, y),
                (Some(Kind::Unsigned), Some(Kind::Signed)) => {
                    return exact(name, flipped(op), y, x);
                }
                _ => {}
            }
        }
        _ => {}
    }
    apply(name, op, promoted, x, y)
}

/// The comparison with the operands exchanged.
const fn flipped(op: Binary) -> Binary {
    match op {
        Binary::Less => Binary::Greater,
        Binary::LessEqual => Binary::GreaterEqual,
        Binary::Greater => Binary::Less,
        Binary::GreaterEqual => Binary::LessEqual,
        other => other,
    }
}

/// Every element against a number that lies on one side of all values of the dtype.
fn decided(op: Binary, side: Ordering, mut x: Operand<'_>) -> Result<Array> {
    let truth = match op {
        Binary::Equal => false,
        Binary::Less | Binary::LessEqual => side == Ordering::Greater,
        Binary::Greater | Binary::GreaterEqual => side == Ordering::Less,
        _ => true,
    };
    everywhere(x.array()?, truth)
}

/// One truth value in the shape of an array.
pub(super) fn everywhere(x: &Array, truth: bool) -> Result<Array> {
    constant(x, Literal::new(truth), &Dims::from_slice(x.shape()))?.into_array()
}

/// Signed against unsigned integers that share only a floating dtype: by sign first, then as uint64.
fn exact(
    name: &'static str,
    op: Binary,
    signed: Operand<'_>,
    unsigned: Operand<'_>,
) -> Result<Array> {
    let signed = to_dtype(name, signed, DType::Int64)?.into_array()?;
    let zero = constant(
        &signed,
        Literal::new(0i64),
        &Dims::from_slice(signed.shape()),
    )?;
    let below = matches!(op, Binary::Less | Binary::LessEqual | Binary::NotEqual);
    let (sign, join) = if below {
        (Binary::Less, Binary::BitwiseOr)
    } else {
        (Binary::GreaterEqual, Binary::BitwiseAnd)
    };
    let by_sign = two(sign, &signed, zero)?;
    let bits = bind1(
        &Prim::Bitcast {
            dtype: DType::UInt64,
        },
        &mut [Operand::Owned(signed)],
    )?;
    let [bits, unsigned] = aligned(name, DType::UInt64, Operand::Owned(bits), unsigned)?;
    let shape = Dims::from_slice(bits.shape());
    let by_size = two(op, bits, unsigned)?;
    let by_sign = crate::promote::expand(Operand::Owned(by_sign), &shape)?;
    two(join, by_size, by_sign)
}

macro_rules! logical_functions {
    ($($(#[doc = $doc:literal])* $name:ident $op:ident;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// What is not zero is true, NaN too. The operands are broadcast; the result is bool.
        ///
        /// # Errors
        /// When the mode does not promote the dtypes or the shapes do not broadcast.
        #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
        pub fn $name<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
            logical(stringify!($name), Binary::$op, x.into(), y.into())
        }
    )*};
}

logical_functions! {
    /// True where both are true.
    logical_and BitwiseAnd;
    /// True where either is true.
    logical_or BitwiseOr;
    /// True where exactly one is true.
    logical_xor BitwiseXor;
}

fn logical(name: &'static str, op: Binary, x: Operand<'_>, y: Operand<'_>) -> Result<Array> {
    let promoted = tnp_dtype::binary(
        name,
        BinaryRule::Logical,
        x.promotes_as()?,
        y.promotes_as()?,
    )?;
    apply(name, op, promoted, x, y)
}

/// Options of [`isclose`] and [`allclose`].
///
/// # Examples
/// ```
/// use tnp_array::Close;
/// let options = Close::rtol(1e-3).atol(0.0).equal_nan();
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Close {
    /// Tolerance relative to the second operand, 1e-5 by default.
    pub rtol: f64,
    /// Absolute tolerance, 1e-8 by default.
    pub atol: f64,
    /// Whether NaN is close to NaN; not by default.
    pub equal_nan: bool,
}

impl Default for Close {
    fn default() -> Close {
        Close {
            rtol: 1e-5,
            atol: 1e-8,
            equal_nan: false,
        }
    }
}

impl Close {
    /// With this relative tolerance.
    pub fn rtol(rtol: f64) -> Close {
        Close {
            rtol,
            ..Close::default()
        }
    }

    /// With this absolute tolerance.
    pub fn atol(self, atol: f64) -> Close {
        Close { atol, ..self }
    }

    /// With NaN close to NaN.
    pub fn equal_nan(self) -> Close {
        Close {
            equal_nan: true,
            ..self
        }
    }
}

impl From<()> for Close {
    fn from((): ()) -> Close {
        Close::default()
    }
}

/// True where `|x - y| <= atol + rtol * |y|`, elementwise; infinities are close to themselves.
///
/// The relative tolerance is of the second operand, so the function is not symmetric. The operands are broadcast.
///
/// # Errors
/// When the dtypes do not promote or the shapes do not broadcast.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Close, isclose};
/// let close = isclose([1.0, f64::NAN], [1.0 + 1e-9, f64::NAN], ())?;
/// assert_eq!(close.to_vec::<bool>()?, [true, false]);
/// let close = isclose([1.0, f64::NAN], [1.0 + 1e-9, f64::NAN], Close::default().equal_nan())?;
/// assert_eq!(close.to_vec::<bool>()?, [true, true]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.isclose.html>
pub fn isclose<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    options: impl Into<Close>,
) -> Result<Array> {
    closeness("isclose", x.into(), y.into(), options.into())
}

fn closeness(
    name: &'static str,
    mut x: Operand<'_>,
    y: Operand<'_>,
    options: Close,
) -> Result<Array> {
    tnp_dtype::result_type(name, &[x.promotes_as()?, y.promotes_as()?])?;
    // Floating point first: `|x|` of the smallest integer has no integer value.
    let float = tnp_dtype::result_type(name, &[y.promotes_as()?, Scalar::Float(1.0).into()]);
    let float = match float {
        Ok(info) => info.dtype,
        Err(_) => tnp_dtype::to_inexact(y.type_info().map_or(DType::Float64, |info| info.dtype)),
    };
    let y = y.astype(float)?.into_array()?;
    if current_mode() == Mode::Strict {
        x = to_dtype(name, x, float)?;
    }
    let x = x.into_array()?;
    let tolerance = two_of(
        name,
        Binary::Add,
        options.atol,
        two_of(name, Binary::Multiply, options.rtol, one(Unary::Abs, &y)?)?,
    )?;
    let gap = binary(
        name,
        Binary::Subtract,
        BinaryRule::Subtract,
        Operand::Borrowed(&x),
        Operand::Borrowed(&y),
    )?;
    let gap = one(Unary::Abs, gap)?;
    let within = compare(
        name,
        Binary::LessEqual,
        Operand::Owned(gap),
        Operand::Owned(tolerance),
    )?;
    let finite = one(Unary::IsFinite, &y)?;
    let close = logical_and(within, finite)?;
    let same = compare(
        name,
        Binary::Equal,
        Operand::Borrowed(&x),
        Operand::Borrowed(&y),
    )?;
    let close = logical_or(close, same)?;
    if !options.equal_nan {
        return Ok(close);
    }
    logical_or(
        close,
        logical_and(one(Unary::IsNan, &x)?, one(Unary::IsNan, &y)?)?,
    )
}

fn two_of(name: &'static str, op: Binary, scalar: f64, y: Array) -> Result<Array> {
    // The tolerances take the dtype of what they are compared with; bfloat16 has no loop for a number beside it.
    let dtype = y.dtype();
    let [scalar, y] = aligned(name, dtype, Operand::from(scalar), Operand::Owned(y))?;
    two(op, scalar, y)
}

/// Whether all elements are close, as [`isclose`] has it, once broadcast.
///
/// # Errors
/// As [`isclose`]; inside a trace or a map, where there is no value yet (`isclose(…)` and `all` give an array).
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.allclose.html>
pub fn allclose<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    options: impl Into<Close>,
) -> Result<bool> {
    let close = closeness("allclose", x.into(), y.into(), options.into())?;
    fold_all("allclose", ReduceOp::All, close)?.truth()
}

/// Whether two arrays have the same shape and elements; with `equal_nan`, NaN equals NaN.
///
/// # Errors
/// When the mode does not promote the dtypes; inside a trace or a map, where there is no value yet.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::array_equal;
/// assert!(array_equal([1, 2], [1, 2], ())?);
/// assert!(!array_equal([1, 2], [1], ())?);
/// assert!(array_equal([f64::NAN], [f64::NAN], true)?);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.array_equal.html>
pub fn array_equal<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    equal_nan: impl Into<Flag>,
) -> Result<bool> {
    same_elements("array_equal", x.into(), y.into(), equal_nan.into().0)
}

fn same_elements(
    name: &'static str,
    x: Operand<'_>,
    y: Operand<'_>,
    equal_nan: bool,
) -> Result<bool> {
    let (x, y) = (x.into_array()?, y.into_array()?);
    if x.shape() != y.shape() {
        return Ok(false);
    }
    let mut same = compare(name, Binary::Equal, (&x).into(), (&y).into())?;
    if equal_nan && x.dtype().is_inexact() && y.dtype().is_inexact() {
        let both = two(
            Binary::BitwiseAnd,
            one(Unary::IsNan, &x)?,
            one(Unary::IsNan, &y)?,
        )?;
        same = two(Binary::BitwiseOr, same, both)?;
    }
    fold_all(name, ReduceOp::All, same)?.truth()
}

/// Whether two arrays broadcast to one shape and then have the same elements.
///
/// # Errors
/// As [`array_equal`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.array_equiv.html>
pub fn array_equiv<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<bool> {
    let (x, y) = (x.into().into_array()?, y.into().into_array()?);
    if broadcast_shapes(&[x.shape(), y.shape()]).is_err() {
        return Ok(false);
    }
    let same = compare("array_equiv", Binary::Equal, (&x).into(), (&y).into())?;
    fold_all("array_equiv", ReduceOp::All, same)?.truth()
}

/// The error for a mask that is not bool or does not broadcast.
pub(crate) fn check_mask(op: &str, mask: &Array, shape: &Dims) -> Result<()> {
    if mask.dtype() != DType::Bool {
        return Err(Error::dtype(format!(
            "{op}: `where` must be bool, it is {}; compare first (`x.ne(0)`)",
            mask.dtype()
        )));
    }
    let joined =
        broadcast_shapes(&[shape, mask.shape()]).map_err(|error| Error::from(error).in_op(op))?;
    if joined != *shape {
        return Err(Error::value(format!(
            "{op}: non-broadcastable `where` with shape {} for an array of shape {}",
            shape_text(mask.shape()),
            shape_text(shape)
        )));
    }
    Ok(())
}
