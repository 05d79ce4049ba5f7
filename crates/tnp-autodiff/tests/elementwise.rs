//! Every elementwise primitive against finite differences, first and second order, real and complex.

extern crate tnp_cpu;

mod common;

use common::{Numbers, check};
use tnp_array::*;
use tnp_backend::prim::{Binary, Prim, Unary};

/// Where to look at a function: inside its domain and away from kinks. `None` has no derivative, and must give none.
fn domain(op: Unary) -> Option<(f64, f64)> {
    match op {
        Unary::Negative | Unary::Square | Unary::Conjugate => Some((-2.0, 2.0)),
        Unary::Abs => Some((0.3, 2.0)),
        Unary::Reciprocal => Some((0.5, 2.0)),
        Unary::Sqrt | Unary::Cbrt => Some((0.5, 2.0)),
        Unary::Exp | Unary::Exp2 | Unary::Expm1 => Some((-1.0, 1.0)),
        Unary::Log | Unary::Log2 | Unary::Log10 | Unary::Log1p => Some((0.5, 2.0)),
        Unary::Sin | Unary::Cos | Unary::Tan => Some((-1.0, 1.0)),
        Unary::Arcsin | Unary::Arccos | Unary::Arctan | Unary::Arctanh => Some((-0.7, 0.7)),
        Unary::Sinh | Unary::Cosh | Unary::Tanh | Unary::Arcsinh | Unary::Erf => Some((-1.5, 1.5)),
        Unary::Arccosh => Some((1.5, 3.0)),
        Unary::Real | Unary::Imag => Some((-2.0, 2.0)),
        Unary::Sign => Some((0.3, 2.0)),
        Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Rint => None,
        Unary::Invert
        | Unary::LogicalNot
        | Unary::IsFinite
        | Unary::IsInf
        | Unary::IsNan
        | Unary::SignBit => None,
    }
}

fn one(op: Unary, x: &Array) -> Result<Array> {
    bind1(&Prim::Unary(op), &mut [Operand::Borrowed(x)])
}

#[test]
fn every_unary_function() {
    let mut numbers = Numbers::new(1);
    for &op in Unary::ALL {
        let Some((low, high)) = domain(op) else {
            if op.output(DType::Float64).is_some_and(DType::is_inexact) {
                let x = numbers.array(&[3], 0.2, 0.4);
                let f = |x: &Array| one(op, x)?.sum(());
                let g = tnp_autodiff::grad(f, &x).unwrap();
                assert_eq!(g.to_vec::<f64>().unwrap(), [0.0; 3], "{}", op.name());
            }
            continue;
        };
        let f = |xs: &[Array]| one(op, &xs[0]);
        if op.output(DType::Float64).is_some() {
            check(op.name(), &f, vec![numbers.array(&[5], low, high)]);
        }
        if op.output(DType::Complex128).is_some() {
            check(
                &format!("complex {}", op.name()),
                &f,
                vec![numbers.complex(&[4], low, high)],
            );
        }
    }
}

#[test]
fn negative_and_large_arguments() {
    let mut numbers = Numbers::new(2);
    for op in [Unary::Abs, Unary::Reciprocal, Unary::Cbrt] {
        let x = numbers.array(&[4], -2.0, -0.5);
        check(op.name(), &|xs| one(op, &xs[0]), vec![x]);
    }
    let x = array([1e200, -1e200], ()).unwrap();
    let g = tnp_autodiff::grad(|x: &Array| x.arcsinh()?.sum(()), &x).unwrap();
    assert_eq!(g.to_vec::<f64>().unwrap(), [1e-200, 1e-200]);
}

/// As `domain`, for both arguments; they are drawn apart from each other.
fn domains(op: Binary) -> Option<[(f64, f64); 2]> {
    match op {
        Binary::Add | Binary::Subtract | Binary::Multiply => Some([(-2.0, 2.0), (-2.0, 2.0)]),
        Binary::Divide => Some([(-2.0, 2.0), (0.5, 2.0)]),
        Binary::FloorDivide => None,
        Binary::Remainder | Binary::Fmod => Some([(2.2, 2.8), (0.9, 1.05)]),
        Binary::Power => Some([(0.5, 2.0), (-2.0, 2.0)]),
        Binary::Maximum | Binary::Minimum | Binary::Fmax | Binary::Fmin => {
            Some([(0.0, 1.0), (1.1, 2.0)])
        }
        Binary::Arctan2 | Binary::Hypot => Some([(0.5, 2.0), (-2.0, -0.5)]),
        Binary::Logaddexp | Binary::Logaddexp2 => Some([(-2.0, 2.0), (-2.0, 2.0)]),
        Binary::Copysign => Some([(0.5, 2.0), (-2.0, -0.5)]),
        // Differences cannot see a step of the last place.
        Binary::Nextafter => Some([(0.5, 2.0), (3.0, 4.0)]),
        Binary::Gcd
        | Binary::Lcm
        | Binary::BitwiseAnd
        | Binary::BitwiseOr
        | Binary::BitwiseXor
        | Binary::LeftShift
        | Binary::RightShift => None,
        Binary::Equal
        | Binary::NotEqual
        | Binary::Less
        | Binary::LessEqual
        | Binary::Greater
        | Binary::GreaterEqual => None,
        Binary::Complex => Some([(-2.0, 2.0), (-2.0, 2.0)]),
    }
}

