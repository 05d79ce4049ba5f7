//! Rounding, clipping, steps, and what else keeps or replaces values.

use smallvec::SmallVec;
use tnp_backend::prim::{Binary, Unary};
use tnp_backend::{Error, Result};
use tnp_dtype::{BinaryRule, DType, Literal, Scalar, TypeInfo, TypeOrScalar, UnaryRule};
use tnp_shape::Dims;

use super::{aligned, apply, either, finish, one, promoted, two, unary};
use crate::args::Maybe;
use crate::promote::{brought, constant};
use crate::{Array, Operand};

macro_rules! whole_number_functions {
    ($($(#[doc = $doc:literal])* $name:ident $op:ident;)*) => {
        $(
            $(#[doc = $doc])*
            ///
            /// Same dtype out; integers and bool stay as they are.
            ///
            /// # Errors
            /// For complex numbers.
            #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
            pub fn $name<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
                to_whole(stringify!($name), Unary::$op, x.into())
            }
        )*

        impl Array {
            $(
                $(#[doc = $doc])*
                ///
                /// # Errors
                /// For complex numbers.
                #[inline]
                pub fn $name(&self) -> Result<Array> {
                    $name(self)
                }
            )*
        }
    };
}

whole_number_functions! {
    /// The largest whole number not above each element.
    floor Floor;
    /// The smallest whole number not below each element.
    ceil Ceil;
    /// Each element without its fraction.
    trunc Trunc;
    /// Each element rounded toward zero.
    fix Trunc;
}

fn to_whole(name: &'static str, op: Unary, x: Operand<'_>) -> Result<Array> {
    let (x, result) = promoted(name, UnaryRule::Round, x)?;
    if result.dtype.is_float() {
        finish(one(op, x)?, result)
    } else {
        finish(x.into_array()?, result)
    }
}

/// Absolute value, elementwise; the modulus of complex numbers, as a real array.
///
/// # Errors
/// As conversion of the operand has it; every dtype is taken.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.absolute.html>
#[inline]
pub fn absolute<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    same_bool("absolute", Unary::Abs, UnaryRule::Absolute, x.into())
}

/// `+x`: the array itself.
///
/// # Errors
/// For bool, but in the `All` and `Safe` modes.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.positive.html>
pub fn positive<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    let (x, result) = promoted("positive", UnaryRule::Positive, x.into())?;
    finish(x.into_array()?, result)
}

fn same_bool(name: &'static str, op: Unary, rule: UnaryRule, x: Operand<'_>) -> Result<Array> {
    let (x, result) = promoted(name, rule, x)?;
    if result.dtype.is_bool() {
        return finish(x.into_array()?, result);
    }
    finish(one(op, x)?, result)
}

impl Array {
    /// Absolute value, elementwise; the modulus of complex numbers, as a real array.
    ///
    /// # Errors
    /// As [`absolute`].
    #[inline]
    pub fn absolute(&self) -> Result<Array> {
        absolute(self)
    }
}

/// How many decimals to round to; none when left out. Negative ones round to tens, hundreds …
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decimals(pub i32);

impl From<()> for Decimals {
    fn from((): ()) -> Decimals {
        Decimals(0)
    }
}

impl From<i32> for Decimals {
    fn from(decimals: i32) -> Decimals {
        Decimals(decimals)
    }
}

/// Each element rounded to a number of decimals, halves to the even neighbour; the parts of a complex number each.
///
/// As in NumPy the number is scaled by a power of ten, rounded and scaled back. Integers keep their dtype.
///
/// # Errors
/// For bool with decimals.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::round;
/// assert_eq!(round([0.5, 1.5, 2.567], ())?.to_vec::<f64>()?, [0.0, 2.0, 3.0]);
/// assert_eq!(round([2.567], 2)?.to_vec::<f64>()?, [2.57]);
/// assert_eq!(round([15, 25], -1)?.to_vec::<i32>()?, [20, 20]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.round.html>
pub fn round<'a>(x: impl Into<Operand<'a>>, decimals: impl Into<Decimals>) -> Result<Array> {
    rounded("round", x.into(), decimals.into().0)
}

