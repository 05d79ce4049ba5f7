//! `np.random`'s functions over the process-wide generator, giving arrays.
//!
//! Draws are made on the host and uploaded, so that they are the same on every device.

use bytemuck::Zeroable;
use tnp_backend::{Error, Result, checked_size, shape_text};
use tnp_dtype::{DType, Element, Literal, Scalar, default_fill_float, with_dtype};
use tnp_shape::{Dims, Layout, broadcast_shapes};

use super::keyed::{self, Standard};
use super::{LegacyRng, LegacyState, RandInt, global};
use crate::array::host_literals;
use crate::{Array, DTypeArg, Operand, Shape};

/// What [`seed`] takes: an integer below 2**32, a sequence of them, or `()` for the system's randomness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed(Option<Vec<i128>>, bool);

impl From<()> for Seed {
    fn from((): ()) -> Seed {
        Seed(None, false)
    }
}

macro_rules! seeds {
    ($($t:ty),*) => {$(
        impl From<$t> for Seed {
            fn from(seed: $t) -> Seed {
                Seed(Some(vec![seed as i128]), false)
            }
        }
        impl From<&[$t]> for Seed {
            fn from(seed: &[$t]) -> Seed {
                Seed(Some(seed.iter().map(|&word| word as i128).collect()), true)
            }
        }
        impl<const N: usize> From<[$t; N]> for Seed {
            fn from(seed: [$t; N]) -> Seed {
                Seed::from(&seed[..])
            }
        }
    )*};
}
seeds!(i32, i64, i128, u32, u64, usize);

impl Seed {
    fn generator(&self) -> Result<LegacyRng> {
        let Some(words) = &self.0 else {
            return Ok(LegacyRng::from_entropy());
        };
        let word = |&word: &i128| {
            u32::try_from(word).map_err(|_| Error::value("Seed must be between 0 and 2**32 - 1"))
        };
        let words: Vec<u32> = words.iter().map(word).collect::<Result<_>>()?;
        match words[..] {
            [word] if !self.1 => LegacyRng::from_seed(u64::from(word)),
            _ => LegacyRng::from_key(&words),
        }
    }
}

/// Seeds the process-wide generator; what follows is, bit for bit, what NumPy draws after the same seed.
///
/// # Errors
/// For a number outside [0, 2**32), or an empty sequence; the generator is then as it was.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::random;
/// random::seed(42)?;
/// assert_eq!(random::rand([2])?.to_vec::<f64>()?, [0.3745401188473625, 0.9507143064099162]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.seed.html>
pub fn seed(seed: impl Into<Seed>) -> Result<()> {
    let rng = seed
        .into()
        .generator()
        .map_err(|error| error.in_op("seed"))?;
    *global().lock() = rng;
    Ok(())
}

/// The state of the process-wide generator.
///
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.get_state.html>
pub fn get_state() -> LegacyState {
    global().lock().state()
}

/// Puts the process-wide generator into a state of [`get_state`].
///
/// # Errors
/// When the state is not one of MT19937.
pub fn set_state(state: &LegacyState) -> Result<()> {
    let rng = LegacyRng::from_state(state).map_err(|error| error.in_op("set_state"))?;
    *global().lock() = rng;
    Ok(())
}

/// Uniform draws in [0, 1); float64, or what `prefer_float32` makes of it.
///
/// # Errors
/// For a negative size, or more memory than there is.
///
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.rand.html>
pub fn rand(shape: impl Into<Shape>) -> Result<Array> {
    floats(
        "rand",
        shape.into(),
        [],
        Standard::Uniform,
        |rng, [], out| {
            rng.fill_random(out);
            Ok(())
        },
    )
}

/// Uniform draws in [0, 1): [`rand`].
///
/// # Errors
/// As [`rand`].
///
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.random.html>
pub fn random(size: impl Into<Shape>) -> Result<Array> {
    rand(size)
}

