//! Where operands meet: tables for strong dtypes, kinds for weak ones.

use super::scalar::Category;
use super::table::{self, look_up};
use super::{Mode, PromotionError, Refusal, Scalar, Settings, TypeInfo, TypeOrScalar};
use crate::DType;

/// The type of two operands of an operator; NumPy's ufuncs find loops for pairs that have no common dtype.
pub(super) fn pair(
    op: &'static str,
    settings: Settings,
    lhs: TypeOrScalar,
    rhs: TypeOrScalar,
) -> Result<TypeInfo, PromotionError> {
    two(settings, lhs, rhs, true).ok_or_else(|| refuse(op, settings.mode, lhs, rhs))
}

/// The type of any number of operands.
///
/// Strong before weak, higher kinds before lower and wide before narrow: that is NumPy's way for arrays (int16,
/// uint16 and float16 meet at float32, not at float64 by way of int32), and it makes the answer independent of order.
pub(super) fn many(
    op: &'static str,
    settings: Settings,
    operands: &[TypeOrScalar],
) -> Result<TypeInfo, PromotionError> {
    if let [lhs, rhs] = operands {
        return two(settings, *lhs, *rhs, false)
            .ok_or_else(|| refuse(op, settings.mode, *lhs, *rhs));
    }
    let mut sorted = operands.to_vec();
    sorted.sort_by_key(|operand| {
        let (weak, dtype) = match operand {
            TypeOrScalar::Type(info) => (info.weak && settings.mode.keeps_weak(), info.dtype),
            TypeOrScalar::Scalar(scalar) => (true, scalar.category().default_dtype(settings)),
        };
        let rank = (weak, Category::of(dtype), dtype.itemsize());
        (rank.0, std::cmp::Reverse((rank.1, rank.2)))
    });
    let mut rest = sorted.into_iter();
    let first = rest.next().ok_or(Refusal::Empty { op })?;
    let mut joined = alone(settings, first);
    for operand in rest {
        let so_far = match first {
            // Numbers among themselves stay numbers, so that kinds may mix in Strict mode too; the first is the highest.
            TypeOrScalar::Scalar(_) if !settings.mode.keeps_weak() => first,
            _ => joined.into(),
        };
        joined = two(settings, so_far, operand, false)
            .ok_or_else(|| refuse(op, settings.mode, so_far, operand))?;
    }
    Ok(joined)
}

/// The type of a single operand.
pub(super) fn alone(settings: Settings, operand: TypeOrScalar) -> TypeInfo {
    let keeps_weak = settings.mode.keeps_weak();
    match operand {
        TypeOrScalar::Type(info) => TypeInfo {
            dtype: info.dtype,
            weak: info.weak && keeps_weak,
        },
        TypeOrScalar::Scalar(scalar) => {
            let dtype = scalar.default_dtype_in(settings);
            if keeps_weak {
                TypeInfo::weak(dtype)
            } else {
                TypeInfo::strong(dtype)
            }
        }
    }
}

#[inline]
fn two(settings: Settings, lhs: TypeOrScalar, rhs: TypeOrScalar, ufunc: bool) -> Option<TypeInfo> {
    if settings.mode.keeps_weak() {
        return weak_pair(settings.mode, alone(settings, lhs), alone(settings, rhs));
    }
    let dtype = match (lhs, rhs) {
        (TypeOrScalar::Type(lhs), TypeOrScalar::Type(rhs)) => {
            strong_pair(settings.mode, lhs.dtype, rhs.dtype, ufunc)
        }
        (TypeOrScalar::Type(array), TypeOrScalar::Scalar(scalar))
        | (TypeOrScalar::Scalar(scalar), TypeOrScalar::Type(array)) => {
            against_scalar(settings, array.dtype, &scalar, ufunc)
        }
        (TypeOrScalar::Scalar(lhs), TypeOrScalar::Scalar(rhs)) => {
            Some(lhs.category().max(rhs.category()).default_dtype(settings))
        }
    };
    dtype.map(TypeInfo::strong)
}

