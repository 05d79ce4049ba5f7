//! Eigenvalues of any square matrix, in complex numbers: Hessenberg form, shifted QR steps to a triangle, substitution for vectors.

use smallvec::smallvec;
use tnp_dtype::Literal;

use super::super::{Steps, ordering};
use super::Vars;
use super::matrices::{COLUMNS, ROWS, exactly};
use super::unitary::{Reflection, reflect, reflection};
use crate::prim::{ArgReduceOp, Binary, Property, ReduceOp, Unary};
use crate::{Result, Var};

/// QR steps for each eigenvalue after which convergence is given up; three are many.
const STEPS: usize = 40;

pub(super) fn eig(steps: &mut Steps, vectors: bool, x: Var) -> Result<Vars> {
    let (shape, given) = (steps.shape(x), steps.dtype(x));
    let (batch, n) = (shape[0], shape[1]);
    let infinite = steps.any_not_finite(x)?;
    let infinite = steps.overall(ReduceOp::Any, infinite)?;
    let finite = steps.no(infinite)?;
    let x = steps.require(Property::Finite, finite, x)?;
    let scale = steps.scale(x)?;
    let a = steps.parts_with(Binary::Divide, x, scale)?;
    let a = steps.cast(a, given.complex())?;
    let mut carry = vec![a];
    if vectors {
        carry.push(steps.identity([batch, n, n], given.complex())?);
    }
    let carry = hessenberg(steps, &carry)?;
    let carry = triangle(steps, &carry)?;
    let t = carry[0];
    let w = diagonal(steps, t)?;
    let (snapped, real) = match given.is_complex() {
        true => (w, None),
        false => {
            let (w, real) = snap(steps, w)?;
            (w, Some(real))
        }
    };
    let mut outputs: Vars = smallvec![steps.parts_with(Binary::Multiply, snapped, scale)?];
    if vectors {
        let x = substitute(steps, t, w)?;
        let v = steps.product(carry[1], x)?;
        outputs.push(normalized(steps, v, real)?);
    }
    Ok(outputs)
}

/// The diagonal as a row.
fn diagonal(steps: &mut Steps, x: Var) -> Result<Var> {
    let shape = steps.shape(x);
    let here = steps.where_sides(Binary::Equal, shape[1], shape[2])?;
    let values = steps.pick_or(here, x, 0.0)?;
    steps.fold(ReduceOp::Sum, values, &[ROWS])
}

/// Householder's reduction (§7.4.2): what is carried is the matrix and, if wanted, the product of the reflections.
fn hessenberg(steps: &mut Steps, carry: &[Var]) -> Result<Vec<Var>> {
    let n = steps.shape(carry[0])[1];
    if n < 3 {
        return Ok(carry.to_vec());
    }
    steps.count((n - 2, false), carry, &[], |steps, turn| {
        let (a, j) = (turn.carry[0], turn.parts[0]);
        let one = steps.full(&[], Literal::new(1i64))?;
        let next = steps.binary(Binary::Add, j, one)?;
        let here = steps.reshape(next, &[1, 1, 1])?;
        let rows = steps.numbers(ROWS, n)?;
        let column = steps.at(a, COLUMNS, j)?;
        let Reflection {
            vector,
            factor,
            value,
        } = reflection(steps, column, (rows, here), next)?;
        let turned = steps.conj(factor)?;
        let above = steps.less(rows, here)?;
        let at_pivot = steps.equal(rows, here)?;
        let column = steps.pick_or(above, column, 0.0)?;
        let column = steps.pick(at_pivot, value, column)?;
        let a = reflect(steps, a, vector, turned)?;
        let from_right = |steps: &mut Steps, x: Var| {
            let x = steps.adjoint(x)?;
            let x = reflect(steps, x, vector, turned)?;
            steps.adjoint(x)
        };
        let a = from_right(steps, a)?;
        let mut next = vec![steps.put(a, COLUMNS, j, column)?];
        if let Some(&z) = turn.carry.get(1) {
            next.push(from_right(steps, z)?);
        }
        Ok(next)
    })
}

