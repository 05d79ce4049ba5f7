//! What misuse of transformations is told: what is wrong and what to do instead.

use tnp::prelude::*;

#[macro_use]
mod said;

#[test]
fn transformations_misused() -> tnp::Result<()> {
    let x = array([1.0, 2.0, 3.0], ())?;
    let (two, whole) = (ones([2], ())?, array([1, 2], ())?);
    let used = GradientTape::new();
    used.watch(&x)?;
    let y = used.record(|| x.square())?;
    used.gradient(&y, &x)?;
    let tape = GradientTape::new().persistent();
    tape.watch(&x)?;
    let z = tape.record(|| x.square())?;
    let halve = |x: &Array| Ok::<_, tnp::Error>(x * 0.5);
    let grow = |x: &Array| concatenate([x, x], 0);
    let narrow = |x: &Array| x.astype(Float32);
    let small = |x: &Array| x.sum(())?.lt(100.0);
    let badly = custom_gradient(
        |x: &Array| x.sin(),
        |_: &Array, _: &Array, dy: &Array| dy.sum(()),
    );
    let text = said! {
        used.gradient(&y, &x);
        used.jacobian(&y, &x);
        tape.gradient(&x.exp()?, &x);
        tape.gradient(&z, &two);
        tape.watch(&whole).map(|()| whole.clone());
        tape.gradient(&z.astype(Int64)?, &x);
        grad(|x: &Array| x.square(), &x);
        grad(|x: &Array| x.sum(()), &whole);
        function(|x: &Array| Ok(x * x.get(s![0])?.item::<f64>()?)).call(&x);
        function(|x: &Array| Ok(if x.sum(())?.truth()? { x * 2.0 } else { x * 3.0 })).call(&x);
        function(|x: &Array| x.get(s![x.gt(1.0)?])).call(&x);
        function(|x: &Array| Ok(x * x.to_vec::<f64>()?[0])).call(&x);
        vectorized_map(|x: &Array| Ok(if x.truth()? { x * 2.0 } else { x * 3.0 }), &x);
        vectorized_map(|(x, y): &(Array, Array)| add(x, y), &(x.clone(), two.clone()));
        map_fn(|(x, y): &(Array, Array)| add(x, y), &(x.clone(), two.clone()));
        vectorized_map(|x: &Array| add(x, &x.reshape([2])?), &x);
        vectorized_map(|x: &Array| take(x, [7], 0), &ones([2, 3], ())?);
        while_loop(small, grow, &x, ());
        while_loop(small, narrow, &x, ());
        function(|x: &Array| while_loop(small, grow, x, ())).call(&x);
        function(|x: &Array| while_loop(small, narrow, x, ())).call(&x);
        fori_loop(0, 3, |_: &Array, x: &Array| grow(x), &x);
        function(|x: &Array| fori_loop(0, 3, |_: &Array, x: &Array| narrow(x), x)).call(&x);
        scan(|h: &Array, x: &Array| Ok::<_, tnp::Error>((grow(h)?, x.clone())), &x, &x, Scan::default()).map(|pair| pair.1);
        function(|x: &Array| scan(|h: &Array, x: &Array| Ok::<_, tnp::Error>((narrow(h)?, x.clone())), x, x, Scan::default())).call(&x).map(|pair| pair.1);
        while_loop(|x: &Array| x.gt(0.0), halve, &x, ());
        function(|x: &Array| cond(x.get(s![0])?.gt(0.0)?, grow, halve, x)).call(&x);
        grad(|x: &Array| badly(x)?.sum(()), &x);
        jvp(|x: &Array| badly(x), &x, &x).map(|pair| pair.1);
        jvp(|x: &Array| x.square(), &x, &two).map(|pair| pair.1);
        function(|x: &Array| grad(|x: &Array| while_loop(small, |x: &Array| x.square(), x, ())?.sum(()), x)).call(&x);
    };
    insta::assert_snapshot!(text, @"
used.gradient(&y, &x)
    GradientTape.gradient: the tape is used up by an earlier gradient or jacobian; make it `GradientTape::new().persistent()`
used.jacobian(&y, &x)
    GradientTape.jacobian: the tape is used up by an earlier gradient or jacobian; make it `GradientTape::new().persistent()`
tape.gradient(&x.exp()?, &x)
    GradientTape.gradient: a target of shape (3,) was not recorded; compute it from watched arrays inside `record`
tape.gradient(&z, &two)
    GradientTape.gradient: there is no gradient by the source, of shape (2,): it was not watched; call `watch` before using it. `Unconnected::Zero` gives zeros, `gradient_or_none` gives `None`
tape.watch(&whole).map(|()| whole.clone())
    GradientTape.watch: a source is int32, which has no derivatives; convert it with `astype` to a floating dtype
tape.gradient(&z.astype(Int64)?, &x)
    GradientTape.gradient: a target is int64, which has no derivatives; convert it with `astype` to a floating dtype
grad(|x: &Array| x.square(), &x)
    grad: the function gives shape (3,), its gradient is of one number; sum it up, or use `jacobian` or `vjp`
grad(|x: &Array| x.sum(()), &whole)
    grad: an input is int32, which has no derivatives; convert it with `astype` to a floating dtype
function(|x: &Array| Ok(x * x.get(s![0])?.item::<f64>()?)).call(&x)
    function: the value of an array is read: inside a traced function there is none yet; return the array, or use `cond`, `while_loop` or `scan` instead of branching on it
function(|x: &Array|
Ok(if x.sum(())?.truth()? { x * 2.0 } else { x * 3.0 })).call(&x)
    function: the value of an array is read: inside a traced function there is none yet; return the array, or use `cond`, `while_loop` or `scan` instead of branching on it
function(|x: &Array| x.get(s![x.gt(1.0)?])).call(&x)
    get: how many elements of a mask are true is not known inside a traced or mapped function, so the result has no shape yet; use `where_` to keep the shape, `nonzero` with `size=` to state it, or `map_fn` instead of a map
function(|x: &Array| Ok(x * x.to_vec::<f64>()?[0])).call(&x)
    function: the value of an array is read: inside a traced function there is none yet; return the array, or use `cond`, `while_loop` or `scan` instead of branching on it
vectorized_map(|x: &Array| Ok(if x.truth()? { x * 2.0 } else { x * 3.0 }), &x)
    vectorized_map: the value of an array is read: inside a map there is one for each example; choose by it with `where_`, branch with `cond` or `while_loop`, or run the examples one by one with `map_fn`
vectorized_map(|(x, y): &(Array, Array)| add(x, y), &(x.clone(), two.clone()))
    vectorized_map: the mapped axes must have one size; the arrays have shapes (3,), (2,)
map_fn(|(x, y): &(Array, Array)| add(x, y), &(x.clone(), two.clone()))
    map_fn: the mapped axes must have one size; the arrays have shapes (3,), (2,)
vectorized_map(|x: &Array| add(x, &x.reshape([2])?), &x)
    reshape: cannot reshape array of size 1 into shape (2,)
vectorized_map(|x: &Array| take(x, [7], 0), &ones([2, 3], ())?)
    take: index 7 is out of bounds for axis 0 with size 3
while_loop(small, grow, &x, ())
    while_loop: the carry is (float64[3]) and becomes (float64[6]); structure, shape and dtype must stay (convert the initial value, or the body's result, with `astype`)
while_loop(small, narrow, &x, ())
    while_loop: the carry is (float64[3]) and becomes (float32[3]); structure, shape and dtype must stay (convert the initial value, or the body's result, with `astype`)
function(|x: &Array| while_loop(small, grow, x, ())).call(&x)
    while_loop: the carry is (float64[3]) and becomes (float64[6]); structure, shape and dtype must stay (convert the initial value, or the body's result, with `astype`)
function(|x: &Array| while_loop(small, narrow, x, ())).call(&x)
    while_loop: the carry is (float64[3]) and becomes (float32[3]); structure, shape and dtype must stay (convert the initial value, or the body's result, with `astype`)
fori_loop(0, 3, |_: &Array, x: &Array| grow(x), &x)
    fori_loop: the carry is (float64[3]) and becomes (float64[6]); structure, shape and dtype must stay (convert the initial value, or the body's result, with `astype`)
function(|x: &Array|
fori_loop(0, 3, |_: &Array, x: &Array| narrow(x), x)).call(&x)
    fori_loop: the carry is (float64[3]) and becomes (float32[3]); structure, shape and dtype must stay (convert the initial value, or the body's result, with `astype`)
scan(|h: &Array, x: &Array| Ok::<_, tnp::Error>((grow(h)?, x.clone())), &x,
&x, Scan::default()).map(|pair| pair.1)
    scan: the carry is (float64[3]) and becomes (float64[6]); structure, shape and dtype must stay (convert the initial value, or the body's result, with `astype`)
function(|x: &Array|
scan(|h: &Array, x: &Array| Ok::<_, tnp::Error>((narrow(h)?, x.clone())), x,
x, Scan::default())).call(&x).map(|pair| pair.1)
    scan: the carry is (float64[3]) and becomes (float32[3]); structure, shape and dtype must stay (convert the initial value, or the body's result, with `astype`)
while_loop(|x: &Array| x.gt(0.0), halve, &x, ())
    while_loop: the condition must be one element, it has shape (3,); reduce it with `any` or `all`
function(|x: &Array| cond(x.get(s![0])?.gt(0.0)?, grow, halve, x)).call(&x)
    cond: branch 0 gives (float64[3]), branch 1 gives (float64[6]); they must agree in structure, shape and dtype (convert with `astype` and `broadcast_to`)
grad(|x: &Array| badly(x)?.sum(()), &x)
    custom_gradient: the gradient rule gave shape () for input 0, which has shape (3,)
jvp(|x: &Array| badly(x), &x, &x).map(|pair| pair.1)
    custom_gradient: it has a reverse rule alone; take the derivative in reverse (`grad`, `vjp`, `jacrev`)
jvp(|x: &Array| x.square(), &x, &two).map(|pair| pair.1)
    jvp: the tangents have shape (2,), they belong to an array of shape (3,)
function(|x: &Array|
grad(|x: &Array| while_loop(small, |x: &Array| x.square(), x, ())?.sum(()),
x)).call(&x)
    while_loop: the number of turns of a traced loop is not known, so it has no reverse derivative; use `scan`, take the gradient outside of the trace, or use `jvp`
");
    Ok(())
}
