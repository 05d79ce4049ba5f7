//! Real data: Fisher's irises, standardised, correlated and classified. Where they come from is said in `data/README.md`.

use std::error::Error;

use tnp::prelude::*;

use crate::page;

const CSV: &str = include_str!("data/iris.csv");

/// Four lengths for each flower, and its species.
pub(crate) fn load() -> std::result::Result<(Array, Array), Box<dyn Error>> {
    let table = parse(CSV)?;
    Ok((
        table.get(s![.., ..4])?,
        table.get(s![.., 4])?.astype(Int64)?,
    ))
}

/// The numbers of a CSV text with a heading, as a table.
fn parse(csv: &str) -> std::result::Result<Array, Box<dyn Error>> {
    let (heading, rows) = csv.split_once('\n').ok_or("the CSV is empty")?;
    let columns = heading.split(',').count() as i64;
    let fields = rows.lines().flat_map(|row| row.split(','));
    let numbers = fields
        .map(str::parse)
        .collect::<std::result::Result<Vec<f64>, _>>()?;
    Ok(array(numbers, ())?.reshape([-1, columns])?)
}

/// Loads the table, looks at it as one would in NumPy, and assigns each flower to the species with the nearest mean.
pub(crate) fn iris() -> std::result::Result<(), Box<dyn Error>> {
    page::title("14. Real data: Fisher's irises");
    page::note(
        "Length and width of sepal and petal of 150 flowers in cm, and their species\n(0 setosa, 1 versicolor, 2 virginica).",
    );
    step! {
        let (x, species) = load()?;
    }
    show!(
        x.shape(),
        x.get(s![..3])?,
        x.mean(0)?.round(2)?,
        x.std(0)?.round(2)?
    );

    page::note(
        "Standardised columns have mean 0 and deviation 1; their products are the correlations.",
    );
    step! {
        let z = (&x - x.mean(0)?) / x.std(0)?;
        let correlation = matmul(z.t()?, &z)? / z.len()?;
    }
    show!(correlation.round(3)?);

    page::note("The mean of each species, and the species whose mean is nearest to each flower.");
    step! {
        let means = [0, 1, 2].map(|k| z.get(s![equal(&species, k)?])?.mean(0));
        let means = stack(means, 0)?;
        let distances = square(z.get(s![.., newaxis])? - &means)?.sum(-1)?;
        let guess = distances.argmin(1)?;
        let right = equal(&guess, &species)?;
    }
    show!(
        means.round(2)?,
        distances.shape(),
        right.sum(())?,
        right.mean(())?.round(4)?
    );

    page::note("By species: rows are what a flower is, columns what it was taken for.");
    step! {
        let mut confusion = zeros([3, 3], Int64)?;
        confusion.at_mut(s![&species, &guess]).add(1)?;
    }
    show!(confusion);
    Ok(())
}
