//! Mapped equals looped: every primitive, every family, nested and traced.

extern crate tnp_cpu;

use proptest::prelude::*;
use tnp_array::*;
use tnp_backend::prim::{Binary, Prim, Unary};
use tnp_trace::{Scan, cond, fori_loop, function, scan, switch, while_loop};
use tnp_vmap::{Vmap, map_fn, vectorized_map, vmap};

type Two<'a> = &'a dyn Fn(&Array, &Array) -> Result<Array>;

fn same(x: &Array, y: &Array, what: &str) {
    assert_eq!((x.shape(), x.dtype()), (y.shape(), y.dtype()), "{what}");
    let near = Close {
        equal_nan: true,
        ..Close::rtol(1e-9)
    };
    let equal = if x.dtype().is_inexact() {
        allclose(x, y, near)
    } else {
        array_equal(x, y, ())
    };
    assert!(equal.unwrap(), "{what}:\n{x}\n{y}");
}

/// Both, one or the other operand mapped: as a loop over the examples gives it.
fn check(what: &str, x: &Array, y: &Array, f: Two<'_>) {
    let both = (x.clone(), y.clone());
    let mapped = vectorized_map(|(x, y): &(Array, Array)| f(x, y), &both);
    let looped = map_fn(|(x, y): &(Array, Array)| f(x, y), &both);
    match (&mapped, &looped) {
        (Ok(mapped), Ok(looped)) => same(mapped, looped, what),
        (Err(_), Err(_)) => return,
        _ => panic!("{what}: mapped {mapped:?}, looped {looped:?}"),
    }
    let first = y.get(s![0]).unwrap();
    let mapped = vectorized_map(|x: &Array| f(x, &first), x).unwrap();
    same(&mapped, &map_fn(|x: &Array| f(x, &first), x).unwrap(), what);
    let first = x.get(s![0]).unwrap();
    let mapped = vectorized_map(|y: &Array| f(&first, y), y).unwrap();
    same(&mapped, &map_fn(|y: &Array| f(&first, y), y).unwrap(), what);
}

fn numbers(shape: &[usize], dtype: DType) -> Array {
    let size: usize = shape.iter().product();
    let x = (arange(size as i64).unwrap() * 7 % 11 + 1)
        .reshape(shape)
        .unwrap();
    if dtype.is_bool() {
        return greater(x, 5).unwrap();
    }
    x.astype(dtype).unwrap()
}

#[test]
fn every_elementwise_primitive() {
    for dtype in [DType::Bool, DType::Int32, DType::Float64, DType::Complex128] {
        let (x, y) = (numbers(&[3, 2, 2], dtype), numbers(&[3, 2, 2], dtype));
        let x = if dtype.is_inexact() { x / 12.0 } else { x };
        for &op in Unary::ALL {
            check(op.name(), &x, &y, &|x, _| {
                bind1(&Prim::Unary(op), &mut [x.into()])
            });
        }
        for &op in Binary::ALL {
            check(op.name(), &x, &y, &|x, y| {
                bind1(&Prim::Binary(op), &mut [x.into(), y.into()])
            });
        }
    }
}

fn column(y: &Array, at: i64, modulo: i64) -> Result<Array> {
    Ok(y.get(s![.., at])?.astype(DType::Int64)? % modulo)
}

