//! The kit on backends of every sort: the CPU, one that has the core primitives alone, and one whose work is done later.

use tnp_testing::counting::core_device;
use tnp_testing::deferred;

extern crate tnp_cpu as _;

tnp_testing::backend_tests!(
    cpu = Kit::of("cpu:0")
        .leaves_out("rows", "they are in rows.rs")
        .leaves_out("laws", "they are in laws.rs"),
    // Everything but the core has to come through decompositions.
    core_alone = Kit::of(core_device()).leaves_out(
        "laws::linalg",
        "second derivatives of iterations take many minutes; the rows run, and laws.rs has the laws on the CPU"
    ),
    // Failures surface when results are read.
    deferred = Kit::of(deferred::device()).leaves_out(
        "laws::linalg",
        "it computes on the CPU, whose laws are in laws.rs; this takes minutes"
    ),
);
