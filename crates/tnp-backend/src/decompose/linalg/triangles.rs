//! Triangular factors and triangular systems: Cholesky, LU, substitution.

use smallvec::smallvec;
use tnp_dtype::{DType, Literal};

use super::super::{Steps, ordering};
use super::Vars;
use super::matrices::{COLUMNS, ROWS, exactly};
use crate::prim::{ArgReduceOp, Binary, Property, ReduceOp, Unary};
use crate::{Result, Var};

/// The outer product form (§4.2): a column is divided by the root of its pivot, and its product with itself leaves the rest.
pub(super) fn cholesky(steps: &mut Steps, x: Var) -> Result<Vars> {
    let shape = steps.shape(x);
    let (batch, n) = (shape[0], shape[1]);
    // Only the lower triangle is read, and of its diagonal the real part.
    let above = steps.where_sides(Binary::Less, n, n)?;
    let lower = steps.no(above)?;
    let diagonal = steps.where_sides(Binary::Equal, n, n)?;
    let real = steps.re(x)?;
    let x = steps.pick(diagonal, real, x)?;
    let x = steps.pick_or(lower, x, 0.0)?;
    // NumPy carries NaN on.
    let lost = steps.any_nan(x)?;
    let fine = steps.full(&[batch, 1, 1], Literal::new(true))?;
    let looped = steps.count((n, false), &[x, fine], &[], |steps, turn| {
        let (x, fine, j) = (turn.carry[0], turn.carry[1], turn.parts[0]);
        let column = steps.at(x, COLUMNS, j)?;
        let pivot = steps.at(column, ROWS, j)?;
        let pivot = steps.re(pivot)?;
        let zero = steps.number(steps.dtype(pivot), 0.0)?;
        let positive = steps.less(zero, pivot)?;
        let fine = steps.both(fine, positive)?;
        let pivot = steps.pick_or(positive, pivot, 1.0)?;
        let root = steps.unary(Unary::Sqrt, pivot)?;
        let column = steps.parts_with(Binary::Divide, column, root)?;
        let rows = steps.numbers(ROWS, n)?;
        let here = steps.reshape(j, &[1, 1, 1])?;
        let below = steps.less(here, rows)?;
        let column = steps.pick_or(below, column, 0.0)?;
        let row = steps.adjoint(column)?;
        let product = steps.mul(column, row)?;
        let x = steps.sub(x, product)?;
        let at_pivot = steps.equal(rows, here)?;
        let column = steps.pick(at_pivot, root, column)?;
        Ok(vec![steps.put(x, COLUMNS, j, column)?, fine])
    })?;
    let [l, fine] = exactly(looped)?;
    let fine = steps.either(fine, lost)?;
    let holds = steps.overall(ReduceOp::All, fine)?;
    let nan = steps.number(steps.dtype(l), f64::NAN)?;
    let l = steps.pick(lost, nan, l)?;
    let l = steps.pick_or(lower, l, 0.0)?;
    Ok(smallvec![steps.require(Property::Positive, holds, l)?])
}

