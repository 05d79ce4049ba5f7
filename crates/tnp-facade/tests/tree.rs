//! `#[derive(Tree)]` on structs and enums, in every transformation.

use tnp::prelude::*;

#[derive(Tree, Clone)]
struct Dense<W> {
    weights: W,
    bias: Option<Array>,
    #[tree(skip)]
    power: i64,
}

#[derive(Tree)]
enum Layer {
    Dense(Dense<Array>),
    Scale { by: Array },
    Relu,
}

#[derive(Tree)]
struct Pair(Array, Vec<Array>);

fn model() -> Vec<Layer> {
    vec![
        Layer::Dense(Dense {
            weights: ones([2, 3], ()).unwrap() * 0.5,
            bias: Some(zeros([3], ()).unwrap()),
            power: 1,
        }),
        Layer::Relu,
        Layer::Scale { by: array![2.0] },
    ]
}

fn run(layers: &[Layer], x: &Array) -> tnp::Result<Array> {
    layers.iter().try_fold(x.clone(), |x, layer| match layer {
        Layer::Dense(dense) => {
            let y = matmul(&x, &dense.weights)?.pow(dense.power)?;
            match &dense.bias {
                Some(bias) => Ok(y + bias),
                None => Ok(y),
            }
        }
        Layer::Scale { by } => Ok(x * by),
        Layer::Relu => maximum(x, 0.0),
    })
}

#[test]
fn a_model_goes_in_and_its_gradient_comes_out() -> tnp::Result<()> {
    let (model, x) = (model(), array![[1.0, 2.0], [-1.0, 0.5]]);
    let slopes = grad(|model: &Vec<Layer>| run(model, &x)?.sum(()), &model)?;
    let shapes: Vec<&[usize]> = slopes.leaves().iter().map(|leaf| leaf.shape()).collect();
    assert_eq!(shapes, [&[2, 3][..], &[3], &[1]]);
    match &slopes[0] {
        Layer::Dense(dense) => assert_eq!(dense.power, 1),
        _ => panic!("the structure changed"),
    }

    let tape = GradientTape::new();
    tape.watch(&model)?;
    let y = tape.record(|| run(&model, &x)?.sum(()))?;
    let taped: Vec<Layer> = tape.gradient(&y, &model)?;
    for (a, b) in slopes.leaves().into_iter().zip(taped.leaves()) {
        assert!(array_equal(a, b, ())?);
    }
    Ok(())
}

#[test]
fn structure_is_part_of_a_signature() -> tnp::Result<()> {
    let f = function(|dense: &Dense<Pair>| {
        let pair = &dense.weights;
        let sum = pair.1.iter().fold(pair.0.clone(), |sum, x| sum + x);
        Ok(Pair(sum.pow(dense.power)?, pair.1.clone()))
    });
    let dense = |parts: usize, power| Dense {
        weights: Pair(array![1.0], vec![array![2.0]; parts]),
        bias: None,
        power,
    };
    assert_eq!(f.call(&dense(1, 2))?.0.item::<f64>()?, 9.0);
    assert_eq!(f.call(&dense(2, 2))?.0.item::<f64>()?, 25.0);
    assert_eq!(f.call(&dense(1, 3))?.0.item::<f64>()?, 27.0);
    assert_eq!(f.call(&dense(1, 2))?.0.item::<f64>()?, 9.0);
    assert_eq!(f.trace_count(), 3);
    Ok(())
}

#[test]
fn maps_take_structures_too() -> tnp::Result<()> {
    let pairs = Pair(array![1.0, 2.0], vec![array![[1.0, 1.0], [2.0, 2.0]]]);
    let mapped = vectorized_map(
        |pair: &Pair| Ok(Pair(pair.1[0].sum(())?, vec![pair.0.clone()])),
        &pairs,
    )?;
    assert_eq!(mapped.0.to_vec::<f64>()?, [2.0, 4.0]);
    assert_eq!(mapped.1[0].to_vec::<f64>()?, [1.0, 2.0]);
    Ok(())
}
