//! Laws of derivatives, on inputs where the row is smooth, in 64 bits.

use tnp_array::{Array, Result, add, array, multiply, stack};
use tnp_autodiff::{GradientOptions, GradientTape, Unconnected, grad, hvp, jvp};
use tnp_trace::function;
use tnp_vmap::vectorized_map;

use super::exceptions::room;
use super::{Law, is_smooth, run, sample};
use crate::compare::{Tolerance, Value, difference};
use crate::rows::{Case, Domain, InputSpec, Row};

/// Step of the differences, of fourth order: small, so that few functions have a seam within it.
const STEP: f64 = 5e-5;

/// A row as one real number of those of its inputs that have slopes: its results with weights, summed up.
struct Loss<'a> {
    row: &'a Row,
    case: &'a Case,
    /// All inputs; those with slopes are replaced.
    inputs: Vec<Array>,
    weights: Vec<Option<Array>>,
}

impl<'a> Loss<'a> {
    /// `None` when nothing that the row gives has a slope, or it gives an error.
    fn new(row: &'a Row, case: &'a Case) -> Result<Option<Loss<'a>>> {
        let inputs = sample::smooth(row, case, 0)?;
        // On a device that works asynchronously an error may only come when a result is read.
        let read = |(outputs, _): &(Vec<Array>, _)| outputs.iter().all(|y| y.to_bytes().is_ok());
        let Some((outputs, _)) = run(row, case, &inputs).ok().filter(read) else {
            return Ok(None);
        };
        let weight = |(at, y): (usize, &Array)| match is_smooth(y.dtype()) {
            true => sample::direction(y, 100 + at as u64).map(Some),
            false => Ok(None),
        };
        let weights: Result<Vec<Option<Array>>> = outputs.iter().enumerate().map(weight).collect();
        let loss = Loss {
            row,
            case,
            inputs,
            weights: weights?,
        };
        if loss.weights.iter().all(Option::is_none) {
            return Ok(None);
        }
        // Some rows ask for what has no value on purpose: means of nothing, logarithms of what is below zero.
        let special = |input: &InputSpec| input.domain == Domain::Special;
        let empty = |input: &InputSpec| input.shape.contains(&0);
        let on_purpose = case
            .inputs
            .iter()
            .any(|input| special(input) || empty(input));
        let value = loss.of(&loss.variables(0)?)?.item::<f64>()?;
        Ok(Some(loss).filter(|_| value.is_finite() || !on_purpose))
    }

    /// The inputs with slopes.
    fn variables(&self, example: u64) -> Result<Vec<Array>> {
        let mut all = sample::smooth(self.row, self.case, example)?;
        all.retain(|x| is_smooth(x.dtype()));
        Ok(all)
    }

    fn outputs(&self, xs: &[Array]) -> Result<Vec<Array>> {
        let mut xs = xs.iter();
        let inputs = self.inputs.iter().map(|fixed| {
            let own = if is_smooth(fixed.dtype()) {
                xs.next()
            } else {
                None
            };
            own.unwrap_or(fixed).clone()
        });
        Ok(run(self.row, self.case, &inputs.collect::<Vec<Array>>())?.0)
    }

    fn of(&self, xs: &[Array]) -> Result<Array> {
        let mut sum = array(0.0, ())?;
        for (y, weight) in self.outputs(xs)?.iter().zip(&self.weights) {
            if let Some(weight) = weight {
                sum = add(sum, pairing(y, weight)?)?;
            }
        }
        Ok(sum)
    }
}

/// `Re(sum(x * y))`, how a gradient pairs with a direction.
fn pairing(x: &Array, y: &Array) -> Result<Array> {
    let product = multiply(x, y)?.sum(())?;
    match product.dtype().is_complex() {
        true => product.real(),
        false => Ok(product),
    }
}

fn pairings(xs: &[Array], ys: &[Array]) -> Result<Array> {
    let mut sum = array(0.0, ())?;
    for (x, y) in xs.iter().zip(ys) {
        sum = add(sum, pairing(x, y)?)?;
    }
    Ok(sum)
}

/// What the pairing is a sum of, in magnitude: what rounding is measured by.
fn magnitude(xs: &[Array], ys: &[Array]) -> Result<f64> {
    let mut sum = 0.0;
    for (x, y) in xs.iter().zip(ys) {
        sum += multiply(x, y)?.absolute()?.sum(())?.item::<f64>()?;
    }
    Ok(sum)
}

