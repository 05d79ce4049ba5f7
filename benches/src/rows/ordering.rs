//! Sorting, searching, and random numbers.

use std::slice::from_ref;

use tnp::DType::{Float32, Float64, Int32, Int64};
use tnp::{argsort, random, searchsorted, sort};

use super::{below, unit};
use crate::Row;

pub(super) fn add(rows: &mut Vec<Row>) {
    let mut row = |group, expression, inputs: &[_], run| {
        rows.push(Row::new(group, expression, inputs, run));
    };
    for size in [1 << 10, 1 << 20] {
        for x in [
            unit(Float32, &[size]),
            unit(Float64, &[size]),
            below(1 << 30, Int32, &[size]),
            below(1 << 31, Int64, &[size]),
        ] {
            row("sort", "np.sort(x)", from_ref(&x), |v| sort(&v[0], ()));
            row("sort", "np.argsort(x)", from_ref(&x), |v| {
                argsort(&v[0], ())
            });
        }
    }
    let wide = [unit(Float32, &[1024, 1024])];
    row("sort", "np.sort(x, 0)", &wide, |v| sort(&v[0], 0));
    row("sort", "np.sort(x, 1)", &wide, |v| sort(&v[0], 1));
    let searched = [unit(Float32, &[1 << 20]), unit(Float32, &[1 << 16])];
    row(
        "sort",
        "np.searchsorted(np.sort(x[:1024]), y)",
        &searched,
        |v| searchsorted(sort(v[0].get(tnp::s![..1024])?, ())?, &v[1], ()),
    );
    row("random", "np.random.standard_normal(1 << 20)", &[], |_| {
        random::standard_normal(1 << 20)
    });
    row("random", "np.random.random(1 << 20)", &[], |_| {
        random::random(1 << 20)
    });
    row("random", "np.random.randint(0, 1000, 1 << 20)", &[], |_| {
        random::randint(0, 1000, 1 << 20, ())
    });
}
