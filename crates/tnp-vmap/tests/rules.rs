//! Single rules of the batching table where they are delicate: positions, branches and loops of each example's own, keys, counts.

extern crate tnp_cpu;

use std::sync::{Arc, Mutex};

use tnp_array::*;
use tnp_backend::prim::{AxisIndex, CustomRule, Prim, Side, SliceSpec, register_custom};
use tnp_backend::{GraphBuilder, TensorType};
use tnp_trace::{Aval, Scan, cond, function, replay, scan, switch, trace, while_loop};
use tnp_vmap::{Vmap, map_fn, register_batching, vectorized_map, vmap, vmap_arrays};

fn equal(x: &Array, y: &Array, what: &str) {
    assert_eq!((x.shape(), x.dtype()), (y.shape(), y.dtype()), "{what}");
    // Sums of products may be added up in another order; all else is the same to the bit.
    let near = Close {
        equal_nan: true,
        ..Close::rtol(1e-14)
    };
    let same = match x.dtype().is_inexact() {
        true => allclose(x, y, near),
        false => array_equal(x, y, ()),
    };
    assert!(same.unwrap(), "{what}:\n{x}\n{y}");
}

/// Mapped and looped agree, traced outside or inside too.
fn agree<T: Tree>(what: &str, x: &T, f: impl Fn(&T) -> Result<Array>) {
    let looped = map_fn(&f, x).unwrap();
    equal(&vectorized_map(&f, x).unwrap(), &looped, what);
    let traced = function(|x: &T| vectorized_map(&f, x));
    equal(&traced.call(x).unwrap(), &looped, what);
    let inner = function(&f);
    equal(
        &vectorized_map(|x| inner.call(x), x).unwrap(),
        &looped,
        what,
    );
}

fn all(prim: Prim, inputs: &[&Array]) -> Result<Array> {
    let mut inputs: Vec<Operand<'_>> = inputs.iter().map(|&x| x.into()).collect();
    bind1(&prim, &mut inputs)
}

fn ints(values: impl Into<Operand<'static>>) -> Array {
    array(values, DType::Int64).unwrap()
}

fn reals(shape: &[usize]) -> Array {
    let size: usize = shape.iter().product();
    let x = (arange(size as i64).unwrap() * 5 % 13)
        .reshape(shape)
        .unwrap();
    x.astype(DType::Float64).unwrap()
}

/// Frames that count what comes to them.
struct Counter(ScopeId, Mutex<Vec<&'static str>>);

impl Frame for Counter {
    fn scope(&self) -> ScopeId {
        self.0
    }
    fn name(&self) -> &'static str {
        "Counter"
    }
    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
        self.1.lock().unwrap().push(prim.name());
        bind(prim, inputs)
    }
}

fn primitives<R>(body: impl FnOnce() -> R) -> Vec<&'static str> {
    let counter = Arc::new(Counter(ScopeId::fresh(), Mutex::default()));
    with_frame(counter.clone(), body);
    counter.1.lock().unwrap().clone()
}

#[test]
fn blocks_at_own_starts() {
    let (x, rows, columns) = (reals(&[4, 5, 3]), ints([0, 3, 1, 2]), ints([1, 0, 0, 1]));
    let zero = ints(0);
    let block = |sizes: [usize; 2]| Prim::DynamicSlice {
        sizes: sizes[..].into(),
    };
    type Three = (Array, Array, Array);
    let own = (x.clone(), rows.clone(), columns);
    agree("both starts", &own, |(x, i, j): &Three| {
        all(block([2, 2]), &[x, i, j])
    });
    agree("one start", &own, |(x, i, _)| {
        all(block([2, 3]), &[x, i, &zero])
    });
    agree("one start of a part", &own, |(x, i, _)| {
        all(block([2, 1]), &[x, i, &ints(2)])
    });
    agree("the last axis", &own, |(x, _, j)| {
        all(block([5, 2]), &[x, &zero, j])
    });
    agree("nothing", &own, |(x, i, _)| {
        all(block([0, 3]), &[x, i, &zero])
    });
    let shared = reals(&[5, 3]);
    agree("of a shared array", &rows, |i| {
        all(block([2, 3]), &[&shared, i, &zero])
    });
    agree("the last axis of a shared array", &rows, |i| {
        all(block([5, 1]), &[&shared, &zero, &(i % 3)])
    });
    let part = reals(&[4, 2, 3]) * -1.0;
    let written = (x.clone(), part.clone(), rows.clone());
    agree("update", &written, |(x, part, i): &Three| {
        all(Prim::DynamicUpdateSlice, &[x, part, i, &zero])
    });
    agree(
        "update of a shared array",
        &(part, rows.clone()),
        |(part, i)| {
            all(
                Prim::DynamicUpdateSlice,
                &[&shared, &part.get(s![.., ..2])?, i, &ints(1)],
            )
        },
    );
    // What a loop refuses a map refuses: past the end, before the beginning, and not all of an axis.
    for (bad, column) in [
        ([0, 4, 0, 0], 0),
        ([0, -1, 0, 0], 0),
        ([0, 1, 0, 0], 1),
        ([0, 1, 0, 0], -1),
    ] {
        let (bad, column) = (ints(bad), ints(column));
        let f = |(x, i): &(Array, Array)| all(block([2, 3]), &[x, i, &column]);
        let both = (x.clone(), bad);
        assert!(map_fn(f, &both).is_err() && vectorized_map(f, &both).is_err());
        let f = |i: &Array| all(block([2, 3]), &[&shared, i, &column]);
        assert!(map_fn(f, &both.1).is_err() && vectorized_map(f, &both.1).is_err());
    }
}

