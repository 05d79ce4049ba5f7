//! Elementwise functions of operands that are broadcast, strided or transposed, and casts.

use tnp::DType::{Bool, Complex128, Float16, Float32, Float64, Int8, Int16, Int32, Int64, UInt8};
use tnp::{DType, s};

use super::{below, mask, signed, unit};
use crate::{Input, Row};

pub(super) fn add(rows: &mut Vec<Row>) {
    for category in [broadcast, strided, transposed] {
        category(rows, Float32);
        category(rows, Float64);
    }
    casts(rows);
}

fn broadcast(rows: &mut Vec<Row>, dtype: DType) {
    let matrix = unit(dtype, &[1024, 1024]);
    let (row_vector, column) = (unit(dtype, &[1024]), unit(dtype, &[1024, 1]));
    let mut row = |inputs: [&Input; 2]| {
        let inputs = inputs.map(Input::clone);
        rows.push(Row::new("broadcast", "x + y", &inputs, |v| {
            Ok(&v[0] + &v[1])
        }));
    };
    row([&matrix, &row_vector]);
    row([&matrix, &column]);
    row([&column, &row_vector]);
    row([&unit(dtype, &[4096, 3]), &unit(dtype, &[3])]);
    row([&unit(dtype, &[64, 1, 128]), &unit(dtype, &[64, 1])]);
}

fn strided(rows: &mut Vec<Row>, dtype: DType) {
    let long = [unit(dtype, &[1 << 20]), unit(dtype, &[1 << 20])];
    let square = [unit(dtype, &[1024, 1024]), unit(dtype, &[1024, 1024])];
    let mut row =
        |expression, inputs: &[_], run| rows.push(Row::new("strided", expression, inputs, run));
    row("x[::2] + y[::2]", &long, |v| {
        Ok(&v[0].get(s![..;2])? + &v[1].get(s![..;2])?)
    });
    row("x[::-1] + y", &long, |v| Ok(&v[0].get(s![..;-1])? + &v[1]));
    row("np.exp(x[::3])", &long[..1], |v| v[0].get(s![..;3])?.exp());
    row("x[1:-1, 1:-1] + y[1:-1, 1:-1]", &square, |v| {
        Ok(&v[0].get(s![1..-1, 1..-1])? + &v[1].get(s![1..-1, 1..-1])?)
    });
    row("np.ascontiguousarray(x[:, ::2])", &square[..1], |v| {
        tnp::ascontiguousarray(v[0].get(s![.., ..;2])?, ())
    });
}

fn transposed(rows: &mut Vec<Row>, dtype: DType) {
    let square = [unit(dtype, &[1024, 1024]), unit(dtype, &[1024, 1024])];
    let mut row =
        |expression, inputs: &[_], run| rows.push(Row::new("transposed", expression, inputs, run));
    row("x.T + y", &square, |v| Ok(&v[0].t()? + &v[1]));
    row("np.exp(x.T)", &square[..1], |v| v[0].t()?.exp());
    row("np.ascontiguousarray(x.T)", &square[..1], |v| {
        tnp::ascontiguousarray(v[0].t()?, ())
    });
    row("x.T.ravel()", &square[..1], |v| v[0].t()?.ravel(()));
    let deep = [unit(dtype, &[64, 128, 128])];
    row("np.ascontiguousarray(x.transpose(2, 0, 1))", &deep, |v| {
        tnp::ascontiguousarray(v[0].transpose([2, 0, 1])?, ())
    });
    row("np.ascontiguousarray(x.swapaxes(0, 1))", &deep, |v| {
        tnp::ascontiguousarray(v[0].swapaxes(0, 1)?, ())
    });
}

fn casts(rows: &mut Vec<Row>) {
    const SIZE: usize = 1 << 20;
    let mut row =
        |expression, input: Input, run| rows.push(Row::new("cast", expression, &[input], run));
    let whole = |dtype| below(100, dtype, &[SIZE]);
    row("x.astype(np.float64)", signed(Float32, &[SIZE]), |v| {
        v[0].astype(Float64)
    });
    row("x.astype(np.float32)", signed(Float64, &[SIZE]), |v| {
        v[0].astype(Float32)
    });
    row("x.astype(np.float16)", signed(Float32, &[SIZE]), |v| {
        v[0].astype(Float16)
    });
    row("x.astype(np.float32)", signed(Float16, &[SIZE]), |v| {
        v[0].astype(Float32)
    });
    row("x.astype(np.int32)", signed(Float32, &[SIZE]), |v| {
        v[0].astype(Int32)
    });
    row("x.astype(np.int64)", signed(Float64, &[SIZE]), |v| {
        v[0].astype(Int64)
    });
    row("x.astype(bool)", signed(Float32, &[SIZE]), |v| {
        v[0].astype(Bool)
    });
    row("x.astype(np.complex128)", signed(Float64, &[SIZE]), |v| {
        v[0].astype(Complex128)
    });
    row("x.astype(np.float32)", whole(UInt8), |v| {
        v[0].astype(Float32)
    });
    row("x.astype(np.float32)", whole(Int32), |v| {
        v[0].astype(Float32)
    });
    row("x.astype(np.float64)", whole(Int64), |v| {
        v[0].astype(Float64)
    });
    row("x.astype(np.int64)", whole(Int32), |v| v[0].astype(Int64));
    row("x.astype(np.int32)", whole(Int64), |v| v[0].astype(Int32));
    row("x.astype(np.int8)", whole(Int16), |v| v[0].astype(Int8));
    row("x.astype(np.float32)", mask(&[SIZE]), |v| {
        v[0].astype(Float32)
    });
}
