//! Fourier transforms along an axis, by the crates `rustfft` and `realfft`, line by line.

use std::cell::RefCell;
use std::sync::Arc;

use num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftNum, FftPlanner};
use tnp_backend::prim::FftKind;
use tnp_dtype::DType;

use crate::lanes::Lanes;
use crate::strided::Strided;

/// Writes the transform of `input` along `axis`.
///
/// # Safety
/// As inference has checked the input; its elements can be read; `out` has room for the contiguous result.
pub(crate) unsafe fn fft(kind: FftKind, input: Strided<'_>, axis: usize, out: *mut u8) {
    // SAFETY: as the caller says.
    unsafe {
        match input.dtype {
            DType::Float32 | DType::Complex64 => of::<f32>(kind, input, axis, out),
            _ => of::<f64>(kind, input, axis, out),
        }
    }
}

/// What a thread keeps: plans by kind and size. Their tables are costly to make and are shared between sizes.
struct Plans<T: FftNum> {
    complex: FftPlanner<T>,
    real: RealFftPlanner<T>,
}

impl<T: FftNum> Default for Plans<T> {
    fn default() -> Plans<T> {
        Plans {
            complex: FftPlanner::new(),
            real: RealFftPlanner::new(),
        }
    }
}

thread_local! {
    static SINGLE: RefCell<Plans<f32>> = RefCell::default();
    static DOUBLE: RefCell<Plans<f64>> = RefCell::default();
}

/// `f32` and `f64`.
trait Precision: FftNum + Default {
    /// Runs `body` with the thread's planners.
    fn with_plans<R>(body: impl FnOnce(&mut Plans<Self>) -> R) -> R;
}

impl Precision for f32 {
    fn with_plans<R>(body: impl FnOnce(&mut Plans<f32>) -> R) -> R {
        SINGLE.with_borrow_mut(body)
    }
}

impl Precision for f64 {
    fn with_plans<R>(body: impl FnOnce(&mut Plans<f64>) -> R) -> R {
        DOUBLE.with_borrow_mut(body)
    }
}

/// # Safety
/// As of [`fft`], for elements of this precision.
unsafe fn of<T: Precision>(kind: FftKind, input: Strided<'_>, axis: usize, out: *mut u8) {
    let len = input.layout.shape()[axis];
    let points = kind.points(len);
    let complex = size_of::<Complex<T>>();
    match kind {
        FftKind::Forward | FftKind::Inverse => {
            let plan: Arc<dyn Fft<T>> = T::with_plans(|plans| match kind {
                FftKind::Forward => plans.complex.plan_fft_forward(points),
                _ => plans.complex.plan_fft_inverse(points),
            });
            let room = plan.get_inplace_scratch_len();
            let body = |lane: &mut [Complex<T>], scratch: &mut Vec<Complex<T>>| {
                scratch.resize(room, Complex::default());
                plan.process_with_scratch(lane, scratch);
            };
            let lanes = Lanes::new(&input, axis, complex, points);
            // SAFETY: as the caller says.
            unsafe { lanes.each_in_place(out, body) }
        }
        FftKind::Real => {
            let plan: Arc<dyn RealToComplex<T>> =
                T::with_plans(|plans| plans.real.plan_fft_forward(points));
            let room = plan.get_scratch_len();
            let body = |lane: &mut [T], to: &mut [Complex<T>], scratch: &mut Vec<Complex<T>>| {
                scratch.resize(room, Complex::default());
                if plan.process_with_scratch(lane, to, scratch).is_err() {
                    unreachable!("lines have the lengths of the plan");
                }
            };
            let lanes = Lanes::new(&input, axis, complex, points / 2 + 1);
            // SAFETY: as the caller says.
            unsafe { lanes.each(out, body) }
        }
        FftKind::RealInverse { .. } => {
            let plan: Arc<dyn ComplexToReal<T>> =
                T::with_plans(|plans| plans.real.plan_fft_inverse(points));
            let room = plan.get_scratch_len();
            let body = |lane: &mut [Complex<T>], to: &mut [T], scratch: &mut Vec<Complex<T>>| {
                scratch.resize(room, Complex::default());
                // The transform refuses imaginary parts that have no meaning; NumPy does not read them.
                lane[0].im = T::zero();
                if points % 2 == 0 {
                    lane[len - 1].im = T::zero();
                }
                if plan.process_with_scratch(lane, to, scratch).is_err() {
                    unreachable!("lines have the lengths of the plan");
                }
            };
            let lanes = Lanes::new(&input, axis, size_of::<T>(), points);
            // SAFETY: as the caller says.
            unsafe { lanes.each(out, body) }
        }
    }
}
