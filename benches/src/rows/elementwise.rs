//! Elementwise functions of contiguous operands: sigmoid, arithmetic, functions, comparison, choice.

use tnp::DType::{Float32, Float64, Int32, Int64};
use tnp::{DType, equal, floor_divide, less, logical_and, maximum, power, where_};

use super::{SIZES, below, mask, signed, unit};
use crate::Row;

pub(super) fn add(rows: &mut Vec<Row>) {
    for power in [0, 5, 10, 15, 20, 24] {
        let x = [signed(Float32, &[1 << power])];
        rows.push(Row::new("sigmoid", "1/(1 + np.exp(-x))", &x, |v| {
            Ok(1.0 / (1.0 + (-&v[0]).exp()?))
        }));
    }
    for dtype in [Float32, Float64] {
        for size in SIZES {
            floats(rows, dtype, size);
        }
    }
    for dtype in [Int32, Int64] {
        for size in SIZES {
            integers(rows, dtype, size);
        }
    }
    large(rows);
    comparisons(rows);
}

fn floats(rows: &mut Vec<Row>, dtype: DType, size: usize) {
    let two = [unit(dtype, &[size]), unit(dtype, &[size])];
    let wide = [signed(dtype, &[size])];
    let mut row =
        |expression, inputs: &[_], run| rows.push(Row::new("elementwise", expression, inputs, run));
    row("x + y", &two, |v| Ok(&v[0] + &v[1]));
    row("x * y", &two, |v| Ok(&v[0] * &v[1]));
    row("x / y", &two, |v| Ok(&v[0] / &v[1]));
    row("x + 1", &two[..1], |v| Ok(&v[0] + 1));
    row("x += 1", &two[..1], |v| {
        v[0] += 1;
        Ok(v[0].clone())
    });
    row("np.maximum(x, y)", &two, |v| maximum(&v[0], &v[1]));
    row("np.abs(x)", &wide, |v| v[0].abs());
    row("np.sqrt(x)", &two[..1], |v| v[0].sqrt());
    row("np.exp(x)", &wide, |v| v[0].exp());
    row("np.log(x)", &two[..1], |v| v[0].log());
    row("np.sin(x)", &wide, |v| v[0].sin());
    row("np.tanh(x)", &wide, |v| v[0].tanh());
    row("np.power(x, y)", &two, |v| power(&v[0], &v[1]));
}

fn integers(rows: &mut Vec<Row>, dtype: DType, size: usize) {
    let two = [below(1000, dtype, &[size]), below(1000, dtype, &[size])];
    let mut row = |expression, run| rows.push(Row::new("elementwise", expression, &two, run));
    row("x + y", |v| Ok(&v[0] + &v[1]));
    row("x * y", |v| Ok(&v[0] * &v[1]));
    row("x / (y + 1)", |v| Ok(&v[0] / (&v[1] + 1)));
    row("x // 7", |v| floor_divide(&v[0], 7));
    row("np.maximum(x, y)", |v| maximum(&v[0], &v[1]));
}

/// Operands in memory, not in a cache: 64 MiB each.
fn large(rows: &mut Vec<Row>) {
    let two = [unit(Float32, &[1 << 24]), unit(Float32, &[1 << 24])];
    let mut row = |expression, run| rows.push(Row::new("elementwise", expression, &two, run));
    row("x + y", |v| Ok(&v[0] + &v[1]));
    row("x * y + x", |v| Ok(&v[0] * &v[1] + &v[0]));
    row("np.exp(x)", |v| v[0].exp());
}

fn comparisons(rows: &mut Vec<Row>) {
    const SIZE: usize = 1 << 20;
    for dtype in [Float32, Float64, Int32, Int64] {
        let two = [below(9, dtype, &[SIZE]), below(9, dtype, &[SIZE])];
        let mut row =
            |expression, inputs: &[_], run| rows.push(Row::new("compare", expression, inputs, run));
        row("x < y", &two, |v| less(&v[0], &v[1]));
        row("x == y", &two, |v| equal(&v[0], &v[1]));
        row("x < 5", &two[..1], |v| less(&v[0], 5));
        let [x, y] = two;
        row("np.where(z, x, y)", &[x.clone(), y, mask(&[SIZE])], |v| {
            where_(&v[2], &v[0], &v[1])
        });
        row("np.where(y, x, 0)", &[x, mask(&[SIZE])], |v| {
            where_(&v[1], &v[0], 0)
        });
    }
    let masks = [mask(&[SIZE]), mask(&[SIZE])];
    rows.push(Row::new("compare", "x & y", &masks, |v| {
        logical_and(&v[0], &v[1])
    }));
}
