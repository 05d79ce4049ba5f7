//! Branches and loops: traced equal to eager, and what they refuse.

extern crate tnp_cpu;

use tnp_array::*;
use tnp_trace::{Scan, While, cond, fori_loop, function, scan, switch, while_loop};

fn text(x: &Array) -> String {
    x.to_string()
}

#[test]
fn branches_run_traced_as_eager() -> Result<()> {
    let offset = array([10.0, 20.0], ())?;
    let body = |(choice, x): &(Array, Array)| {
        let a = cond(greater(choice, 0)?, |x: &Array| x + &offset, |x| x * 2.0, x)?;
        let branches: [&dyn Fn(&Array) -> Result<Array>; 3] =
            [&|x| Ok(x - 1.0), &|x| x.sqrt(), &|x| Ok(x * &offset)];
        Ok((a, switch(choice, &branches, x)?))
    };
    let traced = function(body);
    for choice in [0i64, 1, 2] {
        let input = (array(choice, ())?, array([4.0, 9.0], ())?);
        let (a, b) = body(&input)?;
        let (c, d) = traced.call(&input)?;
        assert_eq!((text(&a), text(&b)), (text(&c), text(&d)));
    }
    assert_eq!(traced.trace_count(), 1);
    let outside = traced.call(&(array(3i64, ())?, array([4.0, 9.0], ())?));
    insta::assert_snapshot!(outside.unwrap_err().to_string(), @"switch: branch 3 is out of bounds for 3 branches");
    Ok(())
}

#[test]
fn branches_that_differ_are_refused() -> Result<()> {
    let f = function(|x: &Array| {
        cond(
            greater(x, 0)?,
            |x| x * 2.0,
            |x| x.astype(DType::Float32).unwrap(),
            x,
        )
    });
    insta::assert_snapshot!(f.call(&array(1.0, ())?).unwrap_err().to_string(), @"cond: branch 0 gives (float32[]), branch 1 gives (float64[]); they must agree in structure, shape and dtype (convert with `astype` and `broadcast_to`)");
    let f = function(|x: &Array| cond(greater(x, 0)?, |x| x * 2.0, |x| x * 3.0, x));
    insta::assert_snapshot!(f.call(&array([1.0, 2.0], ())?).unwrap_err().to_string(), @"cond: one value must choose the branch, it has shape (2,); use `where_` to choose element by element");
    Ok(())
}

#[test]
fn loops_run_traced_as_eager() -> Result<()> {
    let step = array(3.0, ())?;
    let collatz = |n: &Array| {
        while_loop(
            |(n, _)| greater(n, 1),
            |(n, count)| {
                let next = cond(
                    equal(n % 2, 0)?,
                    |n: &Array| floor_divide(n, 2),
                    |n| Ok(n * 3 + 1),
                    n,
                )?;
                Ok((next, count + 1))
            },
            &(n.clone(), array(0i64, ())?),
            (),
        )
    };
    let eager = collatz(&array(27i64, ())?)?.1.item::<i64>()?;
    assert_eq!(eager, 111);
    assert_eq!(
        function(collatz)
            .call(&array(27i64, ())?)?
            .1
            .item::<i64>()?,
        111
    );

    let bounded = |x: &Array| while_loop(|x| less(x, 100), |x| x * &step, x, While::max_iters(3));
    assert_eq!(bounded(&array(1.0, ())?)?.item::<f64>()?, 27.0);
    assert_eq!(
        function(bounded).call(&array(1.0, ())?)?.item::<f64>()?,
        27.0
    );
    assert_eq!(
        function(bounded).call(&array(50.0, ())?)?.item::<f64>()?,
        150.0
    );

    let power = |x: &Array| fori_loop(0, 5, |i, y| Ok(y * x + i), x);
    let x = array([1.5, 2.0], ())?;
    assert_eq!(text(&power(&x)?), text(&function(power).call(&x)?));
    Ok(())
}

#[test]
fn scans_stack_and_reverse() -> Result<()> {
    let xs = arange(12)?.reshape([4, 3])?.astype(DType::Float64)?;
    for options in [Scan::default(), Scan::reverse()] {
        let run = |xs: &Array| {
            scan(
                |sum: &Array, x: &Array| {
                    let sum = sum * 2 + x;
                    Ok((sum.clone(), (sum.clone(), sum.sum(())?)))
                },
                &zeros([3], ())?,
                xs,
                options,
            )
        };
        let (last, (sums, totals)) = run(&xs)?;
        let (last2, (sums2, totals2)) = function(run).call(&xs)?;
        assert_eq!(text(&last), text(&last2));
        assert_eq!(text(&sums), text(&sums2));
        assert_eq!(text(&totals), text(&totals2));
        assert_eq!(sums.shape(), [4, 3]);
    }
    Ok(())
}

#[test]
fn loops_draw_afresh_at_each_turn() -> Result<()> {
    let f = function(|x: &Array| {
        let (_, draws) = scan(
            |c: &Array, _: &()| Ok((c.clone(), random::rand([2])?)),
            x,
            &(),
            Scan::length(50),
        )?;
        Ok((draws, random::rand([2])?))
    });
    let (draws, other) = f.call(&array(0.0, ())?)?;
    let mut values = draws.to_vec::<f64>()?;
    values.extend(other.to_vec::<f64>()?);
    values.sort_by(f64::total_cmp);
    assert!(values.windows(2).all(|pair| pair[0] != pair[1]));
    Ok(())
}

#[test]
fn a_carry_that_changes_is_refused() -> Result<()> {
    let x = array([1, 2], ())?;
    let eager = while_loop(|_| array(true, ()), |x| x * 0.5, &x, ()).unwrap_err();
    insta::assert_snapshot!(eager.to_string(), @"while_loop: the carry is (int32[2]) and becomes (float64[2]); structure, shape and dtype must stay (convert the initial value, or the body's result, with `astype`)");
    let traced = function(|x: &Array| while_loop(|x| any(less(x, 9)?, ()), |x| x * 0.5, x, ()));
    assert_eq!(traced.call(&x).unwrap_err().to_string(), eager.to_string());
    let ragged = scan(
        |c: &Array, _: &(Array, Array)| (c.clone(), ()),
        &x,
        &(zeros([2], ())?, zeros([3], ())?),
        (),
    );
    insta::assert_snapshot!(ragged.unwrap_err().to_string(), @"scan: the leading axis of input 1 has size 3, 2 steps are wanted; all inputs must have one leading size");
    Ok(())
}