/// The same as [`round`].
///
/// # Errors
/// As [`round`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.around.html>
pub fn around<'a>(x: impl Into<Operand<'a>>, decimals: impl Into<Decimals>) -> Result<Array> {
    rounded("around", x.into(), decimals.into().0)
}

impl Array {
    /// Each element rounded to a number of decimals, halves to the even neighbour.
    ///
    /// # Errors
    /// As [`round`].
    pub fn round(&self, decimals: impl Into<Decimals>) -> Result<Array> {
        rounded("round", self.into(), decimals.into().0)
    }
}

fn rounded(name: &'static str, mut x: Operand<'_>, decimals: i32) -> Result<Array> {
    let info = x.array()?.type_info();
    let dtype = info.dtype;
    if dtype.is_integer() && decimals >= 0 {
        return x.into_array();
    }
    if decimals == 0 {
        return unary(name, Unary::Rint, UnaryRule::Rint, x);
    }
    if dtype.is_bool() {
        return Err(Error::dtype(format!(
            "{name}: Cannot cast ufunc 'multiply' output from dtype('float64') to dtype('bool') with casting rule \
             'same_kind'; round bool to no decimals, or convert it first (`x.astype(Float64)`)"
        )));
    }
    let result = if dtype.is_complex() {
        let x = x.array()?;
        let re = scaled(name, Operand::Owned(one(Unary::Real, x)?), decimals)?;
        let im = scaled(name, Operand::Owned(one(Unary::Imag, x)?), decimals)?;
        two(Binary::Complex, re, im)?
    } else if dtype.is_integer() {
        scaled(name, x.astype(DType::Float64)?, decimals)?
    } else {
        scaled(name, x, decimals)?
    };
    finish(result, info)
}

/// Real floats scaled, rounded and scaled back.
fn scaled(name: &'static str, x: Operand<'_>, decimals: i32) -> Result<Array> {
    let dtype = x.type_info().map_or(DType::Float64, |info| info.dtype);
    let ten = Operand::Scalar(Scalar::Float(power_of_ten(decimals.unsigned_abs())));
    let [x, ten] = aligned(name, dtype, x, ten)?;
    let (there, back) = if decimals > 0 {
        (Binary::Multiply, Binary::Divide)
    } else {
        (Binary::Divide, Binary::Multiply)
    };
    let whole = one(Unary::Rint, two(there, x, ten.lend())?)?;
    two(back, Operand::Owned(whole), ten)
}

/// NumPy's powers of ten: repeated products beyond what is exact.
fn power_of_ten(exponent: u32) -> f64 {
    let mut power = 1.0f64;
    for _ in 0..exponent {
        if power.is_infinite() {
            break;
        }
        power *= 10.0;
    }
    power
}

/// The elements limited to an interval: those below `min` become `min`, those above `max` become `max`.
///
/// Either bound may be left out with `()`; both broadcast. Where `min` is above `max` the result is `max`; NaN stays.
/// An integer bound that the array's dtype cannot hold limits nothing when it lies outward.
///
/// # Errors
/// When the dtypes do not promote or the shapes do not broadcast; for an integer bound that the dtype cannot hold and nothing
/// could satisfy.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::clip;
/// assert_eq!(clip([1, 5, 9], 2, 8)?.to_vec::<i32>()?, [2, 5, 8]);
/// assert_eq!(clip([1, 5, 9], (), 8)?.to_vec::<i32>()?, [1, 5, 8]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.clip.html>
pub fn clip<'a, 'b, 'c>(
    x: impl Into<Operand<'a>>,
    min: impl Into<Maybe<'b>>,
    max: impl Into<Maybe<'c>>,
) -> Result<Array> {
    clipped(x.into(), min.into(), max.into())
}

impl Array {
    /// The elements limited to an interval; either bound may be `()`.
    ///
    /// # Errors
    /// As [`clip`].
    pub fn clip<'b, 'c>(
        &self,
        min: impl Into<Maybe<'b>>,
        max: impl Into<Maybe<'c>>,
    ) -> Result<Array> {
        clipped(self.into(), min.into(), max.into())
    }
}

