//! Jacobi's method for Hermitian matrices, and Hestenes's for singular values: rotations of pairs of columns, half of all at a time.
//!
//! Pairs meet as players of a tournament do (Brent and Luk 1985; §8.5): column `i` of the left half plays column `i` of the right one, then
//! all but the first move on. After as many rounds as there are other players, a sweep, all have met and sit where they sat.

use smallvec::smallvec;
use tnp_dtype::Literal;

use super::super::{Steps, ordering};
use super::matrices::{COLUMNS, ROWS};
use super::{Vars, unitary};
use crate::prim::{Binary, Property, ReduceOp, Singular, Unary};
use crate::{Result, Var};

/// Sweeps after which convergence is given up; ten are many.
const SWEEPS: i64 = 40;

/// A rotation for each pair: columns `p`, `q` become `c p - s̄ q`, `s p + c q`.
struct Rotation {
    c: Var,
    s: Var,
    /// What the rotation takes from the first diagonal element and gives to the second.
    shift: Var,
}

/// The rotation that makes `[[a, b], [b̄, d]]` diagonal, by the smaller of the two angles (§8.5.2).
fn rotation(steps: &mut Steps, a: Var, b: Var, d: Var) -> Result<Rotation> {
    let size = steps.abs(b)?;
    let done = steps.is_zero(size)?;
    let divisor = steps.or_if_zero(size, 1.0)?;
    let difference = steps.sub(d, a)?;
    let twice = steps.add(divisor, divisor)?;
    let ratio = steps.div(difference, twice)?;
    let one = steps.number(steps.dtype(ratio), 1.0)?;
    let root = steps.zip(Binary::Hypot, one, ratio)?;
    let magnitude = steps.abs(ratio)?;
    let sum = steps.add(magnitude, root)?;
    let tangent = steps.div(one, sum)?;
    let tangent = steps.zip(Binary::Copysign, tangent, ratio)?;
    let zero = steps.number(steps.dtype(tangent), 0.0)?;
    let tangent = steps.pick(done, zero, tangent)?;
    let root = steps.zip(Binary::Hypot, one, tangent)?;
    let c = steps.div(one, root)?;
    let sine = steps.mul(c, tangent)?;
    let phase = steps.parts_with(Binary::Divide, b, divisor)?;
    let s = steps.parts_with(Binary::Multiply, phase, sine)?;
    let shift = steps.mul(tangent, size)?;
    Ok(Rotation { c, s, shift })
}

/// The first and the second half along an axis.
fn halves(steps: &mut Steps, x: Var, axis: usize) -> Result<(Var, Var)> {
    let half = steps.shape(x)[axis] / 2;
    Ok((
        steps.part(x, axis, 0, half)?,
        steps.part(x, axis, half, half)?,
    ))
}

/// Rotates pairs of columns.
fn rotate_columns(steps: &mut Steps, x: Var, c: Var, s: Var) -> Result<Var> {
    let (p, q) = halves(steps, x, COLUMNS)?;
    let other = steps.conj(s)?;
    let (cp, sq) = (
        steps.parts_with(Binary::Multiply, p, c)?,
        steps.mul(q, other)?,
    );
    let first = steps.sub(cp, sq)?;
    let (sp, cq) = (steps.mul(p, s)?, steps.parts_with(Binary::Multiply, q, c)?);
    let second = steps.add(sp, cq)?;
    steps.join(&[first, second], COLUMNS)
}

/// Rotates pairs of rows, by the adjoint of what [`rotate_columns`] multiplies with.
fn rotate_rows(steps: &mut Steps, x: Var, c: Var, s: Var) -> Result<Var> {
    let x = steps.adjoint(x)?;
    let x = rotate_columns(steps, x, c, s)?;
    steps.adjoint(x)
}

/// All but the first move on by one place: along the first half away from it, back along the second.
fn next_round(steps: &mut Steps, x: Var, axis: usize) -> Result<Var> {
    let count = steps.shape(x)[axis];
    let half = count / 2;
    if half < 2 {
        return Ok(x);
    }
    let mut parts: Vars = smallvec![steps.part(x, axis, 0, 1)?, steps.part(x, axis, half, 1)?,];
    if half > 2 {
        parts.push(steps.part(x, axis, 1, half - 2)?);
    }
    parts.push(steps.part(x, axis, half + 1, half - 1)?);
    parts.push(steps.part(x, axis, half - 1, 1)?);
    steps.join(&parts, axis)
}

