//! Fourier transforms along an axis, by the crates `rustfft` and `realfft`, line by line.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
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

thread_local! {
    static PLANS: RefCell<HashMap<bool, Box<dyn Any>>> = RefCell::default();
}

/// Runs `body` with the thread's planners for a precision.
fn with_plans<T: FftNum, R>(body: impl FnOnce(&mut Plans<T>) -> R) -> R {
    PLANS.with_borrow_mut(|plans| {
        let slot = plans.entry(size_of::<T>() == 8).or_insert_with(|| {
            Box::new(Plans::<T> {
                complex: FftPlanner::new(),
                real: RealFftPlanner::new(),
            })
        });
        match slot.downcast_mut() {
            Some(plans) => body(plans),
            None => unreachable!("planners are kept by precision"),
        }
    })
}

/// # Safety
/// As of [`fft`], for elements of this precision.
unsafe fn of<T: FftNum + Default>(kind: FftKind, input: Strided<'_>, axis: usize, out: *mut u8) {
    let len = input.layout.shape()[axis];
    let points = kind.points(len);
    let complex = size_of::<Complex<T>>();
    match kind {
        FftKind::Forward | FftKind::Inverse => {
            let plan: Arc<dyn Fft<T>> = with_plans(|plans: &mut Plans<T>| match kind {
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
                with_plans(|plans: &mut Plans<T>| plans.real.plan_fft_forward(points));
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
                with_plans(|plans: &mut Plans<T>| plans.real.plan_fft_inverse(points));
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
