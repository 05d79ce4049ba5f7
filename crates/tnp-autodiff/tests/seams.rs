//! Where derivatives are subtle: branches not taken, ties, zeros, norms, complex numbers.

extern crate tnp_cpu;

mod common;

use common::values;
use tnp_array::*;
use tnp_autodiff::*;

fn slopes(f: impl Fn(&Array) -> Result<Array>, x: &[f64]) -> Vec<f64> {
    let x = Array::from_slice(x, &[x.len()]).unwrap();
    values(&grad(|x: &Array| f(x)?.sum(()), &x).unwrap())
}

fn forward_slopes(f: impl Fn(&Array) -> Result<Array>, x: &[f64]) -> Vec<f64> {
    let x = Array::from_slice(x, &[x.len()]).unwrap();
    let ones = ones_like(&x, ()).unwrap();
    values(&jvp(f, &x, &ones).unwrap().1)
}

#[test]
fn the_branch_not_taken_leaks_nothing() {
    type Branch = fn(&Array) -> Result<Array>;
    let cases: Vec<(&str, Branch, f64)> = vec![
        ("log", |x| x.log(), 0.0),
        ("sqrt", |x| x.sqrt(), 0.0),
        ("reciprocal", |x| x.reciprocal(), 0.0),
        ("exp", |x| (x * -1000.0).exp(), -1.0),
        ("division", |x| Ok(x.sin()? / x), 0.0),
        ("x log x", |x| Ok(x * x.log()?), 0.0),
        ("power", |x| x.pow(-1.5), 0.0),
        ("arccosh", |x| (x + 1.0).arccosh(), 0.0),
        ("deep", |x| (x.log()? * 3.0 + 1.0).square()?.exp(), 0.0),
        ("nan", |x| (x - 5.0).sqrt(), 0.0),
    ];
    for (name, f, bad) in cases {
        let branch = |x: &Array| where_(x.gt(0.5)?, f(x)?, x * 2.0);
        let got = slopes(branch, &[bad]);
        assert_eq!(got, [2.0], "{name}");
        assert_eq!(forward_slopes(branch, &[bad]), [2.0], "{name}, forward");
    }
}

#[test]
fn what_is_left_out_leaks_nothing() {
    assert_eq!(slopes(|x| x.log()?.get(s![1..]), &[0.0, 2.0]), [0.0, 0.5]);
    assert_eq!(
        slopes(|x| x.log()?.get(s![array([1], ())?]), &[0.0, 2.0]),
        [0.0, 0.5]
    );
    assert_eq!(slopes(|x| maximum(x.log()?, -1.0), &[0.0, 2.0]), [0.0, 0.5]);
    assert_eq!(slopes(|x| x.log()?.max(()), &[0.0, 2.0]), [0.0, 0.5]);
    assert_eq!(
        slopes(|x| x.log()?.set(s![0], 1.0), &[0.0, 2.0]),
        [0.0, 0.5]
    );
    let x = array([0.0, 2.0], ()).unwrap();
    let jacobian = jacrev(|x: &Array| x.sqrt(), &x).unwrap();
    let wanted = [f64::INFINITY, 0.0, 0.0, 0.5 / 2f64.sqrt()];
    assert_eq!(values(&jacobian), wanted);
}

#[test]
fn a_cotangent_that_just_happens_to_be_zero_keeps_its_derivative() {
    // L = (3 where(c, x, 0) - 3)² has a zero cotangent at x = 1, and a second derivative of 18 there.
    let loss = |x: &Array| -> Result<Array> {
        let taken = where_(x.gt(0.0)?, x * 3.0, 0.0)?;
        (taken - 3.0).square()?.sum(())
    };
    let h = hessian(loss, &array([1.0], ()).unwrap()).unwrap();
    assert_eq!(values(&h), [18.0]);
    let twice = grad(
        |x: &Array| grad(loss, x)?.sum(()),
        &array([1.0], ()).unwrap(),
    )
    .unwrap();
    assert_eq!(values(&twice), [18.0]);
}

