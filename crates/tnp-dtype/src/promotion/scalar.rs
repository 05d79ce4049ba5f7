//! `Scalar`: a Rust number before it has a dtype, weak as Python's numbers are.

use std::cmp::Ordering;
use std::fmt;

use super::{Mode, ScalarError, Settings, TypeInfo, current_mode};
use crate::{Complex, DType, Literal, bf16, c64, c128, f16, iinfo};

/// A Rust scalar as an operand: it has a kind (bool, int, float, complex) and takes its dtype from the array it meets.
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, Literal, Scalar};
/// let two = Scalar::from(2u8);
/// assert_eq!(two.default_dtype(), DType::Int64);
/// assert_eq!(two.to_literal(DType::Float32).unwrap(), Literal::new(2f32));
/// assert!(Scalar::from(300).to_literal(DType::UInt8).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// A truth value; never weak.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// An integer above `i128::MAX`, and only such: fits floating-point dtypes alone.
    Huge(u128),
    /// A real number.
    Float(f64),
    /// A complex number.
    Complex(c128),
}

macro_rules! scalars {
    ($($t:ty => |$x:ident| $e:expr;)*) => {$(
        impl From<$t> for Scalar {
            #[inline]
            fn from($x: $t) -> Scalar {
                $e
            }
        }
    )*};
}
scalars! {
    bool => |x| Scalar::Bool(x);
    i8 => |x| Scalar::Int(x as i128);
    i16 => |x| Scalar::Int(x as i128);
    i32 => |x| Scalar::Int(x as i128);
    i64 => |x| Scalar::Int(x as i128);
    i128 => |x| Scalar::Int(x);
    isize => |x| Scalar::Int(x as i128);
    u8 => |x| Scalar::Int(x as i128);
    u16 => |x| Scalar::Int(x as i128);
    u32 => |x| Scalar::Int(x as i128);
    u64 => |x| Scalar::Int(x as i128);
    usize => |x| Scalar::Int(x as i128);
    u128 => |x| i128::try_from(x).map_or(Scalar::Huge(x), Scalar::Int);
    f16 => |x| Scalar::Float(x.to_f64());
    bf16 => |x| Scalar::Float(x.to_f64());
    f32 => |x| Scalar::Float(x as f64);
    f64 => |x| Scalar::Float(x);
    c64 => |x| Scalar::Complex(Complex::new(x.re as f64, x.im as f64));
    c128 => |x| Scalar::Complex(x);
}

impl From<Literal> for Scalar {
    /// Forgets the dtype, keeps kind and value.
    fn from(x: Literal) -> Scalar {
        match (x.dtype(), x.to_i128()) {
            (DType::Bool, Some(i)) => Scalar::Bool(i != 0),
            (_, Some(i)) => Scalar::Int(i),
            (dtype, None) if dtype.is_complex() => Scalar::Complex(x.to_c128()),
            _ => Scalar::Float(x.to_f64()),
        }
    }
}

/// The four kinds a scalar or dtype falls in, in the order of promotion.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Category {
    Bool,
    Int,
    Float,
    Complex,
}

impl Category {
    #[inline]
    pub(super) const fn of(dtype: DType) -> Category {
        if dtype.is_bool() {
            Category::Bool
        } else if dtype.is_integer() {
            Category::Int
        } else if dtype.is_float() {
            Category::Float
        } else {
            Category::Complex
        }
    }

    /// The dtype of a scalar of this kind where nothing else decides.
    #[inline]
    pub(super) const fn default_dtype(self, settings: Settings) -> DType {
        let narrow = settings.prefer_float32;
        match (self, settings.mode) {
            (Category::Bool, _) => DType::Bool,
            (Category::Int, Mode::Safe) => DType::Int32,
            (Category::Int, _) => DType::Int64,
            (Category::Float, Mode::Safe) => DType::Float32,
            (Category::Float, _) if narrow => DType::Float32,
            (Category::Float, _) => DType::Float64,
            // TensorFlow's lattice has only one weak complex dtype, so `All` and `Safe` keep it whatever is preferred.
            (Category::Complex, Mode::All | Mode::Safe) => DType::Complex128,
            (Category::Complex, _) if narrow => DType::Complex64,
            (Category::Complex, _) => DType::Complex128,
        }
    }
}

impl Scalar {
    #[inline]
    pub(super) const fn category(&self) -> Category {
        match self {
            Scalar::Bool(_) => Category::Bool,
            Scalar::Int(_) | Scalar::Huge(_) => Category::Int,
            Scalar::Float(_) => Category::Float,
            Scalar::Complex(_) => Category::Complex,
        }
    }

    /// The dtype an array made from this scalar alone has: `int64`, `float64` or `complex128`, with `prefer_float32`
    /// `float32` and `complex64`.
    ///
    /// `Safe` mode has 32-bit defaults (`int32`, `float32`). `All` and `Safe` keep `complex128` always. An integer too
    /// large for the default becomes `int64`, then `uint64`.
    pub fn default_dtype(&self) -> DType {
        self.default_dtype_in(Settings::capture())
    }

    /// [`Scalar::default_dtype`] under given settings.
    pub fn default_dtype_in(&self, settings: Settings) -> DType {
        let default = self.category().default_dtype(settings);
        match *self {
            Scalar::Int(x) => {
                let fits = |dtype: &DType| in_range(x, *dtype);
                [default, DType::Int64, DType::UInt64]
                    .into_iter()
                    .find(fits)
                    .unwrap_or(DType::Int64)
            }
            _ => default,
        }
    }

    /// The dtype of an array made from this scalar alone, and whether it stays weak (`All` and `Safe` modes).
    pub fn type_info(&self) -> TypeInfo {
        let settings = Settings::capture();
        TypeInfo {
            dtype: self.default_dtype_in(settings),
            weak: settings.mode.keeps_weak() && !matches!(self, Scalar::Bool(_)),
        }
    }