fn directions(xs: &[Array], stream: u64) -> Result<Vec<Array>> {
    let streams = xs.iter().zip(stream..);
    streams
        .map(|(x, stream)| sample::direction(x, stream))
        .collect()
}

/// The derivative of `f` in a direction by differences of fourth order, and how far off it may be: by the rounding of `f`, and
/// where differences of second order say something else.
fn differences(
    f: impl Fn(&Vec<Array>) -> Result<Array>,
    xs: &[Array],
    ds: &[Array],
) -> Result<(f64, f64)> {
    let at = |h: f64| -> Result<f64> {
        let moved: Result<Vec<Array>> = xs
            .iter()
            .zip(ds)
            .map(|(x, d)| add(x, multiply(d, h)?))
            .collect();
        f(&moved?)?.item::<f64>()
    };
    let (up, down) = (at(STEP)?, at(-STEP)?);
    let far = at(2.0 * STEP)? - at(-2.0 * STEP)?;
    let (second, fourth) = (
        (up - down) / (2.0 * STEP),
        (8.0 * (up - down) - far) / (12.0 * STEP),
    );
    let off = 1e-10 * up.abs().max(down.abs()) + 0.1 * (second - fourth).abs();
    Ok((fourth, off))
}

pub(super) fn check(law: Law, row: &Row, case: &Case) -> Result<Option<String>> {
    let Some(loss) = Loss::new(row, case)? else {
        return Ok(None);
    };
    let xs = loss.variables(0)?;
    match law {
        Law::Gradient => against_differences(&loss, &xs),
        Law::MappedGradient => mapped(&loss),
        Law::CompiledGradient => compiled(&loss, &xs),
        _ => taped(&loss, &xs),
    }
}

fn against_differences(loss: &Loss<'_>, xs: &Vec<Array>) -> Result<Option<String>> {
    let f = |xs: &Vec<Array>| loss.of(xs);
    let (ds, vs) = (directions(xs, 1)?, directions(xs, 11)?);
    let gradient = grad(f, xs)?;
    for (x, g) in xs.iter().zip(&gradient) {
        if (x.shape(), x.dtype()) != (g.shape(), g.dtype()) {
            return Ok(Some(format!(
                "the gradient is {}{:?}",
                g.dtype(),
                g.shape()
            )));
        }
    }
    let (wanted, off) = differences(f, xs, &ds)?;
    let scale = magnitude(&gradient, &ds)?;
    let reverse = pairings(&gradient, &ds)?.item::<f64>()?;
    let forward = jvp(f, xs, &ds)?.1.item::<f64>()?;
    let slope = |xs: &Vec<Array>| pairings(&grad(f, xs)?, &vs);
    let (curved, bend_off) = differences(slope, xs, &ds)?;
    let twice = grad(slope, xs)?;
    let bend = magnitude(&twice, &ds)?;
    let along = |xs: &Vec<Array>| Ok(jvp(f, xs, &vs)?.1);
    let checks = [
        ("reverse", reverse, wanted, scale, off),
        ("forward", forward, reverse, scale, 0.0),
        (
            "reverse over reverse",
            pairings(&twice, &ds)?.item::<f64>()?,
            curved,
            bend,
            bend_off,
        ),
        (
            "forward over reverse",
            pairings(&hvp(f, xs, &ds)?, &vs)?.item::<f64>()?,
            curved,
            bend,
            bend_off,
        ),
        (
            "reverse over forward",
            pairings(&grad(along, xs)?, &ds)?.item::<f64>()?,
            curved,
            bend,
            bend_off,
        ),
        (
            "forward over forward",
            jvp(along, xs, &ds)?.1.item::<f64>()?,
            curved,
            bend,
            bend_off,
        ),
    ];
    Ok(checks
        .into_iter()
        .find_map(|(what, got, wanted, scale, off)| {
            let allowed = 1e-7 * (scale + wanted.abs()) + off + 1e-10;
            let near = (got - wanted).abs() <= allowed;
            (!near).then(|| format!("{what}: {got}, expected {wanted}"))
        }))
}

