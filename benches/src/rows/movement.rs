//! Reading and writing by index, and putting arrays together.

use tnp::DType::{Float32, Float64, Int64};
use tnp::s;

use super::{below, mask, unit};
use crate::Row;

pub(super) fn add(rows: &mut Vec<Row>) {
    indexing(rows, Float32);
    indexing(rows, Float64);
    rows.push(Row::new(
        "indexing",
        "np.nonzero(x)[0]",
        &[mask(&[1 << 20])],
        |v| Ok(v[0].nonzero(())?.swap_remove(0)),
    ));
    joining(rows, Float32);
    joining(rows, Float64);
}

fn indexing(rows: &mut Vec<Row>, dtype: tnp::DType) {
    const SIZE: usize = 1 << 20;
    let mut row =
        |expression, inputs: &[_], run| rows.push(Row::new("indexing", expression, inputs, run));
    let long = unit(dtype, &[SIZE]);
    let taken = [long.clone(), below(SIZE as u32, Int64, &[SIZE])];
    row("np.take(x, y)", &taken, |v| tnp::take(&v[0], &v[1], ()));
    row("x[y]", &taken, |v| v[0].get(s![&v[1]]));
    row(
        "x[y] = z",
        &[long.clone(), taken[1].clone(), long.clone()],
        |v| {
            let (x, rest) = v.split_at_mut(1);
            x[0].assign(s![&rest[0]], &rest[1])?;
            Ok(x[0].clone())
        },
    );
    let masked = [long, mask(&[SIZE])];
    row("x[y]", &masked, |v| v[0].get(s![&v[1]]));
    row("x[y] = 0", &masked, |v| {
        let (x, mask) = v.split_at_mut(1);
        x[0].assign(s![&mask[0]], 0)?;
        Ok(x[0].clone())
    });
    let square = unit(dtype, &[1024, 1024]);
    let lines = [square.clone(), below(1024, Int64, &[1024])];
    row("x[y]", &lines, |v| v[0].get(s![&v[1]]));
    row("x[:, y]", &lines, |v| v[0].get(s![.., &v[1]]));
    row("np.take(x, y, axis=1)", &lines, |v| {
        tnp::take(&v[0], &v[1], 1)
    });
    row("x[:, 1:-1] = 0", &[square], |v| {
        v[0].assign(s![.., 1..-1], 0)?;
        Ok(v[0].clone())
    });
}

fn joining(rows: &mut Vec<Row>, dtype: tnp::DType) {
    let mut row =
        |expression, inputs: &[_], run| rows.push(Row::new("joining", expression, inputs, run));
    let square = [unit(dtype, &[1024, 1024]), unit(dtype, &[1024, 1024])];
    row("np.concatenate([x, y])", &square, |v| {
        tnp::concatenate([&v[0], &v[1]], 0)
    });
    row("np.concatenate([x, y], 1)", &square, |v| {
        tnp::concatenate([&v[0], &v[1]], 1)
    });
    row("np.stack([x, y], -1)", &square, |v| {
        tnp::stack([&v[0], &v[1]], -1)
    });
    row("np.pad(x, 1)", &square[..1], |v| tnp::pad(&v[0], 1, ()));
    row("np.pad(x, 1, 'edge')", &square[..1], |v| {
        tnp::pad(&v[0], 1, "edge")
    });
    row("np.roll(x, 1, 1)", &square[..1], |v| tnp::roll(&v[0], 1, 1));
    row("np.ascontiguousarray(np.flip(x, 1))", &square[..1], |v| {
        tnp::ascontiguousarray(tnp::flip(&v[0], 1)?, ())
    });
    row("np.repeat(x, 2, 0)", &square[..1], |v| {
        tnp::repeat(&v[0], 2, 0)
    });
    let patch = [unit(dtype, &[256, 256])];
    row("np.tile(x, (4, 4))", &patch, |v| tnp::tile(&v[0], [4, 4]));
}
