//! `tfevents._native`: converts arguments, detaches from the interpreter, calls the core and
//! converts errors.

mod call;
mod events;
mod graph;
mod projector;
mod proto;
mod reader;
mod remote;
mod repair;
mod rewrite;
mod summary;
mod tables;
mod writer;

#[pyo3::pymodule(gil_used = false)]
mod _native {
    use numpy::{PyArray1, PyArrayMethods};
    use pyo3::prelude::*;
    use pyo3::types::{PyMapping, PySequence};

    use crate::writer::summary_writer::EventWriter;

    #[pymodule_export]
    use crate::call::argument::{as_number, as_step, as_text, as_wall_time};
    #[pymodule_export]
    use crate::call::turn::Turn;
    #[pymodule_export]
    use crate::events::event::{Event, Value, load_event, load_value};
    #[pymodule_export]
    use crate::events::follow::EventFollower;
    #[pymodule_export]
    use crate::events::reader::EventReader;
    #[pymodule_export]
    use crate::events::tail::EventTail;
    #[pymodule_export]
    use crate::graph::{graph_def, onnx_graph_def, run_metadata};
    #[pymodule_export]
    use crate::proto::{
        graph_nodes, graph_of_meta_graph, hparams_plugin_data, layout, mesh_plugin_data,
        node_attributes, session_log,
    };
    #[pymodule_export]
    use crate::reader::column::smooth;
    #[pymodule_export]
    use crate::reader::decode::{decode_png, decode_value};
    #[pymodule_export]
    use crate::reader::instances::instances;
    #[pymodule_export]
    use crate::reader::log::{LogData, find};
    #[pymodule_export]
    use crate::reader::run::{RunData, run_data};
    #[pymodule_export]
    use crate::remote::{is_uri, join_uri, local_path};
    #[pymodule_export]
    use crate::repair::{repair_file, verify_file};
    #[pymodule_export]
    use crate::rewrite::{Rewriter, sync};
    #[pymodule_export]
    use crate::summary::Summary;
    #[pymodule_export]
    use crate::summary::custom_scalars::custom_scalars;
    #[pymodule_export]
    use crate::summary::histogram::{histogram, histogram_in_bins, histogram_raw};
    #[pymodule_export]
    use crate::summary::hparams::hparams;
    #[pymodule_export]
    use crate::summary::media::{audio, image, video};
    #[pymodule_export]
    use crate::summary::mesh::mesh;
    #[pymodule_export]
    use crate::summary::pr_curve::{pr_curve, pr_curve_raw};
    #[pymodule_export]
    use crate::summary::scalar::scalar;
    #[pymodule_export]
    use crate::summary::tensor::{tensor, tensor_of_strings};
    #[pymodule_export]
    use crate::summary::text::text;
    #[pymodule_export]
    use crate::tables::batches::ArrowBatches;
    #[pymodule_export]
    use crate::tables::buckets::{buckets, views};
    #[pymodule_export]
    use crate::tables::scalars::{ScalarTable, WideTable};
    #[pymodule_export]
    use crate::writer::file_writer::FileWriter;
    #[pymodule_export]
    use crate::writer::handle::{Control, before_termination, flush_at_exit};
    #[pymodule_export]
    use crate::writer::outage::Outage;
    #[pymodule_export]
    use crate::writer::usual_call::hasten;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        tfevents::forks::watch();
        tfevents::storage::remote::register(Box::new(crate::remote::Fsspec));
        module.py().import("numpy")?;
        look_up(module)?;
        // Python shows it as `SummaryWriter`, since its methods belong to that class.
        module.add("EventWriter", module.py().get_type::<EventWriter>())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }

    /// Imports the names that might otherwise be imported in a signal handler, while an exception
    /// is being raised, or at the interpreter's exit.
    fn look_up(module: &Bound<'_, PyModule>) -> PyResult<()> {
        PyArray1::<f64>::zeros(module.py(), 0, false).try_readonly()?;
        let _ = (module.cast::<PyMapping>().is_ok(), module.cast::<PySequence>().is_ok());
        Ok(())
    }
}
