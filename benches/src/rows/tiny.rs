//! One operation on arrays of one or sixteen elements: what a call costs.

use tnp::{DType, concatenate, greater, less, s, where_, zeros};

use super::unit;
use crate::Row;

pub(super) fn add(rows: &mut Vec<Row>) {
    let mut row = |expression, size: usize, run| {
        let inputs = [unit(DType::Float32, &[size]), unit(DType::Float32, &[size])];
        rows.push(Row::new("tiny", expression, &inputs, run));
    };
    row("x + y", 1, |v| Ok(&v[0] + &v[1]));
    row("x + 1", 1, |v| Ok(&v[0] + 1));
    row("-x", 1, |v| Ok(-&v[0]));
    row("np.exp(x)", 1, |v| v[0].exp());
    row("x < y", 1, |v| less(&v[0], &v[1]));
    row("x[0]", 1, |v| v[0].get(s![0]));
    row("x[0:1]", 1, |v| v[0].get(s![0..1]));
    row("x[None]", 1, |v| v[0].get(s![tnp::newaxis]));
    row("x.reshape(1, 1)", 1, |v| v[0].reshape([1, 1]));
    row("x.T", 1, |v| v[0].t());
    row("x.astype(np.float64)", 1, |v| v[0].astype(DType::Float64));
    row("x.sum()", 1, |v| v[0].sum(()));
    row("x.max()", 1, |v| v[0].max(()));
    row("x + y", 16, |v| Ok(&v[0] + &v[1]));
    row("x[1:5]", 16, |v| v[0].get(s![1..5]));
    row("x[::2]", 16, |v| v[0].get(s![..;2]));
    row("x.reshape(4, 4)", 16, |v| v[0].reshape([4, 4]));
    row("x.sum()", 16, |v| v[0].sum(()));
    row("np.where(x > y, x, y)", 16, |v| {
        where_(greater(&v[0], &v[1])?, &v[0], &v[1])
    });
    row("np.concatenate([x, y])", 16, |v| {
        concatenate([&v[0], &v[1]], ())
    });
    row("np.zeros(16, np.float32)", 16, |_| {
        zeros(16, DType::Float32)
    });
}
