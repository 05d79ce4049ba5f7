//! NVIDIA's libraries as tables of functions, looked for when first asked for, and what to install where one is missing.
//!
//! `cudarc` has bindings too, but those of one version of CUDA: building them takes no toolkit or a new one, a library of another
//! version may answer what their enums do not hold, and a missing function is a panic. Here a status is a number.

use std::ffi::{c_int, c_longlong, c_schar, c_void};
use std::sync::OnceLock;

use tnp_backend::{Error, Result};

/// What a function answers; zero when all is well.
pub(crate) type Status = c_int;
/// A handle of cuBLAS or cuSOLVER, its parameters, a stream.
pub(crate) type Opaque = *mut c_void;
/// Memory of the device, or of the host where a header says so.
pub(crate) type Address = *mut c_void;
/// Memory that is only read.
pub(crate) type Source = *const c_void;
/// The names of headers' enums and small structs, which all are passed as this.
type Enum = c_int;
type Size = i64;

/// A table of a library's functions; optional ones are not in all versions. Files are tried in order, for Linux and for Windows; `check`
/// creates and destroys a handle.
macro_rules! library {
    (
        $(#[$doc:meta])* $Name:ident = $title:literal, $wheel:literal, $serves:literal;
        linux $linux:expr; windows $windows:expr;
        $(fn $function:ident($($argument:ty),* $(,)?);)*
        $(optional fn $later:ident($($given:ty),* $(,)?);)*
    ) => {
        $(#[$doc])*
        #[allow(non_snake_case)]
        pub(crate) struct $Name {
            /// The file it was loaded from.
            file: &'static str,
            $(pub(crate) $function: unsafe extern "C" fn($($argument),*) -> Status,)*
            $(pub(crate) $later: Option<unsafe extern "C" fn($($given),*) -> Status>,)*
            /// Keeps the functions where they are.
            _library: libloading::Library,
        }

        impl $Name {
            pub(crate) const TITLE: &'static str = $title;

            /// The library, loaded at the first request.
            pub(crate) fn get() -> Result<&'static $Name> {
                static LOADED: OnceLock<Result<$Name>> = OnceLock::new();
                match LOADED.get_or_init($Name::load) {
                    Ok(library) => Ok(library),
                    Err(error) => Err(error.clone()),
                }
            }

            fn load() -> Result<$Name> {
                let files: &[&'static str] = if cfg!(windows) { &$windows } else { &$linux };
                let (file, library) = open($title, $wheel, files)?;
                // SAFETY: the types are those of the library's header, the same in all versions whose files are named above.
                unsafe {
                    Ok($Name {
                        file,
                        $($function: function(&library, file, stringify!($function))?,)*
                        $($later: function(&library, file, stringify!($later)).ok(),)*
                        _library: library,
                    })
                }
            }

            /// What a person is told of it.
            fn described() -> Library {
                let found = $Name::get();
                Library {
                    name: $title,
                    serves: $serves,
                    file: found.as_ref().ok().map(|library| library.file),
                    missing: found.err(),
                    check: || $Name::get()?.check(),
                }
            }
        }
    };
}

library! {
    /// cuBLAS; its enums are in `cublas_api.h`. Pointers to scalars are the host's.
    Blas = "cuBLAS", "nvidia-cublas-cu12", "products of matrices, triangular systems";
    linux ["libcublas.so.13", "libcublas.so.12"];
    windows ["cublas64_13.dll", "cublas64_12.dll"];
    fn cublasCreate_v2(*mut Opaque);
    fn cublasDestroy_v2(Opaque);
    fn cublasSetStream_v2(Opaque, Opaque);
    fn cublasSetMathMode(Opaque, Enum);
    // handle, transa, transb, m, n, k, alpha, A, type, lda, stride, B, type, ldb, stride, beta, C, type, ldc, stride, batch,
    // compute type, algorithm
    fn cublasGemmStridedBatchedEx_64(
        Opaque, Enum, Enum, Size, Size, Size, Source, Source, Enum, Size, c_longlong, Source, Enum, Size, c_longlong, Source,
        Address, Enum, Size, c_longlong, Size, Enum, Enum,
    );
    // handle, side, triangle, trans, diagonal, m, n, alpha, A, lda, B, ldb
    fn cublasStrsm_v2_64(Opaque, Enum, Enum, Enum, Enum, Size, Size, Source, Source, Size, Address, Size);
    fn cublasDtrsm_v2_64(Opaque, Enum, Enum, Enum, Enum, Size, Size, Source, Source, Size, Address, Size);
    fn cublasCtrsm_v2_64(Opaque, Enum, Enum, Enum, Enum, Size, Size, Source, Source, Size, Address, Size);
    fn cublasZtrsm_v2_64(Opaque, Enum, Enum, Enum, Enum, Size, Size, Source, Source, Size, Address, Size);
}

library! {
    /// cuFFT; a plan is a number.
    Fft = "cuFFT", "nvidia-cufft-cu12", "Fourier transforms";
    linux ["libcufft.so.12", "libcufft.so.11"];
    windows ["cufft64_12.dll", "cufft64_11.dll"];
    fn cufftCreate(*mut c_int);
    fn cufftDestroy(c_int);
    fn cufftSetStream(c_int, Opaque);
    fn cufftSetAutoAllocation(c_int, c_int);
    fn cufftSetWorkArea(c_int, Address);
    // plan, rank, n, inembed, istride, idist, onembed, ostride, odist, type, batch, bytes of the work area
    fn cufftMakePlanMany64(
        c_int, c_int, *mut c_longlong, *mut c_longlong, c_longlong, c_longlong, *mut c_longlong, c_longlong, c_longlong, Enum,
        c_longlong, *mut usize,
    );
    fn cufftExecC2C(c_int, Address, Address, c_int);
    fn cufftExecZ2Z(c_int, Address, Address, c_int);
    fn cufftExecR2C(c_int, Address, Address);
    fn cufftExecD2Z(c_int, Address, Address);
    fn cufftExecC2R(c_int, Address, Address);
    fn cufftExecZ2D(c_int, Address, Address);
}

library! {
    /// cuSOLVER's dense part, by its functions of any dtype where there are such. Their `info` lies on the device.
    Solver = "cuSOLVER", "nvidia-cusolver-cu12", "Cholesky, LU, QR, singular values, Hermitian eigenvalues, and general ones as of CUDA 12.6.2";
    linux ["libcusolver.so.12", "libcusolver.so.11"];
    windows ["cusolver64_12.dll", "cusolver64_11.dll"];
    fn cusolverDnCreate(*mut Opaque);
    fn cusolverDnDestroy(Opaque);
    fn cusolverDnSetStream(Opaque, Opaque);
    fn cusolverDnCreateParams(*mut Opaque);
    // handle, parameters, triangle, n, type, A, lda, compute type, bytes on the device, bytes on the host
    fn cusolverDnXpotrf_bufferSize(Opaque, Opaque, Enum, Size, Enum, Source, Size, Enum, *mut usize, *mut usize);
    // the same; work areas on the device and on the host with their bytes; info
    fn cusolverDnXpotrf(Opaque, Opaque, Enum, Size, Enum, Address, Size, Enum, Address, usize, Address, usize, *mut c_int);
    // handle, parameters, m, n, type, A, lda, compute type, bytes, bytes
    fn cusolverDnXgetrf_bufferSize(Opaque, Opaque, Size, Size, Enum, Source, Size, Enum, *mut usize, *mut usize);
    // as before, with the pivots after lda
    fn cusolverDnXgetrf(
        Opaque, Opaque, Size, Size, Enum, Address, Size, *mut i64, Enum, Address, usize, Address, usize, *mut c_int,
    );
    // handle, parameters, vectors, triangle, n, type, A, lda, type of W, W, compute type, bytes, bytes
    fn cusolverDnXsyevd_bufferSize(
        Opaque, Opaque, Enum, Enum, Size, Enum, Source, Size, Enum, Source, Enum, *mut usize, *mut usize,
    );
    fn cusolverDnXsyevd(
        Opaque, Opaque, Enum, Enum, Size, Enum, Address, Size, Enum, Address, Enum, Address, usize, Address, usize, *mut c_int,
    );
    // handle, parameters, m, n, type, A, lda, type of tau, tau, compute type, bytes, bytes
    fn cusolverDnXgeqrf_bufferSize(
        Opaque, Opaque, Size, Size, Enum, Source, Size, Enum, Source, Enum, *mut usize, *mut usize,
    );
    fn cusolverDnXgeqrf(
        Opaque, Opaque, Size, Size, Enum, Address, Size, Enum, Address, Enum, Address, usize, Address, usize, *mut c_int,
    );
    // handle, letter for U, letter for VT: as `gesvd` of LAPACK has them; m, n, type, A, lda, type of S, S, type, U, ldu, type, VT, ldvt,
    // compute type, bytes, bytes
    fn cusolverDnXgesvd_bufferSize(
        Opaque, Opaque, c_schar, c_schar, Size, Size, Enum, Source, Size, Enum, Source, Enum, Source, Size, Enum, Source, Size,
        Enum, *mut usize, *mut usize,
    );
    fn cusolverDnXgesvd(
        Opaque, Opaque, c_schar, c_schar, Size, Size, Enum, Address, Size, Enum, Address, Enum, Address, Size, Enum, Address, Size,
        Enum, Address, usize, Address, usize, *mut c_int,
    );
    // handle, m, n, k, A, lda, tau, elements of the work area; there is none of any dtype
    fn cusolverDnSorgqr_bufferSize(Opaque, c_int, c_int, c_int, Source, c_int, Source, *mut c_int);
    fn cusolverDnDorgqr_bufferSize(Opaque, c_int, c_int, c_int, Source, c_int, Source, *mut c_int);
    fn cusolverDnCungqr_bufferSize(Opaque, c_int, c_int, c_int, Source, c_int, Source, *mut c_int);
    fn cusolverDnZungqr_bufferSize(Opaque, c_int, c_int, c_int, Source, c_int, Source, *mut c_int);
    // the same, with the work area before its elements; info
    fn cusolverDnSorgqr(Opaque, c_int, c_int, c_int, Address, c_int, Source, Address, c_int, *mut c_int);
    fn cusolverDnDorgqr(Opaque, c_int, c_int, c_int, Address, c_int, Source, Address, c_int, *mut c_int);
    fn cusolverDnCungqr(Opaque, c_int, c_int, c_int, Address, c_int, Source, Address, c_int, *mut c_int);
    fn cusolverDnZungqr(Opaque, c_int, c_int, c_int, Address, c_int, Source, Address, c_int, *mut c_int);
    // handle, parameters, left vectors, right vectors, n, type, A, lda, type of W, W, type, VL, ldvl, type, VR, ldvr, compute type, bytes,
    // bytes
    optional fn cusolverDnXgeev_bufferSize(
        Opaque, Opaque, Enum, Enum, Size, Enum, Source, Size, Enum, Source, Enum, Source, Size, Enum, Source, Size, Enum,
        *mut usize, *mut usize,
    );
    optional fn cusolverDnXgeev(
        Opaque, Opaque, Enum, Enum, Size, Enum, Address, Size, Enum, Address, Enum, Address, Size, Enum, Address, Size, Enum,
        Address, usize, Address, usize, *mut c_int,
    );
}

/// Loads the first of the files that is there.
fn open(
    title: &str,
    wheel: &str,
    files: &[&'static str],
) -> Result<(&'static str, libloading::Library)> {
    let mut last = String::new();
    for file in files {
        // SAFETY: the initialisers of NVIDIA's libraries touch nothing of this program.
        match unsafe { libloading::Library::new(*file) } {
            Ok(library) => return Ok((file, library)),
            Err(error) => last = error.to_string(),
        }
    }
    Err(Error::device(format!(
        "cuda: {title} was not found ({last}); install the CUDA toolkit, or `pip install {wheel}` and put its `lib` on LD_LIBRARY_PATH"
    )))
}

/// A function of a library.
///
/// # Safety
/// `F` must be a pointer to a function of the type that the library's header gives it.
unsafe fn function<F: Copy>(
    library: &libloading::Library,
    file: &str,
    name: &'static str,
) -> Result<F> {
    // SAFETY: as the caller says.
    match unsafe { library.get::<F>(name) } {
        Ok(function) => Ok(*function),
        Err(error) => Err(Error::device(format!(
            "cuda: {file} has no function {name} ({error}); install it as of CUDA 12 or later"
        ))),
    }
}

/// An answer of a library as an outcome. `what` is the function that gave it.
pub(crate) fn done(title: &str, what: &str, status: Status) -> Result<()> {
    if status == 0 {
        return Ok(());
    }
    let known = STATUSES
        .iter()
        .find(|(library, number, _)| *library == title && *number == status);
    let meaning = known.map_or("see its header", |(_, _, meaning)| meaning);
    let message = format!("cuda: {what} of {title} failed with status {status} ({meaning})");
    Err(match meaning {
        NO_MEMORY => Error::memory(message),
        _ => Error::device(message),
    })
}

const NO_MEMORY: &str = "it found no memory";
const NOT_READY: &str = "it could not be started: is there a driver and a device?";
const INTERNAL: &str = "something went wrong inside it";
const LOST: &str = "the device could not run it";

/// What those statuses mean that may be met.
const STATUSES: [(&str, Status, &str); 15] = [
    (Blas::TITLE, 1, NOT_READY),
    (Blas::TITLE, 3, NO_MEMORY),
    (Blas::TITLE, 13, LOST),
    (Blas::TITLE, 14, INTERNAL),
    (Blas::TITLE, 15, "it has no code for this"),
    (Fft::TITLE, 2, NO_MEMORY),
    (Fft::TITLE, 5, INTERNAL),
    (Fft::TITLE, 6, LOST),
    (Fft::TITLE, 7, NOT_READY),
    (Fft::TITLE, 8, "it does not take this size"),
    (Fft::TITLE, 11, NOT_READY),
    (Solver::TITLE, 1, NOT_READY),
    (Solver::TITLE, 2, NO_MEMORY),
    (Solver::TITLE, 6, LOST),
    (Solver::TITLE, 7, INTERNAL),
];

impl Blas {
    /// A handle, on the current context.
    pub(crate) fn create(&self) -> Result<Opaque> {
        let mut handle = std::ptr::null_mut();
        // SAFETY: the place can be written.
        let status = unsafe { (self.cublasCreate_v2)(&mut handle) };
        done(Blas::TITLE, "cublasCreate", status).map(|()| handle)
    }

    fn check(&self) -> Result<()> {
        let handle = self.create()?;
        // SAFETY: the handle was just made.
        let status = unsafe { (self.cublasDestroy_v2)(handle) };
        done(Blas::TITLE, "cublasDestroy", status)
    }
}

impl Fft {
    fn check(&self) -> Result<()> {
        let (mut plan, mut bytes) = (0, 0);
        let (mut n, mut whole) = ([8], [8]);
        // SAFETY: the places can be written; the plan is destroyed once.
        unsafe {
            let status = (self.cufftCreate)(&mut plan);
            done(Fft::TITLE, "cufftCreate", status)?;
            let status = (self.cufftMakePlanMany64)(
                plan,
                1,
                n.as_mut_ptr(),
                whole.as_mut_ptr(),
                1,
                8,
                whole.as_mut_ptr(),
                1,
                8,
                crate::fft::C2C,
                1,
                &mut bytes,
            );
            (self.cufftDestroy)(plan);
            done(Fft::TITLE, "cufftMakePlanMany64", status)
        }
    }
}

impl Solver {
    /// A handle, on the current context.
    pub(crate) fn create(&self) -> Result<Opaque> {
        let mut handle = std::ptr::null_mut();
        // SAFETY: the place can be written.
        let status = unsafe { (self.cusolverDnCreate)(&mut handle) };
        done(Solver::TITLE, "cusolverDnCreate", status).map(|()| handle)
    }

    /// Whether general eigenvalues can be asked for.
    pub(crate) fn has_geev(&self) -> bool {
        self.cusolverDnXgeev_bufferSize.is_some() && self.cusolverDnXgeev.is_some()
    }

    fn check(&self) -> Result<()> {
        let handle = self.create()?;
        // SAFETY: the handle was just made.
        let status = unsafe { (self.cusolverDnDestroy)(handle) };
        done(Solver::TITLE, "cusolverDnDestroy", status)
    }
}

/// What is known of one of NVIDIA's libraries.
///
/// # Examples
/// ```
/// for library in tnp_cuda::libraries() {
///     match (library.file(), library.missing()) {
///         (Some(file), _) => println!("{} ({}) is {file}", library.name(), library.serves()),
///         (None, Some(error)) => println!("{error}"),
///         (None, None) => unreachable!(),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Library {
    name: &'static str,
    serves: &'static str,
    file: Option<&'static str>,
    missing: Option<Error>,
    check: fn() -> Result<()>,
}

impl Library {
    /// NVIDIA's name for it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What is done by it; by kernels of tnp where it is missing.
    pub fn serves(&self) -> &'static str {
        self.serves
    }

    /// The file it was found in.
    pub fn file(&self) -> Option<&'static str> {
        self.file
    }

    /// Why it was not found, and what to install.
    pub fn missing(&self) -> Option<&Error> {
        self.missing.as_ref()
    }

    /// Starts the library and ends it.
    ///
    /// # Errors
    /// When it is missing, and when there is no driver or no device.
    ///
    /// # Examples
    /// ```
    /// for library in tnp_cuda::libraries() {
    ///     if let Err(error) = library.check() {
    ///         println!("{error}"); // cuda: cuBLAS was not found … install …
    ///     }
    /// }
    /// ```
    pub fn check(&self) -> Result<()> {
        (self.check)()
    }
}