/// Zeros after an axis, so that its length is even.
fn even(steps: &mut Steps, x: Var, axis: usize) -> Result<Var> {
    let mut shape = steps.shape(x);
    if shape[axis].is_multiple_of(2) {
        return Ok(x);
    }
    shape[axis] = 1;
    let zeros = steps.full(&shape, Literal::zero(steps.dtype(x)))?;
    steps.join(&[x, zeros], axis)
}

/// Sweeps while the largest that some pair was off, the last value carried, is above a bound.
fn sweeps(
    steps: &mut Steps,
    rounds: usize,
    carry: &[Var],
    bound: f64,
    round: impl FnOnce(&mut Steps, &[Var]) -> Result<Vec<Var>>,
) -> Result<Vec<Var>> {
    let last = carry.len();
    let dtype = steps.dtype(carry[0]).real();
    let batch = steps.shape(carry[0])[0];
    let worst = steps.full(&[batch, 1, 1], Literal::new(1.0).cast(dtype))?;
    let times = steps.full(&[1, 1, 1], Literal::new(0i64))?;
    let mut all = carry.to_vec();
    all.extend([worst, times]);
    let condition = |steps: &mut Steps, carry: &[Var]| {
        let bound = steps.number(dtype, bound)?;
        let off = steps.less(bound, carry[last])?;
        let limit = steps.full(&[1, 1, 1], Literal::new(SWEEPS))?;
        let more = steps.less(carry[last + 1], limit)?;
        let off = steps.both(off, more)?;
        steps.overall(ReduceOp::Any, off)
    };
    let looped = steps.repeat(&all, &[], condition, |steps, turn| {
        let mut inner = turn.carry[..last].to_vec();
        inner.push(steps.full(&[batch, 1, 1], Literal::zero(dtype))?);
        let mut next = steps.count((rounds, false), &inner, &[], |steps, turn| {
            round(steps, turn.carry)
        })?;
        let one = steps.full(&[1, 1, 1], Literal::new(1i64))?;
        next.push(steps.add(turn.carry[last + 1], one)?);
        Ok(next)
    })?;
    Ok(looped[..last].to_vec())
}

/// The positions that sort a row of numbers for each matrix, as a column.
fn order(steps: &mut Steps, values: Var) -> Result<Var> {
    let positions = ordering::argsort(steps, COLUMNS, values)?;
    steps.transpose(positions)
}

/// Columns in the order of positions.
fn columns_at(steps: &mut Steps, x: Var, positions: Var) -> Result<Var> {
    let rows = steps.transpose(x)?;
    let rows = steps.rows_at(rows, positions)?;
    steps.transpose(rows)
}

/// Jacobi's method with a cyclic order (§8.5): each rotation makes one pair of elements zero; the diagonal becomes the eigenvalues.
pub(super) fn eigh(steps: &mut Steps, vectors: bool, x: Var) -> Result<Vars> {
    let (shape, dtype) = (steps.shape(x), steps.dtype(x));
    let (batch, n) = (shape[0], shape[1]);
    let below = {
        let upper = steps.where_sides(Binary::Less, n, n)?;
        steps.transpose(upper)?
    };
    let diagonal = steps.where_sides(Binary::Equal, n, n)?;
    let lower = steps.pick_or(below, x, 0.0)?;
    let upper = steps.adjoint(lower)?;
    let real = steps.re(x)?;
    let real = steps.pick_or(diagonal, real, 0.0)?;
    let read = steps.pick(below, lower, upper)?;
    let a = steps.pick(diagonal, real, read)?;
    let lost = steps.any_not_finite(a)?;
    let zero = steps.number(dtype, 0.0)?;
    let a = steps.pick(lost, zero, a)?;
    let scale = steps.scale(a)?;
    let a = steps.parts_with(Binary::Divide, a, scale)?;

    let a = even(steps, a, ROWS)?;
    let a = even(steps, a, COLUMNS)?;
    let sides = steps.shape(a)[1];
    let mut carry = vec![a];
    if vectors {
        carry.push(steps.identity([batch, sides, sides], dtype)?);
    }
    // Scaled, the largest element is about one.
    let bound = steps.eps(a);
    let swept = sweeps(steps, (sides - 1).max(1), &carry, bound, |steps, carry| {
        hermitian_round(steps, carry, vectors)
    })?;

    let diagonal = steps.where_sides(Binary::Equal, sides, sides)?;
    let w = steps.re(swept[0])?;
    let w = steps.pick_or(diagonal, w, 0.0)?;
    let w = steps.fold(ReduceOp::Sum, w, &[ROWS])?;
    let w = steps.part(w, COLUMNS, 0, n)?;
    let w = steps.mul(w, scale)?;
    let nan = steps.number(dtype.real(), f64::NAN)?;
    let w = steps.pick(lost, nan, w)?;
    let order = order(steps, w)?;
    let mut outputs: Vars = smallvec![columns_at(steps, w, order)?];
    if vectors {
        let v = steps.part(swept[1], ROWS, 0, n)?;
        let v = steps.part(v, COLUMNS, 0, n)?;
        let v = columns_at(steps, v, order)?;
        let nan = steps.number(dtype, f64::NAN)?;
        outputs.push(steps.pick(lost, nan, v)?);
    }
    Ok(outputs)
}

