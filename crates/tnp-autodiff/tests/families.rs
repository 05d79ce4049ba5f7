//! Layout, indexing, reductions, sorting and products against finite differences, first and second order.

extern crate tnp_cpu;

mod common;

use common::{Numbers, check};
use tnp_array::*;
use tnp_backend::prim::*;

type Case = (
    &'static str,
    Box<dyn Fn(&[Array]) -> Result<Array>>,
    Vec<Vec<usize>>,
);

fn case(
    name: &'static str,
    shapes: &[&[usize]],
    f: impl Fn(&[Array]) -> Result<Array> + 'static,
) -> Case {
    (
        name,
        Box::new(f),
        shapes.iter().map(|shape| shape.to_vec()).collect(),
    )
}

fn run(cases: Vec<Case>) {
    let mut numbers = Numbers::new(5);
    for (name, f, shapes) in cases {
        let xs: Vec<Array> = shapes
            .iter()
            .map(|shape| numbers.array(shape, 0.4, 1.6))
            .collect();
        // Something that is not linear around it, so that second derivatives are not all zero.
        check(name, &|xs| f(xs)?.square(), xs);
    }
}

fn bound(prim: Prim, xs: &[&Array]) -> Result<Array> {
    let mut operands: Vec<Operand<'_>> = xs.iter().map(|&x| Operand::Borrowed(x)).collect();
    bind1(&prim, &mut operands)
}

fn ints(values: &[i64], shape: &[usize]) -> Array {
    Array::from_slice(values, shape).unwrap()
}

#[test]
fn layout() {
    run(vec![
        case("reshape", &[&[2, 3]], |x| x[0].reshape([3, 2])),
        case("transpose", &[&[2, 3, 4]], |x| transpose(&x[0], [2, 0, 1])),
        case("broadcast_to", &[&[3, 1]], |x| {
            broadcast_to(&x[0], [2, 3, 4])
        }),
        case("slice", &[&[5, 6]], |x| x[0].get(s![1..4, ..;2])),
        case("slice backwards", &[&[5, 6]], |x| {
            x[0].get(s![..;-1, 4..1;-2])
        }),
        case("newaxis", &[&[5]], |x| x[0].get(s![newaxis, 1..])),
        case("pad", &[&[2, 3]], |x| pad(&x[0], [(1, 0), (2, 1)], ())),
        case("pad value", &[&[2, 3], &[]], |x| {
            let prim = Prim::Pad {
                low: [1, 0][..].into(),
                high: [2, 1][..].into(),
            };
            bound(prim, &[&x[0], &x[1]])
        }),
        case("concatenate", &[&[2, 3], &[2, 1], &[2, 2]], |x| {
            concatenate([&x[0], &x[1], &x[2]], 1)
        }),
        case("stack", &[&[3], &[3]], |x| stack([&x[0], &x[1]], 0)),
        case("diagonal", &[&[3, 4]], |x| x[0].diagonal(())),
        case("tril", &[&[3, 3]], |x| tril(&x[0], ())),
        case("roll", &[&[5]], |x| roll(&x[0], 2, ())),
        case("repeat", &[&[3]], |x| repeat(&x[0], 2, ())),
        case("tile", &[&[3]], |x| tile(&x[0], [2, 2])),
        case("flip", &[&[3, 2]], |x| flip(&x[0], ())),
        case("astype and back", &[&[3]], |x| {
            x[0].astype(DType::Complex128)?
                .astype(DType::Complex64)?
                .astype(DType::Complex128)?
                .real()
                .map(|y| y * 0.0 + &x[0])
        }),
        case("barrier", &[&[3]], |x| bound(Prim::Barrier, &[&x[0]])),
        case("diff", &[&[5]], |x| diff(&x[0], ())),
        case("windows", &[&[6]], |x| sliding_window_view(&x[0], 3, ())),
        case("select", &[&[4], &[4]], |x| {
            let condition = array([true, false, true, false], ())?;
            where_(condition, &x[0], &x[1])
        }),
    ]);
}

