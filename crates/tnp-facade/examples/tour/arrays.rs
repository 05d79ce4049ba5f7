//! Arrays themselves: creation, attributes and methods; literals; broadcasting.

use tnp::prelude::*;

use crate::page;

/// The guide's first cell, and how arrays print.
pub(crate) fn attributes() -> Result<()> {
    page::title("1. The array");
    page::note("One type for every shape, dtype and device; it is created by NumPy's functions.");
    step! {
        let x = ones([5, 3], Float32)?;
    }
    show!(
        x.shape(),
        x.ndim(),
        x.size(),
        x.dtype(),
        x.nbytes(),
        x.device()?
    );

    page::note("Its methods are NumPy's. `()` stands for an argument left out.");
    show!(
        x.t()?.shape(),
        x.reshape(-1)?.shape(),
        x.sum(())?,
        x.sum(0)?,
        x.mean(Reduce::axes([0, 1]).keepdims())?,
    );
    step! {
        let y = arange(6)?.reshape([2, 3])?;
    }
    show!(
        y,
        &y * 2 - 1,
        1.0 / (1.0 + (-&y).exp()?),
        matmul(&y, y.t()?)?,
        y.clip(1, 4)?,
        y.astype(Float16)?,
        linspace(0, 1, 5)?,
    );

    page::note("Long arrays are shortened, and read into Rust as what one asks for.");
    show!(
        arange(2000)?.reshape([1000, 2])?,
        y.to_vec::<i64>()?,
        y.get(s![1, 2])?.item::<f64>()?,
    );

    page::note("Mistakes are `Err`s that name the operation, the values and the way out.");
    refused!(matmul(ones([2, 3], ())?, ones([4, 5], ())?));
    refused!(y.reshape([4, 2]));
    refused!(y.to_vec::<f32>());
    Ok(())
}

/// What dtype a literal has, and how scalars give way.
pub(crate) fn literals() -> Result<()> {
    page::title("3. Literals");
    page::note("As in NumPy integers are int64 and floats float64; a suffix decides otherwise.");
    show!(
        asarray(1, ())?.dtype(),
        asarray(1.0, ())?.dtype(),
        array![[1, 2], [3, 4]],
        array![1, 2.5, -3],
        array![1.0f32, 2.0],
        array![1u8, 2],
        array![[true; 3]; 2],
        array(vec![vec![0.5, 1.5], vec![2.5, 3.5]], Float32)?,
    );

    page::note("`prefer_float32` makes floats float32, for a scope or once for the program.");
    show!(
        with_prefer_float32(true, || asarray(1.0, ()))?.dtype(),
        with_prefer_float32(true, || add(1.0, 2.0))?.dtype(),
        with_prefer_float32(false, || add(1.0, 2.0))?.dtype(),
    );

    page::note(
        "A Rust number beside an array is weak: it takes the array's dtype, if that can hold it.",
    );
    show!(
        (ones(2, Float32)? * 2.5).dtype(),
        (ones(2, UInt8)? + 200).dtype(),
        (ones(2, UInt8)? + 0.5).dtype(),
    );
    refused!(add(ones(2, UInt8)?, 300));
    refused!(array(vec![vec![1, 2], vec![3]], ()));
    Ok(())
}

/// How shapes meet.
pub(crate) fn broadcasting() -> Result<()> {
    page::title("4. Broadcasting");
    step! {
        let x = ones([2, 3], ())?;
        let y = ones(3, ())?;
        let z = ones([1, 2, 1], ())?;
    }
    show!((&x + &y + &z).shape());
    step! {
        let table = arange(1..4)?.get(s![.., newaxis])? * arange(1..5)?;
    }
    show!(table);

    page::note("A broadcast array is a view: its strides are 0, and it takes no memory.");
    show!(broadcast_to(&y, [1000, 1000, 3])?.strides()?);
    refused!(add(&x, ones(4, ())?));
    Ok(())
}
