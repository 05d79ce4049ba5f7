//! The crate `ndarray` on the rows it has an idiom for: contiguous float arrays, elementwise, reductions and products.

use std::hint::black_box;

use ndarray::{Array, Array1, Array2, ArrayD, Axis, Dimension, Ix1, Ix2, NdFloat, RemoveAxis, Zip};
use num_traits::FromPrimitive;
use tnp::{DType, Element};

use crate::Row;

/// Evaluates a row once.
pub type Peer = Box<dyn FnMut()>;

/// The row in `ndarray`, where there is a way to write it.
pub fn ndarray(row: &Row) -> Option<Peer> {
    let dtype = row.inputs.first()?.dtype;
    // Rows with programs of the peers' own compile what their expression says.
    if !row.programs.is_empty() || row.inputs.iter().any(|input| input.dtype != dtype) {
        return None;
    }
    match dtype {
        DType::Float32 => typed::<f32>(row),
        DType::Float64 => typed::<f64>(row),
        _ => None,
    }
}

fn typed<T: NdFloat + FromPrimitive + Element>(row: &Row) -> Option<Peer> {
    let arrays: Option<Vec<ArrayD<T>>> = row.arrays().ok()?.iter().map(array).collect();
    let arrays = arrays?;
    if arrays.iter().all(|x| x.ndim() == 1) {
        let fixed = fixed::<T, Ix1>(&arrays)?;
        return elementwise(row.expression, fixed.clone())
            .or_else(|| of_vectors(row.expression, fixed));
    }
    if arrays.iter().all(|x| x.ndim() == 2) {
        let fixed = fixed::<T, Ix2>(&arrays)?;
        return elementwise(row.expression, fixed.clone())
            .or_else(|| over_axes(row.expression, fixed.clone()))
            .or_else(|| of_matrices(row.expression, fixed));
    }
    elementwise(row.expression, arrays.clone()).or_else(|| over_axes(row.expression, arrays))
}

fn array<T: Element>(x: &tnp::Array) -> Option<ArrayD<T>> {
    ArrayD::from_shape_vec(x.shape(), x.to_vec().ok()?).ok()
}

fn fixed<T: Clone, D: Dimension>(arrays: &[ArrayD<T>]) -> Option<Vec<Array<T, D>>> {
    let fixed = arrays.iter().map(|x| x.clone().into_dimensionality().ok());
    fixed.collect()
}

/// Boxes what evaluates an expression of `x` and `y`.
macro_rules! peer {
    ($arrays:ident, |$x:ident| $body:expr) => {{
        let $x = $arrays.into_iter().next()?;
        Some(Box::new(move || {
            let _ = black_box($body);
        }))
    }};
    ($arrays:ident, |$x:ident, $y:ident| $body:expr) => {{
        let mut arrays = $arrays.into_iter();
        let ($x, $y) = (arrays.next()?, arrays.next()?);
        Some(Box::new(move || {
            let _ = black_box($body);
        }))
    }};
}

fn elementwise<T, D>(expression: &str, arrays: Vec<Array<T, D>>) -> Option<Peer>
where
    T: NdFloat + FromPrimitive,
    D: Dimension + ndarray::DimMax<D, Output = D> + 'static,
{
    let one = T::one();
    match expression {
        "x + y" => peer!(arrays, |x, y| &x + &y),
        "x * y" => peer!(arrays, |x, y| &x * &y),
        "x / y" => peer!(arrays, |x, y| &x / &y),
        "x * y + x" => peer!(arrays, |x, y| &x * &y + &x),
        "x + 1" => peer!(arrays, |x| &x + one),
        "-x" => peer!(arrays, |x| x.mapv(|x| -x)),
        "x += 1" => {
            let mut x = arrays.into_iter().next()?;
            Some(Box::new(move || *black_box(&mut x) += one))
        }
        "x.sum()" => peer!(arrays, |x| x.sum()),
        "x.mean()" => peer!(arrays, |x| x.mean()),
        "x.std()" => peer!(arrays, |x| x.std(T::zero())),
        "x.copy()" => peer!(arrays, |x| x.clone()),
        "np.abs(x)" => peer!(arrays, |x| x.abs()),
        "np.sqrt(x)" => peer!(arrays, |x| x.sqrt()),
        "np.exp(x)" => peer!(arrays, |x| x.exp()),
        "np.log(x)" => peer!(arrays, |x| x.ln()),
        "np.sin(x)" => peer!(arrays, |x| x.sin()),
        "np.tanh(x)" => peer!(arrays, |x| x.tanh()),
        "1/(1 + np.exp(-x))" => peer!(arrays, |x| x.mapv(|x| one / (one + (-x).exp()))),
        "np.power(x, y)" => {
            peer!(arrays, |x, y| Zip::from(&x)
                .and(&y)
                .map_collect(|x, y| x.powf(*y)))
        }
        "np.maximum(x, y)" => {
            peer!(arrays, |x, y| Zip::from(&x)
                .and(&y)
                .map_collect(|x, y| x.max(*y)))
        }
        _ => None,
    }
}

fn over_axes<T: NdFloat + FromPrimitive, D: RemoveAxis + 'static>(
    expression: &str,
    arrays: Vec<Array<T, D>>,
) -> Option<Peer> {
    match expression {
        "x.sum(0)" => peer!(arrays, |x| x.sum_axis(Axis(0))),
        "x.sum(1)" => peer!(arrays, |x| x.sum_axis(Axis(1))),
        "x.mean(0)" => peer!(arrays, |x| x.mean_axis(Axis(0))),
        "x.mean(1)" => peer!(arrays, |x| x.mean_axis(Axis(1))),
        "x.std(0)" => peer!(arrays, |x| x.std_axis(Axis(0), T::zero())),
        "x.std(1)" => peer!(arrays, |x| x.std_axis(Axis(1), T::zero())),
        "np.concatenate([x, y])" => {
            peer!(arrays, |x, y| ndarray::concatenate(
                Axis(0),
                &[x.view(), y.view()]
            ))
        }
        "np.concatenate([x, y], 1)" => {
            peer!(arrays, |x, y| ndarray::concatenate(
                Axis(1),
                &[x.view(), y.view()]
            ))
        }
        _ => None,
    }
}

fn of_vectors<T: NdFloat>(expression: &str, arrays: Vec<Array1<T>>) -> Option<Peer> {
    match expression {
        "x[::2] + y[::2]" => peer!(arrays, |x, y| &x.slice(ndarray::s![..;2])
            + &y.slice(ndarray::s![..;2])),
        "x[::-1] + y" => peer!(arrays, |x, y| &x.slice(ndarray::s![..;-1]) + &y),
        "x @ y" => peer!(arrays, |x, y| x.dot(&y)),
        _ => None,
    }
}

fn of_matrices<T: NdFloat>(expression: &str, arrays: Vec<Array2<T>>) -> Option<Peer> {
    match expression {
        "x @ y" => peer!(arrays, |x, y| x.dot(&y)),
        "x.T + y" => peer!(arrays, |x, y| &x.t() + &y),
        "np.ascontiguousarray(x.T)" => peer!(arrays, |x| x.t().as_standard_layout().into_owned()),
        _ => None,
    }
}