/// Uniform draws in [0, 1): [`rand`].
///
/// # Errors
/// As [`rand`].
///
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.random_sample.html>
pub fn random_sample(size: impl Into<Shape>) -> Result<Array> {
    rand(size)
}

/// Draws from the normal distribution of mean 0 and variance 1, by NumPy's legacy polar method.
///
/// # Errors
/// As [`rand`].
///
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.standard_normal.html>
pub fn standard_normal(size: impl Into<Shape>) -> Result<Array> {
    floats(
        "standard_normal",
        size.into(),
        [],
        Standard::Normal,
        |rng, [], out| {
            rng.fill_standard_normal(out);
            Ok(())
        },
    )
}

/// Draws from the standard normal distribution: [`standard_normal`].
///
/// # Errors
/// As [`rand`].
///
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.randn.html>
pub fn randn(shape: impl Into<Shape>) -> Result<Array> {
    standard_normal(shape)
}

/// Draws from the normal distribution of mean `loc` and standard deviation `scale`.
///
/// Shapes: parameters broadcast to `size`; `size` of `()` is their own broadcast shape.
///
/// # Errors
/// When a `scale` is negative, or the parameters do not broadcast to `size`.
///
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.normal.html>
pub fn normal<'a>(
    loc: impl Into<Operand<'a>>,
    scale: impl Into<Operand<'a>>,
    size: impl Into<Shape>,
) -> Result<Array> {
    let params = [loc.into(), scale.into()];
    floats(
        "normal",
        size.into(),
        params,
        Standard::Normal,
        |rng, [loc, scale], out| rng.fill_normal(loc, scale, out),
    )
}

/// Uniform draws in [`low`, `high`).
///
/// Shapes: parameters broadcast to `size`; `size` of `()` is their own broadcast shape.
///
/// # Errors
/// When `high - low` is not finite, or the parameters do not broadcast to `size`.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::random;
/// random::seed(0)?;
/// let x = random::uniform(-1.0, [1.0, 2.0, 3.0], ())?;
/// assert_eq!(x.to_vec::<f64>()?, [0.0976270078546495, 1.1455680991172583, 1.4110535042865755]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.uniform.html>
pub fn uniform<'a>(
    low: impl Into<Operand<'a>>,
    high: impl Into<Operand<'a>>,
    size: impl Into<Shape>,
) -> Result<Array> {
    let params = [low.into(), high.into()];
    floats(
        "uniform",
        size.into(),
        params,
        Standard::Uniform,
        |rng, [low, high], out| rng.fill_uniform(low, high, out),
    )
}

/// Draws from the exponential distribution of mean `scale`.
///
/// Shapes: `scale` broadcasts to `size`; `size` of `()` is its own shape.
///
/// # Errors
/// When a `scale` is negative, or does not broadcast to `size`.
///
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.exponential.html>
pub fn exponential<'a>(scale: impl Into<Operand<'a>>, size: impl Into<Shape>) -> Result<Array> {
    floats(
        "exponential",
        size.into(),
        [scale.into()],
        Standard::Exponential,
        |rng, [scale], out| rng.fill_exponential(scale, out),
    )
}

/// Draws from the Poisson distribution of mean `lam`; int64.
///
/// Shapes: `lam` broadcasts to `size`; `size` of `()` is its own shape.
///
/// # Errors
/// When a `lam` is negative, NaN or too large, or does not broadcast to `size`.
///
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.poisson.html>
pub fn poisson<'a>(lam: impl Into<Operand<'a>>, size: impl Into<Shape>) -> Result<Array> {
    let (lam, size) = (lam.into(), size.into());
    let draw = || {
        if let Some(key) = keyed::drawing()? {
            return keyed::poisson("poisson", &key, lam, size);
        }
        let lam = Param::new(lam, |x| Ok(x.to_f64()))?;
        let dims = size_and_own(size, &[&lam.shape])?;
        let mut out = room::<i64>(&dims)?;
        let lam = lam.spread(&dims)?;
        global().lock().fill_poisson(&lam, &mut out)?;
        Array::from_vec(out, &dims)
    };
    draw().map_err(|error: Error| error.in_op("poisson"))
}

