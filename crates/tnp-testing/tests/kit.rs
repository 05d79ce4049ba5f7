//! The kit on backends of every sort: the CPU, one that has the core primitives alone, and one whose work is done later.

extern crate tnp_cpu;

/// Rows and laws of the CPU are in `rows.rs` and `laws.rs`.
mod cpu {
    use tnp_testing::kit::Kit;

    #[test]
    fn is_a_backend() {
        let kit = Kit::of("cpu:0");
        kit.is_found_by_name();
        kit.lists_its_devices();
        kit.keeps_its_name();
        kit.has_no_other_devices();
        kit.gives_back_what_it_took();
        kit.gives_back_parts();
        kit.holds_nothing();
        kit.refuses_to_read_past_the_end();
        kit.counts_its_memory();
        kit.refuses_too_much();
        kit.copies_to_other_devices_and_back();
        kit.says_what_it_lacks();
        kit.works_on_several_threads();
        kit.waits();
        kit.fills_what_it_returns();
    }

    #[test]
    fn finds_bad_input() {
        let kit = Kit::of("cpu:0");
        kit.finds_indices_out_of_bounds();
        kit.finds_writes_out_of_bounds();
        kit.finds_blocks_out_of_bounds();
        kit.keeps_devices_apart();
        kit.refuses_other_memory();
        kit.names_what_it_refuses();
    }
}

/// Everything but the core has to come through decompositions.
mod core_alone {
    tnp_testing::backend_tests!(Kit::of(tnp_testing::counting::core_device()).leaves_out(
        "laws::linalg",
        "second derivatives of iterations take many minutes; the rows run, and laws.rs has the laws on the CPU"
    ));
}

/// Failures surface when results are read.
mod deferred {
    tnp_testing::backend_tests!(Kit::of(tnp_testing::deferred::device()).leaves_out(
        "laws::linalg",
        "it computes on the CPU, whose laws are in laws.rs; this takes minutes"
    ));
}
