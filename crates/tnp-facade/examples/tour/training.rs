//! A small training run, which the guide lacks: a network learns to tell irises apart.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use plotters::coord::Shift;
use plotters::prelude::*;
use tnp::prelude::*;

use crate::plot::{self, ACCENT, Chart, Drawn, QUIET};
use crate::{iris, page};

const EPOCHS: u64 = 60;
const BATCH: usize = 20;
const RATE: f64 = 0.01;
const MOMENTUM: f64 = 0.9;
/// The share of flowers not trained on that the network has to get right.
const GOAL: f64 = 0.9;

/// Two dense layers: four lengths to sixteen features to a score for each species.
#[derive(Tree, Clone)]
struct Network {
    w1: Array,
    b1: Array,
    w2: Array,
    b2: Array,
}

impl Network {
    fn new() -> Result<Network> {
        Ok(Network {
            w1: (random::randn([4, 16])? / 2.0).astype(Float32)?,
            b1: zeros(16, Float32)?,
            w2: (random::randn([16, 3])? / 4.0).astype(Float32)?,
            b2: zeros(3, Float32)?,
        })
    }

    fn scores(&self, x: &Array) -> Result<Array> {
        let features = (matmul(x, &self.w1)? + &self.b1).tanh()?;
        Ok(matmul(features, &self.w2)? + &self.b2)
    }

    /// Cross entropy: minus the logarithm of the probability given to the right species.
    fn loss(&self, x: &Array, species: &Array) -> Result<Array> {
        let scores = self.scores(x)?;
        let scores = &scores - scores.max(Reduce::axes(1).keepdims())?; // exp cannot overflow
        let right = equal(species.get(s![.., newaxis])?, arange(3)?)?;
        let chosen = where_(right, &scores, 0.0)?.sum(1)?;
        (scores.exp()?.sum(1)?.log()? - chosen).mean(())
    }

    /// The share of flowers whose highest score is that of their species.
    fn accuracy(&self, x: &Array, species: &Array) -> Result<f64> {
        equal(self.scores(x)?.argmax(1)?, species)?.mean(())?.item()
    }
}

/// A step downhill with momentum: network, velocity and a batch to network, velocity and loss.
type State = (Network, Network, Array, Array);
fn step((network, velocity, x, species): &State) -> Result<(Network, Network, Array)> {
    let loss = |network: &Network| network.loss(x, species);
    let (loss, slope) = value_and_grad(loss, network)?;
    let velocity = velocity.zip_map(&slope, |v, slope| v * MOMENTUM - slope * RATE)?;
    let network = network.zip_map(&velocity, |weight, v| weight + v)?;
    Ok((network, velocity, loss))
}

/// Trains on 100 flowers and asks about the other 50.
pub(crate) fn training(folder: &Path) -> std::result::Result<(), Box<dyn Error>> {
    page::title("15. Training");
    page::note(
        "`Network` (in training.rs) has two dense layers. `step` takes the gradient of the cross entropy and goes downhill with\n\
         momentum; it is traced once and compiled, gradient and all. 100 flowers are for training, 50 for the test.",
    );
    step! {
        random::seed(6)?;
        let (x, species) = iris::load()?;
        let x = ((&x - x.mean(0)?) / x.std(0)?).astype(Float32)?;
        let order = random::rand(150)?.argsort(())?;
        let (train, test) = (order.get(s![..100])?, order.get(s![100..])?);
        let (x_test, species_test) = (x.get(s![&test])?, species.get(s![&test])?);
        let train_step = function(step);
        let mut network = Network::new()?;
        let mut velocity = network.map(|weight| zeros_like(weight, ()))?;
    }
    show!(network.accuracy(&x_test, &species_test)?);

    // Hidden where stderr is no terminal.
    let bar = ProgressBar::new(EPOCHS).with_style(ProgressStyle::with_template(
        "  {bar:40} {pos}/{len} epochs, {msg}",
    )?);
    let start = Instant::now();
    let mut curve = Curve::default();
    for epoch in 1..=EPOCHS {
        let shuffled = train.get(s![random::rand(100)?.argsort(())?])?;
        let mut losses = Vec::new();
        for rows in shuffled.reshape([-1, BATCH as i64])?.iter()? {
            let rows = rows?;
            let batch = (x.get(s![&rows])?, species.get(s![&rows])?);
            let loss;
            (network, velocity, loss) = train_step.call(&(network, velocity, batch.0, batch.1))?;
            losses.push(loss);
        }
        let loss = stack(&losses[..], ())?.mean(())?.item::<f32>()?;
        let unseen = network.loss(&x_test, &species_test)?.item::<f32>()?;
        curve.train.push((epoch as f64, loss.into()));
        curve.test.push((epoch as f64, unseen.into()));
        bar.set_message(format!("loss {loss:.3}"));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let steps = EPOCHS as usize * 100 / BATCH;
    let micros = start.elapsed().as_secs_f64() * 1e6 / steps as f64;
    page::note(&format!(
        "{EPOCHS} epochs, {steps} steps of {BATCH} flowers, {micros:.0} µs each:"
    ));
    let accuracy = network.accuracy(&x_test, &species_test)?;
    show!(
        train_step.trace_count(),
        network.accuracy(&x, &species)?,
        accuracy
    );
    plot::save(&curve, folder, "training")?;
    if accuracy < GOAL {
        return Err(format!("the network got {accuracy} of the flowers right, not {GOAL}").into());
    }
    page::note(&format!(
        "The goal of {:.0} % of flowers never seen is reached.",
        GOAL * 100.0
    ));
    Ok(())
}

/// Epochs and mean losses.
#[derive(Default)]
struct Curve {
    train: Vec<(f64, f64)>,
    test: Vec<(f64, f64)>,
}

impl Chart for Curve {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let losses = self.train.iter().chain(&self.test).map(|&(_, loss)| loss);
        let highest = losses.fold(0.0, f64::max);
        let mut chart = plot::builder(area, "Learning to tell irises apart")
            .build_cartesian_2d(0.0..EPOCHS as f64 + 1.0, 0.0..1.1 * highest)?;
        plot::mesh(&mut chart)
            .x_desc("epoch")
            .y_desc("cross entropy")
            .x_label_formatter(&f64::to_string)
            .y_label_formatter(&|loss| format!("{loss:.1}"))
            .draw()?;
        for (series, colour, label) in [
            (&self.train, ACCENT, "100 flowers trained on"),
            (&self.test, QUIET, "50 flowers never seen"),
        ] {
            let line = LineSeries::new(series.iter().copied(), colour.stroke_width(3));
            chart
                .draw_series(line)?
                .label(label)
                .legend(plot::swatch(colour));
        }
        plot::legend(&mut chart, SeriesLabelPosition::UpperRight)
    }
}
