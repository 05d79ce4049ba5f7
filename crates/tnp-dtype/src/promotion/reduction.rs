//! Reductions and cumulative functions: what they accumulate in and give.

use super::rule::inexact;
use super::{Mode, Promoted, PromotionError, Refusal, Settings, TypeInfo};
use crate::{DType, Kind};

/// The classes of reductions that differ in promotion.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReductionRule {
    /// Small integers widen: sum, prod, nansum, nanprod.
    Sum,
    /// As `Sum`, but `All` mode keeps integers as they are: cumsum, cumprod.
    Cumulative,
    /// Floating point out: mean, nanmean, average.
    Mean,
    /// Floating point out: median, percentile, quantile.
    Median,
    /// Real floating point out: std, var.
    Variance,
    /// Same dtype out: max, min (amax, amin), nanmax, nanmin.
    Extremum,
    /// `int64` out: argmax, argmin.
    ArgExtremum,
    /// Same dtype out, no bool: ptp.
    PeakToPeak,
    /// Bool out: any, all.
    Truth,
    /// `int64` out: count_nonzero.
    Count,
}

/// What a reduction accumulates in (`inputs`) and gives when no `dtype` is asked for, in the mode in force.
///
/// Means and variances of 16-bit floats accumulate in `float32`. Answers are never weak.
///
/// # Errors
/// When the reduction does not take the dtype.
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, ReductionRule, reduction};
/// assert_eq!(reduction("sum", ReductionRule::Sum, DType::Int8)?.result.dtype, DType::Int64);
/// assert_eq!(reduction("mean", ReductionRule::Mean, DType::Int8)?.result.dtype, DType::Float64);
/// # Ok::<(), tnp_dtype::PromotionError>(())
/// ```
pub fn reduction(
    op: &'static str,
    rule: ReductionRule,
    x: impl Into<TypeInfo>,
) -> Result<Promoted, PromotionError> {
    let Settings { mode, .. } = Settings::capture();
    let dtype = x.into().dtype;
    let same = |dtype| Ok(Promoted::same(TypeInfo::strong(dtype)));
    let refuse = |takes| {
        Err(PromotionError::from(Refusal::NotSupported {
            op,
            dtype,
            takes,
        }))
    };
    let ordered = !(dtype.is_complex() && mode.keeps_weak());
    match rule {
        ReductionRule::Sum => same(widened(mode, dtype)),
        ReductionRule::Cumulative if mode == Mode::All && !dtype.is_bool() => same(dtype),
        ReductionRule::Cumulative => same(widened(mode, dtype)),
        ReductionRule::Median if !ordered => refuse("the real dtypes"),
        ReductionRule::Median => same(averaged(mode, dtype)),
        ReductionRule::Mean | ReductionRule::Variance => {
            let answer = averaged(mode, dtype);
            let result = match rule {
                ReductionRule::Variance => answer.real(),
                _ => answer,
            };
            let narrow = matches!(answer, DType::Float16 | DType::BFloat16);
            Ok(Promoted {
                inputs: if narrow { DType::Float32 } else { answer },
                result: TypeInfo::strong(result),
            })
        }
        ReductionRule::PeakToPeak if dtype.is_bool() => Err(Refusal::BoolSubtract { op }.into()),
        ReductionRule::Extremum | ReductionRule::PeakToPeak => same(dtype),
        ReductionRule::ArgExtremum if !ordered => refuse("the real dtypes"),
        ReductionRule::ArgExtremum | ReductionRule::Count => Ok(Promoted {
            inputs: dtype,
            result: TypeInfo::strong(DType::Int64),
        }),
        ReductionRule::Truth => Ok(Promoted::to_bool(DType::Bool)),
    }
}

/// What sums of a dtype are kept in: at least the mode's default integer.
fn widened(mode: Mode, dtype: DType) -> DType {
    let narrow = mode == Mode::Safe && dtype.itemsize() < 8;
    match dtype.kind() {
        Kind::Bool | Kind::Signed if narrow => DType::Int32,
        Kind::Unsigned if narrow => DType::UInt32,
        Kind::Bool | Kind::Signed => DType::Int64,
        Kind::Unsigned => DType::UInt64,
        Kind::Float | Kind::Complex => dtype,
    }
}

/// What averages of a dtype are: NumPy's of integers are float64 whatever their size.
fn averaged(mode: Mode, dtype: DType) -> DType {
    match mode {
        Mode::Numpy | Mode::Strict if !dtype.is_inexact() => DType::Float64,
        _ => inexact(mode, dtype),
    }
}