#[test]
fn indexing() {
    run(vec![
        case("take", &[&[4, 3]], |x| {
            take(&x[0], ints(&[2, 0, 2], &[3]), Take::axis(0))
        }),
        case("gather", &[&[4, 3, 2]], |x| {
            x[0].get(s![ints(&[1, -1, 1], &[3]), 1.., ints(&[0, 1, 0], &[3])])
        }),
        case("mask", &[&[4]], |x| {
            x[0].get(s![array([true, false, true, true], ())?])
        }),
        case("take_along_axis", &[&[3, 4]], |x| {
            take_along_axis(&x[0], ints(&[1, 0, 3], &[3, 1]), 1)
        }),
        case("set slice", &[&[5], &[2]], |x| x[0].set(s![1..3], &x[1])),
        case("set step", &[&[6], &[3]], |x| x[0].set(s![..;-2], &x[1])),
        case("set scalar", &[&[5]], |x| x[0].set(s![2], 0.5)),
        case("set repeated", &[&[4], &[3]], |x| {
            x[0].set(s![ints(&[1, 2, 1], &[3])], &x[1])
        }),
        case("at add", &[&[4], &[3]], |x| {
            x[0].at(s![ints(&[1, 2, 1], &[3])]).add(&x[1])
        }),
        case("at multiply", &[&[4], &[3]], |x| {
            x[0].at(s![ints(&[1, 2, 1], &[3])]).multiply(&x[1])
        }),
        case("at multiply slice", &[&[4], &[2]], |x| {
            x[0].at(s![1..3]).multiply(&x[1])
        }),
        case("at minimum", &[&[4], &[3]], |x| {
            x[0].at(s![ints(&[1, 2, 1], &[3])]).minimum(&x[1])
        }),
        case("at maximum", &[&[4], &[3]], |x| {
            x[0].at(s![ints(&[1, 2, 1], &[3])]).maximum(&x[1])
        }),
        case("dynamic slice", &[&[5, 4]], |x| {
            let (i, j) = (array(2, ())?, array(1, ())?);
            bound(
                Prim::DynamicSlice {
                    sizes: [2, 3][..].into(),
                },
                &[&x[0], &i, &j],
            )
        }),
        case("dynamic update slice", &[&[5, 4], &[2, 3]], |x| {
            let (i, j) = (array(2, ())?, array(1, ())?);
            bound(Prim::DynamicUpdateSlice, &[&x[0], &x[1], &i, &j])
        }),
        case("choose", &[&[3], &[3]], |x| {
            choose(ints(&[0, 1, 0], &[3]), [&x[0], &x[1]], IndexMode::Raise)
        }),
    ]);
}

#[test]
fn reductions() {
    run(vec![
        case("sum", &[&[2, 3, 4]], |x| x[0].sum([0, 2])),
        case("sum keepdims", &[&[2, 3]], |x| {
            x[0].sum(Reduce::axes(1).keepdims())
        }),
        case("mean", &[&[2, 3]], |x| x[0].mean(0)),
        case("var", &[&[2, 5]], |x| x[0].var(1)),
        case("std", &[&[2, 5]], |x| x[0].std(1)),
        case("prod", &[&[2, 3, 2]], |x| x[0].prod([0, 2])),
        case("max", &[&[2, 5]], |x| x[0].max(1)),
        case("min", &[&[2, 5]], |x| x[0].min(())),
        case("ptp", &[&[2, 5]], |x| ptp(&x[0], 1)),
        case("cumsum", &[&[2, 5]], |x| x[0].cumsum(1)),
        case("cumprod", &[&[2, 5]], |x| x[0].cumprod(1)),
        case("cumprod flat", &[&[7]], |x| x[0].cumprod(())),
        case("cummax", &[&[2, 5]], |x| {
            cumulative(&x[0], CumulativeOp::Max, false)
        }),
        case("cummin", &[&[2, 5]], |x| {
            cumulative(&x[0], CumulativeOp::Min, false)
        }),
        case("cumsum from the end", &[&[2, 5]], |x| {
            cumulative(&x[0], CumulativeOp::Sum, true)
        }),
        case("cumprod from the end", &[&[2, 5]], |x| {
            cumulative(&x[0], CumulativeOp::Prod, true)
        }),
        case("cummax from the end", &[&[2, 5]], |x| {
            cumulative(&x[0], CumulativeOp::Max, true)
        }),
        case("cummin from the end", &[&[2, 5]], |x| {
            cumulative(&x[0], CumulativeOp::Min, true)
        }),
        case("median", &[&[5]], |x| median(&x[0], ())),
        case("sort", &[&[3, 5]], |x| sort(&x[0], 1)),
        case("sort axis 0", &[&[5, 2]], |x| sort(&x[0], 0)),
        case("logsumexp", &[&[2, 5]], |x| {
            let top = x[0].max(Reduce::axes(1).keepdims())?;
            (&x[0] - top).exp()?.sum(1)?.log()
        }),
        case("empty sum", &[&[0, 2]], |x| x[0].sum(0)),
        case("empty prod", &[&[0, 2]], |x| x[0].prod(0)),
        case("one-element cumprod", &[&[1]], |x| x[0].cumprod(0)),
    ]);
}

fn cumulative(x: &Array, op: CumulativeOp, reverse: bool) -> Result<Array> {
    let prim = Prim::Cumulative {
        op,
        axis: 1,
        reverse,
        dtype: x.dtype(),
    };
    bound(prim, &[x])
}