/// The block of rows and columns that is worked on, for each matrix: its first and last number. All is done where both are zero.
struct Block {
    first: Var,
    last: Var,
}

/// Sets to zero what is negligible below the diagonal, and finds the last block that is left.
fn deflate(steps: &mut Steps, h: Var) -> Result<(Var, Block)> {
    let (shape, eps) = (steps.shape(h), steps.eps(h));
    let n = shape[1];
    let (rows, columns) = (steps.numbers(ROWS, n)?, steps.numbers(COLUMNS, n)?);
    let one = steps.full(&[1, 1, 1], Literal::new(1i64))?;
    let next = steps.add(columns, one)?;
    let beside = steps.equal(rows, next)?;
    let below = steps.less(next, rows)?;
    let kept = steps.no(below)?;
    let h = steps.pick_or(kept, h, 0.0)?;

    let values = diagonal(steps, h)?;
    let sizes = steps.by_parts(Binary::Add, values)?;
    let (head, tail) = (
        steps.part(sizes, COLUMNS, 0, 1)?,
        steps.part(sizes, COLUMNS, 1, n - 1)?,
    );
    let following = steps.join(&[tail, head], COLUMNS)?;
    let around = steps.add(sizes, following)?;
    let eps = steps.number(steps.dtype(around), eps)?;
    // The matrix is scaled: of nothing but noise, noise is left.
    let around = steps.zip(Binary::Maximum, around, eps)?;
    let bound = steps.mul(around, eps)?;
    let off = steps.pick_or(beside, h, 0.0)?;
    let off = steps.by_parts(Binary::Add, off)?;
    let off = steps.fold(ReduceOp::Sum, off, &[ROWS])?;
    let open = steps.less(bound, off)?;
    let closed = steps.no(open)?;
    let gone = steps.both(beside, closed)?;
    let zero = steps.number(steps.dtype(h), 0.0)?;
    let h = steps.pick(gone, zero, h)?;
    let last = steps.pick_or(open, next, 0.0)?;
    let last = steps.fold(ReduceOp::Max, last, &[COLUMNS])?;
    let before = steps.less(columns, last)?;
    let gap = steps.both(closed, before)?;
    let first = steps.pick_or(gap, next, 0.0)?;
    let first = steps.fold(ReduceOp::Max, first, &[COLUMNS])?;
    Ok((h, Block { first, last }))
}

/// QR steps until nothing is left below the diagonal (§7.5): what is carried is as of [`hessenberg`].
fn triangle(steps: &mut Steps, carry: &[Var]) -> Result<Vec<Var>> {
    let (shape, kept) = (steps.shape(carry[0]), carry.len());
    let (batch, n) = (shape[0], shape[1]);
    if n < 2 {
        return Ok(carry.to_vec());
    }
    let (h, Block { first, last }) = deflate(steps, carry[0])?;
    let tries = steps.full(&[batch, 1, 1], Literal::new(0i64))?;
    let times = steps.full(&[1, 1, 1], Literal::new(0i64))?;
    let mut all = carry.to_vec();
    all[0] = h;
    all.extend([first, last, tries, times]);
    let condition = |steps: &mut Steps, carry: &[Var]| {
        let zero = steps.full(&[1, 1, 1], Literal::new(0i64))?;
        let open = steps.less(zero, carry[kept + 1])?;
        let limit = steps.full(&[1, 1, 1], Literal::new((STEPS * n) as i64))?;
        let more = steps.less(carry[kept + 3], limit)?;
        let open = steps.both(open, more)?;
        steps.overall(ReduceOp::Any, open)
    };
    let looped = steps.repeat(&all, &[], condition, |steps, turn| {
        let [first, last, tries, times] = [0, 1, 2, 3].map(|at| turn.carry[kept + at]);
        let block = Block { first, last };
        let shift = shift(steps, turn.carry[0], &block, tries)?;
        let mut next = chase(steps, &turn.carry[..kept], &block, shift)?;
        let (h, block) = deflate(steps, next[0])?;
        next[0] = h;
        let (same_first, same_last) = (
            steps.equal(block.first, first)?,
            steps.equal(block.last, last)?,
        );
        let same = steps.both(same_first, same_last)?;
        let one = steps.full(&[1, 1, 1], Literal::new(1i64))?;
        let again = steps.add(tries, one)?;
        let tries = steps.pick_or(same, again, 0.0)?;
        next.extend([block.first, block.last, tries, steps.add(times, one)?]);
        Ok(next)
    })?;
    let zero = steps.full(&[1, 1, 1], Literal::new(0i64))?;
    let done = steps.equal(looped[kept + 1], zero)?;
    let done = steps.overall(ReduceOp::All, done)?;
    let mut outputs = looped[..kept].to_vec();
    outputs[0] = steps.require(Property::Eigenvalues, done, outputs[0])?;
    Ok(outputs)
}

