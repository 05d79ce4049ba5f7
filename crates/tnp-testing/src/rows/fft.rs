//! Rows: Fourier transforms.

use tnp_array::fft::*;
use tnp_array::*;

use super::*;

/// NumPy has no transform of bfloat16.
const NUMBERS: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64,
    Complex64, Complex128,
];
const TRUE_REAL: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64,
];
/// NumPy divides half-width floats by a number of points rounded to their width.
const DIVIDED: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float32, Float64, Complex64,
    Complex128,
];
const REAL_DIVIDED: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float32, Float64,
];
const WIDE: &[DType] = &[Float32, Float64, Complex64, Complex128];
const LINES: &str = "12 | 3x4 | 2x3x5 | 1 | 37 | 2x0x3 | 0x4 | 4x5* | 4*x5 | 261 | 0 | 64 | .";
const GRIDS: &str = "3x4 | 2x3x5 | 12 | 4x5* | 17x9 | 2x1 | .";

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("fft.fft", LINES, NUMBERS, "np.fft.fft(x)", |a| fft(&a[0], ())).values(SMALL).scaled(32.0),
        row("fft.ifft", LINES, DIVIDED, "np.fft.ifft(x)", |a| ifft(&a[0], ())).values(SMALL).scaled(32.0),
        row("fft.rfft", LINES, TRUE_REAL, "np.fft.rfft(x)", |a| rfft(&a[0], ())).values(SMALL).scaled(32.0),
        row("", "4", COMPLEX, "np.fft.rfft(x)", |a| rfft(&a[0], ())),
        row("fft.irfft", LINES, NUMBERS, "np.fft.irfft(x)", |a| irfft(&a[0], ())).values(SMALL).scaled(32.0),
        row("fft.hfft", LINES, NUMBERS, "np.fft.hfft(x)", |a| hfft(&a[0], ())).values(SMALL).scaled(32.0),
        row("fft.ihfft", LINES, REAL_DIVIDED, "np.fft.ihfft(x)", |a| ihfft(&a[0], ())).values(SMALL).scaled(32.0),
        row("", "5 | 3x4 | 5x2x3 | 6x4*", WIDE, "(np.fft.fft(x, axis=0), np.fft.ifft(x, 3, axis=0), np.fft.fft(x, 8, axis=0))", |a| (fft(&a[0], Line::default().axis(0)), ifft(&a[0], Line::n(3).axis(0)), fft(&a[0], Line::n(8).axis(0)))).values(UNIT).scaled(32.0),
        row("", "6 | 3x5", WIDE, "(np.fft.fft(x, norm='ortho'), np.fft.ifft(x, norm='ortho'), np.fft.fft(x, norm='forward'), np.fft.ifft(x, norm='forward'))", |a| (fft(&a[0], Norm::Ortho), ifft(&a[0], Norm::Ortho), fft(&a[0], Norm::Forward), ifft(&a[0], Norm::Forward))).values(UNIT).scaled(32.0),
        row("", "6 | 3x5 | 2x3x4", &[Float32, Float64], "(np.fft.rfft(x, norm='ortho'), np.fft.rfft(x, 3, axis=0, norm='forward'), np.fft.irfft(x, 7, axis=0), np.fft.irfft(x, 3, norm='ortho'))", |a| (rfft(&a[0], Norm::Ortho), rfft(&a[0], Line::n(3).axis(0).norm(Norm::Forward)), irfft(&a[0], Line::n(7).axis(0)), irfft(&a[0], Line::n(3).norm(Norm::Ortho)))).values(UNIT).scaled(32.0),
        row("", "6 | 3x5", WIDE, "np.fft.irfft(x, 1)", |a| irfft(&a[0], 1)).values(UNIT).scaled(32.0),
        row("", "6 | 3x5", WIDE, "(np.fft.hfft(x, 5), np.fft.hfft(x, norm='ortho'))", |a| (hfft(&a[0], 5), hfft(&a[0], Norm::Ortho))).values(UNIT).scaled(32.0),
        row("", "6 | 3x5", &[Float32, Float64], "(np.fft.ihfft(x, 8), np.fft.ihfft(x, norm='forward'))", |a| (ihfft(&a[0], 8), ihfft(&a[0], Norm::Forward))).values(UNIT).scaled(32.0),
        row("", "4", WIDE, "np.fft.fft(x, 0)", |a| fft(&a[0], 0)),
        row("", "4", WIDE, "np.fft.fft(x, -1)", |a| fft(&a[0], -1)),
        row("", "4", WIDE, "np.fft.fft(x, axis=1)", |a| fft(&a[0], Line::default().axis(1))),
        row("fft.fftn", GRIDS, NUMBERS, "np.fft.fftn(x)", |a| match a.at(0).ndim() {
            // NumPy gives a number back as it is.
            0 => Ok(a.at(0).clone()),
            _ => fftn(&a[0], ()),
        }).values(SMALL).scaled(64.0),
        row("fft.ifftn", "3x4 | 2x3x5 | 12 | 4x5* | 17x9", DIVIDED, "np.fft.ifftn(x)", |a| ifftn(&a[0], ())).values(SMALL).scaled(64.0),
        row("fft.rfftn", GRIDS, TRUE_REAL, "np.fft.rfftn(x)", |a| rfftn(&a[0], ())).values(SMALL).scaled(64.0),
        row("fft.irfftn", GRIDS, WIDE, "np.fft.irfftn(x)", |a| irfftn(&a[0], ())).values(UNIT).scaled(64.0),
        row("fft.fft2", GRIDS, WIDE, "np.fft.fft2(x)", |a| fft2(&a[0], ())).values(UNIT).scaled(64.0),
        row("fft.ifft2", GRIDS, WIDE, "np.fft.ifft2(x)", |a| ifft2(&a[0], ())).values(UNIT).scaled(64.0),
        row("fft.rfft2", GRIDS, &[Float32, Float64], "np.fft.rfft2(x)", |a| rfft2(&a[0], ())).values(UNIT).scaled(64.0),
        row("fft.irfft2", GRIDS, WIDE, "np.fft.irfft2(x)", |a| irfft2(&a[0], ())).values(UNIT).scaled(64.0),
        row("", "3x4x5", WIDE, "(np.fft.fftn(x, s=(2, 7), axes=(0, 2)), np.fft.fftn(x, axes=(0, 0)), np.fft.fftn(x, s=(-1, 3), axes=(1, -1), norm='ortho'), np.fft.ifftn(x, axes=(2, 0), norm='forward'))", |a| (fftn(&a[0], Grid::s([2, 7]).axes([0, 2])), fftn(&a[0], Grid::default().axes([0, 0])), fftn(&a[0], Grid::s([-1, 3]).axes([1, -1]).norm(Norm::Ortho)), ifftn(&a[0], Grid::default().axes([2, 0]).norm(Norm::Forward)))).values(UNIT).scaled(64.0),
        row("", "3x4x5", &[Float32, Float64], "(np.fft.rfftn(x, s=(2, 7), axes=(0, 2)), np.fft.rfftn(x, axes=(2, 1), norm='ortho'), np.fft.irfftn(x, s=(3, 7), axes=(1, 2)), np.fft.irfft2(x, s=(3, 5), axes=(2, 0), norm='forward'))", |a| (rfftn(&a[0], Grid::s([2, 7]).axes([0, 2])), rfftn(&a[0], Grid::default().axes([2, 1]).norm(Norm::Ortho)), irfftn(&a[0], Grid::s([3, 7]).axes([1, 2])), irfft2(&a[0], Grid::s([3, 5]).axes([2, 0]).norm(Norm::Forward)))).values(UNIT).scaled(64.0),
        row("", "3x4", WIDE, "np.fft.fft2(x, s=(2,))", |a| fft2(&a[0], [2])),
        row("fft.fftfreq", "-", &[Float64], "(np.fft.fftfreq(5), np.fft.fftfreq(8, d=0.1), np.fft.fftfreq(1, -2.0))", |_| (fftfreq(5, 1.0), fftfreq(8, 0.1), fftfreq(1, -2.0))),
        row("", "-", &[Float64], "np.fft.fftfreq(0)", |_| fftfreq(0, 1.0)),
        row("fft.rfftfreq", "-", &[Float64], "(np.fft.rfftfreq(5), np.fft.rfftfreq(8, d=0.1), np.fft.rfftfreq(1))", |_| (rfftfreq(5, 1.0), rfftfreq(8, 0.1), rfftfreq(1, 1.0))),
        row("fft.fftshift", "5 | 3x4 | 2x3x5 | 0", ALL, "np.fft.fftshift(x)", |a| fftshift(&a[0], ())),
        row("fft.ifftshift", "5 | 3x4 | 2x3x5 | 0", ALL, "np.fft.ifftshift(x)", |a| ifftshift(&a[0], ())),
        row("", "3x5", KINDS, "(np.fft.fftshift(x, axes=0), np.fft.ifftshift(x, axes=(1,)), np.fft.fftshift(x, axes=(0, -1)))", |a| (fftshift(&a[0], 0), ifftshift(&a[0], [1]), fftshift(&a[0], [0, -1]))),
    ]
}
