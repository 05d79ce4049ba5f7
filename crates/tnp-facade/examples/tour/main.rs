//! `cargo tour [--features wgpu] [-- FOLDER]`: what the library does, step by step, in the order of TensorFlow's guide to its NumPy interface.
//!
//! After the guide's sections it trains a small network, which the guide does not. Every step prints the code that runs and what it gives. Files and plots go to `target/tour`, or to the folder named. The sections are
//! in files of their own; begin with `arrays.rs`.

#[macro_use]
mod page;

mod arrays;
mod compiled;
mod gradients;
mod indexing;
mod interchange;
mod iris;
mod labels;
mod model;
mod per_example;
mod placement;
mod plot;
mod promotion;
mod sigmoid;
mod timing;
mod training;

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tour")),
    };
    let folder = std::fs::create_dir_all(&folder)
        .and_then(|()| folder.canonicalize())
        .map_err(|error| tnp::Error::io(format!("{}: {error}", folder.display())))?;
    let start = Instant::now();

    arrays::attributes()?;
    promotion::promotion()?;
    arrays::literals()?;
    arrays::broadcasting()?;
    indexing::indexing()?;
    model::model()?;
    interchange::interchange(&folder)?;
    gradients::gradients()?;
    compiled::compiled()?;
    per_example::per_example()?;
    placement::placement()?;
    labels::labels(&folder)?;
    sigmoid::sigmoid(&folder)?;
    iris::iris()?;
    training::training(&folder)?;

    page::title("The end");
    let seconds = start.elapsed().as_secs_f64();
    page::note(&format!(
        "{seconds:.1} s in all; files and plots are in {}",
        folder.display()
    ));
    Ok(())
}