/// Upper bound of [`randint`]: a number or array, or `()`, where the one bound given is the upper one.
pub struct High<'a>(Option<Operand<'a>>);

impl From<()> for High<'_> {
    fn from((): ()) -> Self {
        High(None)
    }
}

impl<'a, T: Into<Operand<'a>>> From<T> for High<'a> {
    fn from(high: T) -> Self {
        High(Some(high.into()))
    }
}

/// Integers in [`low`, `high`), or in [0, `low`) when `high` is `()`; int64 unless another integer type or `bool` is asked for.
///
/// Shapes: bounds broadcast to `size`; `size` of `()` is their own broadcast shape. Bounds that are no integers are
/// truncated.
///
/// # Errors
/// When `low >= high`, a bound does not fit the dtype, the dtype is no integer, or the bounds do not
/// broadcast to `size`.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, random};
/// random::seed(0)?;
/// assert_eq!(random::randint(10, (), [5], ())?.to_vec::<i64>()?, [5, 0, 3, 3, 7]);
/// assert_eq!(random::randint(0, [2, 300], (), DType::Int16)?.dtype(), DType::Int16);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/random/generated/numpy.random.randint.html>
pub fn randint<'a>(
    low: impl Into<Operand<'a>>,
    high: impl Into<High<'a>>,
    size: impl Into<Shape>,
    dtype: impl Into<DTypeArg>,
) -> Result<Array> {
    let (low, high) = match (low.into(), high.into().0) {
        (high, None) => (Operand::Scalar(Scalar::Int(0)), high),
        (low, Some(high)) => (low, high),
    };
    let dtype = dtype.into().0.unwrap_or(DType::Int64);
    integers(low, high, size.into(), dtype).map_err(|error| error.in_op("randint"))
}

fn integers(low: Operand<'_>, high: Operand<'_>, size: Shape, dtype: DType) -> Result<Array> {
    if let Some(key) = keyed::drawing()? {
        return keyed::integers(&key, low, high, size, dtype);
    }
    let (low, high) = (bounds(low)?, bounds(high)?);
    let dims = size_and_own(size, &[&low.shape, &high.shape])?;
    let (low, high) = (low.spread(&dims)?, high.spread(&dims)?);
    if dtype == DType::Bool {
        return draw_integers::<bool>(&low, &high, &dims);
    }
    with_dtype!(dtype, T: integer => draw_integers::<T>(&low, &high, &dims), else => {
        Err(Error::dtype(format!("Unsupported dtype dtype('{dtype}') for randint")))
    })
}

fn draw_integers<T: RandInt + Element + Zeroable>(
    low: &[i128],
    high: &[i128],
    dims: &Dims,
) -> Result<Array> {
    let mut out = room::<T>(dims)?;
    global().lock().fill_randint(low, high, &mut out)?;
    Array::from_vec(out, dims)
}

/// Bounds on the host. A number stays as it is: 2**64, which no array holds, bounds uint64 draws.
fn bounds(operand: Operand<'_>) -> Result<Param<i128>> {
    match operand {
        Operand::Scalar(Scalar::Int(bound)) => Ok(Param {
            values: vec![bound],
            shape: Dims::new(),
        }),
        operand => Param::new(operand, integer),
    }
}

/// A bound; floats lose their fraction as NumPy's do.
fn integer(bound: Literal) -> Result<i128> {
    let float = bound.to_f64();
    match bound.to_i128() {
        Some(bound) => Ok(bound),
        None if float.is_finite() && !bound.dtype().is_complex() => Ok(float.trunc() as i128),
        None => Err(Error::value(format!(
            "a bound must be a finite real number, got {bound}"
        ))),
    }
}

