//! Covariances and correlations of variables that are observed together.

use tnp_backend::{Error, Result, Warning, warn};
use tnp_dtype::{DType, TypeOrScalar};
use tnp_shape::Dims;

use crate::args::Maybe;
use crate::promote::array_near;
use crate::views::reshaped;
use crate::{Array, Average, Operand};

/// Options of [`cov`] and [`corrcoef`].
///
/// # Examples
/// ```
/// use tnp_array::Covariance;
/// let options = Covariance::columns().ddof(0);
/// ```
#[derive(Default)]
pub struct Covariance {
    /// Further variables, in the same form.
    pub y: Maybe<'static>,
    /// Each column is a variable, not each row: NumPy's `rowvar=False`.
    pub columns: bool,
    /// Divide by the number of observations, not by one less.
    pub bias: bool,
    /// Divide by the number of observations less this; decided by `bias` when `None`.
    pub ddof: Option<i64>,
    /// How often each observation was made: whole numbers.
    pub fweights: Option<Array>,
    /// What each observation counts for.
    pub aweights: Option<Array>,
    /// Dtype to compute in and to return.
    pub dtype: Option<DType>,
}

impl Covariance {
    /// Each column is a variable.
    pub fn columns() -> Covariance {
        Covariance {
            columns: true,
            ..Covariance::default()
        }
    }

    /// With further variables.
    pub fn with(y: impl Into<Operand<'static>>) -> Covariance {
        Covariance {
            y: Maybe(Some(y.into())),
            ..Covariance::default()
        }
    }

    /// Divide by the number of observations.
    pub fn bias(self) -> Covariance {
        Covariance { bias: true, ..self }
    }

    /// Divide by the number of observations less this.
    pub fn ddof(self, ddof: i64) -> Covariance {
        Covariance {
            ddof: Some(ddof),
            ..self
        }
    }

    /// How often each observation was made.
    pub fn fweights(self, fweights: &Array) -> Covariance {
        Covariance {
            fweights: Some(fweights.clone()),
            ..self
        }
    }

    /// What each observation counts for.
    pub fn aweights(self, aweights: &Array) -> Covariance {
        Covariance {
            aweights: Some(aweights.clone()),
            ..self
        }
    }

    /// Compute in, and return, this dtype.
    pub fn dtype(self, dtype: DType) -> Covariance {
        Covariance {
            dtype: Some(dtype),
            ..self
        }
    }
}

impl From<()> for Covariance {
    fn from((): ()) -> Covariance {
        Covariance::default()
    }
}

/// The covariance matrix of variables: rows (or columns) of a 2-D array, or one variable alone.
///
/// At least float64. Without degrees of freedom the result is infinite or NaN, with a warning. Options: `y`, `columns` (`rowvar=False`), `bias`, `ddof`,
/// `fweights`, `aweights`, `dtype`.
///
/// # Errors
/// For more axes than two, and weights that are not 1-D, have another length, are negative, or (frequencies) not whole.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::cov;
/// let x = [[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]];
/// assert_eq!(cov(x, ())?.to_vec::<f64>()?, [1.0, -1.0, -1.0, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.cov.html>
pub fn cov<'a>(m: impl Into<Operand<'a>>, options: impl Into<Covariance>) -> Result<Array> {
    covariances("cov", m.into(), options.into()).map_err(|error| error.in_op("cov"))
}

/// The correlation coefficients of variables: their covariances over the products of their standard deviations, within ±1.
///
/// Options: `y`, `columns`, `dtype`.
///
/// # Errors
/// As [`cov`]; for other options.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::corrcoef;
/// let x = [[0.0, 1.0, 2.0], [4.0, 2.0, 0.0]];
/// assert_eq!(corrcoef(x, ())?.to_vec::<f64>()?, [1.0, -1.0, -1.0, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.corrcoef.html>
pub fn corrcoef<'a>(x: impl Into<Operand<'a>>, options: impl Into<Covariance>) -> Result<Array> {
    fn body(x: Operand<'_>, options: Covariance) -> Result<Array> {
        let taken = !options.bias && options.ddof.is_none();
        if !taken || options.fweights.is_some() || options.aweights.is_some() {
            return Err(Error::dtype(
                "takes no other options than `y`, `columns` and `dtype`",
            ));
        }
        let c = covariances("corrcoef", x, options)?;
        if c.ndim() == 0 {
            return crate::divide(&c, &c);
        }
        let variables = c.shape()[0];
        let variances = crate::real(crate::diagonal(&c, ())?)?;
        let deviations = crate::sqrt(variances)?;
        let column = Dims::from_slice(&[variables, 1]);
        let column = reshaped(Operand::Borrowed(&deviations), column)?;
        let c = crate::divide(crate::divide(c, column)?, deviations)?;
        if !c.dtype().is_complex() {
            return crate::clip(c, -1, 1);
        }
        let (re, im) = (
            crate::clip(c.real()?, -1, 1)?,
            crate::clip(c.imag()?, -1, 1)?,
        );
        let unit = crate::full_like(&c, tnp_dtype::c128::new(0.0, 1.0), crate::Like::shape(()))?;
        crate::add(re, crate::multiply(im, unit)?)
    }
    body(x.into(), options.into()).map_err(|error| error.in_op("corrcoef"))
}

