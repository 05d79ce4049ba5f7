//! Transformations and settings under a user's threads: carried, kept apart, and left whole by panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use rayon::prelude::*;
use tnp::prelude::*;
use tnp::{Context, Mode, current_mode, with_mode};

fn three() -> Array {
    array([1.0, 2.0, 3.0], ()).unwrap()
}

#[test]
fn each_task_has_a_tape_of_its_own() {
    let w = three();
    let all: Vec<Vec<f64>> = (0..64)
        .into_par_iter()
        .map(|i| -> tnp::Result<Vec<f64>> {
            let w = &w * 1.0;
            let tape = GradientTape::new();
            tape.watch(&w)?;
            // A pool's thread that waits takes up other tasks: they find none of this tape.
            let y = tape.record(|| -> tnp::Result<Array> {
                let (a, b) = rayon::join(|| grad(|x: &Array| x.square()?.sum(()), &three()), || i);
                (&w * b as f64 * a?.get(s![0])?).sum(())
            })?;
            tape.gradient(&y, &w)?.to_vec::<f64>()
        })
        .collect::<tnp::Result<_>>()
        .unwrap();
    for (i, gradient) in all.iter().enumerate() {
        assert_eq!(gradient, &[2.0 * i as f64; 3]);
    }
}

#[test]
fn tasks_record_on_one_tape_when_the_context_is_carried() -> tnp::Result<()> {
    let w = three();
    let tape = GradientTape::new();
    tape.watch(&w)?;
    let total = tape.record(|| -> tnp::Result<Array> {
        let here = Context::capture();
        let parts: tnp::Result<Vec<Array>> = (1..33)
            .into_par_iter()
            .map(|i| {
                let _entered = here.enter();
                (w.square()? * f64::from(i)).sum(())
            })
            .collect();
        stack(parts?, ())?.sum(())
    })?;
    let sum = (1..33).sum::<i32>();
    let wanted = [1.0, 2.0, 3.0].map(|x| 2.0 * x * f64::from(sum));
    assert_eq!(tape.gradient(&total, &w)?.to_vec::<f64>()?, wanted);
    Ok(())
}

#[test]
fn tasks_without_the_context_are_refused_not_wrong() -> tnp::Result<()> {
    let w = three();
    let tape = GradientTape::new();
    tape.watch(&w)?;
    let said = tape.record(|| {
        let task = || match Context::capture().depth() {
            0 => Some(
                w.square()
                    .map_or_else(|error| error.to_string(), |_| "took it".to_owned()),
            ),
            // rayon runs tasks on the thread that asked, too, where the tape is.
            _ => None,
        };
        let mut said: Vec<Option<String>> = (0..8).into_par_iter().map(|_| task()).collect();
        said.push(std::thread::scope(|scope| {
            scope.spawn(task).join().unwrap()
        }));
        said
    });
    let said: Vec<String> = said.into_iter().flatten().collect();
    assert!(!said.is_empty());
    for text in said {
        assert!(
            text.contains("Context::capture()") && text.contains("live tape"),
            "{text}"
        );
    }
    Ok(())
}

#[test]
fn modes_are_the_tasks_own() -> tnp::Result<()> {
    let modes = [
        Mode::Numpy,
        Mode::Strict,
        Mode::All,
        Mode::Safe,
        Mode::Legacy,
    ];
    let before = current_mode();
    let (x, y) = (array([1], Int64)?, array([1.0], Float32)?);
    let kept: Vec<bool> = (0..100)
        .into_par_iter()
        .map(|i| {
            let mode = modes[i % modes.len()];
            with_mode(mode, || {
                let sum = add(&x, &y).map(|sum| sum.dtype()).ok();
                let again = rayon::join(|| (), current_mode).1;
                let wanted = match mode {
                    Mode::Strict | Mode::Safe => None,
                    Mode::All | Mode::Legacy => sum,
                    _ => Some(Float64),
                };
                sum == wanted && (again == mode || again == before)
            })
        })
        .collect();
    assert!(kept.iter().all(|kept| *kept));
    // Carried, a mode is in force there.
    let carried = with_mode(Mode::Strict, Context::capture);
    let all_refuse = (0..16).into_par_iter().all(|_| {
        let _entered = carried.enter();
        current_mode() == Mode::Strict && add(&x, &y).is_err()
    });
    assert!(all_refuse);
    assert_eq!(current_mode(), before);
    Ok(())
}

#[test]
fn one_compiled_function_serves_many_tasks() -> tnp::Result<()> {
    let f = function(|x: &Array| grad(|x: &Array| x.sin()?.sum(()), x));
    let all: tnp::Result<Vec<f64>> = (0..64)
        .into_par_iter()
        .map(|i| f.call(&array(f64::from(i), ())?)?.item::<f64>())
        .collect();
    for (i, slope) in all?.into_iter().enumerate() {
        assert!((slope - (i as f64).cos()).abs() < 1e-12);
    }
    Ok(())
}

