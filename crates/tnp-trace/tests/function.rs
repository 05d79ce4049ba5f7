//! Traced functions: what is traced, kept, refused and drawn.

extern crate tnp_cpu;

use tnp_array::*;
use tnp_trace::{Spec, function};

fn x() -> Array {
    array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], ()).unwrap()
}

#[test]
fn a_function_is_traced_once_per_signature_and_equals_itself() -> Result<()> {
    let f = function(|(x, y): &(Array, Array)| {
        let z = (x * 2 + y).exp()?;
        Ok((z.sum(0)?, z.get(s![0, 1..])?))
    });
    let y = array([0.1, 0.2, 0.3], ())?;
    let eager = {
        let z = (x() * 2 + &y).exp()?;
        (z.sum(0)?, z.get(s![0, 1..])?)
    };
    for _ in 0..3 {
        let (sum, part) = f.call(&(x(), y.clone()))?;
        assert!(array_equal(&sum, &eager.0, ())?);
        assert!(array_equal(&part, &eager.1, ())?);
    }
    assert_eq!(f.trace_count(), 1);
    f.call(&(x(), y.astype(DType::Float32)?))?;
    assert_eq!(f.trace_count(), 2);
    with_mode(Mode::All, || f.call(&(x(), y.clone())))?;
    assert_eq!(f.trace_count(), 3);
    with_precision(Precision::TensorFloat32, || f.call(&(x(), y.clone())))?;
    assert_eq!(f.trace_count(), 4);
    f.call(&(x(), y))?;
    assert_eq!(f.trace_count(), 4);
    Ok(())
}