#[test]
fn borders_of_own_values() {
    let both = (reals(&[3, 2, 2]), array([7.0, 8.0, 9.0], ()).unwrap());
    let prim = || Prim::Pad {
        low: [1, 0][..].into(),
        high: [0, 2][..].into(),
    };
    agree("pad", &both, |(x, value)| all(prim(), &[x, value]));
    agree("pad a shared array", &both.1, |value| {
        all(prim(), &[&reals(&[2, 2]), value])
    });
}

#[test]
fn search_in_lists_of_own() {
    let nan = f64::NAN;
    let lists = [
        [1.0, 2.0, 2.0, 5.0, nan],
        [-1.0, 0.0, 7.0, nan, nan],
        [3.0; 5],
    ];
    let values = [[2.0, nan, 9.0], [-5.0, 7.0, f64::INFINITY], [3.0, 2.0, nan]];
    let both = (array(lists, ()).unwrap(), array(values, ()).unwrap());
    let z = |re: f64, im: f64| c128::new(re, im);
    let list = [
        z(0.0, 1.0),
        z(1.0, -1.0),
        z(1.0, 2.0),
        z(1.0, nan),
        z(2.0, nan),
        z(nan, 0.0),
        z(nan, 1.0),
        z(nan, nan),
    ];
    let (list, size) = (array([list, list], ()).unwrap(), 8);
    for side in [Side::Left, Side::Right] {
        let prim = || Prim::SearchSorted { side };
        agree("floats", &both, |(list, values)| {
            all(prim(), &[list, values])
        });
        agree("shared values", &both.0, |list| {
            all(prim(), &[list, &reals(&[2, 3])])
        });
        agree(
            "complex",
            &(list.clone(), list.clone()),
            |(list, values)| all(prim(), &[list, values]),
        );
        for n in 0..=size {
            let part = (list.get(s![.., ..n]).unwrap(), list.clone());
            agree("of any length", &part, |(list, values)| {
                all(prim(), &[list, values])
            });
        }
    }
}

#[test]
fn branches_of_own() -> Result<()> {
    let x = reals(&[4, 3]);
    // A branch that only some examples may take: for the others it would read past the end.
    let at = ints([0, 2, 7, 9]);
    let f = |(x, i): &(Array, Array)| {
        cond(
            less(i, 3)?,
            |(x, i): &(Array, Array)| x.get(s![i]),
            |(x, _)| x.sum(()),
            &(x.clone(), i.clone()),
        )
    };
    agree("guarded", &(x.clone(), at), f);
    agree("taken by none", &(x.clone(), ints([7, 8, 9, 10])), f);
    agree("taken by all", &(x.clone(), ints([0, 1, 2, 0])), f);
    // One that would not end.
    let halves = |x: &Array| {
        cond(
            greater(x, 0)?,
            |x: &Array| while_loop(|x| less(x, 10), |x| x * 2, x, ()),
            |x| Ok(x - 1),
            x,
        )
    };
    agree("an endless loop", &ints([3, -1, 0, 8]), halves);
    let three: [&dyn Fn(&Array) -> Result<Array>; 3] =
        [&|x| x.sum(0), &|x| x.max(0), &|x| x.get(s![ints(2)])];
    let pick = |(n, x): &(Array, Array)| switch(n, &three, x);
    agree("switch", &(ints([2, 0, 1, 2]), x.clone()), pick);
    // Out of bounds is an error with or without a value.
    let bad = (ints([0, 1, 3, 0]), x.clone());
    let raw = |(n, x): &(Array, Array)| {
        let mut builder = GraphBuilder::new();
        let input = builder.input(x.ty());
        let other = Prim::Unary(tnp_backend::prim::Unary::Negative);
        let other = builder.push1(other, &[input])?;
        let same = Arc::new(builder.clone().finish(&[input]));
        let branches = vec![same.clone(), Arc::new(builder.finish(&[other])), same];
        all(Prim::Switch { branches }, &[n, x])
    };
    for bad in [bad, (ints([0, -1, 2, 0]), x)] {
        assert!(map_fn(raw, &bad).is_err() && vectorized_map(raw, &bad).is_err());
        let traced = function(|bad: &(Array, Array)| vectorized_map(raw, bad));
        assert!(traced.call(&bad).is_err());
    }
    Ok(())
}

