//! Interchange: `Vec`, the crate `ndarray`, and NumPy's files.

use std::error::Error;
use std::path::Path;

use tnp::io::ndarray_0_17::{as_ndarray, from_ndarray, to_ndarray};
use tnp::prelude::*;
use tnp::{load_mmap, load_npz, savez_compressed};

use crate::page;

/// To and from Rust's own memory, then files in `folder`.
pub(crate) fn interchange(folder: &Path) -> std::result::Result<(), Box<dyn Error>> {
    page::title("7. Interchange");
    memory()?;
    files(folder)
}

/// What is handed over without copying: the addresses stay the same.
fn memory() -> Result<()> {
    page::note("A `Vec` becomes an array without copying, and an array is read as a slice.");
    step! {
        let vec = vec![0.5f32; 1000];
        let address = vec.as_ptr();
        let x = Array::from_vec(vec, &[10, 100])?;
    }
    show!(x.as_slice::<f32>()?.as_ptr() == address, x.sum(())?);

    page::note(
        "So does an array of the crate `ndarray` (feature `ndarray-0_17`), in both directions.",
    );
    step! {
        let matrix = ndarray::Array2::from_shape_fn((3, 4), |(i, j)| (10 * i + j) as f64);
        let address = matrix.as_ptr();
        let x = from_ndarray(matrix)?;
        let view = as_ndarray::<f64>(&x)?;
    }
    show!(
        x,
        view.as_ptr() == address,
        view.sum(),
        view.sum_axis(ndarray::Axis(0)).to_string()
    );
    step! {
        let owned = to_ndarray::<f64>(&x.t()?)? + 1.0;
    }
    show!(owned.shape(), from_ndarray(owned)?.get(s![-1])?);
    Ok(())
}

/// .npy and .npz, as NumPy writes and reads them.
fn files(folder: &Path) -> std::result::Result<(), Box<dyn Error>> {
    page::note(
        "Files are NumPy's .npy and .npz, byte for byte; they appear when they are complete.",
    );
    step! {
        let x = arange(1_000_000)?.reshape([1000, 1000])?;
        let path = folder.join("x.npy");
        save(&path, &x)?;
    }
    show!(array_equal(load(&path)?, &x, ())?);

    page::note("Mapped into memory, only what is used of a file is read.");
    step! {
        // SAFETY: nothing else writes to the tour's own file.
        let mapped = unsafe { load_mmap(&path)? };
    }
    show!(mapped.get(s![-1, -3..])?);

    page::note("An archive holds arrays by name.");
    step! {
        let path = folder.join("xy.npz");
        savez_compressed(&path, [("x", x.get(s![..3, ..3])?), ("y", array![true, false])])?;
        let mut archive = load_npz(&path)?;
    }
    show!(archive.names(), archive.get("x")?);
    refused!(archive.get("z"));

    page::note("A damaged file is refused before any memory is taken for it.");
    step! {
        let path = folder.join("short.npy");
        std::fs::write(&path, &std::fs::read(folder.join("x.npy"))?[..1000])?;
    }
    refused!(load(&path));
    Ok(())
}