/// NVIDIA's libraries that devices use where they are there: cuBLAS, cuFFT, cuSOLVER. A device works without them too.
///
/// # Examples
/// ```
/// let names: Vec<_> = tnp_cuda::libraries().iter().map(|library| library.name()).collect();
/// assert_eq!(names, ["cuBLAS", "cuFFT", "cuSOLVER"]);
/// ```
pub fn libraries() -> [Library; 3] {
    [Blas::described(), Fft::described(), Solver::described()]
}

#[cfg(test)]
mod tests {
    use tnp_backend::ErrorKind;

    use super::*;

    #[test]
    fn a_missing_library_is_an_error_that_says_what_to_install() {
        let error = open("cuBLAS", "nvidia-cublas-cu12", &["libcublas.so.0"]).map(|_| ());
        let error = error.expect_err("nobody has that version");
        assert_eq!(error.kind(), ErrorKind::Device);
        assert!(
            error.message().contains("pip install nvidia-cublas-cu12"),
            "{error}"
        );
    }

    #[test]
    fn statuses_become_errors() {
        done(Blas::TITLE, "cublasCreate", 0).expect("all is well");
        let error = done(Fft::TITLE, "cufftMakePlanMany64", 2).expect_err("no memory");
        assert_eq!(error.kind(), ErrorKind::Memory, "{error}");
        let error =
            done(Solver::TITLE, "cusolverDnXpotrf", 99).expect_err("a status of the future");
        assert!(
            error
                .message()
                .contains("cusolverDnXpotrf of cuSOLVER failed with status 99"),
            "{error}"
        );
    }
}