/// Whether derivatives that were computed in two ways are the same but for rounding.
fn apart(room: f64, what: &str, got: &[Array], wanted: &[Array]) -> Result<Option<String>> {
    let read = |arrays: &[Array]| arrays.iter().map(Value::of).collect::<Result<Vec<Value>>>();
    let difference = difference(&read(got)?, &read(wanted)?, Tolerance::Scaled(room), 1.0);
    Ok(difference.map(|difference| format!("{what}: {difference}")))
}

fn mapped(loss: &Loss<'_>) -> Result<Option<String>> {
    let f = |xs: &Vec<Array>| loss.of(xs);
    let examples = [loss.variables(0)?, loss.variables(1)?, loss.variables(2)?];
    let stacked = |parts: &[Vec<Array>]| -> Result<Vec<Array>> {
        let one = |at| {
            stack(
                parts
                    .iter()
                    .map(|part: &Vec<Array>| &part[at])
                    .collect::<Vec<&Array>>(),
                (),
            )
        };
        (0..parts[0].len()).map(one).collect()
    };
    let all = stacked(&examples)?;
    let vs = directions(&examples[0], 11)?;
    let second = |xs: &Vec<Array>| hvp(f, xs, &vs);
    let gradients: Result<Vec<Vec<Array>>> = examples.iter().map(|xs| grad(f, xs)).collect();
    let gradients = stacked(&gradients?)?;
    let bends: Result<Vec<Vec<Array>>> = examples.iter().map(second).collect();
    let total = |all: &Vec<Array>| vectorized_map(f, all)?.sum(());
    let repeated: Result<Vec<Array>> = vs.iter().map(|v| stack([v, v, v], ())).collect();
    let checks = [
        (
            "map of gradients",
            vectorized_map(|xs: &Vec<Array>| grad(f, xs), &all)?,
            &gradients,
        ),
        ("gradient of the map", grad(total, &all)?, &gradients),
        (
            "map of second derivatives",
            vectorized_map(second, &all)?,
            &stacked(&bends?)?,
        ),
    ];
    let room = room(Law::MappedGradient, loss.row);
    for (what, got, wanted) in &checks {
        if let Some(problem) = apart(room, what, got, wanted)? {
            return Ok(Some(problem));
        }
    }
    let of_map = hvp(total, &all, &repeated?)?;
    apart(room, "second derivative of the map", &of_map, checks[2].2)
}

fn compiled(loss: &Loss<'_>, xs: &Vec<Array>) -> Result<Option<String>> {
    let f = |xs: &Vec<Array>| loss.of(xs);
    let vs = directions(xs, 11)?;
    let gradient = grad(f, xs)?;
    let second = |xs: &Vec<Array>| hvp(f, xs, &vs);
    let traced = function(f);
    let bend = second(xs)?;
    let checks = [
        (
            "compiled gradient",
            function(|xs: &Vec<Array>| grad(f, xs)).call(xs)?,
            &gradient,
        ),
        (
            "gradient of the compiled",
            grad(|xs: &Vec<Array>| traced.call(xs), xs)?,
            &gradient,
        ),
        (
            "compiled second derivative",
            function(second).call(xs)?,
            &bend,
        ),
        (
            "second derivative of the compiled",
            hvp(|xs: &Vec<Array>| traced.call(xs), xs, &vs)?,
            &bend,
        ),
    ];
    let room = room(Law::CompiledGradient, loss.row);
    for (what, got, wanted) in checks {
        if let Some(problem) = apart(room, what, &got, wanted)? {
            return Ok(Some(problem));
        }
    }
    Ok(None)
}

fn taped(loss: &Loss<'_>, xs: &Vec<Array>) -> Result<Option<String>> {
    let plain = loss.outputs(xs)?;
    let tape = GradientTape::new();
    tape.watch(xs)?;
    let (outputs, y) = tape.record(|| -> Result<_> { Ok((loss.outputs(xs)?, loss.of(xs)?)) })?;
    let read = |arrays: &[Array]| arrays.iter().map(Value::of).collect::<Result<Vec<Value>>>();
    if let Some(problem) = difference(&read(&outputs)?, &read(&plain)?, Tolerance::Exact, 0.0) {
        return Ok(Some(format!("values under the tape: {problem}")));
    }
    let zeros = GradientOptions::new().unconnected(Unconnected::Zero);
    let got = tape.gradient_with(&y, xs, zeros)?;
    apart(
        room(Law::Taped, loss.row),
        "the tape's gradient",
        &got,
        &grad(|xs: &Vec<Array>| loss.of(xs), xs)?,
    )
}
