//! Batching of Fourier transforms: the axis is one further.

use tnp_array::Result;
use tnp_backend::prim::{FftKind, Prim};

use super::{Arg, Outputs, batched, run};

pub(super) fn fft(kind: FftKind, axis: usize, args: &[Arg]) -> Result<Outputs> {
    let axis = axis + 1;
    Ok(batched(run(&Prim::Fft { kind, axis }, &[&args[0].array])?))
}