/// One round: of the matrix, of the vectors if they are wanted, and the largest element that was off the diagonal.
fn hermitian_round(steps: &mut Steps, carry: &[Var], vectors: bool) -> Result<Vec<Var>> {
    let (a, worst) = (carry[0], carry[carry.len() - 1]);
    let sides = steps.shape(a)[1];
    let half = sides / 2;
    let diagonal = steps.where_sides(Binary::Equal, sides, sides)?;
    let values = steps.re(a)?;
    let values = steps.pick_or(diagonal, values, 0.0)?;
    let values = steps.fold(ReduceOp::Sum, values, &[ROWS])?;
    let (first, second) = halves(steps, values, COLUMNS)?;
    let block = steps.part(a, ROWS, 0, half)?;
    let block = steps.part(block, COLUMNS, half, half)?;
    let pairs = steps.where_sides(Binary::Equal, half, half)?;
    let off = steps.pick_or(pairs, block, 0.0)?;
    let off = steps.fold(ReduceOp::Sum, off, &[ROWS])?;
    let size = steps.abs(off)?;
    let size = steps.fold(ReduceOp::Max, size, &[COLUMNS])?;
    let worst = steps.zip(Binary::Maximum, worst, size)?;

    let Rotation { c, s, shift } = rotation(steps, first, off, second)?;
    let a = rotate_columns(steps, a, c, s)?;
    let a = rotate_rows(steps, a, c, s)?;
    // What is known of the result is not left to rounding.
    let first = steps.sub(first, shift)?;
    let second = steps.add(second, shift)?;
    let values = steps.join(&[first, second], COLUMNS)?;
    let a = steps.pick(diagonal, values, a)?;
    let (rows, columns) = (steps.numbers(ROWS, sides)?, steps.numbers(COLUMNS, sides)?);
    let distance = steps.sub(rows, columns)?;
    let distance = steps.abs(distance)?;
    let half = steps.full(&[1, 1, 1], Literal::new(half as i64))?;
    let apart = steps.equal(distance, half)?;
    let zero = steps.number(steps.dtype(a), 0.0)?;
    let a = steps.pick(apart, zero, a)?;
    let a = next_round(steps, a, ROWS)?;
    let mut next = vec![next_round(steps, a, COLUMNS)?];
    if vectors {
        let v = rotate_columns(steps, carry[1], c, s)?;
        next.push(next_round(steps, v, COLUMNS)?);
    }
    next.push(worst);
    Ok(next)
}