#[inline]
fn strong_pair(mode: Mode, lhs: DType, rhs: DType, ufunc: bool) -> Option<DType> {
    match mode {
        Mode::Numpy if ufunc => look_up(&table::UFUNC, lhs, rhs),
        Mode::Numpy | Mode::Legacy => look_up(&table::NUMPY, lhs, rhs),
        Mode::All => look_up(&table::LATTICE, lhs, rhs),
        Mode::Safe => look_up(&table::SAFE, lhs, rhs),
        Mode::Strict => (lhs == rhs).then_some(lhs),
    }
}

/// An array and a Rust number in `Numpy`, `Legacy` and `Strict` mode.
#[inline]
pub(super) fn against_scalar(
    settings: Settings,
    array: DType,
    scalar: &Scalar,
    ufunc: bool,
) -> Option<DType> {
    let (own, other) = (Category::of(array), scalar.category());
    let default = other.default_dtype(settings);
    match settings.mode {
        Mode::Strict => {
            let takes = own == other || (Category::Int <= other && other < own);
            takes.then_some(array)
        }
        // TensorFlow makes such a scalar an array of 32 bits before it promotes.
        Mode::Legacy if settings.prefer_float32 && other >= Category::Float => {
            look_up(&table::NUMPY, array, default)
        }
        // ml_dtypes knows no Python float: result_type sees the default float, a ufunc its float32 loop.
        _ if array == DType::BFloat16 && other == Category::Float => {
            let float32 = settings.mode == Mode::Numpy && ufunc;
            Some(if float32 { DType::Float32 } else { default })
        }
        _ if other <= own => Some(array),
        _ if own == Category::Float => Some(array.complex()),
        _ => look_up(&table::NUMPY, array, default),
    }
}

/// Two operands in `All` and `Safe` mode.
fn weak_pair(mode: Mode, lhs: TypeInfo, rhs: TypeInfo) -> Option<TypeInfo> {
    let (strong, weak) = match (lhs.weak, rhs.weak) {
        (false, false) => {
            let dtype = strong_pair(mode, lhs.dtype, rhs.dtype, false)?;
            // uint64 and a signed integer meet where Python's float stands in the lattice.
            let weak = dtype.is_float() && lhs.dtype.is_integer() && rhs.dtype.is_integer();
            return Some(TypeInfo { dtype, weak });
        }
        (true, true) => return Some(TypeInfo::weak(both_weak(lhs.dtype, rhs.dtype))),
        (false, true) => (lhs.dtype, rhs.dtype),
        (true, false) => (rhs.dtype, lhs.dtype),
    };
    let (own, other) = (Category::of(strong), Category::of(weak));
    if other <= own {
        return Some(TypeInfo::strong(strong));
    }
    let safe = mode == Mode::Safe;
    match (own, other) {
        (Category::Bool, _) => Some(TypeInfo::weak(weak)),
        (Category::Float, _) => {
            let lossless = strong.complex() == weak;
            (lossless || !safe).then(|| TypeInfo::strong(strong.complex()))
        }
        _ => {
            let wide = if other == Category::Float {
                DType::Float64
            } else {
                DType::Complex128
            };
            let lossless = weak == wide && strong.itemsize() < 8;
            (lossless || !safe).then(|| TypeInfo::weak(wide))
        }
    }
}

fn both_weak(lhs: DType, rhs: DType) -> DType {
    let (low, high) = if Category::of(lhs) < Category::of(rhs) {
        (lhs, rhs)
    } else {
        (rhs, lhs)
    };
    let integer_below = low.is_integer() && high.is_inexact();
    if integer_below {
        high
    } else {
        look_up(&table::LATTICE, low, high).unwrap_or(high)
    }
}

#[cold]
fn refuse(op: &'static str, mode: Mode, lhs: TypeOrScalar, rhs: TypeOrScalar) -> PromotionError {
    let settings = Settings::default();
    let (left, right) = (alone(settings, lhs).dtype, alone(settings, rhs).dtype);
    let refusal = match mode {
        Mode::Numpy | Mode::Legacy => Refusal::NoCommon {
            op,
            lhs: left,
            rhs: right,
        },
        _ => Refusal::NotPromoted {
            op,
            lhs,
            rhs,
            mode,
            towards: look_up(&table::LATTICE, left, right).unwrap_or(DType::Float64),
        },
    };
    refusal.into()
}
