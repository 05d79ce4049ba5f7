//! QR and singular values: what cuSOLVER is asked for, and what surrounds the calls.

use std::ffi::{c_int, c_schar};

use tnp_backend::prim::{Binary, Prim, Property, Singular, Unary};
use tnp_backend::{Error, Outputs, Result, Tensor, TensorType};
use tnp_shape::Layout;

use super::{
    Batch, Calls, Lost, any, by_columns, compared, copy, copy_by_columns, diagonal, full,
    is_complex, one, over, real, select,
};

/// cuSOLVER's `geqrf` and `orgqr` but for addresses and dtype. A matrix of `m` rows lies column by column. Its first `n` columns become R
/// and `count` reflections below it; then its first `columns` columns become those of the reflections' product. It has room for both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reflections {
    pub(super) m: c_int,
    pub(super) n: c_int,
    pub(super) count: c_int,
    pub(super) columns: c_int,
    pub(super) leading: c_int,
}

impl Reflections {
    /// `None` beyond what `orgqr` can count, which is told numbers of 32 bits.
    pub(super) fn new(batch: Batch, full: bool) -> Option<Reflections> {
        let Batch { m, n, .. } = batch;
        let count = m.min(n);
        let columns = if full { m } else { count };
        let short = |size: usize| c_int::try_from(size).ok();
        short(m.checked_mul(n.max(columns))?)?;
        Some(Reflections {
            m: short(m)?,
            n: short(n)?,
            count: short(count)?,
            columns: short(columns)?,
            leading: short(m)?,
        })
    }
}

/// cuSOLVER's `gesvd` but for addresses and dtype: of a matrix that is not wide and lies column by column, as do U and Vᴴ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Gesvd {
    /// For U and Vᴴ alike: `N` for none, `S` for as many vectors as there are values, `A` for all.
    pub(super) job: c_schar,
    pub(super) m: i64,
    pub(super) n: i64,
    /// Leading dimensions of the matrix, U, Vᴴ.
    pub(super) leading: [i64; 3],
}

impl Gesvd {
    fn new(batch: Batch, vectors: Singular) -> Gesvd {
        let job = match vectors {
            Singular::Values => b'N',
            Singular::Thin => b'S',
            Singular::Full => b'A',
        };
        let [m, n] = [batch.m.max(batch.n) as i64, batch.m.min(batch.n) as i64];
        Gesvd {
            job: job as c_schar,
            m,
            n,
            leading: [m, m, n],
        }
    }
}

/// `(q, r)`; `None` where the matrices are too large.
pub(super) fn qr(
    calls: &impl Calls,
    batch: Batch,
    full_q: bool,
    x: &Tensor,
) -> Result<Option<Outputs>> {
    let Some(call) = Reflections::new(batch, full_q) else {
        return Ok(None);
    };
    let (device, dtype, n) = (x.device(), x.dtype, batch.n);
    let columns = call.columns as usize;
    let x = copy_by_columns(&widened(x, columns)?)?;
    let mut factors = x.shape()[..x.shape().len() - 2].to_vec();
    factors.push(call.count as usize);
    let factors = TensorType::new(&factors, dtype);
    let (x, factors, verdicts) = calls.reflections(&call, x, &factors)?;
    accepted("geqrf", &verdicts)?;
    // Taken out before Q takes its place.
    let r = corner(&x, columns, n);
    let upper = compared(device, r.shape(), Binary::LessEqual)?;
    let zero = full(device, r.shape(), dtype, 0.0)?;
    let mut r = select(&upper, &r, &zero)?;
    let (q, verdicts) = calls.product(&call, x, &factors)?;
    accepted("orgqr", &verdicts)?;
    let mut q = match q.shape()[q.shape().len() - 1] == columns {
        true => q,
        false => copy(&corner(&q, batch.m, columns))?,
    };
    if dtype.is_complex() && any(&is_complex(&diagonal(&r))?)? {
        (q, r) = turned(&q, &r)?;
        r = select(&upper, &r, &zero)?;
    }
    Ok(Some([q, r].into_iter().collect()))
}

/// Zeros after the columns, so that there are at least so many.
fn widened(x: &Tensor, columns: usize) -> Result<Tensor> {
    let (shape, last) = (x.shape(), x.shape().len() - 1);
    let mut high = vec![0; shape.len()];
    high[last] = columns.saturating_sub(shape[last]);
    if high[last] == 0 {
        return Ok(x.clone());
    }
    let pad = Prim::Pad {
        low: shape.iter().map(|_| 0).collect(),
        high: high.into_iter().collect(),
    };
    one(x.device(), pad, &[x, &full(x.device(), &[], x.dtype, 0.0)?])
}