#[test]
fn ties_share_evenly() {
    assert_eq!(
        slopes(|x| maximum(x, 1.0), &[0.0, 1.0, 2.0]),
        [0.0, 0.5, 1.0]
    );
    assert_eq!(
        slopes(|x| minimum(1.0, x), &[0.0, 1.0, 2.0]),
        [1.0, 0.5, 0.0]
    );
    assert_eq!(
        slopes(|x| fmax(x, 1.0), &[0.0, 1.0, f64::NAN]),
        [0.0, 0.5, 0.0]
    );
    assert_eq!(slopes(|x| fmin(x, f64::NAN), &[0.0, 1.0]), [1.0, 1.0]);
    assert_eq!(
        slopes(|x| x.max(()), &[3.0, 1.0, 3.0, 3.0]),
        [1.0 / 3.0, 0.0, 1.0 / 3.0, 1.0 / 3.0]
    );
    assert_eq!(slopes(|x| x.min(()), &[1.0, 1.0, 2.0]), [0.5, 0.5, 0.0]);
    assert_eq!(forward_slopes(|x| x.max(()), &[3.0, 1.0, 3.0]), [1.0]);
    let at = |x: &Array| x.at(s![array([0, 0], ())?]).maximum(x.get(s![1..3])?);
    assert_eq!(
        slopes(at, &[2.0, 2.0, 2.0]),
        [1.0 / 3.0, 1.0 + 1.0 / 3.0, 1.0 + 1.0 / 3.0]
    );
}

#[test]
fn a_repeated_write_keeps_the_last() {
    let f = |x: &Array| array([9.0, 9.0], ())?.set(s![array([1, 1, 0], ())?], x);
    assert_eq!(slopes(f, &[1.0, 2.0, 3.0]), [0.0, 1.0, 1.0]);
    assert_eq!(forward_slopes(f, &[1.0, 2.0, 3.0]), [1.0, 1.0]);
}

#[test]
fn powers_at_zero() {
    assert_eq!(slopes(|x| x.pow(2.0), &[0.0, 3.0]), [0.0, 6.0]);
    assert_eq!(slopes(|x| x.pow(1.0), &[0.0]), [1.0]);
    assert_eq!(
        slopes(|x| power(x, zeros_like(x, ())?), &[0.0, 2.0]),
        [0.0, 0.0]
    );
    assert_eq!(slopes(|x| x.pow(0), &[0.0, 2.0]), [0.0, 0.0]);
    assert_eq!(slopes(|y| power(0.0, y), &[0.0, 2.0, -1.0]), [0.0; 3]);
    assert_eq!(slopes(|x| x.pow(3), &[-2.0]), [12.0]);
    // d²/dx dy of x**y at y = 0 is 1/x, not 0.
    let by_y = |x: &Array| grad(|y: &Array| power(x, y), &array(0.0, ())?);
    assert_eq!(
        grad(by_y, &array(4.0, ()).unwrap())
            .unwrap()
            .item::<f64>()
            .unwrap(),
        0.25
    );
    let by_x = |y: &Array| grad(|x: &Array| power(x, y), &array(4.0, ())?);
    assert_eq!(
        grad(by_x, &array(0.0, ()).unwrap())
            .unwrap()
            .item::<f64>()
            .unwrap(),
        0.25
    );
}

#[test]
fn absolute_values_and_norms_at_zero() {
    // The root's infinity passes through a product before it meets the zero.
    let weighted = |x: &Array| dot(x.square()?, array([2.0, 3.0], ())?)?.sqrt();
    assert_eq!(slopes(weighted, &[0.0, 0.0]), [0.0, 0.0]);
    assert_eq!(
        slopes(|x| x.absolute(), &[-2.0, 0.0, 2.0]),
        [-1.0, 0.0, 1.0]
    );
    assert_eq!(
        slopes(|x| x.square()?.sum(())?.sqrt(), &[0.0, 0.0]),
        [0.0, 0.0]
    );
    assert_eq!(
        slopes(|x| (x * x).sum(())?.sqrt(), &[3.0, 4.0]),
        [3.0 * 0.2, 0.8]
    );
    assert_eq!(slopes(|x| hypot(x, 0.0), &[0.0, 2.0]), [0.0, 1.0]);
    assert_eq!(slopes(|x| x.std(()), &[1.0, 1.0]), [0.0, 0.0]);
    assert_eq!(slopes(|x| x.sqrt(), &[0.0, 4.0]), [f64::INFINITY, 0.25]);
    let zero = array([0.0, 0.0], ()).unwrap();
    let (_, dy) = jvp(
        |x: &Array| x.square()?.sum(())?.sqrt(),
        &zero,
        &(&zero + 1.0),
    )
    .unwrap();
    assert_eq!(dy.item::<f64>().unwrap(), 0.0);
    let z = array([c128::new(0.0, 0.0)], ()).unwrap();
    let g = grad(|z: &Array| z.absolute()?.sum(()), &z).unwrap();
    assert_eq!(g.to_vec::<c128>().unwrap(), [c128::new(0.0, 0.0)]);
}