fn two(op: Binary, x: &Array, y: &Array) -> Result<Array> {
    bind1(
        &Prim::Binary(op),
        &mut [Operand::Borrowed(x), Operand::Borrowed(y)],
    )
}

#[test]
fn every_binary_function() {
    let mut numbers = Numbers::new(3);
    for &op in Binary::ALL {
        let Some([(a, b), (c, d)]) = domains(op) else {
            if op.output(DType::Float64).is_some_and(DType::is_inexact) {
                let (x, y) = (numbers.array(&[3], 1.1, 1.9), array([1.0; 3], ()).unwrap());
                let f = |x: &(Array, Array)| two(op, &x.0, &x.1)?.sum(());
                let (dx, dy) = tnp_autodiff::grad(f, &(x, y)).unwrap();
                assert_eq!(dx.to_vec::<f64>().unwrap(), [0.0; 3], "{}", op.name());
                assert_eq!(dy.to_vec::<f64>().unwrap(), [0.0; 3], "{}", op.name());
            }
            continue;
        };
        if op.output(DType::Float64).is_some() {
            let (x, y) = (numbers.array(&[4], a, b), numbers.array(&[4], c, d));
            let name = op.name();
            check(
                name,
                &|xs| two(op, &xs[0], &xs[1]),
                vec![x.clone(), y.clone()],
            );
            // The other order, and each argument alone with the other a constant.
            if matches!(
                op,
                Binary::Maximum | Binary::Minimum | Binary::Fmax | Binary::Fmin
            ) {
                check(
                    name,
                    &|xs| two(op, &xs[1], &xs[0]),
                    vec![x.clone(), y.clone()],
                );
            }
            check(name, &|xs| two(op, &xs[0], &y), vec![x.clone()]);
            check(name, &|xs| two(op, &x, &xs[0]), vec![y.clone()]);
        }
        let ordered = matches!(
            op,
            Binary::Maximum | Binary::Minimum | Binary::Fmax | Binary::Fmin
        );
        if op.output(DType::Complex128).is_some() && !ordered {
            let (x, y) = (numbers.complex(&[4], a, b), numbers.complex(&[4], c, d));
            let name = format!("complex {}", op.name());
            check(&name, &|xs| two(op, &xs[0], &xs[1]), vec![x, y]);
        }
    }
}

#[test]
fn the_surface_over_broadcasts_and_dtypes() {
    let mut numbers = Numbers::new(4);
    let mut case = |name: &str, f: &dyn Fn(&[Array]) -> Result<Array>, shapes: &[&[usize]]| {
        let xs = shapes
            .iter()
            .map(|shape| numbers.array(shape, 0.4, 1.6))
            .collect();
        check(name, f, xs);
    };
    case(
        "broadcast",
        &|x| multiply(&x[0], &x[1]),
        &[&[3, 1], &[2, 1, 4]],
    );
    case("scalar", &|x| Ok(2.0 * &x[0] / 3.0 - 1.0), &[&[3]]);
    case("0-d", &|x| power(&x[0], &x[1]), &[&[], &[2]]);
    case("empty", &|x| multiply(&x[0], &x[0]), &[&[0, 3]]);
    case("float_power", &|x| float_power(&x[0], 3), &[&[3]]);
    case("power of int", &|x| x[0].pow(3), &[&[3]]);
    case("clip", &|x| clip(&x[0], 0.7, 1.3), &[&[6]]);
    case(
        "where",
        &|x| where_(x[0].lt(1.0)?, &x[0] * &x[0], x[1].sin()?),
        &[&[6], &[6]],
    );
    case("sinc", &|x| sinc(&x[0]), &[&[4]]);
    case("logaddexp", &|x| logaddexp(&x[0], &x[1]), &[&[2, 3], &[3]]);
    case("hypot", &|x| hypot(&x[0], &x[1]), &[&[2, 3], &[3]]);
    case(
        "half-width detour",
        &|x| (x[0].astype(DType::Complex128)? * 2.0).real(),
        &[&[4]],
    );
    case("divmod", &|x| Ok(divmod(&x[0], &x[1])?.1), &[&[4], &[4]]);
    case(
        "heaviside",
        &|x| Ok(heaviside(&x[0] - 1.0, 0.5)? * &x[0]),
        &[&[4]],
    );
    case("nan_to_num", &|x| nan_to_num(&x[0], ()), &[&[4]]);
    case("degrees", &|x| degrees(&x[0]), &[&[4]]);
    case("fabs", &|x| fabs(&x[0]), &[&[4]]);
}

#[test]
fn gradients_have_the_dtype_of_their_source() {
    for dtype in [
        DType::Float16,
        DType::BFloat16,
        DType::Float32,
        DType::Float64,
    ] {
        let x = array([0.5, 1.0], ()).unwrap().astype(dtype).unwrap();
        let f = |x: &Array| (x.astype(DType::Float32)? * 3.0).sum(());
        let g = tnp_autodiff::grad(f, &x).unwrap();
        assert_eq!(g.dtype(), dtype);
        assert_eq!(common::values(&g), [3.0, 3.0]);
    }
}
