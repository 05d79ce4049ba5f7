//! `software-cuda`: the CUDA backend on a device in software. Stand-ins for NVIDIA's driver and for NVRTC, built from
//! `crates/tnp-cuda/tests/software`, run kernels on the CPU; so the kit needs no GPU, and what has no order is found out.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Done, apt, program, root, run, target, test_of};

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

/// The stand-ins, built in the target folder.
fn build() -> Done<PathBuf> {
    let place = target().join("software-cuda");
    let sources = root().join(SOURCES);
    let told = |error: std::io::Error| format!("{}: {error}", place.display());
    for folder in ["include", "kernels"] {
        std::fs::create_dir_all(place.join(folder)).map_err(told)?;
    }
    for header in std::fs::read_dir(sources.join("include")).map_err(told)? {
        let header = header.map_err(told)?;
        std::fs::copy(
            header.path(),
            place.join("include").join(header.file_name()),
        )
        .map_err(told)?;
    }
    let compile = |arguments: &[&str], from: &Path, to: &Path| {
        let mut command = program("g++", arguments);
        run(command.arg(from).arg("-o").arg(to))
    };
    let library = [
        "-std=c++17",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
    ];
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
    Ok(place)
}

/// A program to which the device in software is the only one.
pub(crate) fn with_device(mut command: Command) -> Done<Command> {
    compiler()?;
    let place = build()?;
    command.env("TNP_SOFTWARE_CUDA", &place);
    command.env("CUDA_PATH", &place);
    command.env("LD_LIBRARY_PATH", &place);
    Ok(command)
}

/// Tests of `tnp-cuda` on it: those of memory shared with others, and the kit's whose names contain a word.
pub(crate) fn test(words: &[&str]) -> Done {
    run(&mut with_device(test_of("tnp-cuda", "exchange")?)?)?;
    for word in words {
        run(with_device(test_of("tnp-cuda", "kit")?)?.arg(word))?;
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