/// Wilkinson's shift: the eigenvalue of the block's last two rows and columns that is nearer to the last element. After ten steps in vain
/// another one, which no symmetry of the matrix resists.
fn shift(steps: &mut Steps, h: Var, block: &Block, tries: Var) -> Result<Var> {
    let n = steps.shape(h)[1];
    let one = steps.full(&[1, 1, 1], Literal::new(1i64))?;
    let last = block.last;
    let before = steps.sub(last, one)?;
    let (rows, columns) = (steps.numbers(ROWS, n)?, steps.numbers(COLUMNS, n)?);
    let element = |steps: &mut Steps, row: Var, column: Var| {
        let (row, column) = (steps.equal(rows, row)?, steps.equal(columns, column)?);
        let here = steps.both(row, column)?;
        let value = steps.pick_or(here, h, 0.0)?;
        steps.fold(ReduceOp::Sum, value, &[ROWS, COLUMNS])
    };
    let a = element(steps, before, before)?;
    let b = element(steps, before, last)?;
    let c = element(steps, last, before)?;
    let d = element(steps, last, last)?;
    let half = steps.number(steps.dtype(a), 0.5)?;
    let middle = steps.sub(a, d)?;
    let middle = steps.mul(middle, half)?;
    let square = steps.mul(middle, middle)?;
    let product = steps.mul(b, c)?;
    let root = steps.add(square, product)?;
    let root = steps.unary(Unary::Sqrt, root)?;
    let (plus, minus) = (steps.add(middle, root)?, steps.sub(middle, root)?);
    let (plus_size, minus_size) = (steps.abs(plus)?, steps.abs(minus)?);
    let smaller = steps.less(plus_size, minus_size)?;
    let larger = steps.pick(smaller, minus, plus)?;
    let divisor = steps.or_if_zero(larger, 1.0)?;
    let change = steps.div(product, divisor)?;
    let near = steps.sub(d, change)?;

    let ten = steps.full(&[1, 1, 1], Literal::new(10i64))?;
    let nine = steps.full(&[1, 1, 1], Literal::new(9i64))?;
    let turn = steps.zip(Binary::Remainder, tries, ten)?;
    let stuck = steps.equal(turn, nine)?;
    let size = steps.abs(c)?;
    let most = steps.number(steps.dtype(size), 0.75)?;
    let size = steps.mul(size, most)?;
    let other = steps.add(d, size)?;
    steps.pick(stuck, other, near)
}

