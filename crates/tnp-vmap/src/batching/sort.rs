//! Batching of sorting and searching.

use smallvec::smallvec;
use tnp_array::{Array, Result};
use tnp_backend::prim::{AxisIndex, Binary, Prim, Side, Unary};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use super::{Arg, Outputs, batched, front, run};

pub(super) fn sort(axis: usize, args: &[Arg]) -> Result<Outputs> {
    let axis = axis + 1;
    Ok(batched(run(&Prim::Sort { axis }, &[&args[0].array])?))
}

pub(super) fn argsort(axis: usize, stable: bool, args: &[Arg]) -> Result<Outputs> {
    let axis = axis + 1;
    Ok(batched(run(
        &Prim::ArgSort { axis, stable },
        &[&args[0].array],
    )?))
}

fn binary(op: Binary, x: &Array, y: &Array) -> Result<Array> {
    run(&Prim::Binary(op), &[x, y])
}

fn unary(op: Unary, x: &Array) -> Result<Array> {
    run(&Prim::Unary(op), &[x])
}

fn and(x: &Array, y: &Array) -> Result<Array> {
    binary(Binary::BitwiseAnd, x, y)
}

fn or(x: &Array, y: &Array) -> Result<Array> {
    binary(Binary::BitwiseOr, x, y)
}

/// `x < y` in the order of sorting, in which NaN comes last; of complex numbers those with a NaN, in the imaginary part first.
fn sorts_before(x: &Array, y: &Array) -> Result<Array> {
    let nan = |x: &Array| unary(Unary::IsNan, x);
    if !x.dtype().is_inexact() {
        return binary(Binary::Less, x, y);
    }
    if !x.dtype().is_complex() {
        let before_nan = binary(Binary::Less, &nan(x)?, &nan(y)?)?;
        return or(&binary(Binary::Less, x, y)?, &before_nan);
    }
    let (a, b) = (unary(Unary::Real, x)?, unary(Unary::Imag, x)?);
    let (c, d) = (unary(Unary::Real, y)?, unary(Unary::Imag, y)?);
    let less = |x: &Array, y: &Array| binary(Binary::Less, x, y);
    let equal = |x: &Array, y: &Array| binary(Binary::Equal, x, y);
    let (real_alike, imag_alike) = (equal(&nan(&a)?, &nan(&c)?)?, equal(&nan(&b)?, &nan(&d)?)?);
    let sooner = and(&real_alike, &less(&nan(&b)?, &nan(&d)?)?)?;
    let sooner = or(&less(&nan(&a)?, &nan(&c)?)?, &sooner)?;
    let tied = or(&equal(&a, &c)?, &nan(&a)?)?;
    let smaller = or(&less(&a, &c)?, &and(&tied, &less(&b, &d)?)?)?;
    or(&sooner, &and(&and(&real_alike, &imag_alike)?, &smaller)?)
}

pub(super) fn search_sorted(side: Side, args: &[Arg], size: usize) -> Result<Outputs> {
    let [sorted, values] = args else {
        unreachable!("searchsorted takes two operands")
    };
    if !sorted.batched {
        let found = run(
            &Prim::SearchSorted { side },
            &[&sorted.array, &values.array],
        )?;
        return Ok(batched(found));
    }
    // A list of each example's own: all search at once, by halves, in as many rounds as the list's length has bits.
    let values = front(values, size)?;
    let shape = Dims::from_slice(values.shape());
    let n = sorted.array.shape()[1];
    let full = |value: i64| {
        let prim = Prim::Full {
            shape: shape.clone(),
            value: Literal::new(value),
        };
        run(&prim, &[])
    };
    let example = Prim::Iota {
        shape: shape.clone(),
        dtype: DType::Int64,
        axis: 0,
    };
    let example = run(&example, &[])?;
    let read = Prim::Gather {
        axes: smallvec![AxisIndex::Index; 2],
        index_axes_at: 0,
    };
    let (mut found, end) = (full(0)?, full(n as i64)?);
    let mut step = n.checked_ilog2().map_or(0, |bits| 1usize << bits);
    while step > 0 {
        let next = binary(Binary::Add, &found, &full(step as i64)?)?;
        let fits = binary(Binary::LessEqual, &next, &end)?;
        let place = binary(Binary::Minimum, &next, &end)?;
        let place = binary(Binary::Subtract, &place, &full(1)?)?;
        let element = run(&read, &[&sorted.array, &example, &place])?;
        let before = match side {
            Side::Left => sorts_before(&element, &values)?,
            Side::Right => unary(Unary::Invert, &sorts_before(&values, &element)?)?,
        };
        found = run(&Prim::Select, &[&and(&fits, &before)?, &next, &found])?;
        step /= 2;
    }
    Ok(batched(found))
}
