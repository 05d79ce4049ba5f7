//! `cuda`: the crate for NVIDIA's GPUs, and its kernels compiled by NVRTC. That needs no GPU; the compiler comes from PyPI.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::shell::{Done, cargo, program, python, read, root, run};

/// The wheels that NVRTC and CUDA's headers are in.
const WHEELS: &str = "xtask/python/cuda.txt";

/// NVRTC's library, and the directories of headers.
struct Compiler {
    library: PathBuf,
    include: PathBuf,
}

/// The compiler under `target`, where pip puts it when it is not there yet.
fn compiler() -> Done<Compiler> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("NVRTC's wheels are looked for on Linux on x86-64 alone".to_owned());
    }
    let place = root().join("target/cuda");
    let (wanted, stamp) = (read(WHEELS)?, place.join("installed.txt"));
    if !std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        println!(
            "fetching {}",
            wanted.lines().skip(1).collect::<Vec<_>>().join(", ")
        );
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ];
        let mut install = program(python()?, &pip);
        install.args(["--no-deps", "--upgrade", "--target"]);
        run(install.arg(&place).args(["-r", WHEELS]))?;
        std::fs::write(&stamp, wanted).map_err(|error| error.to_string())?;
    }
    let nvidia = place.join("nvidia");
    let compiler = Compiler {
        library: nvidia.join("cuda_nvrtc/lib/libnvrtc.so.12"),
        include: nvidia.join("cuda_runtime/include"),
    };
    match compiler.library.is_file() && compiler.include.join("cuda_runtime.h").is_file() {
        true => Ok(compiler),
        false => Err(format!(
            "{} does not hold what the wheels should",
            place.display()
        )),
    }
}

/// Whether there is a driver of NVIDIA's with a device.
fn hardware() -> bool {
    let listed = || {
        let mut list = Command::new("nvidia-smi");
        list.arg("-L").stdout(Stdio::null()).stderr(Stdio::null());
        list.status().is_ok_and(|status| status.success())
    };
    Path::new("/dev/nvidiactl").exists() || listed()
}

/// Cargo's tests of the crate.
fn tests(arguments: &[&str]) -> Command {
    let mut command = cargo(&["test", "--quiet", "-p", "tnp-cuda"]);
    command.args(arguments);
    command
}

/// Discovery and the kit, which says so where there is no GPU.
pub(crate) fn devices() -> Done {
    let mut tests = tests(&["--test", "discovery", "--test", "kit"]);
    if !hardware() {
        println!("NOT RUN: the kit on cuda:0, for want of an NVIDIA GPU");
        tests.env("TNP_WITHOUT", "cuda");
    }
    run(&mut tests)?;
    let documented = [
        "test", "--quiet", "-p", "tnp-cube", "-p", "tnp-cuda", "--doc",
    ];
    run(&mut cargo(&documented))
}

/// Every kernel, for the generations of GPUs that the test names.
pub(crate) fn kernels() -> Done {
    let mut tests = tests(&["--test", "compiles", "--", "--nocapture"]);
    match compiler() {
        Ok(compiler) => {
            tests.env("TNP_NVRTC", compiler.library);
            tests.env("TNP_CUDA_INCLUDE", compiler.include);
        }
        Err(reason) => println!("NOT RUN: compiling kernels for CUDA: {reason}"),
    }
    run(&mut tests)
}