#[test]
fn infinities_of_logaddexp() {
    let f = |x: &Array| logaddexp(x, f64::NEG_INFINITY);
    assert_eq!(slopes(f, &[1.0]), [1.0]);
    assert_eq!(
        slopes(|x| logaddexp(x, 1000.0), &[f64::NEG_INFINITY, 0.0]),
        [0.0, 0.0]
    );
}

#[test]
fn the_complex_convention() -> Result<()> {
    // L = x² + 3y of z = x + iy: dL/dx - i dL/dy.
    let z = array(c128::new(2.0, 5.0), ())?;
    let g = grad(
        |z: &Array| Ok::<_, Error>(z.real()?.square()? + z.imag()? * 3.0),
        &z,
    )?;
    assert_eq!(g.item::<c128>()?, c128::new(4.0, -3.0));
    // |z|² has the gradient 2 conj(z): against it goes the steepest descent's conjugate.
    let g = grad(|z: &Array| z.absolute()?.square(), &z)?;
    let got = g.item::<c128>()?;
    common::near("real part", got.re, 4.0);
    common::near("imaginary part", got.im, -10.0);
    // A holomorphic function's vjp multiplies by f'(z), and its jvp does too.
    let (_, pullback) = vjp(|z: &Array| z.square(), &z)?;
    let c = array(c128::new(0.0, 1.0), ())?;
    assert_eq!(pullback(&c)?.item::<c128>()?, c128::new(-10.0, 4.0));
    assert_eq!(
        jvp(|z: &Array| z.square(), &z, &c)?.1.item::<c128>()?,
        c128::new(-10.0, 4.0)
    );
    // A real source behind a complex computation has a real gradient.
    let x = array([0.5, 1.5], ())?;
    let f = |x: &Array| -> Result<Array> {
        let z = multiply(x, c128::new(1.0, 2.0))?;
        multiply(&z, z.conjugate()?)?.real()?.sum(())
    };
    let g = grad(f, &x)?;
    assert_eq!(g.dtype(), DType::Float64);
    assert_eq!(values(&g), [5.0, 15.0]);
    let error = grad(|z: &Array| z.square(), &z)
        .err()
        .map(|error| error.to_string());
    insta::assert_snapshot!(error.unwrap_or_default(), @"grad: the function gives complex128, its gradient is of a real number; use `real`, `absolute` or `astype` on it");
    Ok(())
}

/// Products of updates that share an element: where one of them is zero, the others still have second derivatives.
#[test]
fn updates_multiplied_into_one_element_may_be_zero() -> Result<()> {
    let x = array([2.0, 3.0], ())?;
    let index = array([0, 0, 1, 0], ())?;
    let product = |u: &Array| x.at(s![&index]).multiply(u)?.sum(());
    for zeros in [
        [0.0, 5.0, 7.0, 4.0],
        [0.0, 0.0, 7.0, 4.0],
        [3.0, 5.0, 0.0, 4.0],
    ] {
        let u = array(zeros, ())?;
        let [a, b, _, d] = zeros;
        let slopes = [2.0 * b * d, 2.0 * a * d, 3.0, 2.0 * a * b];
        assert_eq!(values(&grad(product, &u)?), slopes);
        let (ab, ad, bd) = (2.0 * d, 2.0 * b, 2.0 * a);
        let bends = [
            [0.0, ab, 0.0, ad],
            [ab, 0.0, 0.0, bd],
            [0.0, 0.0, 0.0, 0.0],
            [ad, bd, 0.0, 0.0],
        ];
        assert_eq!(values(&hessian(product, &u)?), bends.concat());
        let twice = jacrev(|u: &Array| grad(product, u), &u)?;
        assert_eq!(values(&twice), bends.concat());
    }
    Ok(())
}
