//! Fourier transforms: linear, and symmetric as matrices.

use tnp_array::{Array, Operand, Result, bind1};
use tnp_backend::prim::{FftKind, Prim, SliceSpec, Unary};
use tnp_shape::Dims;

use super::{Flows, Step, none, one};
use crate::flow::Flow;
use crate::ops;

fn transform(kind: FftKind, axis: usize, x: Array) -> Result<Array> {
    bind1(&Prim::Fft { kind, axis }, &mut [Operand::Owned(x)])
}

pub(super) fn vjp(kind: FftKind, axis: usize, step: &Step, flow: &Flow) -> Result<Flows> {
    let (input, c) = (step.ty(0), &flow.array);
    let back = match kind {
        FftKind::Forward | FftKind::Inverse => transform(kind, axis, c.clone())?,
        FftKind::Real => {
            // x[j] meets each term that was computed: the real part of their forward transform, zeros for the others.
            let full = lengthened(c, axis, input.shape[axis])?;
            ops::un(Unary::Real, transform(FftKind::Forward, axis, full)?)?
        }
        FftKind::RealInverse { size } => {
            let spectrum = transform(FftKind::Real, axis, c.clone())?;
            doubled(ops::un(Unary::Conjugate, spectrum)?, axis, size)?
        }
    };
    // Every element meets every other: no zero is just "not taken" any more.
    Ok(one(Flow::plain(back)))
}

pub(super) fn jvp(kind: FftKind, axis: usize, flows: &[Option<Flow>]) -> Result<Flows> {
    match &flows[0] {
        Some(flow) => Ok(one(Flow::plain(transform(kind, axis, flow.array.clone())?))),
        None => Ok(none(1)),
    }
}

/// Zeros behind the elements along an axis.
fn lengthened(x: &Array, axis: usize, len: usize) -> Result<Array> {
    let low = Dims::from_elem(0, x.ndim());
    let mut high = low.clone();
    high[axis] = len - x.shape()[axis];
    let zero = ops::full(x, tnp_dtype::Literal::new(0.0).cast(x.dtype()), &[])?;
    bind1(
        &Prim::Pad { low, high },
        &mut [Operand::Borrowed(x), Operand::Owned(zero)],
    )
}

/// Terms that stand for their conjugates too counted twice: all but the first and, of an even size, the last.
fn doubled(x: Array, axis: usize, size: usize) -> Result<Array> {
    let len = x.shape()[axis];
    let pairs = (size - 1) / 2;
    let mut parts = vec![
        (0, 1, false),
        (1, pairs, true),
        (1 + pairs, len - 1 - pairs, false),
    ];
    parts.retain(|part| part.1 > 0);
    let mut pieces: Vec<Operand<'_>> = Vec::new();
    for (start, len, twice) in parts {
        let piece = ops::slice_axis(
            &x,
            axis,
            SliceSpec {
                start,
                len,
                step: 1,
            },
        )?;
        pieces.push(Operand::Owned(match twice {
            true => ops::add(&piece, &piece)?,
            false => piece,
        }));
    }
    bind1(&Prim::Concatenate { axis }, &mut pieces)
}
