//! `cuda`: kernels for NVIDIA's GPUs compiled by NVRTC, and the functions of NVIDIA's libraries looked up. That needs no GPU; compiler and
//! libraries come from PyPI.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::shell::{Done, PIP, program, python, read, run, target, workspace};

/// The wheels that NVRTC, CUDA's headers and the libraries are in.
const WHEELS: &str = "xtask/python/cuda.txt";

/// NVRTC's library, the directories of headers, and those of the other libraries.
struct Compiler {
    library: PathBuf,
    include: PathBuf,
    libraries: Vec<PathBuf>,
}

/// Folders of wheels that hold libraries: those that are called, and those that these load.
const LIBRARIES: [&str; 5] = ["cublas", "cufft", "cusolver", "cusparse", "nvjitlink"];

/// The compiler under `target`, where pip puts it when it is not there yet.
fn compiler() -> Done<Compiler> {
    let place = target().join("cuda");
    let (wanted, stamp) = (read(WHEELS)?, place.join("installed.txt"));
    if !std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        println!(
            "fetching {}",
            wanted.lines().skip(1).collect::<Vec<_>>().join(", ")
        );
        let mut install = program(python()?, &PIP);
        install.args(["--no-deps", "--upgrade", "--target"]);
        run(install.arg(&place).args(["-r", WHEELS]))?;
        std::fs::write(&stamp, wanted).map_err(|error| error.to_string())?;
    }
    let nvidia = place.join("nvidia");
    let compiler = Compiler {
        library: nvidia.join("cuda_nvrtc/lib/libnvrtc.so.12"),
        include: nvidia.join("cuda_runtime/include"),
        libraries: LIBRARIES.map(|name| nvidia.join(name).join("lib")).into(),
    };
    let whole = compiler.library.is_file()
        && compiler.include.join("cuda_runtime.h").is_file()
        && compiler.libraries.iter().all(|folder| folder.is_dir());
    match whole {
        true => Ok(compiler),
        false => Err(format!(
            "{} does not hold what the wheels should",
            place.display()
        )),
    }
}

/// Whether there is a driver of NVIDIA's with a device.
pub(crate) fn hardware() -> bool {
    let listed = || {
        let mut list = Command::new("nvidia-smi");
        list.arg("-L").stdout(Stdio::null()).stderr(Stdio::null());
        list.status().is_ok_and(|status| status.success())
    };
    Path::new("/dev/nvidiactl").exists() || listed()
}

/// Every kernel, for the generations of GPUs that the test names; what was not run.
pub(crate) fn kernels() -> Done<Vec<String>> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let reason = "compiling kernels for CUDA: NVRTC's wheels are looked for on Linux on x86-64";
        return Ok(vec![reason.to_owned()]);
    }
    let compiler = compiler()?;
    let mut tests = workspace("test", &["--test", "compiles"]);
    // The sources alone are written among the other tests.
    tests.args(["--", "--skip", "every_kernel_becomes_cuda"]);
    tests.env("TNP_NVRTC", compiler.library);
    tests.env("TNP_CUDA_INCLUDE", compiler.include);
    tests.env("TNP_CUDA_LIBRARIES", "1");
    let found = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let folders = (compiler.libraries.into_iter()).chain(std::env::split_paths(&found));
    let folders = std::env::join_paths(folders).map_err(|error| error.to_string())?;
    tests.env("LD_LIBRARY_PATH", folders);
    run(&mut tests).map(|()| Vec::new())
}
