//! Whatever comes in, an answer or an error: random shapes, axes, indices, numbers, subscripts and damaged files.

use proptest::prelude::*;
use tnp::prelude::*;

fn x() -> Array {
    arange(6).unwrap().reshape([2, 3]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever sizes, axes and positions: an answer or an error, never a panic.
    #[test]
    fn nothing_panics(
        shape in prop::collection::vec(0usize..4, 0..4),
        other in prop::collection::vec(0usize..4, 0..4),
        axis in -5isize..5,
        second in -5isize..5,
        at in -6i64..6,
        step in -3isize..4,
        dtype in prop::sample::select(DType::ALL.to_vec()),
    ) {
        let x = ones(&shape[..], dtype).unwrap();
        let y = ones(&other[..], Float64).unwrap();
        let target: Vec<isize> = other.iter().map(|&size| size as isize - 1).collect();
        let calls: Vec<Box<dyn Fn() -> tnp::Result<Array> + '_>> = vec![
            Box::new(|| add(&x, &y)),
            Box::new(|| subtract(&x, &y)),
            Box::new(|| matmul(&x, &y)),
            Box::new(|| dot(&x, &y)),
            Box::new(|| tensordot(&x, &y, 1)),
            Box::new(|| x.sum(axis)),
            Box::new(|| x.mean([axis, second])),
            Box::new(|| x.max(axis)),
            Box::new(|| x.argmin(axis)),
            Box::new(|| median(&x, axis)),
            Box::new(|| cumsum(&x, axis)),
            Box::new(|| sort(&x, axis)),
            Box::new(|| argsort(&x, axis)),
            Box::new(|| x.reshape(&target[..])),
            Box::new(|| x.transpose([axis, second])),
            Box::new(|| swapaxes(&x, axis, second)),
            Box::new(|| squeeze(&x, axis)),
            Box::new(|| expand_dims(&x, [axis, second])),
            Box::new(|| broadcast_to(&x, &other[..])),
            Box::new(|| concatenate([&x, &y], axis)),
            Box::new(|| stack([&x, &y], axis)),
            Box::new(|| split(&x, other.len(), axis)?.pop().ok_or(tnp::Error::value("none"))),
            Box::new(|| roll(&x, second, axis)),
            Box::new(|| flip(&x, axis)),
            Box::new(|| repeat(&x, at, axis)),
            Box::new(|| tile(&x, &other[..])),
            Box::new(|| pad(&x, (1, 2), "reflect")),
            Box::new(|| take(&x, at, axis)),
            Box::new(|| x.get(s![at])),
            Box::new(|| x.get(s![at.., ..at;step])),
            Box::new(|| x.get(s![.., newaxis, at])),
            Box::new(|| x.get(s![[at, 0], ..])),
            Box::new(|| x.set(s![at, ..], &y)),
            Box::new(|| diagonal(&x, at as isize)),
            Box::new(|| trace(&x, (), ())),
            Box::new(|| tril(&x, at as isize)),
            Box::new(|| diff(&x, ())),
            Box::new(|| searchsorted(&x, &y, ())),
            Box::new(|| nonzero(&x, ()).map(|mut all| all.pop().unwrap_or_else(|| x.clone()))),
            Box::new(|| x.astype(DType::ALL[other.len()])),
        ];
        for call in calls {
            if let Ok(result) = call() {
                prop_assert!(!result.to_string().is_empty());
            }
        }
    }

    /// Any text as subscripts.
    #[test]
    fn no_subscripts_panic(subscripts in "[ijkA.,> -]{0,9}", shape in prop::collection::vec(0usize..3, 0..4)) {
        let x = ones(&shape[..], ()).unwrap();
        for count in 0..3 {
            let operands: Vec<&Array> = vec![&x; count];
            if let Err(error) = einsum(&subscripts, operands, ()) {
                prop_assert!(error.to_string().starts_with("einsum: "), "{}", error);
            }
        }
    }

    /// Any numbers as bounds, steps, counts and strides.
    #[test]
    fn no_numbers_panic(
        start in prop::num::f64::ANY,
        stop in prop::num::f64::ANY,
        step in prop::num::f64::ANY,
        whole in prop::num::i64::ANY,
        small in -9isize..9,
        dtype in prop::sample::select(DType::ALL.to_vec()),
    ) {
        let x = x();
        let calls: Vec<Box<dyn Fn() -> tnp::Result<Array> + '_>> = vec![
            Box::new(|| arange((0.0, 5.0 * step.abs().min(1.0), step))),
            Box::new(|| linspace(start, stop, Space::num(small).dtype(dtype))),
            Box::new(|| logspace(start, stop, small)),
            Box::new(|| geomspace(start, stop, small)),
            Box::new(|| full(small, whole, dtype)),
            Box::new(|| tri(3, Eye::columns(4).k(whole as isize))),
            Box::new(|| tril(&x, whole as isize)),
            Box::new(|| diagonal(&x, whole as isize)),
            Box::new(|| eye(3, Eye::diagonal(whole as isize))),
            Box::new(|| roll(&x, whole as isize, 0)),
            Box::new(|| rot90(&x, whole as isize, ())),
            Box::new(|| take(&x, whole, ())),
            Box::new(|| take(&x, whole, Take::axis(1).mode(IndexMode::Wrap))),
            Box::new(|| x.get(s![whole.., ..whole])),
            Box::new(|| x.get(s![whole])),
            Box::new(|| x.reshape([whole as isize, small])),
            Box::new(|| as_strided(&x, [small, 2], [whole as isize, small])),
            Box::new(|| sliding_window_view(&x, whole as isize, 0)),
            Box::new(|| add(&x, whole)),
            Box::new(|| add(x.astype(dtype)?, start)),
            Box::new(|| floor_divide(&x, whole)),
            Box::new(|| power(&x, small as i64)),
            Box::new(|| left_shift(&x, whole)),
            Box::new(|| round(x.astype(dtype)?, small as i32)),
            Box::new(|| array(start, dtype)),
            Box::new(|| diff(&x, Diff::times(small))),
            Box::new(|| vander([1, 2], Vander::columns(small))),
            Box::new(|| tnp::random::uniform(start, stop, 3)),
            Box::new(|| tnp::random::randint(whole, 7, 3, dtype)),
            Box::new(|| tnp::random::normal(start, step, small)),
        ];
        for call in calls {
            if let Ok(result) = call() {
                prop_assert!(!result.to_string().is_empty());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Good files with some bytes changed or cut off.
    #[test]
    fn no_file_panics(
        changes in prop::collection::vec((0usize..400, prop::num::u8::ANY), 0..6),
        cut in 0usize..500,
        packed in prop::bool::ANY,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (plain, archive) = (folder.path().join("x.npy"), folder.path().join("x.npz"));
        save(&plain, x()).unwrap();
        if packed {
            tnp::savez_compressed(&archive, [("x", x())]).unwrap();
        } else {
            tnp::savez(&archive, [("x", x())]).unwrap();
        }
        for path in [&plain, &archive] {
            let mut bytes = std::fs::read(path).unwrap();
            for &(at, byte) in &changes {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            bytes.truncate(cut);
            std::fs::write(path, bytes).unwrap();
        }
        let read = load(&plain);
        let members = tnp::load_npz(&archive).and_then(|mut file| file.read_all());
        for error in [read.err(), members.err()].into_iter().flatten() {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
