//! `Literal`: one typed scalar, stored as bits so that programs holding it compare and hash.

use std::fmt;

use crate::{Complex, DType, Element, bf16, c64, c128, f16, with_dtype};

/// A scalar of a given dtype, as bits.
///
/// Equality and hash are by bits, so a NaN equals itself and `0.0` differs from `-0.0`: two programs
/// that hold equal literals compute the same.
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, Literal};
/// let x = Literal::new(1.5f32);
/// assert_eq!(x.dtype(), DType::Float32);
/// assert_eq!(x.cast(DType::Int64), Literal::new(1i64));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Literal {
    dtype: DType,
    bits: [u64; 2],
}

impl Literal {
    /// A scalar from a Rust value of an element type.
    #[inline]
    pub fn new<T: Element>(value: T) -> Literal {
        let mut bits = [0u64; 2];
        // SAFETY: an element is at most 16 bytes of plain data, and `bits` is 16 bytes that do not overlap it.
        unsafe {
            std::ptr::copy_nonoverlapping(
                (&raw const value).cast::<u8>(),
                bits.as_mut_ptr().cast::<u8>(),
                size_of::<T>(),
            );
        }
        Literal {
            dtype: T::DTYPE,
            bits,
        }
    }

    /// The zero of a dtype.
    pub fn zero(dtype: DType) -> Literal {
        Literal {
            dtype,
            bits: [0; 2],
        }
    }

    /// The one of a dtype.
    pub fn one(dtype: DType) -> Literal {
        Literal::new(1i64).cast(dtype)
    }

    /// Reads a scalar from the first `dtype.itemsize()` native-endian bytes.
    ///
    /// # Panics
    /// When there are fewer bytes than that.
    pub fn from_bytes(dtype: DType, bytes: &[u8]) -> Literal {
        let mut raw = [0u8; 16];
        raw[..dtype.itemsize()].copy_from_slice(&bytes[..dtype.itemsize()]);
        if dtype == DType::Bool {
            raw[0] = (raw[0] != 0) as u8;
        }
        let [lo, hi] =
            [0, 8].map(|i| u64::from_ne_bytes(raw[i..i + 8].try_into().expect("eight bytes")));
        Literal {
            dtype,
            bits: [lo, hi],
        }
    }

    /// The dtype of the scalar.
    #[inline]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The scalar's native-endian bytes, `dtype().itemsize()` of them.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &bytemuck::bytes_of(&self.bits)[..self.dtype.itemsize()]
    }

    /// The value as its own Rust type.
    ///
    /// # Panics
    /// When `T` is not the type of `dtype()`.
    pub fn value<T: Element>(&self) -> T {
        assert_eq!(T::DTYPE, self.dtype, "a literal is read as the type it has");
        // SAFETY: the dtype was checked, `bits` was made from a `T`, and bools are 0 or 1 by construction.
        unsafe { self.bits.as_ptr().cast::<T>().read() }
    }

    /// The value as `complex128`: exact but for integers beyond 2^53.
    pub fn to_c128(&self) -> c128 {
        let re = match self.dtype {
            DType::Complex64 => {
                let z = self.value::<c64>();
                return Complex::new(z.re as f64, z.im as f64);
            }
            DType::Complex128 => return self.value::<c128>(),
            DType::Float16 => self.value::<f16>().to_f64(),
            DType::BFloat16 => self.value::<bf16>().to_f64(),
            DType::Float32 => self.value::<f32>() as f64,
            DType::Float64 => self.value::<f64>(),
            _ => self.to_i128().unwrap_or_default() as f64,
        };
        Complex::new(re, 0.0)
    }

    /// The real part as `f64`.
    pub fn to_f64(&self) -> f64 {
        self.to_c128().re
    }

    /// The exact value of a bool or integer; `None` for floats and complex numbers.
    pub fn to_i128(&self) -> Option<i128> {
        match self.dtype {
            DType::Bool => Some(self.value::<bool>() as i128),
            dtype => {
                with_dtype!(dtype, T: integer => Some(self.value::<T>() as i128), else => None)
            }
        }
    }

    /// Converts as NumPy's `astype` does: integers wrap, floats truncate toward zero, complex
    /// numbers lose the imaginary part, anything that is not zero is true.
    pub fn cast(&self, to: DType) -> Literal {
        if to == self.dtype {
            return *self;
        }
        if let Some(i) = self.to_i128() {
            return match to {
                DType::Bool => Literal::new(i != 0),
                DType::Float32 => Literal::new(i as f32),
                DType::Complex64 => Literal::new(Complex::new(i as f32, 0.0)),
                _ => {
                    with_dtype!(to, T: integer => Literal::new(i as T), else => Literal::from_c128(Complex::new(i as f64, 0.0), to))
                }
            };
        }
        Literal::from_c128(self.to_c128(), to)
    }

    fn from_c128(z: c128, to: DType) -> Literal {
        match to {
            DType::Bool => Literal::new(z.re != 0.0 || z.im != 0.0),
            DType::Float16 => Literal::new(f16::from_f64(z.re)),
            DType::BFloat16 => Literal::new(bf16::from_f64(z.re)),
            DType::Float32 => Literal::new(z.re as f32),
            DType::Float64 => Literal::new(z.re),
            DType::Complex64 => Literal::new(Complex::new(z.re as f32, z.im as f32)),
            DType::Complex128 => Literal::new(z),
            // Through i64 first, as x86 conversions and so NumPy do for in-range values.
            _ => with_dtype!(to, T: integer => {
                if T::DTYPE == DType::UInt64 && z.re >= 9_223_372_036_854_775_808.0 { Literal::new(z.re as u64 as T) } else { Literal::new(z.re as i64 as T) }
            }, else => unreachable!("all other dtypes are above")),
        }
    }

    /// True when the value is neither infinite nor NaN.
    pub fn is_finite(&self) -> bool {
        let z = self.to_c128();
        z.re.is_finite() && z.im.is_finite()
    }
}

impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}:{}", self.dtype)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dtype {
            DType::Complex64 | DType::Complex128 => {
                let z = self.to_c128();
                write!(f, "{}{:+}j", z.re, z.im)
            }
            dtype if dtype.is_float() => write!(f, "{}", self.to_f64()),
            DType::Bool => write!(
                f,
                "{}",
                if self.value::<bool>() {
                    "True"
                } else {
                    "False"
                }
            ),
            _ => write!(f, "{}", self.to_i128().unwrap_or_default()),
        }
    }
}
