//! Matrix products.

use tnp::DType::{Complex128, Float32, Float64, Int32, Int64};
use tnp::matmul;

use super::{below, unit};
use crate::Row;

const GROUP: &str = "matmul";

pub(super) fn add(rows: &mut Vec<Row>) {
    for dtype in [Float32, Float64] {
        for size in [64, 128, 256, 512, 1024, 2048] {
            let two = [unit(dtype, &[size, size]), unit(dtype, &[size, size])];
            let row = Row::new(GROUP, "x @ y", &two, |v| matmul(&v[0], &v[1]));
            rows.push(if size > 1024 { row.slow() } else { row });
        }
    }
    let mut row =
        |expression, inputs: &[_], run| rows.push(Row::new(GROUP, expression, inputs, run));
    for dtype in [Int32, Int64] {
        for size in [64, 256, 512] {
            let two = [
                below(100, dtype, &[size, size]),
                below(100, dtype, &[size, size]),
            ];
            row("x @ y", &two, |v| matmul(&v[0], &v[1]));
        }
    }
    for dtype in [Float32, Float64] {
        let stacks = [unit(dtype, &[64, 128, 128]), unit(dtype, &[64, 128, 128])];
        row("x @ y", &stacks, |v| matmul(&v[0], &v[1]));
        let small = [unit(dtype, &[4096, 4, 4]), unit(dtype, &[4096, 4, 4])];
        row("x @ y", &small, |v| matmul(&v[0], &v[1]));
        let vector = [unit(dtype, &[2048, 2048]), unit(dtype, &[2048])];
        row("x @ y", &vector, |v| matmul(&v[0], &v[1]));
        row("y @ x", &vector, |v| matmul(&v[1], &v[0]));
        let square = [unit(dtype, &[512, 512])];
        row("x.T @ x", &square, |v| matmul(&v[0].t()?, &v[0]));
        let long = [unit(dtype, &[1 << 20]), unit(dtype, &[1 << 20])];
        row("x @ y", &long, |v| matmul(&v[0], &v[1]));
        let pair = [unit(dtype, &[512, 512]), unit(dtype, &[512, 512])];
        row("np.einsum('ij,ij->i', x, y)", &pair, |v| {
            tnp::einsum("ij,ij->i", &v[..2], ())
        });
    }
    let complex = [unit(Complex128, &[512, 512]), unit(Complex128, &[512])];
    row("x @ y", &complex, |v| matmul(&v[0], &v[1]));
    row("x @ x", &complex[..1], |v| matmul(&v[0], &v[0]));
}
