//! `software-cuda`: the CUDA backend on a device in software. Stand-ins for NVIDIA's driver and for NVRTC, built from
//! `crates/tnp-cuda/tests/software`, run kernels on the CPU; so the kit needs no GPU, and what has no order is found out.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Done, apt, output, program, read, root, run, target, test_of, watch};

const SOURCES: &str = "crates/tnp-cuda/tests/software";

/// How kernels are compiled (`nvrtc.cpp`), which is how their header has to be.
const KERNELS: [&str; 8] = [
    "-w",
    "-std=c++17",
    "-O1",
    "-march=native",
    "-ffp-contract=off",
    "-fno-strict-aliasing",
    "-fwrapv",
    "-fPIC",
];

/// Tests of the kit that the suite runs; compiling the kernels of all takes minutes.
const QUICK: [&str; 6] = [
    "registration",
    "memory",
    "operations",
    "misuse",
    "rows::sort",
    "rows::products",
];

fn compiler() -> Done {
    let there = || Command::new("g++").arg("--version").output().is_ok();
    if there() {
        return Ok(());
    }
    match (apt(&["g++"]), there()) {
        (Ok(()), true) => Ok(()),
        (got, _) => Err(format!(
            "which needs a compiler of C++; install g++ ({})",
            got.err().unwrap_or_else(|| "none came".to_owned())
        )),
    }
}

/// Which driver the device has.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Driver {
    Newest,
    /// Without events of a whole context, so that the host waits in their place.
    Before12_5,
}

/// The stand-ins, built in the target folder.
fn build(driver: Driver) -> Done<PathBuf> {
    let place = match driver {
        Driver::Newest => target().join("software-cuda"),
        Driver::Before12_5 => target().join("software-cuda-before-12-5"),
    };
    let sources = root().join(SOURCES);
    let told = |error: std::io::Error| format!("{}: {error}", place.display());
    let names = |folder: &Path| -> Done<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder).map_err(told)?;
        let mut files: Vec<PathBuf> = (entries.flatten().map(|entry| entry.path()))
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        Ok(files)
    };
    let headers = names(&sources.join("include"))?;
    // What compiled kernels depend on, besides their own text and the compiler.
    let mut kernels = KERNELS.join(" ") + &output(&mut program("g++", &["--version"]))?;
    for file in headers.iter().chain([&sources.join("nvrtc.cpp")]) {
        kernels += &read(file)?;
    }
    let built = format!("{kernels}{}", read(sources.join("driver.cpp"))?);
    let (kernels_stamp, stamp) = (place.join("kernels.txt"), place.join("built.txt"));
    let says = |stamp: &Path, text: &str| std::fs::read_to_string(stamp).is_ok_and(|t| t == text);
    if says(&stamp, &built) {
        return Ok(place);
    }
    if !says(&kernels_stamp, &kernels) {
        // That there were none is no error.
        let _ = std::fs::remove_dir_all(place.join("kernels"));
    }
    for folder in ["include", "kernels"] {
        std::fs::create_dir_all(place.join(folder)).map_err(told)?;
    }
    for header in headers {
        let name = header.file_name().unwrap_or_default();
        std::fs::copy(&header, place.join("include").join(name)).map_err(told)?;
    }
    let compile = |arguments: &[&str], from: &Path, to: &Path| {
        let mut command = program("g++", arguments);
        run(command.arg(from).arg("-o").arg(to))
    };
    let mut library = vec![
        "-std=c++17",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
    ];
    if driver == Driver::Before12_5 {
        library.push("-DBEFORE_12_5");
    }
    for (source, name) in [("driver.cpp", "libcuda.so"), ("nvrtc.cpp", "libnvrtc.so")] {
        // Put in place whole: another process may have the old one open.
        let fresh = place.join(format!("{name}.{}", std::process::id()));
        compile(&library, &sources.join(source), &fresh)?;
        std::fs::rename(&fresh, place.join(name)).map_err(told)?;
    }
    let header = place.join("include/cuda_runtime.h");
    let precompiled = place.join("include/cuda_runtime.h.gch");
    let arguments: Vec<&str> = KERNELS.into_iter().chain(["-x", "c++-header"]).collect();
    compile(&arguments, &header, &precompiled)?;
    std::fs::write(&kernels_stamp, kernels).map_err(told)?;
    std::fs::write(&stamp, built).map_err(told)?;
    Ok(place)
}

/// A program to which the device in software is the only one.
pub(crate) fn with_device(mut command: Command, driver: Driver) -> Done<Command> {
    compiler()?;
    let place = build(driver)?;
    command.env("TNP_SOFTWARE_CUDA", &place);
    command.env("CUDA_PATH", &place);
    command.env("LD_LIBRARY_PATH", &place);
    // The device is there, or something is wrong.
    command.env_remove("TNP_WITHOUT");
    Ok(command)
}

/// Tests of `tnp-cuda` on it: those of memory shared with others, and the kit's whose names contain a word.
pub(crate) fn test(words: &[&str]) -> Done {
    for driver in [Driver::Before12_5, Driver::Newest] {
        run(&mut with_device(test_of("tnp-cuda", "exchange")?, driver)?)?;
    }
    for word in words {
        let kit = with_device(test_of("tnp-cuda", "kit")?, Driver::Newest);
        let mut passed = false;
        watch(kit?.arg(word), |line| {
            passed |= line.starts_with("test result: ok") && !line.contains(" 0 passed");
        })?;
        if !passed {
            return Err(format!("no test of the kit has a name with '{word}'"));
        }
    }
    Ok(())
}

/// What the suite runs of it; what was not run.
pub(crate) fn quick() -> Done<Vec<String>> {
    let what = "the CUDA backend on a device in software";
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Ok(vec![format!("{what}: it is written for Linux on x86-64")]);
    }
    if let Err(reason) = compiler() {
        return Ok(vec![format!("{what}, {reason}")]);
    }
    test(&QUICK)?;
    Ok(vec![format!(
        "{what}: all of the kit but {}; `cargo xtask software-cuda` runs all rows",
        QUICK.join(", ")
    )])
}

/// `cargo xtask software-cuda [WORD]…`: all that is quick and every row, or what is named.
pub(crate) fn command(words: &[&str]) -> Done {
    match words {
        [] => test(&["registration", "memory", "operations", "misuse", "rows"]),
        words => test(words),
    }
}