/// One QR step of each block, implicitly: the first rotation makes a bulge, the others chase it down (§7.5.5, in complex numbers).
fn chase(steps: &mut Steps, carry: &[Var], block: &Block, shift: Var) -> Result<Vec<Var>> {
    let n = steps.shape(carry[0])[1];
    let fixed = [block.first, block.last, shift];
    steps.count((n - 1, false), carry, &fixed, |steps, turn| {
        let (h, k) = (turn.carry[0], turn.parts[0]);
        let [first, last, shift] = [0, 1, 2].map(|at| turn.fixed[at]);
        let one = steps.full(&[], Literal::new(1i64))?;
        let next = steps.binary(Binary::Add, k, one)?;
        let before = steps.binary(Binary::Subtract, k, one)?;
        let here = steps.reshape(k, &[1, 1, 1])?;
        let begins = steps.equal(here, first)?;
        let early = steps.less(here, first)?;
        let late = steps.no(early)?;
        let inside = steps.less(here, last)?;
        let active = steps.both(late, inside)?;

        let (top, bottom) = (steps.at(h, ROWS, k)?, steps.at(h, ROWS, next)?);
        let corner = steps.at(top, COLUMNS, k)?;
        let corner = steps.sub(corner, shift)?;
        // Before the first column is the last one, which is not looked at.
        let above = steps.at(top, COLUMNS, before)?;
        let x = steps.pick(begins, corner, above)?;
        let beside = steps.at(bottom, COLUMNS, k)?;
        let bulge = steps.at(bottom, COLUMNS, before)?;
        let y = steps.pick(begins, beside, bulge)?;
        let (c, s) = givens(steps, x, y, active)?;
        let other = steps.conj(s)?;

        let (first, second) = turned(steps, (top, bottom), c, (s, other))?;
        let h = steps.put(h, ROWS, k, first)?;
        let h = steps.put(h, ROWS, next, second)?;
        let mut outputs = Vec::new();
        for x in [h].iter().chain(&turn.carry[1..]) {
            let (left, right) = (steps.at(*x, COLUMNS, k)?, steps.at(*x, COLUMNS, next)?);
            let (first, second) = turned(steps, (left, right), c, (other, s))?;
            let x = steps.put(*x, COLUMNS, k, first)?;
            outputs.push(steps.put(x, COLUMNS, next, second)?);
        }
        Ok(outputs)
    })
}

/// `c x + s y` and `c y - t x`.
fn turned(steps: &mut Steps, (x, y): (Var, Var), c: Var, (s, t): (Var, Var)) -> Result<(Var, Var)> {
    let (cx, sy) = (steps.parts_with(Binary::Multiply, x, c)?, steps.mul(y, s)?);
    let (cy, tx) = (steps.parts_with(Binary::Multiply, y, c)?, steps.mul(x, t)?);
    Ok((steps.add(cx, sy)?, steps.sub(cy, tx)?))
}

/// Givens's rotation (§5.1.13): `c` real, and `c x + s y` is all there is of `x` and `y` after it. Where it is not active, nothing turns.
fn givens(steps: &mut Steps, x: Var, y: Var, active: Var) -> Result<(Var, Var)> {
    let (x_size, y_size) = (steps.abs(x)?, steps.abs(y)?);
    let length = steps.binary(Binary::Hypot, x_size, y_size)?;
    let nothing = steps.is_zero(length)?;
    let something = steps.no(nothing)?;
    let active = steps.both(active, something)?;
    let length = steps.or_if_zero(length, 1.0)?;
    let c = steps.div(x_size, length)?;
    let c = steps.pick_or(active, c, 1.0)?;
    let divisor = steps.or_if_zero(x_size, 1.0)?;
    let phase = steps.parts_with(Binary::Divide, x, divisor)?;
    let phase = steps.or_if_zero(phase, 1.0)?;
    let other = steps.conj(y)?;
    let other = steps.parts_with(Binary::Divide, other, length)?;
    let s = steps.mul(phase, other)?;
    Ok((c, steps.pick_or(active, s, 0.0)?))
}