#[test]
fn loops_of_own_length() -> Result<()> {
    // Sums as far as each example says: one step more would read past the end.
    let xs = reals(&[4, 5]);
    let f = |(x, n): &(Array, Array)| {
        let start = (ints(0), array(0.0, ())?);
        let sum = while_loop(
            |(i, _): &(Array, Array)| less(i, n),
            |(i, sum)| Ok((i + 1, sum + x.get(s![i])?)),
            &start,
            (),
        )?;
        Ok(sum.1)
    };
    agree("own lengths", &(xs.clone(), ints([5, 0, 2, 5])), f);
    agree("no turn", &(xs.clone(), ints([0, 0, -1, 0])), f);
    // What the body only hands on stays one for all.
    let weights = reals(&[3, 3]) / 20.0;
    let (x, ends) = (reals(&[6, 3]), arange(6)?);
    let step = |(x, n): &(Array, Array)| {
        let ended = while_loop(
            |(i, _): &(Array, Array)| less(i, n),
            |(i, x)| Ok((i + 1, matmul(&weights, x)?)),
            &(ints(0), x.clone()),
            (),
        )?;
        Ok(ended.1)
    };
    agree("shared weights", &(x.clone(), ends.clone()), step);
    let mapped = trace("map", &[Aval::of(&x), Aval::of(&ends)], |boxes| {
        Ok(vec![vectorized_map(
            step,
            &(boxes[0].clone(), boxes[1].clone()),
        )?])
    })?;
    let text = mapped.graph.to_string();
    assert!(
        text.contains("float64[3,3]") && !text.contains("float64[6,3,3]"),
        "{text}"
    );
    equal(
        &replay(&mapped.graph, mapped.inputs(&[&x, &ends])?)?[0],
        &map_fn(step, &(x, ends))?,
        "replayed",
    );
    Ok(())
}

/// Steps lie in front of the batch in what a scan runs over and in what it stacks up.
#[test]
fn scans_over_own_items() -> Result<()> {
    let turn = |h: &Array, x: &Array| -> Result<(Array, Array)> {
        let h = h * 0.5 + x.sum(())?;
        Ok((h.clone(), x * &h))
    };
    for options in [Scan::default(), Scan::reverse()] {
        let run = |(h, xs): &(Array, Array)| -> Result<Array> {
            let (last, ys) = function(|(h, xs): &(Array, Array)| scan(turn, h, xs, options))
                .call(&(h.clone(), xs.clone()))?;
            add(ys, last)
        };
        agree(
            "scan over own items",
            &(reals(&[4]), reals(&[4, 3, 2])),
            run,
        );
        let shared = reals(&[4]);
        agree("scan of own starts", &shared, |h| {
            run(&(h.clone(), reals(&[3, 2])))
        });
        agree("scan from a shared start", &reals(&[4, 3, 2]), |xs| {
            run(&(reals(&[]), xs.clone()))
        });
    }
    Ok(())
}

#[test]
fn positions_where_there_are_fewer_than_asked_for() {
    let masks = array([[1, 0, 0, 5], [0, 0, 0, 0], [1, 1, 1, 1], [0, 2, 1, 0]], ()).unwrap();
    for size in [1, 3, 4, 6] {
        let find = |x: &Array| stack(nonzero(x, NonZero::size(size))?, ());
        agree("positions", &masks, find);
        agree("positions of two axes", &masks, |x| {
            find(&x.reshape([2, 2])?)
        });
        let filled = |x: &Array| stack(nonzero(x, NonZero::size(size).fill_value(-1))?, ());
        agree("positions, filled up", &masks, filled);
    }
}

