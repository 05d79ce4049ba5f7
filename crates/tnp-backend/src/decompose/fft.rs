//! Fourier transforms as products with the matrix of the transform: quadratic, and right on any backend.

use smallvec::{SmallVec, smallvec};
use tnp_dtype::{DType, Literal};

use super::Steps;
use crate::prim::{Binary, DotDims, FftKind, Prim, Unary};
use crate::{Result, Var};

pub(super) fn fft(steps: &mut Steps, kind: FftKind, axis: usize, x: Var) -> Result<Var> {
    let shape = steps.shape(x);
    let (rows, points) = (shape[axis], kind.points(shape[axis]));
    let columns = match kind {
        FftKind::Forward | FftKind::Inverse => points,
        FftKind::Real => points / 2 + 1,
        FftKind::RealInverse { size } => size,
    };
    let complex = steps.dtype(x).complex();
    let matrix = matrix(steps, kind, [rows, columns], points)?;
    let matrix = steps.cast(matrix, complex)?;
    let x = steps.cast(x, complex)?;
    let product = Prim::DotGeneral(DotDims {
        lhs_contract: smallvec![axis],
        rhs_contract: smallvec![0],
        ..DotDims::default()
    });
    // The new axis comes last.
    let y = steps.push(product, &[x, matrix])?;
    let last = shape.len() - 1;
    let mut permutation: SmallVec<[usize; 4]> = (0..last).collect();
    permutation.insert(axis, last);
    let y = if axis == last {
        y
    } else {
        steps.push(Prim::Transpose { permutation }, &[y])?
    };
    match kind {
        FftKind::RealInverse { .. } => steps.unary(Unary::Real, y),
        FftKind::Forward | FftKind::Inverse | FftKind::Real => Ok(y),
    }
}

/// `exp(±2πi jk/n)`, in double precision; the angle of the remainder of `jk` by `n`, which is exact.
fn matrix(steps: &mut Steps, kind: FftKind, shape: [usize; 2], points: usize) -> Result<Var> {
    let j = steps.iota(&shape, 0, DType::Int64)?;
    let k = steps.iota(&shape, 1, DType::Int64)?;
    let jk = steps.binary(Binary::Multiply, j, k)?;
    let n = steps.full(&shape, Literal::new(points as i64))?;
    let turns = steps.binary(Binary::Remainder, jk, n)?;
    let turns = steps.cast(turns, DType::Float64)?;
    let step = std::f64::consts::TAU / points as f64;
    let sign = match kind {
        FftKind::Forward | FftKind::Real => -1.0,
        FftKind::Inverse | FftKind::RealInverse { .. } => 1.0,
    };
    let step = steps.full(&shape, Literal::new(sign * step))?;
    let angle = steps.binary(Binary::Multiply, turns, step)?;
    let re = steps.unary(Unary::Cos, angle)?;
    let im = steps.unary(Unary::Sin, angle)?;
    let wave = steps.binary(Binary::Complex, re, im)?;
    if !matches!(kind, FftKind::RealInverse { .. }) {
        return Ok(wave);
    }
    // Each term stands for its conjugate too, but for the first and the middle one.
    let row = steps.iota(&shape, 0, DType::Int64)?;
    let zero = steps.full(&shape, Literal::new(0i64))?;
    let two = steps.full(&shape, Literal::new(2i64))?;
    let twice = steps.binary(Binary::Multiply, row, two)?;
    let first = steps.binary(Binary::Equal, row, zero)?;
    let middle = steps.binary(Binary::Equal, twice, n)?;
    let alone = steps.binary(Binary::BitwiseOr, first, middle)?;
    let doubled = steps.binary(Binary::Add, wave, wave)?;
    steps.select(alone, wave, doubled)
}