/// Eigenvectors of a triangle as columns of a triangle (§7.6.4): all columns at once, row by row from the last. Where eigenvalues are equal
/// one is taken to be a little off; columns that grow are scaled.
fn substitute(steps: &mut Steps, t: Var, w: Var) -> Result<Var> {
    let (shape, dtype) = (steps.shape(t), steps.dtype(t));
    let n = shape[1];
    let nothing = steps.full(&shape, Literal::zero(dtype))?;
    let looped = steps.count((n, true), &[nothing], &[t, w], |steps, turn| {
        let (x, i) = (turn.carry[0], turn.parts[0]);
        let (t, w) = (turn.fixed[0], turn.fixed[1]);
        let here = steps.reshape(i, &[1, 1, 1])?;
        let columns = steps.numbers(COLUMNS, n)?;
        let right = steps.less(here, columns)?;
        let row = steps.at(t, ROWS, i)?;
        let own = steps.at(row, COLUMNS, i)?;
        let row = steps.pick_or(right, row, 0.0)?;
        let known = steps.product(row, x)?;
        let gap = steps.sub(w, own)?;
        let size = steps.by_parts(Binary::Add, gap)?;
        let least = steps.number(steps.dtype(size), steps.eps(size))?;
        let close = steps.less(size, least)?;
        let gap = steps.pick(close, least, gap)?;
        let found = steps.div(known, gap)?;
        let found = steps.pick_or(right, found, 0.0)?;
        let at_own = steps.equal(columns, here)?;
        let one = steps.number(steps.dtype(found), 1.0)?;
        let found = steps.pick(at_own, one, found)?;
        let x = steps.put(x, ROWS, i, found)?;
        let size = steps.by_parts(Binary::Maximum, x)?;
        let most = steps.fold(ReduceOp::Max, size, &[ROWS])?;
        let limit = steps.number(steps.dtype(most), 1048576.0)?;
        let large = steps.less(limit, most)?;
        let divisor = steps.pick_or(large, most, 1.0)?;
        Ok(vec![steps.parts_with(Binary::Divide, x, divisor)?])
    })?;
    let [x] = exactly(looped)?;
    Ok(x)
}

/// Eigenvalues of a real matrix, scaled: those that are real but for rounding are made so; and which.
fn snap(steps: &mut Steps, w: Var) -> Result<(Var, Var)> {
    let n = steps.shape(w)[COLUMNS];
    let (re, im) = (steps.unary(Unary::Real, w)?, steps.unary(Unary::Imag, w)?);
    let size = steps.abs(im)?;
    let bound = steps.number(steps.dtype(im), 8.0 * n as f64 * steps.eps(im))?;
    let complex = steps.less(bound, size)?;
    let im = steps.pick_or(complex, im, 0.0)?;
    let w = steps.binary(Binary::Complex, re, im)?;
    Ok((w, steps.no(complex)?))
}

/// Columns of length one whose largest elements are real, and which are real where the eigenvalue of a real matrix is.
fn normalized(steps: &mut Steps, v: Var, real: Option<Var>) -> Result<Var> {
    let shape = steps.shape(v);
    let v = unit(steps, v)?;
    let sizes = steps.abs(v)?;
    let first = ordering::arg_reduce(steps, ArgReduceOp::Max, ROWS, sizes)?;
    let first = steps.reshape(first, &[shape[0], 1, shape[2]])?;
    let rows = steps.numbers(ROWS, shape[1])?;
    let here = steps.equal(rows, first)?;
    let largest = steps.pick_or(here, v, 0.0)?;
    let largest = steps.fold(ReduceOp::Sum, largest, &[ROWS])?;
    let size = steps.abs(largest)?;
    let size = steps.or_if_zero(size, 1.0)?;
    let sign = steps.unary(Unary::Real, largest)?;
    let size = steps.binary(Binary::Copysign, size, sign)?;
    let turn = steps.conj(largest)?;
    let turn = steps.parts_with(Binary::Divide, turn, size)?;
    let v = steps.mul(v, turn)?;
    let Some(real) = real else { return Ok(v) };
    // Vectors of equal eigenvalues may be complex all the same; they are left so.
    let (re, im) = (steps.unary(Unary::Real, v)?, steps.unary(Unary::Imag, v)?);
    let size = steps.abs(im)?;
    let size = steps.fold(ReduceOp::Max, size, &[ROWS])?;
    let bound = steps.number(steps.dtype(size), steps.eps(size).sqrt())?;
    let small = steps.less(size, bound)?;
    let real = steps.both(real, small)?;
    let zero = steps.number(steps.dtype(im), 0.0)?;
    let im = steps.pick(real, zero, im)?;
    let v = steps.binary(Binary::Complex, re, im)?;
    unit(steps, v)
}

/// Columns divided by their lengths.
fn unit(steps: &mut Steps, v: Var) -> Result<Var> {
    let length = steps.length(v, ROWS)?;
    let length = steps.or_if_zero(length, 1.0)?;
    steps.parts_with(Binary::Divide, v, length)
}