#[test]
fn bits_under_own_keys() {
    let keys = array([[1, 2], [3, 4], [0, 0]], DType::UInt32).unwrap();
    for dtype in [DType::UInt32, DType::UInt64] {
        for shape in [&[][..], &[0], &[3], &[2, 5], &[33], &[40, 7]] {
            let prim = || Prim::RandomBits {
                shape: shape.into(),
                dtype,
            };
            agree("bits", &keys, |key| all(prim(), &[key]));
        }
    }
    let none = keys.get(s![..0]).unwrap();
    let drawn = vectorized_map(
        |key: &Array| {
            all(
                Prim::RandomBits {
                    shape: [4][..].into(),
                    dtype: DType::UInt32,
                },
                &[key],
            )
        },
        &none,
    );
    assert_eq!(drawn.unwrap().shape(), [0, 4]);
}

#[test]
fn work_does_not_grow_with_the_batch() {
    let weights = reals(&[5, 5]);
    let f = |(x, n): &(Array, Array)| {
        let y = matmul(x, &weights)?.tanh()?;
        let y = y.set(s![n % 3], sort(y.get(s![n % 2])?, ())?)?;
        let rows = take(&y, searchsorted(y.get(s![0])?, y.get(s![1])?, ())? % 3, 0)?;
        let rows = cond(greater(n, 1)?, |x: &Array| x * 2, |x| x - 1, &rows)?;
        Ok(cumsum(rows, 0)?.sum(())? + random::rand(())?)
    };
    let count = |size: usize| {
        let both = (reals(&[size, 3, 5]), arange(size as i64).unwrap());
        primitives(|| vectorized_map(f, &both).unwrap())
    };
    assert_eq!(count(2), count(50));
    assert!(count(2).len() < 120, "{:?}", count(2));
}

#[test]
fn a_shared_side_of_a_product_is_no_batch() {
    let (x, weights) = (reals(&[4, 3, 5]), reals(&[5, 2]));
    let names = primitives(|| vectorized_map(|x: &Array| matmul(x, &weights), &x).unwrap());
    assert_eq!(names, ["dot_general"]);
}

#[test]
fn weakness_stays() -> Result<()> {
    let x = array([1, 2], ())?.with_weak(true);
    assert!(vectorized_map(|x: &Array| x.clone(), &x)?.is_weak());
    assert!(map_fn(|x: &Array| x.clone(), &x)?.is_weak());
    assert!(
        vmap(
            |x: &Array| x.clone(),
            &x,
            Vmap::in_axes([Some(-1)]).out_axes([-1])
        )?
        .is_weak()
    );
    let strong = vectorized_map(|x: &Array| add(x, array(1.0, ())?), &x)?;
    assert!(!strong.is_weak());
    // Inside, a weak array gives way as outside.
    let sum = with_mode(Mode::All, || {
        vectorized_map(|x: &Array| add(x, array(1, DType::Int8)?), &x)
    })?;
    assert_eq!(sum.dtype(), DType::Int8);
    Ok(())
}

#[test]
fn lists_of_arrays() -> Result<()> {
    let (x, y) = (reals(&[3, 4]), reals(&[4]));
    let inputs = [x.clone(), y.clone()];
    let outputs = vmap_arrays(&inputs, &[Some(1), None], &mut |xs| {
        Ok(vec![
            xs[0].sum(())?,
            xs[1].clone(),
            dot(&xs[0], &xs[1].get(s![..3])?)?,
        ])
    })?;
    equal(&outputs[0], &x.sum(0)?, "mapped");
    equal(&outputs[1], &tile(&y, [4, 1])?, "shared");
    assert_eq!(outputs[2].shape(), [4]);
    // Of no batch, and of none at all.
    let none = vmap(|x: &Array| x + 1, &y, Vmap::in_axes([None]).axis_size(2))?;
    assert_eq!(none.shape(), [2, 4]);
    assert_eq!(
        vectorized_map(|x: &Array| Ok((x.sum(())?, x * 2)), &zeros([0, 3], ())?)?
            .1
            .shape(),
        [0, 3]
    );
    let looped = map_fn(
        |x: &Array| Ok((x.sum(())?, greater(x, 1)?)),
        &zeros([0, 3], ())?,
    )?;
    assert_eq!(
        (looped.0.shape(), looped.1.shape(), looped.1.dtype()),
        (&[0][..], &[0, 3][..], DType::Bool)
    );
    Ok(())
}

