//! `tnp.fft`.

use tnp::fft::{Grid, Line, Norm};

use crate::call::{Args, Entry, functions};

fn norm(a: &Args<'_, '_>) -> pyo3::PyResult<Norm> {
    a.choice(
        "norm",
        Norm::Backward,
        &[
            ("backward", Norm::Backward),
            ("ortho", Norm::Ortho),
            ("forward", Norm::Forward),
        ],
    )
}

fn line(a: &Args<'_, '_>) -> pyo3::PyResult<Line> {
    let line = match a.int_or_none("n")? {
        Some(n) => Line::n(n),
        None => Line::default(),
    };
    Ok(line.axis(a.int("axis", -1)?).norm(norm(a)?))
}

fn grid(a: &Args<'_, '_>) -> pyo3::PyResult<Grid> {
    let grid = match a.named("s") {
        Some(_) => Grid::s(a.shape("s")?),
        None => Grid::default(),
    };
    let grid = match a.named("axes") {
        Some(_) => grid.axes(a.shape("axes")?),
        None => grid,
    };
    Ok(grid.norm(norm(a)?))
}

macro_rules! transforms {
    ([$($line:ident)*] [$($two:ident)*] [$($grid:ident)*] $($rest:tt)*) => {
        functions! {
            $(concat!(stringify!($line), "(a, /, n=None, axis=-1, norm=None)"), |a| { let (x, line) = (a.x(0)?, line(a)?); a.give(|| tnp::fft::$line(x, line)) };)*
            $(concat!(stringify!($two), "(a, /, s=None, axes=(-2, -1), norm=None)"), |a| { let (x, grid) = (a.x(0)?, grid(a)?); a.give(|| tnp::fft::$two(x, grid)) };)*
            $(concat!(stringify!($grid), "(a, /, s=None, axes=None, norm=None)"), |a| { let (x, grid) = (a.x(0)?, grid(a)?); a.give(|| tnp::fft::$grid(x, grid)) };)*
            $($rest)*
        }
    };
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = transforms! {
    [fft ifft rfft irfft hfft ihfft] [fft2 ifft2 rfft2 irfft2] [fftn ifftn rfftn irfftn]
    "fftfreq(n, /, d=1.0, *, dtype=None, device=None)", |a| frequencies(a, tnp::fft::fftfreq);
    "rfftfreq(n, /, d=1.0, *, dtype=None, device=None)", |a| frequencies(a, tnp::fft::rfftfreq);
    "fftshift(x, /, axes=None)", |a| { let (x, axes) = (a.x(0)?, a.axis("axes")?); a.give(|| tnp::fft::fftshift(x, axes)) };
    "ifftshift(x, /, axes=None)", |a| { let (x, axes) = (a.x(0)?, a.axis("axes")?); a.give(|| tnp::fft::ifftshift(x, axes)) };
};

fn frequencies(
    a: &Args<'_, '_>,
    function: fn(usize, f64) -> tnp::Result<tnp::Array>,
) -> pyo3::PyResult<pyo3::Py<pyo3::PyAny>> {
    let n = usize::try_from(a.int("n", 0)?).map_err(|_| {
        pyo3::exceptions::PyValueError::new_err("n should be an integer that is not negative")
    })?;
    let (d, dtype, device) = (
        a.float("d", 1.0)?,
        a.dtype()?.0,
        a.named("device").map(|device| device.to_string()),
    );
    a.give(|| {
        let x = function(n, d)?;
        let x = match dtype {
            Some(dtype) => x.astype(dtype)?,
            None => x,
        };
        match device {
            Some(device) => x.to(&*device),
            None => Ok(x),
        }
    })
}