#[test]
fn what_escapes_is_refused_wherever_it_is_used() -> tnp::Result<()> {
    let kept: Mutex<Option<Array>> = Mutex::new(None);
    let keep = |x: &Array| {
        *kept.lock().unwrap() = Some(x.clone());
        x + 1.0
    };
    let escapes: [&dyn Fn() -> tnp::Result<()>; 3] = [
        &|| function(keep).call(&three()).map(drop),
        &|| vectorized_map(keep, &three()).map(drop),
        &|| {
            scan(
                |h: &Array, x: &Array| (h.clone(), keep(x)),
                &three(),
                &three(),
                Scan::default(),
            )
            .map(drop)
        },
    ];
    for escape in escapes {
        let traced = function(|_: &Array| {
            escape()?;
            Ok::<_, tnp::Error>(three())
        });
        traced.call(&three())?;
        let Some(stray) = kept.lock().unwrap().take() else {
            panic!("nothing was kept")
        };
        let uses: [(&str, &(dyn Fn() -> tnp::Result<Array> + Sync)); 4] = [
            ("an operation", &|| multiply(&stray, 2.0)),
            ("a trace", &|| {
                function(|x: &Array| add(x, &stray)).call(&three())
            }),
            ("a map", &|| {
                vectorized_map(|x: &Array| add(x, &stray), &three())
            }),
            ("a gradient", &|| {
                grad(|x: &Array| add(x, &stray)?.sum(()), &three())
            }),
        ];
        for (what, used) in uses {
            assert!(used().is_err(), "{what}");
            let there = std::thread::scope(|scope| scope.spawn(used).join().unwrap());
            assert!(there.is_err(), "{what} on another thread");
        }
        assert!(stray.to_vec::<f64>().is_err());
        // Printing names it, and does not fail.
        assert!(!stray.to_string().is_empty());
    }
    Ok(())
}

#[test]
fn a_panic_in_any_closure_leaves_the_thread_usable() -> tnp::Result<()> {
    let x = three();
    let bang = |_: &Array| -> tnp::Result<Array> { panic!("on purpose") };
    let both = |_: &Array, _: &Array| -> tnp::Result<(Array, Array)> { panic!("on purpose") };
    let rule = custom_gradient(
        |x: &Array| x.sin(),
        |_: &Array, _: &Array, _: &Array| -> tnp::Result<Array> { panic!("on purpose") },
    );
    let tape = GradientTape::new();
    tape.watch(&x)?;
    let closures: [(&str, &dyn Fn()); 11] = [
        ("function", &|| drop(function(bang).call(&x))),
        ("vectorized_map", &|| drop(vectorized_map(bang, &x))),
        ("map_fn", &|| drop(map_fn(bang, &x))),
        ("grad", &|| drop(grad(bang, &x))),
        ("jvp", &|| drop(jvp(bang, &x, &x))),
        ("jacrev", &|| drop(jacrev(bang, &x))),
        ("tape", &|| drop(tape.record(|| bang(&x)))),
        ("scan", &|| drop(scan(both, &x, &x, Scan::default()))),
        ("cond", &|| {
            drop(function(|x: &Array| cond(x.get(s![0])?.gt(0)?, bang, bang, x)).call(&x))
        }),
        ("custom_gradient", &|| {
            drop(grad(|x: &Array| rule(x)?.sum(()), &x))
        }),
        ("nested", &|| {
            drop(function(|x: &Array| vectorized_map(|x: &Array| grad(bang, x), x)).call(&x))
        }),
    ];
    for (what, closure) in closures {
        assert!(catch_unwind(AssertUnwindSafe(closure)).is_err(), "{what}");
        assert_eq!(Context::capture().depth(), 0, "{what}");
        let slopes = vectorized_map(|x: &Array| grad(|x: &Array| x.square(), x), &x)?;
        assert_eq!(slopes.to_vec::<f64>()?, [2.0, 4.0, 6.0], "{what}");
    }
    // In a pool's thread too, which serves others afterwards.
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        (0..4).into_par_iter().for_each(|_| drop(grad(bang, &x)));
    }));
    assert!(panicked.is_err());
    let slopes: tnp::Result<Vec<Array>> = (0..16)
        .into_par_iter()
        .map(|_| grad(|x: &Array| x.square()?.sum(()), &x))
        .collect();
    assert!(slopes?.iter().all(|slope| {
        slope
            .to_vec::<f64>()
            .is_ok_and(|slope| slope == [2.0, 4.0, 6.0])
    }));
    Ok(())
}