/// A parameter on the host, not broadcast yet.
struct Param<T> {
    values: Vec<T>,
    shape: Dims,
}

impl<T: Copy> Param<T> {
    fn new(operand: Operand<'_>, read: impl Fn(Literal) -> Result<T>) -> Result<Param<T>> {
        let x = operand.into_array()?;
        let values = host_literals(&x)?.into_iter().map(read);
        Ok(Param {
            shape: Dims::from_slice(x.shape()),
            values: values.collect::<Result<_>>()?,
        })
    }

    /// One value for all draws, or one for each.
    fn spread(self, dims: &Dims) -> Result<Vec<T>> {
        if self.values.len() == 1 || self.shape == *dims {
            return Ok(self.values);
        }
        let layout = Layout::contiguous(&self.shape).broadcast_to(dims)?;
        let mut position = vec![0; dims.len()];
        let mut at = 0_isize;
        let mut out = Vec::new();
        for _ in 0..layout.size() {
            out.push(self.values[at as usize]);
            for axis in (0..dims.len()).rev() {
                position[axis] += 1;
                at += layout.strides()[axis];
                if position[axis] < dims[axis] {
                    break;
                }
                at -= layout.strides()[axis] * dims[axis] as isize;
                position[axis] = 0;
            }
        }
        Ok(out)
    }
}

/// The shape of the draws: `size`, to which the parameters must broadcast, or their own.
pub(super) fn size_and_own(size: Shape, params: &[&[usize]]) -> Result<Dims> {
    let own = broadcast_shapes(params)?;
    let size = size.dims()?;
    if size.is_empty() {
        return Ok(own);
    }
    let both = broadcast_shapes(&[&size, &own])?;
    if both != size {
        return Err(Error::value(format!(
            "Output size {} is not compatible with broadcast dimensions of inputs {}.",
            shape_text(&size),
            shape_text(&both)
        )));
    }
    Ok(size)
}

/// Zeros to draw into.
fn room<T: Element + Zeroable>(dims: &Dims) -> Result<Vec<T>> {
    let size = checked_size(dims, T::DTYPE)?;
    bytemuck::allocation::try_zeroed_vec(size).map_err(|()| {
        Error::memory(format!(
            "Unable to allocate {} bytes for an array with shape {} and data type {}",
            size * size_of::<T>(),
            shape_text(dims),
            T::DTYPE
        ))
    })
}

fn floats<const N: usize>(
    op: &'static str,
    size: Shape,
    params: [Operand<'_>; N],
    standard: Standard,
    fill: impl Fn(&mut LegacyRng, [&[f64]; N], &mut [f64]) -> Result<()>,
) -> Result<Array> {
    let draw = || {
        let mut params = params;
        if let Some(key) = keyed::drawing()? {
            return keyed::floats(op, &key, size, standard, &mut params);
        }
        let params: Vec<Param<f64>> = params
            .into_iter()
            .map(|operand| Param::new(operand, |x| Ok(x.to_f64())))
            .collect::<Result<_>>()?;
        let shapes: Vec<&[usize]> = params.iter().map(|param| &param.shape[..]).collect();
        let dims = size_and_own(size, &shapes)?;
        let mut out = room::<f64>(&dims)?;
        let values: Vec<Vec<f64>> = params
            .into_iter()
            .map(|param| param.spread(&dims))
            .collect::<Result<_>>()?;
        fill(
            &mut global().lock(),
            std::array::from_fn(|i| &values[i][..]),
            &mut out,
        )?;
        if default_fill_float() == DType::Float32 {
            let narrow: Vec<f32> = out.iter().map(|&x| x as f32).collect();
            return Array::from_vec(narrow, &dims);
        }
        Array::from_vec(out, &dims)
    };
    draw().map_err(|error: Error| error.in_op(op))
}