/// Hestenes's method (§8.6.3): columns are rotated until all are orthogonal; their lengths are the singular values. Small ones are as
/// accurate as large ones, as far as the matrix has them in its columns.
pub(super) fn svd(steps: &mut Steps, vectors: Singular, x: Var) -> Result<Vars> {
    let (shape, dtype) = (steps.shape(x), steps.dtype(x));
    let wide = shape[1] < shape[2];
    let fine = {
        let nan = steps.any_nan(x)?;
        let nan = steps.overall(ReduceOp::Any, nan)?;
        steps.no(nan)?
    };
    let x = steps.require(Property::SingularValues, fine, x)?;
    let lost = steps.any_not_finite(x)?;
    let zero = steps.number(dtype, 0.0)?;
    let x = steps.pick(lost, zero, x)?;
    let x = if wide { steps.adjoint(x)? } else { x };
    let (batch, m, n) = (shape[0], shape[1].max(shape[2]), shape[1].min(shape[2]));
    let scale = steps.scale(x)?;
    let x = steps.parts_with(Binary::Divide, x, scale)?;

    let x = even(steps, x, COLUMNS)?;
    let sides = steps.shape(x)[COLUMNS];
    let wanted = vectors != Singular::Values;
    let mut carry = vec![x];
    if wanted {
        carry.push(steps.identity([batch, sides, sides], dtype)?);
    }
    let bound = steps.eps(x) * (m as f64).sqrt();
    let swept = sweeps(steps, (sides - 1).max(1), &carry, bound, |steps, carry| {
        orthogonal_round(steps, carry, wanted)
    })?;

    let x = steps.part(swept[0], COLUMNS, 0, n)?;
    let s = steps.length(x, ROWS)?;
    let negative = steps.unary(Unary::Negative, s)?;
    let order = order(steps, negative)?;
    let s = columns_at(steps, s, order)?;
    let nan = steps.number(dtype.real(), f64::NAN)?;
    let values = steps.mul(s, scale)?;
    let values = steps.pick(lost, nan, values)?;
    if !wanted {
        return Ok(smallvec![values]);
    }
    let v = steps.part(swept[1], ROWS, 0, n)?;
    let v = steps.part(v, COLUMNS, 0, n)?;
    let v = columns_at(steps, v, order)?;
    let x = columns_at(steps, x, order)?;
    let divisor = steps.or_if_zero(s, 1.0)?;
    let u = steps.parts_with(Binary::Divide, x, divisor)?;
    let u = whole(steps, vectors == Singular::Full, u)?;
    let nan = steps.number(dtype, f64::NAN)?;
    let u = steps.pick(lost, nan, u)?;
    let v = steps.pick(lost, nan, v)?;
    let (left, right) = if wide { (v, u) } else { (u, v) };
    Ok(smallvec![left, values, steps.adjoint(right)?])
}

/// Orthonormal columns, and in place of those that are zero such as make them a basis: reflections find both.
fn whole(steps: &mut Steps, full: bool, u: Var) -> Result<Var> {
    let (shape, dtype) = (steps.shape(u), steps.dtype(u).real());
    let factors = unitary::qr(steps, full, u)?;
    let (q, r) = (factors[0], factors[1]);
    let (rows, n) = (steps.shape(r)[ROWS], shape[2]);
    let diagonal = steps.where_sides(Binary::Equal, rows, n)?;
    let r = steps.re(r)?;
    let r = steps.pick_or(diagonal, r, 0.0)?;
    let r = steps.fold(ReduceOp::Sum, r, &[ROWS])?;
    let zero = steps.number(dtype, 0.0)?;
    let turned = steps.less(r, zero)?;
    let minus = steps.full(&[shape[0], 1, n], Literal::new(-1.0).cast(dtype))?;
    let signs = steps.pick_or(turned, minus, 1.0)?;
    let columns = steps.shape(q)[COLUMNS];
    let signs = match columns - n {
        0 => signs,
        more => {
            let ones = steps.full(&[shape[0], 1, more], Literal::new(1.0).cast(dtype))?;
            steps.join(&[signs, ones], COLUMNS)?
        }
    };
    steps.parts_with(Binary::Multiply, q, signs)
}

/// One round: of the columns, of the vectors if they are wanted, and the largest cosine of an angle.
fn orthogonal_round(steps: &mut Steps, carry: &[Var], vectors: bool) -> Result<Vec<Var>> {
    let (x, worst) = (carry[0], carry[carry.len() - 1]);
    let (p, q) = halves(steps, x, COLUMNS)?;
    let (first, second) = (steps.squares(p, ROWS)?, steps.squares(q, ROWS)?);
    let other = steps.conj(p)?;
    let off = steps.mul(other, q)?;
    let off = steps.fold(ReduceOp::Sum, off, &[ROWS])?;
    let size = steps.abs(off)?;
    let (left, right) = (
        steps.unary(Unary::Sqrt, first)?,
        steps.unary(Unary::Sqrt, second)?,
    );
    let (left, right) = (steps.or_if_zero(left, 1.0)?, steps.or_if_zero(right, 1.0)?);
    let cosine = steps.div(size, left)?;
    let cosine = steps.div(cosine, right)?;
    let cosine = steps.fold(ReduceOp::Max, cosine, &[COLUMNS])?;
    let worst = steps.zip(Binary::Maximum, worst, cosine)?;
    let Rotation { c, s, .. } = rotation(steps, first, off, second)?;
    let x = rotate_columns(steps, x, c, s)?;
    let mut next = vec![next_round(steps, x, COLUMNS)?];
    if vectors {
        let v = rotate_columns(steps, carry[1], c, s)?;
        next.push(next_round(steps, v, COLUMNS)?);
    }
    next.push(worst);
    Ok(next)
}