#[test]
fn the_graph_prints() -> Result<()> {
    let sigmoid = function(|x: &Array| Ok(1.0 / (1.0 + (-x).exp()?)));
    insta::assert_snapshot!(sigmoid.graph(&x())?, @"
(a: float64[2,3]) -> (i) {
  b: float64[2,3] = negative a
  c: float64[2,3] = exp b
  d: float64[] = full[1]
  e: float64[2,3] = broadcast_in_dim[dims=[]] d
  f: float64[2,3] = add e c
  g: float64[] = full[1]
  h: float64[2,3] = broadcast_in_dim[dims=[]] g
  i: float64[2,3] = divide h f
}
");
    Ok(())
}

#[test]
fn a_captured_array_is_an_input_and_a_number_a_constant() -> Result<()> {
    let weights = x();
    let f = function(|x: &Array| x * &weights * 3.0);
    let graph = f.graph(&x())?;
    assert_eq!(graph.inputs().len(), 2);
    assert!(array_equal(f.call(&x())?, x() * x() * 3.0, ())?);
    Ok(())
}

#[test]
fn reading_a_value_says_what_to_do() {
    let f = function(|x: &Array| -> Result<Array> {
        if x.sum(())?.item::<f64>()? > 0.0 {
            return Ok(x.clone());
        }
        Ok(-x)
    });
    let error = f.call(&x()).unwrap_err().to_string();
    insta::assert_snapshot!(error, @"function: the value of an array is read: inside a traced function there is none yet; return the array, or use `cond`, `while_loop` or `scan` instead of branching on it");
    // The thread is as usable as before.
    assert_eq!(x().sum(()).unwrap().item::<f64>().unwrap(), 21.0);
}

#[test]
fn an_input_signature_is_kept() -> Result<()> {
    let f = function(|x: &Array| x + 1)
        .named("increment")
        .input_signature([Spec::new([None, Some(3)], DType::Float64)]);
    assert_eq!(f.call(&x())?.shape(), [2, 3]);
    insta::assert_snapshot!(f.call(&arange(3)?).unwrap_err().to_string(), @"increment: input 0 is int64[3], the input signature says float64[?,3]; convert it, or leave the size open with `None`");
    Ok(())
}

#[test]
fn draws_are_fresh_and_come_again_after_seed() -> Result<()> {
    let f = function(|x: &Array| -> Result<(Array, Array, Array, Array)> {
        let n = random::randn([1000])?;
        let again = random::randn([1000])?;
        let whole = random::randint(3, 7, [1000], ())?;
        let counts = random::poisson(x, [1000])?;
        Ok((n, again, whole, counts))
    });
    let lam = array(4.0, ())?;
    random::seed(1)?;
    let first = f.call(&lam)?;
    let second = f.call(&lam)?;
    random::seed(1)?;
    let repeated = f.call(&lam)?;
    assert_eq!(f.trace_count(), 1);
    assert!(array_equal(&first.0, &repeated.0, ())?);
    assert!(!array_equal(&first.0, &second.0, ())?);
    assert!(!array_equal(&first.0, &first.1, ())?);
    assert!(first.0.mean(())?.item::<f64>()?.abs() < 0.15);
    assert!((first.0.std(())?.item::<f64>()? - 1.0).abs() < 0.1);
    assert_eq!(
        (
            first.2.min(())?.item::<i64>()?,
            first.2.max(())?.item::<i64>()?
        ),
        (3, 6)
    );
    assert!((first.3.mean(())?.item::<f64>()? - 4.0).abs() < 0.3);
    assert!((first.3.var(())?.item::<f64>()? - 4.0).abs() < 0.8);
    Ok(())
}

#[test]
fn nans_are_found_where_they_arise() -> Result<()> {
    let f = function(|x: &Array| (x - 3.0).sqrt()?.sum(()))
        .named("root")
        .debug_nans(true);
    insta::assert_snapshot!(f.call(&x()).unwrap_err().to_string(), @"
root: step 3, sqrt, gives NaN (float64[2,3]); step by step the graph is
(a: float64[2,3]) -> (f) {
  b: float64[] = full[3]
  c: float64[2,3] = broadcast_in_dim[dims=[]] b
  d: float64[2,3] = subtract a c
  e: float64[2,3] = sqrt d
  f: float64[] = sum[axes=[0, 1]] e
}
");
    assert_eq!(f.call(&(x() + 10.0))?.ndim(), 0);
    Ok(())
}

#[test]
fn functions_call_functions() -> Result<()> {
    let double = function(|x: &Array| x * 2);
    let f = function(|x: &Array| Ok(double.call(x)? + double.call(&(x + 1))));
    let eager = x() * 2 + (x() + 1) * 2;
    assert!(array_equal(f.call(&x())?, eager, ())?);
    assert_eq!(double.trace_count(), 1);
    Ok(())
}

#[test]
fn a_panic_leaves_the_thread_usable() {
    let f = function(|x: &Array| -> Array {
        assert!(x.ndim() == 1, "only lines");
        x + 1
    });
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f.call(&x())));
    assert!(caught.is_err());
    assert_eq!(
        f.call(&arange(2).unwrap())
            .unwrap()
            .to_vec::<i64>()
            .unwrap(),
        [1, 2]
    );
    assert_eq!(Context::capture().depth(), 0);
}

#[test]
fn inputs_that_are_given_up_are_written_over() -> Result<()> {
    let cpu = current_device()?;
    let blocks = || cpu.backend().memory_stats(cpu.index()).allocations;
    let step = function(|(x, v): &(Array, Array)| {
        let v = v * 0.5 + x;
        Ok((x - &v * 0.1, v))
    });
    let start = || Ok::<_, Error>((full([10_000], 2.0, ())?, full([10_000], 1.0, ())?));
    let want = step.call(&start()?)?;
    let state = start()?;
    let kept = start()?;
    // Lent: the results need memory, and what was given stays.
    let before = blocks();
    let got = step.call(&kept)?;
    assert_eq!(blocks() - before, 2);
    assert!(array_equal(&kept.0, &start()?.0, ())?);
    assert!(array_equal(&got.0, &want.0, ())?);
    // Given up: none.
    let before = blocks();
    let got = step.call_owned(state)?;
    assert_eq!(blocks(), before);
    assert!(array_equal(&got.0, &want.0, ())? && array_equal(&got.1, &want.1, ())?);
    // Held by somebody else: untouched.
    let state = start()?;
    let also = state.clone();
    let got = step.call_owned(state)?;
    assert!(array_equal(&got.0, &want.0, ())? && array_equal(&got.1, &want.1, ())?);
    assert!(array_equal(&also.0, &kept.0, ())? && array_equal(&also.1, &kept.1, ())?);
    Ok(())
}