/// The outer product form with partial pivoting (§3.4); a column without a pivot stays as it is.
pub(super) fn lu(steps: &mut Steps, x: Var) -> Result<Vars> {
    let shape = steps.shape(x);
    let (batch, n) = (shape[0], shape[1]);
    let order = steps.iota(&[batch, n, 1], ROWS, DType::Int64)?;
    let swaps = steps.full(&[batch, 1, 1], Literal::new(0i64))?;
    let looped = steps.count((n, false), &[x, order, swaps], &[], |steps, turn| {
        let (x, order, swaps, j) = (turn.carry[0], turn.carry[1], turn.carry[2], turn.parts[0]);
        let here = steps.reshape(j, &[1, 1, 1])?;
        let (rows, columns) = (steps.numbers(ROWS, n)?, steps.numbers(COLUMNS, n)?);
        let column = steps.at(x, COLUMNS, j)?;
        let pivot = pivot_row(steps, column, rows, here)?;
        let x = exchange(steps, x, (j, here), pivot)?;
        let order = exchange(steps, order, (j, here), pivot)?;
        let stays = steps.equal(pivot, here)?;
        let moves = steps.no(stays)?;
        let moves = steps.cast(moves, DType::Int64)?;
        let swaps = steps.add(swaps, moves)?;

        let row = steps.at(x, ROWS, j)?;
        let column = steps.at(x, COLUMNS, j)?;
        let pivot = steps.at(column, ROWS, j)?;
        let none = steps.is_zero(pivot)?;
        let some = steps.no(none)?;
        let pivot = steps.pick_or(some, pivot, 1.0)?;
        let factors = steps.div(column, pivot)?;
        let below = steps.less(here, rows)?;
        let right = steps.less(here, columns)?;
        let products = steps.mul(factors, row)?;
        let rest = steps.sub(x, products)?;
        let inside = steps.both(below, right)?;
        let inside = steps.both(inside, some)?;
        let x = steps.pick(inside, rest, x)?;
        let column = steps.pick(below, factors, column)?;
        Ok(vec![steps.put(x, COLUMNS, j, column)?, order, swaps])
    })?;
    Ok(looped.into())
}

/// The number of the row with the largest element of a column, from the diagonal on; NaN is none.
fn pivot_row(steps: &mut Steps, column: Var, rows: Var, here: Var) -> Result<Var> {
    let batch = steps.shape(column)[0];
    let size = steps.by_parts(Binary::Add, column)?;
    let known = steps.equal(size, size)?;
    let size = steps.pick_or(known, size, -1.0)?;
    let done = steps.less(rows, here)?;
    let done = steps.no(done)?;
    let size = steps.pick_or(done, size, -2.0)?;
    let pivot = ordering::arg_reduce(steps, ArgReduceOp::Max, ROWS, size)?;
    steps.reshape(pivot, &[batch, 1, 1])
}

/// Exchanges the row of one number, the same for all matrices (0-d, and as a matrix), with another.
fn exchange(steps: &mut Steps, x: Var, (j, here): (Var, Var), other: Var) -> Result<Var> {
    let rows = steps.numbers(ROWS, steps.shape(x)[ROWS])?;
    let (first, second) = (steps.at(x, ROWS, j)?, steps.rows_at(x, other)?);
    let at_other = steps.equal(rows, other)?;
    let x = steps.pick(at_other, first, x)?;
    let at_here = steps.equal(rows, here)?;
    steps.pick(at_here, second, x)
}

/// Substitution by columns (§3.1): each unknown, once found, is taken from all right sides.
pub(super) fn solve(
    steps: &mut Steps,
    (lower, unit): (bool, bool),
    a: Var,
    b: Var,
) -> Result<Vars> {
    let n = steps.shape(a)[ROWS];
    let b = match unit {
        true => b,
        false => {
            let diagonal = steps.where_sides(Binary::Equal, n, n)?;
            let values = steps.pick_or(diagonal, a, 1.0)?;
            let zero = steps.is_zero(values)?;
            let zero = steps.overall(ReduceOp::Any, zero)?;
            let holds = steps.no(zero)?;
            steps.require(Property::Regular, holds, b)?
        }
    };
    if steps.ty(b).size() == 0 {
        return Ok(smallvec![b]);
    }
    let looped = steps.count((n, !lower), &[b], &[a], |steps, turn| {
        let (b, a, j) = (turn.carry[0], turn.fixed[0], turn.parts[0]);
        let column = steps.at(a, COLUMNS, j)?;
        let mut found = steps.at(b, ROWS, j)?;
        if !unit {
            let pivot = steps.at(column, ROWS, j)?;
            found = steps.div(found, pivot)?;
        }
        let products = steps.mul(column, found)?;
        let rest = steps.sub(b, products)?;
        let rows = steps.numbers(ROWS, n)?;
        let here = steps.reshape(j, &[1, 1, 1])?;
        let open = match lower {
            true => steps.less(here, rows)?,
            false => steps.less(rows, here)?,
        };
        let b = steps.pick(open, rest, b)?;
        Ok(vec![steps.put(b, ROWS, j, found)?])
    })?;
    Ok(looped.into())
}