    /// The scalar as a value of a dtype, as creation and assignment want it: the same in every mode.
    ///
    /// Floats round (and overflow to infinity), and truncate toward zero on their way to integers.
    ///
    /// # Errors
    /// An integer that the dtype does not hold ("integer 300 out of bounds for uint8"); NaN or infinity as an integer;
    /// a complex number as a real one.
    pub fn to_literal(&self, dtype: DType) -> Result<Literal, ScalarError> {
        self.convert(Mode::Numpy, dtype)
    }

    /// The scalar as an operand of the dtype that [`binary`](super::binary) chose, checked by the mode in force.
    ///
    /// `All` mode differs from [`Scalar::to_literal`]: like JAX it reads integers as `int64` first, so they wrap in a
    /// narrower dtype, and beyond 64 bits fit none.
    ///
    /// # Errors
    /// As [`Scalar::to_literal`].
    #[inline]
    pub fn to_operand(&self, dtype: DType) -> Result<Literal, ScalarError> {
        // The commonest pairs mean the same in every mode.
        match (*self, dtype) {
            (Scalar::Float(x), DType::Float64) => return Ok(Literal::new(x)),
            (Scalar::Float(x), DType::Float32) => return Ok(Literal::new(x as f32)),
            (Scalar::Int(x), _) if x as i64 as i128 == x => match dtype {
                DType::Int64 => return Ok(Literal::new(x as i64)),
                DType::Float64 => return Ok(Literal::new(x as i64 as f64)),
                DType::Float32 => return Ok(Literal::new(x as i64 as f64 as f32)),
                _ => {}
            },
            _ => {}
        }
        self.convert(current_mode(), dtype)
    }

    fn convert(&self, mode: Mode, dtype: DType) -> Result<Literal, ScalarError> {
        match *self {
            Scalar::Bool(x) => Ok(Literal::new(x).cast(dtype)),
            Scalar::Int(x) => integer_literal(x, mode, dtype),
            Scalar::Huge(x) if dtype.is_bool() => Ok(Literal::new(x != 0)),
            Scalar::Huge(x) if holds_any_integer(mode, dtype) => {
                Ok(Literal::new(x as f64).cast(dtype))
            }
            Scalar::Huge(_) => Err(ScalarError::OutOfBounds {
                value: *self,
                dtype,
            }),
            Scalar::Float(x) if dtype.is_integer() => {
                if x.is_nan() {
                    return Err(ScalarError::NanToInteger { dtype });
                }
                if x.is_infinite() {
                    return Err(ScalarError::InfinityToInteger { dtype });
                }
                integer_literal(x as i128, mode, dtype)
            }
            Scalar::Float(x) => Ok(Literal::new(x).cast(dtype)),
            Scalar::Complex(x) if dtype.is_complex() || dtype.is_bool() => {
                Ok(Literal::new(x).cast(dtype))
            }
            Scalar::Complex(_) => Err(ScalarError::ComplexToReal {
                value: *self,
                dtype,
            }),
        }
    }

    /// Where an integer lies that an integer dtype cannot hold: below (`Less`) or above (`Greater`) all its values.
    ///
    /// `None` when it fits, or when the scalar or the dtype is no integer. Comparisons use it: NumPy compares such
    /// integers exactly (`uint8 > -1` is true) where arithmetic is an error.
    pub fn beyond(&self, dtype: DType) -> Option<Ordering> {
        let limits = iinfo(dtype).ok()?;
        match *self {
            Scalar::Int(x) if x < limits.min => Some(Ordering::Less),
            Scalar::Int(x) if x > limits.max => Some(Ordering::Greater),
            Scalar::Huge(_) => Some(Ordering::Greater),
            _ => None,
        }
    }
}

fn in_range(x: i128, dtype: DType) -> bool {
    iinfo(dtype).is_ok_and(|limits| (limits.min..=limits.max).contains(&x))
}

/// Whether integers beyond 64 bits become values of a dtype: JAX takes none of them, and ml_dtypes reads integers
/// through a C long.
fn holds_any_integer(mode: Mode, dtype: DType) -> bool {
    dtype.is_inexact() && mode != Mode::All && dtype != DType::BFloat16
}

fn integer_literal(x: i128, mode: Mode, dtype: DType) -> Result<Literal, ScalarError> {
    if dtype.is_bool() {
        return Ok(Literal::new(x != 0));
    }
    let long = i64::try_from(x);
    let wraps = dtype.is_integer() && mode == Mode::All && long.is_ok();
    let fits = if dtype.is_integer() {
        in_range(x, dtype) && (mode != Mode::All || long.is_ok())
    } else {
        long.is_ok() || holds_any_integer(mode, dtype)
    };
    if !fits && !wraps {
        return Err(ScalarError::OutOfBounds {
            value: Scalar::Int(x),
            dtype,
        });
    }
    if !dtype.is_integer() {
        // Through float64, as NumPy reads a Python int, so that float32 rounds twice here as it does there.
        return Ok(Literal::new(x as f64).cast(dtype));
    }
    Ok(match long {
        Ok(long) => Literal::new(long).cast(dtype),
        Err(_) => Literal::new(x as u64).cast(dtype),
    })
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(true) => f.write_str("True"),
            Scalar::Bool(false) => f.write_str("False"),
            Scalar::Int(x) => write!(f, "{x}"),
            Scalar::Huge(x) => write!(f, "{x}"),
            Scalar::Float(x) => write!(f, "{x:?}"),
            Scalar::Complex(x) => write!(f, "{}{:+}j", x.re, x.im),
        }
    }
}