#[test]
fn what_escapes_is_refused() -> Result<()> {
    let kept: Mutex<Option<Array>> = Mutex::new(None);
    let keep = |x: &Array| {
        *kept.lock().unwrap() = Some(x.clone());
        x + 1
    };
    vectorized_map(keep, &reals(&[2]))?;
    let escaped = kept.lock().unwrap().take().unwrap();
    let error = add(&escaped, 1).unwrap_err();
    insta::assert_snapshot!(error, @"add: an array of a finished or foreign transformation is used; return it from the function that was traced or mapped, or carry the transformation here with `Context::capture()` and `enter()`");
    assert!(vectorized_map(|x: &Array| add(x, &escaped), &reals(&[2])).is_err());
    assert!(escaped.item::<f64>().is_err());
    Ok(())
}

#[test]
fn refusals() {
    let id = register_custom(CustomRule {
        name: "twice",
        infer: |inputs| Ok([inputs[0].clone()].into_iter().collect()),
        lower: |inputs| {
            let mut builder = GraphBuilder::new();
            let x = builder.input(TensorType::clone(inputs[0]));
            let y = builder.push1(Prim::Binary(tnp_backend::prim::Binary::Add), &[x, x])?;
            Ok(builder.finish(&[y]))
        },
    });
    let twice = |x: &Array| all(Prim::Custom(id), &[x]);
    let x = reals(&[3]);
    let mut said = String::new();
    let mut note = |error: Error| said += &format!("{error}\n");
    note(vectorized_map(twice, &x).unwrap_err());
    note(vectorized_map(|x: &Array| Ok(if x.truth()? { x.clone() } else { -x }), &x).unwrap_err());
    note(
        function(|x: &Array| Ok(x * x.item::<f64>()?))
            .call(&array(1.0, ()).unwrap())
            .unwrap_err(),
    );
    note(vectorized_map(|x: &Array| x.reshape([4]), &reals(&[2, 3])).unwrap_err());
    note(
        vectorized_map(
            |x: &Array| all(Prim::Sort { axis: 1 }, &[x]),
            &reals(&[2, 3]),
        )
        .unwrap_err(),
    );
    let part = |x: &Array| {
        all(
            Prim::Gather {
                axes: [AxisIndex::Slice(SliceSpec::full(9))][..].into(),
                index_axes_at: 0,
            },
            &[x],
        )
    };
    note(vectorized_map(part, &reals(&[2, 3])).unwrap_err());
    let unlike = |x: &Array| arange(x.item::<f64>()? as i64);
    note(map_fn(unlike, &array([1.0, 2.0], ()).unwrap()).unwrap_err());
    let lists = |x: &Array| Ok(vec![x.clone(); x.item::<f64>()? as usize]);
    note(map_fn(lists, &array([1.0, 2.0], ()).unwrap()).unwrap_err());
    note(vmap_arrays(std::slice::from_ref(&x), &[], &mut |xs| Ok(xs.to_vec())).unwrap_err());
    note(vmap(|x: &Array| x + 1, &x, Vmap::default().out_axes([0, 1])).unwrap_err());
    note(
        vectorized_map(
            |x: &Array| Ok::<Array, Error>(x.clone()),
            &array(1, ()).unwrap(),
        )
        .unwrap_err(),
    );
    insta::assert_snapshot!(said, @"
twice: no batching rule is registered for it; give it one (`register_batching`), or use `map_fn`, which runs the examples one by one
vectorized_map: the value of an array is read: inside a map there is one for each example; choose by it with `where_`, branch with `cond` or `while_loop`, or run the examples one by one with `map_fn`
function: the value of an array is read: inside a traced function there is none yet; return the array, or use `cond`, `while_loop` or `scan` instead of branching on it
reshape: cannot reshape array of size 3 into shape (4,)
sort: axis 1 is out of bounds for array of dimension 1
gather: slice of 9 elements from 0 by step 1 is out of bounds for axis 0 with size 3
map_fn: example 0 gives int64[1] where example 1 gives int64[2]; results are stacked, so they must agree
map_fn: example 0 and example 1 give results of different structure
vmap: 0 axes are given for 1 arrays
vmap: 2 axes are given for 1 results
vectorized_map: an array of the input is 0-d: it has no axis to map over; share it between all examples (`Vmap::in_axes` with `None`, or capture it)
");
    register_batching(id, |inputs, _| Ok(vec![add(&inputs[0].0, &inputs[0].0)?]));
    equal(&vectorized_map(twice, &x).unwrap(), &(&x * 2.0), "twice");
}
