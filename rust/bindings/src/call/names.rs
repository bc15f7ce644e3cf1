//! All Python names that Rust uses. Each is looked up once.

use pyo3::call::PyCallArgs;
use pyo3::import_exception;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

import_exception!(tfevents, CorruptFileError);
import_exception!(tfevents, FileChangedError);

/// A global of a Python module.
pub struct Global {
    module: &'static str,
    name: &'static str,
    found: PyOnceLock<Py<PyAny>>,
}

impl Global {
    const fn new(module: &'static str, name: &'static str) -> Global {
        Global { module, name, found: PyOnceLock::new() }
    }

    /// The object. Its module is imported if necessary.
    pub fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        if let Some(found) = self.found.get(py) {
            return Ok(found.bind(py));
        }
        // The import is not within the initialization of the cell, since a fork during the import
        // would leave the cell locked.
        let found = py.import(self.module)?.getattr(self.name)?.unbind();
        Ok(self.found.get_or_init(py, || found).bind(py))
    }

    /// Calls it.
    pub fn call<'py>(
        &self,
        py: Python<'py>,
        arguments: impl PyCallArgs<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.get(py)?.call1(arguments)
    }
}

macro_rules! globals {
    ($($constant:ident = $module:literal . $name:literal;)*) => {
        $(pub static $constant: Global = Global::new($module, $name);)*
    };
}

globals! {
    // Classes of values and events.
    AUDIO_CLIP = "tfevents.reader.events"."AudioClip";
    HISTOGRAM = "tfevents.reader.events"."Histogram";
    IMAGE = "tfevents.reader.events"."Image";
    LOG_MESSAGE = "tfevents.reader.events"."LogMessage";
    METADATA = "tfevents.reader.events"."Metadata";
    SESSION_LOG = "tfevents.reader.events"."SessionLog";
    TAGGED_RUN_METADATA = "tfevents.reader.events"."TaggedRunMetadata";
    TENSOR_AS_ARRAY = "tfevents.reader.events"."as_array";
    EVENT_MESSAGE = "tfevents.proto"."Event";
    // Functions that load pickles.
    LOAD_EVENT = "tfevents._native"."load_event";
    LOAD_VALUE = "tfevents._native"."load_value";
    RUN_DATA = "tfevents._native"."run_data";
    // Remote files.
    FIND_REMOTE = "tfevents.remote.files"."find";
    READ_RANGE = "tfevents.remote.files"."read_range";
    REMOTE_FILE = "tfevents.remote.files"."RemoteFile";
    REMOTE_STAMP = "tfevents.remote.files"."stamp";
    IS_URI = "tfevents.remote"."is_uri";
    LOCATION = "tfevents.remote"."location";
    SPOOL_FOR = "tfevents.remote"."spool_for";
    // Called when a writer opened a file.
    OPENED = "tfevents._exit"."opened";
    // Arguments.
    ELEMENT = "tfevents._arrays"."number";
    UNMASKED_ELEMENT = "tfevents._arrays"."unmasked_number";
    TIME = "tfevents._arrays"."wall_time";
    WARN = "tfevents._arguments"."warn";
    // Python's own names, and those of other packages.
    OBJECT = "builtins"."object";
    MAIN_THREAD = "threading"."main_thread";
    GET_FRAME = "sys"."_getframe";
    REGISTER_AT_FORK = "os"."register_at_fork";
}

macro_rules! attributes {
    ($($function:ident = $name:literal;)*) => {
        /// Attributes and methods of objects.
        pub mod of {
            use super::*;

            $(
                #[inline]
                pub fn $function(py: Python<'_>) -> &Bound<'_, PyString> {
                    intern!(py, $name)
                }
            )*
        }
    };
}

attributes! {
    // A method, and an argument of it.
    add_scalar = "add_scalar";
    doc = "__doc__";
    global_step = "global_step";
    text_signature = "__text_signature__";
    // An object, and a thread.
    new = "__new__";
    ident = "ident";
    // Numbers, arrays and tensors of any package.
    array = "__array__";
    array_interface = "__array_interface__";
    as_py = "as_py";
    detach = "detach";
    dlpack = "__dlpack__";
    dtype = "dtype";
    float = "__float__";
    index = "__index__";
    item = "item";
    kind = "kind";
    shape = "shape";
    timestamp = "timestamp";
    to_list = "tolist";
    // Messages of protobuf.
    from_string = "FromString";
    serialize = "SerializeToString";
    // A `tfevents.writer.run.Run`.
    look = "_look";
    relay = "_relay";
    // A `tfevents.remote.spool.Spool`, and its `SpooledRun`; a `tfevents.remote.files.RemoteFile`.
    abandon = "abandon";
    close = "close";
    flush = "flush";
    open = "open";
    run = "run";
    // Exceptions, and the frames of callers.
    back = "f_back";
    errno = "errno";
    globals = "f_globals";
    // A `tfevents.remote.files.RemoteFile`.
    read = "read";
    size = "size";
    version = "version";
}
