//! What the waist promises: views run no kernel, temporaries are reused, other frames and other backends fit, failures arrive.

extern crate tnp_cpu;

use tnp_array::{
    Array, ErrorKind, Result, add, bind1, divide, exp, multiply, negative, with_device, with_mode,
};
use tnp_backend::prim::Prim;
use tnp_backend::{interpret, transfer_stats};
use tnp_dtype::{DType, Mode};
use tnp_shape::Dims;
use tnp_testing::counting::{self, Counts};
use tnp_testing::deferred;
use tnp_testing::frames::{Recorder, Tracer};

/// 0, 1, 2 … on the counting device, and the counts at zero.
fn counted(size: usize) -> Result<Array> {
    let values: Vec<f32> = (0..size).map(|i| i as f32 / 64.0).collect();
    let x = with_device(counting::device()?, || Array::from_vec(values, &[size]))??;
    counting::take();
    Ok(x)
}

fn kernels(counts: &Counts) -> Vec<(&str, usize)> {
    counts
        .kernels
        .iter()
        .map(|(&name, &count)| (name, count))
        .collect()
}

#[test]
fn views_run_no_kernel() -> Result<()> {
    let x = counted(24)?;
    let matrix = bind1(
        &Prim::Reshape {
            shape: Dims::from_slice(&[2, 3, 4]),
        },
        &mut [(&x).into()],
    )?;
    let turned = bind1(
        &Prim::Transpose {
            permutation: [2, 0, 1].into_iter().collect(),
        },
        &mut [(&matrix).into()],
    )?;
    let wide = Prim::BroadcastInDim {
        shape: Dims::from_slice(&[5, 4, 2, 3]),
        dims: [1, 2, 3].into_iter().collect(),
    };
    let wide = bind1(&wide, &mut [(&turned).into()])?;
    assert_eq!(wide.shape(), [5, 4, 2, 3]);
    assert_eq!(counting::take(), Counts::default());
    // The values come out all the same: one kernel makes them contiguous to be read.
    assert_eq!(
        wide.to_vec::<f32>()?[..7],
        [0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 1.0].map(|i: f32| i / 64.0)
    );
    assert_eq!(counting::take().launches(), 1);
    Ok(())
}

#[test]
fn every_primitive_is_one_kernel_and_nothing_else() -> Result<()> {
    let x = counted(1000)?;
    let y = add(&x, &x)?;
    let z = exp(&y)?;
    let counts = counting::take();
    assert_eq!(kernels(&counts), [("add", 1), ("exp", 1)]);
    assert_eq!(
        (counts.allocations, counts.bytes, counts.reused),
        (2, 8000, 0)
    );
    assert_eq!(z.dtype(), DType::Float32);
    Ok(())
}

#[test]
fn owned_temporaries_are_overwritten() -> Result<()> {
    let (a, b, c) = (counted(1000)?, counted(1000)?, counted(1000)?);
    let result = exp(add(multiply(&a, &b)?, &c)?)?;
    let counts = counting::take();
    assert_eq!(kernels(&counts), [("add", 1), ("exp", 1), ("multiply", 1)]);
    assert_eq!(
        (counts.allocations, counts.bytes, counts.reused),
        (1, 4000, 2)
    );
    drop(result);

    // A temporary that somebody still holds is left alone.
    let product = multiply(&a, &b)?;
    let kept = product.clone();
    let before = kept.to_vec::<f32>()?;
    counting::take();
    let _sum = add(product, &c)?;
    assert_eq!(counting::take().reused, 0);
    assert_eq!(kept.to_vec::<f32>()?, before);
    Ok(())
}

#[test]
fn compound_assignment_is_in_place_when_nothing_else_holds_the_buffer() -> Result<()> {
    let mut x = counted(1000)?;
    let y = counted(1000)?;
    x += &y;
    let counts = counting::take();
    assert_eq!((counts.allocations, counts.reused), (0, 1));
    let other = x.clone();
    x += &y;
    let counts = counting::take();
    assert_eq!((counts.allocations, counts.reused), (1, 0));
    assert_eq!(other.to_vec::<f32>()?[64], 2.0);
    assert_eq!(x.to_vec::<f32>()?[64], 3.0);
    Ok(())
}

#[test]
fn a_registered_backend_passes_the_rows() -> Result<()> {
    let report = tnp_testing::check::category("elementwise", &[counting::device()?]);
    assert!(report.compared > 1000);
    report.assert("elementwise on a backend registered at run time");
    Ok(())
}