fn weights_of(what: &str, weights: Option<Array>, observations: usize) -> Result<Option<Array>> {
    let Some(weights) = weights else {
        return Ok(None);
    };
    if weights.ndim() > 1 {
        return Err(Error::value(format!(
            "cannot handle multidimensional {what}"
        )));
    }
    let weights = crate::atleast_1d(weights.astype(DType::Float64)?)?;
    if weights.size() != observations {
        return Err(Error::value(format!(
            "incompatible numbers of samples and {what}: {observations} and {}",
            weights.size()
        )));
    }
    if weights.tensor().is_ok()
        && let Ok(values) = weights.to_vec::<f64>()
    {
        if what == "fweights" && values.iter().any(|value| value.round_ties_even() != *value) {
            return Err(Error::dtype("fweights must be integer"));
        }
        if values.iter().any(|value| *value < 0.0) {
            return Err(Error::value(format!("{what} cannot be negative")));
        }
    }
    Ok(Some(weights))
}

fn variables(x: Array, dtype: DType, columns: bool, is_first: bool) -> Result<Array> {
    let was_line = x.ndim() == 1;
    let x = crate::atleast_2d(x.astype(dtype)?)?;
    let stays = if is_first {
        was_line
    } else {
        x.shape()[0] == 1
    };
    match columns && !stays {
        true => crate::transpose(x, ()),
        false => Ok(x),
    }
}

fn covariances(op: &'static str, m: Operand<'_>, options: Covariance) -> Result<Array> {
    let m = m.into_array()?.with_weak(false);
    if m.ndim() > 2 {
        return Err(Error::value("m has more than 2 dimensions"));
    }
    let y = options.y.0.map(|y| array_near(&m, y)).transpose()?;
    if y.as_ref().is_some_and(|y| y.ndim() > 2) {
        return Err(Error::value("y has more than 2 dimensions"));
    }
    let mut types: Vec<TypeOrScalar> = vec![m.type_info().into()];
    types.extend(y.iter().map(|y| TypeOrScalar::from(y.type_info())));
    let joined = tnp_dtype::result_type(op, &types)?.dtype;
    let dtype = options.dtype.unwrap_or(match joined.is_complex() {
        true => DType::Complex128,
        false => DType::Float64,
    });
    let mut x = variables(m, dtype, options.columns, true)?;
    if x.shape()[0] == 0 {
        return crate::full_like(&x, 0, crate::Like::shape([0, 0]).dtype(DType::Float64));
    }
    if let Some(y) = y {
        let y = variables(y, dtype, options.columns, false)?;
        x = crate::concatenate([x, y], 0)?;
    }
    let observations = x.shape()[1];
    let ddof = options.ddof.unwrap_or(i64::from(!options.bias)) as f64;
    let fweights = weights_of("fweights", options.fweights, observations)?;
    let aweights = weights_of("aweights", options.aweights, observations)?;
    let weights = match (fweights, &aweights) {
        (Some(fweights), Some(aweights)) => Some(crate::multiply(fweights, aweights)?),
        (Some(weights), None) => Some(weights),
        (None, Some(aweights)) => Some(aweights.clone()),
        (None, None) => None,
    };
    let mean = match &weights {
        None => crate::mean(&x, 1)?,
        Some(weights) => crate::average(&x, Average::axes(1).weights(weights.clone()))?,
    };
    let distances = crate::subtract(&x, crate::expand_dims(mean, 1)?)?.astype(dtype)?;
    let other = match &weights {
        None => distances.clone(),
        Some(weights) => crate::multiply(&distances, weights)?,
    };
    let products = crate::matmul(&distances, crate::conjugate(crate::transpose(other, ())?)?)?;
    let Some(weights) = weights else {
        let left = observations as f64 - ddof;
        if left <= 0.0 {
            warn(Warning::EmptySlice, op);
        }
        let scaled = crate::multiply(products, 1.0 / left.max(0.0))?;
        return crate::squeeze(scaled, ());
    };
    let total = crate::sum(&weights, ())?;
    let left = match &aweights {
        _ if ddof == 0.0 => total,
        None => crate::subtract(total, ddof)?,
        Some(aweights) => {
            let squares = crate::sum(crate::multiply(&weights, aweights)?, ())?;
            let taken = crate::divide(crate::multiply(squares, ddof)?, &total)?;
            crate::subtract(total, taken)?
        }
    };
    let left = crate::maximum(left, 0.0)?;
    let factor = crate::reciprocal(left)?.astype(dtype)?;
    crate::squeeze(crate::multiply(products, factor)?, ())
}