#[test]
fn zeros_in_products() {
    for zeros in [vec![2], vec![1, 3]] {
        let mut x = vec![1.5, -0.5, 0.75, 2.0, -1.25];
        zeros.iter().for_each(|&i| x[i] = 0.0);
        let x = Array::from_vec::<f64>(x, &[5]).unwrap();
        check("prod", &|x| x[0].prod(()), vec![x.clone()]);
        check("cumprod", &|x| x[0].cumprod(()), vec![x.clone()]);
        let again = |x: &[Array]| cumulative(&x[0].reshape([1, 5])?, CumulativeOp::Prod, true);
        check("cumprod from the end", &again, vec![x]);
    }
    // Zeros among updates that meet.
    let x = array([1.5, 0.5], ()).unwrap();
    let update = array([2.0, 0.0, 3.0, 0.5], ()).unwrap();
    let f = |xs: &[Array]| xs[0].at(s![ints(&[0, 0, 1, 0], &[4])]).multiply(&xs[1]);
    check("at multiply", &f, vec![x, update]);
}

#[test]
fn products() {
    run(vec![
        case("dot", &[&[4], &[4]], |x| dot(&x[0], &x[1])),
        case("matmul", &[&[2, 3], &[3, 4]], |x| matmul(&x[0], &x[1])),
        case("batched matmul", &[&[2, 2, 3], &[2, 3, 2]], |x| {
            matmul(&x[0], &x[1])
        }),
        case("broadcast matmul", &[&[2, 3], &[4, 3, 2]], |x| {
            matmul(&x[0], &x[1])
        }),
        case("matrix by vector", &[&[2, 3], &[3]], |x| {
            matmul(&x[0], &x[1])
        }),
        case("tensordot", &[&[2, 3, 4], &[4, 3, 2]], |x| {
            bound(
                Prim::DotGeneral(DotDims {
                    lhs_contract: [1, 2][..].into(),
                    rhs_contract: [1, 0][..].into(),
                    lhs_batch: [0][..].into(),
                    rhs_batch: [2][..].into(),
                }),
                &[&x[0], &x[1]],
            )
        }),
        case("outer", &[&[2], &[3]], |x| outer(&x[0], &x[1])),
        case("einsum", &[&[2, 3], &[3, 2]], |x| {
            einsum("ij,jk->ki", [&x[0], &x[1]], ())
        }),
        case("einsum trace", &[&[3, 3]], |x| einsum("ii->", [&x[0]], ())),
        case("inner", &[&[2, 3], &[4, 3]], |x| inner(&x[0], &x[1])),
        case("kron", &[&[2], &[3]], |x| kron(&x[0], &x[1])),
        case("square matrix with itself", &[&[3, 3]], |x| {
            matmul(&x[0], &x[0])
        }),
    ]);
    let mut numbers = Numbers::new(6);
    let (x, y) = (
        numbers.complex(&[2, 3], -1.0, 1.0),
        numbers.complex(&[3, 2], -1.0, 1.0),
    );
    check(
        "complex matmul",
        &|x| matmul(&x[0], &x[1]),
        vec![x.clone(), y.clone()],
    );
    check("vdot", &|x| vdot(&x[0], x[1].t()?), vec![x, y]);
}

#[test]
fn what_has_no_derivative_gives_zeros() {
    let x = array([0.3, 0.1, 0.2], ()).unwrap();
    let nothing: Vec<(&str, fn(&Array) -> Result<Array>)> = vec![
        ("argmax", |x| x.argmax(())?.astype(DType::Float64)),
        ("argsort", |x| {
            x.argsort(())?.astype(DType::Float64)?.sum(())
        }),
        ("comparison", |x| x.lt(0.2)?.astype(DType::Float64)?.sum(())),
        ("cast to integers", |x| {
            x.astype(DType::Int64)?.astype(DType::Float64)?.sum(())
        }),
        ("all", |x| all(x, ())?.astype(DType::Float64)),
        ("searchsorted", |x| {
            searchsorted(array([0.0, 0.15], ())?, x, ())?
                .astype(DType::Float64)?
                .sum(())
        }),
        ("nonzero", |x| {
            nonzero(x, ())?[0].astype(DType::Float64)?.sum(())
        }),
    ];
    for (name, f) in nothing {
        let g = tnp_autodiff::grad(f, &x).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(g.to_vec::<f64>().unwrap(), [0.0; 3], "{name}");
        let (_, dy) =
            tnp_autodiff::jvp(f, &x, &x).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(dy.item::<f64>().unwrap(), 0.0, "{name}");
    }
}
