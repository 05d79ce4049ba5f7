//! Devices: which there are, where arrays live, and how they move.

use tnp::prelude::*;

use crate::model::Model;
use crate::page;

/// Shows the CPU as two logical devices and works on both.
pub(crate) fn placement() -> Result<()> {
    page::title("11. Devices");
    page::note("The CPU can pose as several devices, to try placement on a machine without a GPU.");
    step! {
        tnp::memory::set_logical_devices("cpu", 2)?;
    }
    for info in devices() {
        page::row(&info.device.to_string(), &info.description);
    }
    show!(devices().len(), physical_devices().len(), current_device()?);

    page::note(
        "Inside a scope operations run on its device; inputs from elsewhere are copied there, and counted.",
    );
    step! {
        let model = Model::new(32)?;
        reset_transfer_stats();
        let prediction = with_device("cpu:1", || {
            let batch = random::randn([5, 32])?.astype(Float32)?;
            model.predict(&batch)
        })??;
    }
    show!(prediction.device()?, transfer_stats());

    page::note("`copy` in a scope, or `to`, moves an array, unless it is there already.");
    step! {
        let back = with_device("cpu:0", || copy(&prediction))??;
    }
    show!(
        back.device()?,
        prediction.to("cpu:1")?.device()?,
        transfer_stats()
    );

    page::note("Outside a scope nothing moves by itself.");
    refused!(add(&prediction, &back));
    refused!(prediction.to("cpu:2"));
    refused!(with_device("gpu:0", || ()));
    Ok(())
}
