//! NVRTC, CUDA's compiler as a library, loaded from a file: it needs no device.

use std::env;
use std::ffi::{CStr, CString, c_char, c_int};
use std::path::PathBuf;
use std::ptr::{null, null_mut};

use libloading::{Library, Symbol};

type Program = *mut std::ffi::c_void;
type Status = c_int;

/// The library, and where CUDA's headers are.
pub(crate) struct Nvrtc {
    library: Library,
    include: Vec<PathBuf>,
}

/// What came of a source.
pub(crate) struct Compiled {
    /// Assembly for any GPU of the generation.
    pub(crate) ptx: String,
    /// Bytes of machine code.
    pub(crate) machine_code: usize,
}

impl Nvrtc {
    /// The library that `TNP_NVRTC` names, with the headers under `TNP_CUDA_INCLUDE`; `None` where nothing is named.
    pub(crate) fn named() -> Option<Nvrtc> {
        let path = env::var_os("TNP_NVRTC")?;
        // SAFETY: whoever set the variable wants this library loaded.
        let library = unsafe { Library::new(&path) };
        let library = library.unwrap_or_else(|error| panic!("TNP_NVRTC={path:?}: {error}"));
        let include = env::var_os("TNP_CUDA_INCLUDE").unwrap_or_default();
        let include: Vec<PathBuf> = env::split_paths(&include).collect();
        let there = include.iter().any(|at| at.join("cuda_runtime.h").is_file());
        assert!(there, "no cuda_runtime.h in TNP_CUDA_INCLUDE={include:?}");
        Some(Nvrtc { library, include })
    }

    /// A function of the library.
    ///
    /// # Safety
    /// `F` must be its type.
    unsafe fn function<F>(&self, name: &str) -> Symbol<'_, F> {
        // SAFETY: the caller's.
        let function = unsafe { self.library.get(name.as_bytes()) };
        function.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Major and minor version.
    pub(crate) fn version(&self) -> (c_int, c_int) {
        let (mut major, mut minor) = (0, 0);
        // SAFETY: the type is nvrtc.h's, and both places can be written.
        unsafe {
            let version = self
                .function::<unsafe extern "C" fn(*mut c_int, *mut c_int) -> Status>("nvrtcVersion");
            version(&mut major, &mut minor);
        }
        (major, minor)
    }

    /// Compiles as `cubecl-cuda` has it compiled, for an architecture such as `sm_80`; or what the compiler complains of.
    pub(crate) fn compile(&self, source: &str, architecture: &str) -> Result<Compiled, String> {
        let options: Vec<CString> = [format!("--gpu-architecture={architecture}")]
            .into_iter()
            .chain((self.include.iter()).map(|at| format!("--include-path={}", at.display())))
            .chain(["-lineinfo".to_owned()])
            .map(|option| CString::new(option).expect("options hold no zero byte"))
            .collect();
        let options: Vec<*const c_char> = options.iter().map(|option| option.as_ptr()).collect();
        let source = CString::new(source).expect("sources hold no zero byte");
        let mut program: Program = null_mut();
        // SAFETY: types are nvrtc.h's; the source and the options outlive the calls.
        unsafe {
            type Create = unsafe extern "C" fn(
                *mut Program,
                *const c_char,
                *const c_char,
                c_int,
                *const *const c_char,
                *const *const c_char,
            ) -> Status;
            let create = self.function::<Create>("nvrtcCreateProgram");
            let status = create(&mut program, source.as_ptr(), null(), 0, null(), null());
            assert_eq!(status, 0, "nvrtcCreateProgram");
            type Compile = unsafe extern "C" fn(Program, c_int, *const *const c_char) -> Status;
            let compile = self.function::<Compile>("nvrtcCompileProgram");
            let status = compile(program, options.len() as c_int, options.as_ptr());
            let result = match status {
                0 => Ok(Compiled {
                    ptx: self.text(program, "nvrtcGetPTXSize", "nvrtcGetPTX"),
                    machine_code: self.size(program, "nvrtcGetCUBINSize"),
                }),
                _ => Err(self.text(program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog")),
            };
            let destroy = self
                .function::<unsafe extern "C" fn(*mut Program) -> Status>("nvrtcDestroyProgram");
            destroy(&mut program);
            result
        }
    }

    /// A size that the library tells.
    ///
    /// # Safety
    /// The program must be alive, and `name` a function that tells a size.
    unsafe fn size(&self, program: Program, name: &str) -> usize {
        let mut size = 0usize;
        // SAFETY: the type is nvrtc.h's.
        unsafe {
            let ask = self.function::<unsafe extern "C" fn(Program, *mut usize) -> Status>(name);
            assert_eq!(ask(program, &mut size), 0, "{name}");
        }
        size
    }

    /// A text of the library.
    ///
    /// # Safety
    /// The program must be alive, and the names those of functions that tell a text's size and write it.
    unsafe fn text(&self, program: Program, size: &str, get: &str) -> String {
        // SAFETY: the library writes as many bytes as it said, the last of them zero.
        unsafe {
            let mut bytes = vec![0u8; self.size(program, size).max(1)];
            let write = self.function::<unsafe extern "C" fn(Program, *mut c_char) -> Status>(get);
            assert_eq!(write(program, bytes.as_mut_ptr().cast()), 0, "{get}");
            let text = CStr::from_bytes_until_nul(&bytes).unwrap_or_default();
            text.to_string_lossy().into_owned()
        }
    }
}