#[test]
fn a_device_scope_moves_inputs_and_counts_the_copies() -> Result<()> {
    let device = counting::device()?;
    let x = with_device("cpu:0", || Array::from_vec(vec![1.0f64, 2.0], &[2]))??;
    let before = transfer_stats();
    let y = with_device(device, || add(&x, 1.0))??;
    assert_eq!(y.device()?, device);
    assert_ne!(transfer_stats(), before);
    let error = add(&x, &y).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Device);
    assert!(
        error.message().contains("cpu:0") && error.message().contains("counting:0"),
        "{error}"
    );
    Ok(())
}

/// A function of every sort of primitive that composition comes to: scalars, promotion, broadcasting.
fn model(x: &Array, w: &Array) -> Result<Array> {
    let logits = add(multiply(x, w)?, 1)?;
    divide(1.0, add(exp(negative(logits)?)?, 1.0)?)
}

#[test]
fn a_traced_function_gives_what_it_gives_eagerly() -> Result<()> {
    let x = Array::from_vec((0..12).map(|i| i as f32 / 8.0).collect(), &[3, 4])?;
    let w = Array::from_vec(vec![1i64, -2, 3, -4], &[4])?;
    for mode in [Mode::Numpy, Mode::All] {
        with_mode(mode, || -> Result<()> {
            let eager = model(&x, &w)?;
            let traced =
                Tracer::trace(&[&x, &w], |inputs| Ok(vec![model(&inputs[0], &inputs[1])?]))?;
            let mut inputs = vec![x.tensor()?.clone(), w.tensor()?.clone()];
            inputs.extend(traced.captured.iter().cloned());
            let results = interpret(x.device()?, &traced.graph, inputs)?;
            let result = Array::from_tensor(results[0].clone());
            assert_eq!(
                (result.dtype(), result.shape()),
                (eager.dtype(), eager.shape())
            );
            assert_eq!(result.to_bytes()?, eager.to_bytes()?);
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn frames_nest() -> Result<()> {
    let x = Array::from_vec(vec![1.0f32, 2.0], &[2])?;
    // The recorder inside sees boxes; what it binds goes to the tracer outside, once each.
    let mut seen = Vec::new();
    let traced = Tracer::trace(&[&x], |inputs| {
        let (y, steps) = Recorder::record(|| exp(negative(&inputs[0])?));
        seen = steps;
        Ok(vec![y?])
    })?;
    assert_eq!(seen.len(), 2);
    assert_eq!(
        traced.graph.to_string(),
        "(a: float32[2]) -> (c) {\n  b: float32[2] = negative a\n  c: float32[2] = exp b\n}"
    );
    // And the other way round: a tracer computes nothing, so the recorder outside sees nothing.
    let (inner, steps) =
        Recorder::record(|| Tracer::trace(&[&x], |inputs| Ok(vec![exp(&inputs[0])?])));
    assert_eq!(inner?.graph.equations().len(), 1);
    assert_eq!(steps, []);
    Ok(())
}

/// `x[index]` along the first axis.
fn gather(x: &Array, index: &Array) -> Result<Array> {
    let axes = [tnp_backend::prim::AxisIndex::Index].into_iter().collect();
    bind1(
        &Prim::Gather {
            axes,
            index_axes_at: 0,
        },
        &mut [x.into(), index.into()],
    )
}

#[test]
fn a_late_failure_reaches_whatever_derives_from_it() -> Result<()> {
    let device = deferred::device()?;
    with_device(device, || -> Result<()> {
        let x = Array::from_vec(vec![1.0f32, 2.0, 3.0], &[3])?;
        let good = gather(&x, &Array::from_vec(vec![2i64, 0], &[2])?)?;
        // Out of bounds: only known when the work is done.
        let bad = gather(&x, &Array::from_vec(vec![7i64], &[1])?)?;
        let derived = add(exp(&bad)?, 1.0)?;
        let beside = add(&good, 1.0)?;

        let reported = derived.to_vec::<f32>().unwrap_err();
        assert!(
            reported
                .message()
                .contains("index 7 is out of bounds for axis 0 with size 3"),
            "{reported}"
        );
        assert_eq!(
            bad.to_vec::<f32>().unwrap_err().message(),
            reported.message()
        );
        // Deriving further says the same at once.
        assert_eq!(exp(&derived).unwrap_err().message(), reported.message());
        assert_eq!(beside.to_vec::<f32>()?, [4.0, 2.0]);
        // It was reported by the read, so waiting has nothing to add.
        device.backend().sync(device.index())?;

        let again = gather(&x, &Array::from_vec(vec![-4i64], &[1])?)?;
        let unread = device.backend().sync(device.index()).unwrap_err();
        assert!(unread.message().contains("-4"), "{unread}");
        device.backend().sync(device.index())?;
        assert_eq!(
            again.to_vec::<f32>().unwrap_err().message(),
            unread.message()
        );
        Ok(())
    })?
}