#[test]
#[rustfmt::skip]
fn every_family() {
    let (x, y) = (numbers(&[4, 3, 5], DType::Float64), numbers(&[4, 5, 2], DType::Float64) - 3.0);
    let shared = numbers(&[2, 5], DType::Float64);
    let cases: &[(&str, Two<'_>)] = &[
        ("matmul", &|x, y| matmul(x, y)),
        ("transposed matmul", &|x, y| matmul(y.transpose(())?, x.transpose(())?)),
        ("shared matmul", &|x, y| Ok(matmul(&shared, y)?.sum(())? + matmul(x, shared.transpose(())?)?)),
        ("tensordot", &|x, y| tensordot(x, y, 1)),
        ("outer", &|x, y| outer(x, y)),
        ("einsum", &|x, y| einsum("ij,jk->kij", [x, y], ())),
        ("sum", &|x, _| x.sum(1)),
        ("mean", &|x, _| x.mean(Reduce::axes([0, 1]).keepdims())),
        ("prod", &|x, y| Ok(x.prod(0)?.sum(())? + y.prod(())?)),
        ("max", &|x, _| x.max(0)),
        ("argmin", &|x, _| x.argmin(1)),
        ("cumsum", &|x, _| cumsum(x, 0)),
        ("cumprod", &|_, y| cumprod(y, ())),
        ("sort", &|x, _| sort(x, 1)),
        ("argsort", &|_, y| argsort(y, 0)),
        ("reshape", &|x, y| Ok(x.reshape([5, 3])? + y.ravel(())?.get(s![..3])?)),
        ("transpose", &|x, _| x.transpose(())),
        ("broadcast", &|x, y| Ok(x.get(s![.., newaxis, ..])? + y.get(s![0])?.reshape([2, 1])?)),
        ("slices", &|x, y| Ok(x.get(s![..;-1, 1..4])? * y.get(s![1..4, 0])?)),
        ("pad", &|x, _| pad(x, [(1, 0), (0, 2)], Pad::Constant(3.into()))),
        ("pad by edges", &|x, _| pad(x, 2, "reflect")),
        ("concatenate", &|x, y| concatenate([x, &y.transpose(())?.get(s![.., ..5])?], 0)),
        ("where", &|x, y| where_(greater(x, 4)?, x, y.get(s![0, 0])?)),
        ("where a number", &|x, y| where_(greater(y, 0)?, 1.0, x.get(s![0, 0])?)),
        ("gather", &|x, _| x.get(s![.., array([0, 4, -1], ())?])),
        ("gather of own", &|x, y| take(x, column(y, 0, 5)?, 1)),
        ("own of shared", &|x, _| take(arange(20)?, x.astype(DType::Int64)?, ())),
        ("take_along_axis", &|x, _| take_along_axis(x, argsort(x, 1)?, 1)),
        ("set", &|x, y| x.set(s![1, ..2], y.get(s![0])?)),
        ("set one for all", &|x, _| x.set(s![.., 1], 9.0)),
        ("add at own", &|x, y| x.at(s![&column(y, 0, 3)?]).add(y.get(s![.., ..1])?)),
        ("set a shared array at own", &|x, y| {
            let at = x.get(s![.., 0])?.astype(DType::Int64)? % 4;
            zeros([4], ())?.at(s![&at]).maximum(y.get(s![..3, 1])?)
        }),
        ("searchsorted", &|x, y| searchsorted(sort(x.get(s![0])?, ())?, y, ())),
        ("searchsorted of shared", &|x, _| searchsorted(array([2.0, 4.0, 8.0], ())?, x, tnp_backend::prim::Side::Right)),
        ("nonzero", &|x, _| stack(nonzero(greater(x, 4)?, NonZero::size(6))?, ())),
        ("var", &|x, _| x.var(0)),
        ("median", &|x, _| median(x, 0)),
        ("clip", &|x, _| x.clip(2.0, 6.0)),
        ("tile", &|x, _| tile(x, [2, 1])),
        ("roll", &|x, _| roll(x, 2, 1)),
        ("diagonal", &|x, _| diagonal(x, ())),
        ("norm", &|x, _| x.square()?.sum(())?.sqrt()),
        ("cond", &|x, y| cond(greater(x.sum(())?, 90)?, |x: &Array| x * 2, |x| x - 1, &(x + y.get(s![0, 0])?))),
        ("switch", &|x, y| {
            let branches: [&dyn Fn(&Array) -> Result<Array>; 3] = [&|x| x.sum(0), &|x| x.max(0), &|x| x.min(0)];
            switch(y.get(s![0, 0])?.astype(DType::Int64)? % 3, &branches, x)
        }),
        ("while", &|x, _| while_loop(|x| less(x.sum(())?, 500), |x| x * 1.5, x, ())),
        ("fori", &|x, y| fori_loop(0, 4, |i, z: &Array| Ok(z * 0.5 + x * i + y.get(s![0, 0])?), x)),
        ("scan", &|x, y| {
            let (last, rows) = scan(
                |c: &Array, row: &Array| {
                    let next = c + row * y.get(s![0, 1])?;
                    Ok((next.clone(), next.sum(())?))
                },
                &zeros([5], ())?,
                x,
                Scan::reverse(),
            )?;
            Ok(last.sum(())? + rows)
        }),
        ("function", &|x, y| function(|(x, y): &(Array, Array)| x.matmul(y)).call(&(x.clone(), y.clone()))),
        ("shared result", &|_, _| arange(3)),
    ];
    for (what, f) in cases {
        check(what, &x, &y, f);
        // Traced and mapped, in either order.
        let both = (x.clone(), y.clone());
        let body = |(x, y): &(Array, Array)| f(x, y);
        let Ok(mapped) = vectorized_map(body, &both) else { panic!("{what}: {:?}", vectorized_map(body, &both)) };
        let traced = function(|both: &(Array, Array)| vectorized_map(body, both));
        same(&traced.call(&both).unwrap(), &mapped, what);
        let inner = function(body);
        same(&vectorized_map(|both: &(Array, Array)| inner.call(both), &both).unwrap(), &mapped, what);
    }
}

#[test]
fn maps_nest() -> Result<()> {
    let (x, y) = (
        numbers(&[3, 4], DType::Float64),
        numbers(&[5, 4], DType::Float64),
    );
    let products = vectorized_map(|x: &Array| vectorized_map(|y: &Array| dot(x, y), &y), &x)?;
    same(&products, &matmul(&x, y.transpose(())?)?, "dot of dot");
    let sums = vmap(
        |x: &Array| {
            vmap(
                |y: &Array| Ok(x + y),
                &y,
                Vmap::in_axes([Some(-1)]).out_axes([-1]),
            )
        },
        &numbers(&[5, 3], DType::Float64),
        Vmap::in_axes([Some(1)]),
    )?;
    assert_eq!(sums.shape(), [3, 5, 4]);
    Ok(())
}

#[test]
fn each_example_draws_its_own_numbers() -> Result<()> {
    let draw = |x: &Array| Ok(x + random::rand([4])?);
    let x = zeros([3], ())?;
    random::seed(5)?;
    let first = vectorized_map(draw, &x)?;
    random::seed(5)?;
    let again = vectorized_map(draw, &x)?;
    same(&first, &again, "after the same seed");
    let mut values = first.to_vec::<f64>()?;
    values.sort_by(f64::total_cmp);
    values.dedup();
    assert_eq!(values.len(), 12);
    Ok(())
}

#[test]
fn small_batches() -> Result<()> {
    for size in [0, 1] {
        let x = zeros([size, 3], ())?;
        let y = vectorized_map(|x: &Array| matmul(x, ones([3, 2], ())?), &x)?;
        assert_eq!(y.shape(), [size, 2]);
    }
    Ok(())
}

#[test]
fn misuse_is_told() {
    let (x, y) = (zeros([3], ()).unwrap(), zeros([4], ()).unwrap());
    let pair = (x.clone(), y);
    let mut said = String::new();
    let mut note = |error: Error| said += &format!("{error}\n");
    note(vectorized_map(|(x, y): &(Array, Array)| x + y, &pair).unwrap_err());
    note(vectorized_map(|x: &Array| x + 1, &array(1.0, ()).unwrap()).unwrap_err());
    note(vmap(|x: &Array| x + 1, &x, Vmap::in_axes([Some(2)])).unwrap_err());
    note(vmap(|x: &Array| x + 1, &x, Vmap::in_axes([None])).unwrap_err());
    note(vectorized_map(|x: &Array| Ok(x * x.item::<f64>()?), &x).unwrap_err());
    note(vectorized_map(|x: &Array| x.get(s![greater(x, 1)?]), &x).unwrap_err());
    insta::assert_snapshot!(said, @"
vectorized_map: the mapped axes must have one size; the arrays have shapes (3,), (4,)
vectorized_map: an array of the input is 0-d: it has no axis to map over; share it between all examples (`Vmap::in_axes` with `None`, or capture it)
vmap: axis 2 is out of bounds for array of dimension 1
vmap: nothing is mapped, so the size of the batch is not known; give it (`Vmap::axis_size`)
vectorized_map: the value of an array is read: inside a map there is one for each example; choose by it with `where_`, branch with `cond` or `while_loop`, or run the examples one by one with `map_fn`
get: how many elements of a mask are true is not known inside a traced or mapped function, so the result has no shape yet; use `where_` to keep the shape, `nonzero` with `size=` to state it, or `map_fn` instead of a map
");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    /// Random chains of steps on two arrays.
    #[test]
    #[rustfmt::skip]
    fn random_compositions(steps in prop::collection::vec((0usize..14, 0i64..4), 1..7)) {
        let f = |x: &Array, y: &Array| -> Result<Array> {
            let (mut x, mut y) = (x.clone(), y.clone());
            for &(step, n) in &steps {
                let next = match step {
                    0 => &x + &y,
                    1 => (&x * 0.1).tanh()?,
                    2 => &x * x.sum(n as isize % 2)?.sum(())?.tanh()?,
                    3 => roll(&x, n, ())?,
                    4 => matmul(&x, &y)? * 0.05,
                    5 => x.transpose(())?,
                    6 => sort(&x, n as isize % 2)?,
                    7 => where_(greater(&x, n)?, &y, &x)?,
                    8 => cumsum(&x, n as isize % 2)? * 0.3,
                    9 => x.set(s![n % 3], y.get(s![0])?)?,
                    10 => take(&x, (absolute(y.get(s![.., 0])?)? * 3).astype(DType::Int64)? % 3, 0)?,
                    11 => &x - x.max(Reduce::axes(0).keepdims())?,
                    12 => vectorized_map(|row: &Array| Ok(row - row.mean(())?), &x)?,
                    _ => x.get(s![..;-1, ..])? * 0.5,
                };
                (x, y) = (y, next);
            }
            Ok(x * 0.5 + y)
        };
        let (x, y) = (numbers(&[4, 3, 3], DType::Float64) / 7.0, numbers(&[4, 3, 3], DType::Float64) - 5.0);
        check("composition", &x, &y, &f);
    }
}
