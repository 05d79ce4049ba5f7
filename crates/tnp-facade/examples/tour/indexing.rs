//! Indexing, read and written.

use tnp::prelude::*;

use crate::page;

/// The guide's three ways to index, negative steps, writing, and errors.
pub(crate) fn indexing() -> Result<()> {
    page::title("5. Indexing");
    step! {
        let x = arange(24)?.reshape([2, 3, 4])?;
    }
    page::note("Basic indexing gives views: integers, slices with any step, newaxis, an ellipsis.");
    show!(
        x.get(s![1, newaxis, 1..3, ...])?,
        x.get(s![.., ..;-1, 0])?,
        x.get(s![0, .., -1])?,
        x.get(s![0, 2..0;-1, ..;2])?,
    );

    page::note("Masks choose what is true.");
    show!(
        x.get(s![.., [true, false, true]])?,
        x.get(s![greater(&x, 20)?])?,
    );

    page::note("Arrays of integers choose by position, and broadcast with each other.");
    show!(
        x.get(s![1, [0, 0, 1], array![0, 1, 1]])?,
        take(&x, [3, 0], Take::axis(2))?.shape(),
    );

    page::note(
        "Mutation, which the guide's system lacks: `assign` rebinds the handle, in place when nothing else holds the memory.\n\
         Views made before keep what they had.",
    );
    step! {
        let mut y = arange(6)?;
        let view = y.get(s![..3])?;
        y.assign(s![1], -1)?;
    }
    show!(y, view);
    step! {
        y.assign(s![less(&y, 3)?], 0)?;
        y += 10;
        y.at_mut(s![..;2]).multiply(2)?;
    }
    show!(y);

    page::note("The same as functions, which give a new array; an index met twice counts twice.");
    show!(y.set(s![-2..], [7, 8])?, y.at(s![[0, 0, 1]]).add(1)?, y,);

    page::note("Errors say which index, which axis and which size.");
    refused!(x.get(s![0, 7]));
    refused!(x.get(s![0, 0, 0, 0]));
    refused!(x.get(s![[true, false, true]]));
    refused!(x.get(s![array![1.5]]));
    refused!(y.assign(s![..2], [1, 2, 3]));
    Ok(())
}