fn clipped(mut x: Operand<'_>, min: Maybe<'_>, max: Maybe<'_>) -> Result<Array> {
    use std::cmp::Ordering::{Greater, Less};
    let dtype = x.array()?.dtype();
    let outward = |bound: &Operand<'_>, side| match bound {
        Operand::Scalar(scalar) => scalar.beyond(dtype) == Some(side),
        _ => false,
    };
    let min = min.0.filter(|bound| !outward(bound, Less));
    let max = max.0.filter(|bound| !outward(bound, Greater));
    let info = bounded_type(&x, &min, &max)?;
    let result = match (min, max) {
        (None, None) => return x.into_array(),
        (Some(min), None) => {
            let [x, min] = brought("clip", [x, min], info.dtype)?;
            two(Binary::Maximum, x, min)?
        }
        (None, Some(max)) => {
            let [x, max] = brought("clip", [x, max], info.dtype)?;
            two(Binary::Minimum, x, max)?
        }
        (Some(min), Some(max)) => {
            let [x, min, max] = brought("clip", [x, min, max], info.dtype)?;
            let raised = two(Binary::Maximum, x, min)?;
            two(Binary::Minimum, Operand::Owned(raised), max)?
        }
    };
    Ok(result.with_weak(info.weak))
}

/// Where the array and its bounds meet; beside numbers as in a ufunc, which has a loop of float32 for bfloat16.
fn bounded_type(
    x: &Operand<'_>,
    min: &Option<Operand<'_>>,
    max: &Option<Operand<'_>>,
) -> Result<TypeInfo> {
    let bounds = || [min, max].into_iter().flatten();
    let mut types: SmallVec<[TypeOrScalar; 3]> = SmallVec::new();
    types.push(x.promotes_as()?);
    for bound in bounds() {
        types.push(bound.promotes_as()?);
    }
    if bounds().all(|bound| bound.as_array().is_some()) {
        return Ok(tnp_dtype::result_type("clip", &types)?);
    }
    let mut met = types[0];
    let mut info = tnp_dtype::result_type("clip", &types[..1])?;
    for &bound in &types[1..] {
        info = tnp_dtype::binary("clip", BinaryRule::Arithmetic, met, bound)?.result;
        met = info.into();
    }
    Ok(info)
}

/// The step function: 0 below zero, 1 above, `at_zero` at zero; NaN for NaN.
///
/// # Errors
/// For complex numbers, when the dtypes do not promote, or the shapes do not broadcast.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.heaviside.html>
pub fn heaviside<'a, 'b>(
    x: impl Into<Operand<'a>>,
    at_zero: impl Into<Operand<'b>>,
) -> Result<Array> {
    let (x, at_zero) = (x.into(), at_zero.into());
    let promoted = tnp_dtype::binary(
        "heaviside",
        BinaryRule::Float,
        x.promotes_as()?,
        at_zero.promotes_as()?,
    )?;
    let dtype = promoted.inputs;
    if dtype.is_complex() {
        // The mode lets them pass; the function orders its argument.
        return apply("heaviside", Binary::Arctan2, promoted, x, at_zero)
            .map_err(|_| Error::dtype(format!("heaviside: not supported for dtype {dtype}")));
    }
    let [mut x, at_zero] = aligned("heaviside", dtype, x, at_zero)?;
    let x = x.array()?;
    let shape = Dims::from_slice(x.shape());
    let zero = constant(x, Literal::zero(dtype), &shape)?;
    let half = constant(x, Literal::new(0.5).cast(dtype), &shape)?;
    let is_zero = two(Binary::Equal, Operand::Borrowed(x), zero)?;
    // Half the sign, and a half: 0, 1 or NaN, exactly.
    let halved = two(
        Binary::Multiply,
        Operand::Owned(one(Unary::Sign, x)?),
        half.lend(),
    )?;
    let step = two(Binary::Add, Operand::Owned(halved), half)?;
    finish(
        either(Operand::Owned(is_zero), at_zero, Operand::Owned(step))?,
        promoted.result,
    )
}