/// The first rows and columns of each matrix, where they lie.
fn corner(x: &Tensor, rows: usize, columns: usize) -> Tensor {
    let core = x.shape().len() - 2;
    let shape = x.shape()[..core].iter().copied().chain([rows, columns]);
    let (strides, offset) = (x.layout.strides().into(), x.layout.offset());
    Tensor {
        layout: Layout::from_parts(shape.collect(), strides, offset),
        ..x.clone()
    }
}

/// `(q, r)` with the elements of R's diagonal turned to the real numbers, each to the side that it is on, and columns of Q turned back.
/// LAPACK's reflections leave nothing to do here; NVIDIA does not say that its are those.
fn turned(q: &Tensor, r: &Tensor) -> Result<(Tensor, Tensor)> {
    let (device, dtype) = (q.device(), q.dtype);
    let apply = |prim, inputs: &[&Tensor]| one(device, prim, inputs);
    let pivots = diagonal(r);
    let length = apply(Prim::Unary(Unary::Abs), &[&pivots])?;
    let side = apply(Prim::Unary(Unary::Real), &[&pivots])?;
    let value = apply(Prim::Binary(Binary::Copysign), &[&length, &side])?;
    let value = apply(Prim::Cast { dtype }, &[&value])?;
    let turn = apply(Prim::Binary(Binary::Divide), &[&pivots, &value])?;
    let ones = full(device, pivots.shape(), dtype, 1.0)?;
    let turn = select(&is_complex(&pivots)?, &turn, &ones)?;
    // R may have rows, and Q columns, that belong to no element of the diagonal.
    let (columns, axis) = (q.shape()[q.shape().len() - 1], turn.shape().len() - 1);
    let mut high = vec![0; turn.shape().len()];
    high[axis] = columns - turn.shape()[axis];
    let pad = Prim::Pad {
        low: high.iter().map(|_| 0).collect(),
        high: high.into_iter().collect(),
    };
    let turn = apply(pad, &[&turn, &full(device, &[], dtype, 1.0)?])?;
    let back = apply(Prim::Unary(Unary::Conjugate), &[&turn])?;
    let times = Prim::Binary(Binary::Multiply);
    let r = apply(times.clone(), &[r, &over(&back, r.shape())?])?;
    let on = compared(device, r.shape(), Binary::Equal)?;
    let r = select(&on, &real(&r)?, &r)?;
    let along = Prim::BroadcastInDim {
        shape: q.shape().iter().copied().collect(),
        dims: (0..axis).chain([axis + 1]).collect(),
    };
    let q = apply(times, &[q, &apply(along, &[&turn])?])?;
    Ok((q, r))
}

/// Fails where a call was given what it does not take.
fn accepted(call: &str, verdicts: &[i32]) -> Result<()> {
    match verdicts.iter().find(|&&verdict| verdict != 0) {
        None => Ok(()),
        Some(verdict) => Err(Error::device(format!(
            "cuda: {call} of cuSOLVER refused what it was given (info {verdict})"
        ))),
    }
}

/// `(s)` or `(u, s, vᴴ)`.
pub(super) fn svd(
    calls: &impl Calls,
    batch: Batch,
    vectors: Singular,
    x: &Tensor,
    outputs: &[TensorType],
) -> Result<Outputs> {
    let device = x.device();
    if any(&one(device, Prim::Unary(Unary::IsNan), &[x])?)? {
        return Err(Property::SingularValues.error());
    }
    let lost = Lost::new(&one(device, Prim::Unary(Unary::IsFinite), &[x])?)?;
    let clean = lost.replace(x, &full(device, x.shape(), x.dtype, 0.0)?)?;
    // A wide matrix in C order is to cuSOLVER the transposed one, `xᵀ = (vᴴ)ᵀ s uᵀ`, which is not wide. What it answers column by column is
    // vᴴ and u in C order.
    let wide = batch.m < batch.n;
    let clean = match wide {
        true => copy(&clean)?,
        false => copy_by_columns(&clean)?,
    };
    let (values, types) = match outputs {
        [u, values, vh] if wide => (values, Some([vh, u])),
        [u, values, vh] => (values, Some([u, vh])),
        _ => (&outputs[0], None),
    };
    let call = Gesvd::new(batch, vectors);
    let (s, found, verdicts) = calls.svd(&call, clean, values, types)?;
    if verdicts.iter().any(|&verdict| verdict != 0) {
        return Err(Property::SingularValues.error());
    }
    let s = lost.mark(&s)?;
    let Some(found) = found else {
        return Ok([s].into_iter().collect());
    };
    let [left, right] = found.map(|found| match wide {
        true => found,
        false => Tensor {
            layout: by_columns(found.shape()),
            ..found
        },
    });
    let (u, vh) = if wide { (right, left) } else { (left, right) };
    Ok([lost.mark(&u)?, s, lost.mark(&vh)?].into_iter().collect())
}