/// `sin(πx) / (πx)`, and 1 at zero.
///
/// # Errors
/// When the mode does not promote the dtype with π.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.sinc.html>
pub fn sinc<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    let mut x = x.into();
    let dtype = x.array()?.dtype();
    let float = match tnp_dtype::current_mode() {
        // π takes the dtype of floats; integers become what the mode makes of them.
        tnp_dtype::Mode::Strict if !dtype.is_inexact() => tnp_dtype::to_inexact(dtype),
        _ => dtype,
    };
    let pi = Operand::Scalar(Scalar::Float(std::f64::consts::PI));
    let x = super::binary(
        "sinc",
        Binary::Multiply,
        BinaryRule::Arithmetic,
        pi,
        x.astype(float)?,
    )?;
    let (dtype, weak) = (x.dtype(), x.is_weak());
    // Small enough that the sine of it is itself, in any dtype.
    let tiny = if dtype.is_complex() {
        1e-20
    } else {
        tnp_dtype::finfo(dtype).map_or(1e-20, |info| info.eps)
    };
    let shape = Dims::from_slice(x.shape());
    let tiny = constant(&x, Literal::new(tiny).cast(dtype), &shape)?;
    let zero = constant(&x, Literal::zero(dtype), &shape)?;
    let is_zero = two(Binary::Equal, Operand::Borrowed(&x), zero)?;
    let x = either(Operand::Owned(is_zero), tiny, Operand::Owned(x))?;
    let sine = one(Unary::Sin, &x)?;
    Ok(two(Binary::Divide, sine, x)?.with_weak(weak))
}

/// Options of [`nan_to_num`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NanToNum {
    /// What NaN becomes; 0 by default.
    pub nan: f64,
    /// What positive infinity becomes; by default the largest finite number.
    pub posinf: Option<f64>,
    /// What negative infinity becomes; by default the smallest finite number.
    pub neginf: Option<f64>,
}

impl NanToNum {
    /// NaN becomes this.
    pub fn nan(nan: f64) -> NanToNum {
        NanToNum {
            nan,
            ..NanToNum::default()
        }
    }

    /// Positive infinity becomes this.
    pub fn posinf(self, posinf: f64) -> NanToNum {
        NanToNum {
            posinf: Some(posinf),
            ..self
        }
    }

    /// Negative infinity becomes this.
    pub fn neginf(self, neginf: f64) -> NanToNum {
        NanToNum {
            neginf: Some(neginf),
            ..self
        }
    }
}

impl From<()> for NanToNum {
    fn from((): ()) -> NanToNum {
        NanToNum::default()
    }
}

/// The elements with NaN replaced by zero and infinities by the largest finite numbers, or by what the options say.
///
/// # Errors
/// As conversion of the operand has it; every dtype is taken.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.nan_to_num.html>
pub fn nan_to_num<'a>(x: impl Into<Operand<'a>>, options: impl Into<NanToNum>) -> Result<Array> {
    let (x, options) = (x.into().into_array()?, options.into());
    if x.dtype().is_complex() {
        let re = finite(one(Unary::Real, &x)?, &options)?;
        let im = finite(one(Unary::Imag, &x)?, &options)?;
        return two(Binary::Complex, re, im);
    }
    finite(x, &options)
}

fn finite(x: Array, options: &NanToNum) -> Result<Array> {
    let dtype = x.dtype();
    let Ok(limits) = tnp_dtype::finfo(dtype) else {
        return Ok(x);
    };
    let (shape, weak) = (Dims::from_slice(x.shape()), x.is_weak());
    let value = |value: f64| constant(&x, Literal::new(value).cast(dtype), &shape);
    let nan = value(options.nan)?;
    let is_nan = one(Unary::IsNan, &x)?;
    let limit = |at: f64, to: Option<f64>, default: f64, x: Array| {
        let there = two(Binary::Equal, Operand::Borrowed(&x), value(at)?)?;
        either(
            Operand::Owned(there),
            value(to.unwrap_or(default))?,
            Operand::Owned(x),
        )
    };
    let above = limit(f64::INFINITY, options.posinf, limits.max, x.clone())?;
    let below = limit(f64::NEG_INFINITY, options.neginf, limits.min, above)?;
    Ok(either(Operand::Owned(is_nan), nan, Operand::Owned(below))?.with_weak(weak))
}
