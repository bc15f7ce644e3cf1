//! The part of the Arrow C data and stream interfaces that our tables need.
//!
//! The structs and their rules: <https://arrow.apache.org/docs/format/CDataInterface.html>,
//! <https://arrow.apache.org/docs/format/CStreamInterface.html>. They are written here, since the
//! whole of Arrow would make the wheel several times larger.

#![allow(unsafe_code)]

use std::any::Any;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ops::Deref;
use std::ptr;
use std::sync::Arc;

/// The type of a column.
#[derive(Debug, Clone)]
pub enum Type {
    Bool,
    Int64,
    Float64,
    /// Microseconds since the epoch, of UTC.
    Timestamp,
    /// Strings, with `int64` offsets.
    Text,
    /// Bytes, with `int64` offsets.
    Binary,
    /// Strings as `int32` indices into a dictionary.
    Dictionary,
    /// Lists of this field, with `int64` offsets.
    List(Box<Field>),
    /// Rows of these columns.
    Struct(Vec<Field>),
}

/// The name and the type of a column.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: CString,
    pub holds: Type,
    pub nullable: bool,
}

/// Memory that an array points to.
#[derive(Clone)]
pub struct Buffer {
    start: *const c_void,
    /// Keeps the memory alive, at the same address.
    _owner: Arc<dyn Any + Send + Sync>,
}

// SAFETY: the owner of the memory is `Send` and `Sync`, and the memory is only read.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// All these numbers.
    pub fn of<T, V: Deref<Target = [T]> + Send + Sync + 'static>(numbers: V) -> Buffer {
        Buffer::new(Arc::new(numbers), V::deref)
    }

    /// The memory at `start`.
    ///
    /// # Safety
    /// The memory stays valid, and nobody writes to it, while `owner` lives.
    pub unsafe fn at(start: *const c_void, owner: Arc<dyn Any + Send + Sync>) -> Buffer {
        Buffer { start, _owner: owner }
    }

    /// A part of the memory of `owner`.
    pub fn new<T, V: Send + Sync + 'static>(owner: Arc<V>, part: impl Fn(&V) -> &[T]) -> Buffer {
        Buffer { start: part(&owner).as_ptr().cast(), _owner: owner }
    }
}

/// `struct ArrowSchema`.
#[repr(C)]
pub struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Schema,
    dictionary: *mut Schema,
    release: Option<unsafe extern "C" fn(*mut Schema)>,
    private_data: *mut c_void,
}

/// `struct ArrowArray`.
#[repr(C)]
pub struct Array {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Array,
    dictionary: *mut Array,
    release: Option<unsafe extern "C" fn(*mut Array)>,
    private_data: *mut c_void,
}

/// `struct ArrowArrayStream`.
#[repr(C)]
pub struct Stream {
    get_schema: Option<unsafe extern "C" fn(*mut Stream, *mut Schema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut Stream, *mut Array) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut Stream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut Stream)>,
    private_data: *mut c_void,
}

// SAFETY: these own what they point to, which is `Send`, and one thread at a time uses it.
unsafe impl Send for Schema {}
// SAFETY: as above; buffers are shared, but only read.
unsafe impl Send for Array {}
// SAFETY: as above.
unsafe impl Send for Stream {}

/// The memory behind a schema's pointers. The interface demands that a consumer marks children and
/// dictionaries that it moved away as released, so dropping the originals is right.
struct SchemaMemory {
    name: CString,
    children: Vec<Schema>,
    child_ptrs: Vec<*mut Schema>,
    dictionary: Option<Box<Schema>>,
}

impl Schema {
    /// The schema of one column.
    pub fn new(field: &Field) -> Schema {
        const NULLABLE: i64 = 2;
        let (format, fields): (&CStr, &[Field]) = match &field.holds {
            Type::Bool => (c"b", &[]),
            Type::Int64 => (c"l", &[]),
            Type::Float64 => (c"g", &[]),
            Type::Timestamp => (c"tsu:UTC", &[]),
            Type::Text => (c"U", &[]),
            Type::Binary => (c"Z", &[]),
            Type::Dictionary => (c"i", &[]),
            Type::List(items) => (c"+L", std::slice::from_ref(&**items)),
            Type::Struct(fields) => (c"+s", fields),
        };
        let dictionary = matches!(field.holds, Type::Dictionary)
            .then(|| Schema::leaf(c"u", CString::default(), 0, &[], None));
        let flags = if field.nullable { NULLABLE } else { 0 };
        Schema::leaf(format, field.name.clone(), flags, fields, dictionary)
    }

    fn leaf(
        format: &'static CStr,
        name: CString,
        flags: i64,
        fields: &[Field],
        dictionary: Option<Schema>,
    ) -> Schema {
        let mut memory = Box::new(SchemaMemory {
            name,
            children: fields.iter().map(Schema::new).collect(),
            child_ptrs: Vec::new(),
            dictionary: dictionary.map(Box::new),
        });
        memory.child_ptrs = memory.children.iter_mut().map(ptr::from_mut).collect();
        Schema {
            format: format.as_ptr(),
            name: memory.name.as_ptr(),
            metadata: ptr::null(),
            flags,
            n_children: memory.children.len() as i64,
            children: memory.child_ptrs.as_mut_ptr(),
            dictionary: memory.dictionary.as_mut().map_or(ptr::null_mut(), |it| ptr::from_mut(it)),
            release: Some(release_schema),
            private_data: Box::into_raw(memory).cast(),
        }
    }
}

unsafe extern "C" fn release_schema(schema: *mut Schema) {
    // SAFETY: the caller passes a schema that this module made and that is not released yet. So its
    // private data are the box that `leaf` made.
    unsafe {
        drop(Box::from_raw((*schema).private_data.cast::<SchemaMemory>()));
        (*schema).release = None;
    }
}

/// The number of nulls, if they were not counted.
const UNKNOWN: i64 = -1;

/// The memory behind an array's pointers.
struct ArrayMemory {
    /// Keeps the memory behind `buffer_ptrs` alive.
    _buffers: Vec<Option<Buffer>>,
    buffer_ptrs: Vec<*const c_void>,
    children: Vec<Array>,
    child_ptrs: Vec<*mut Array>,
    dictionary: Option<Box<Array>>,
}

impl Array {
    /// A column of numbers. The bits of `valid` tell which are not null.
    pub fn numbers(length: usize, valid: Option<Buffer>, values: Buffer) -> Array {
        Array::of_buffers(length, vec![valid, Some(values)], Vec::new(), None)
    }

    /// A column of strings as indices into a dictionary.
    pub fn dictionary(length: usize, numbers: Buffer, strings: &Strings) -> Array {
        let Strings { count, offsets, bytes } = strings;
        let buffers = vec![None, Some(offsets.clone()), Some(bytes.clone())];
        let strings = Array::with(*count, 0, buffers, Vec::new(), None);
        Array::with(length, 0, vec![None, Some(numbers)], Vec::new(), Some(strings))
    }

    /// Rows of these columns, each of this length.
    pub fn rows(length: usize, columns: Vec<Array>) -> Array {
        Array::with(length, 0, vec![None], columns, None)
    }

    /// A column of these buffers and children, as in the format. If the first buffer, which has the
    /// validity bits, is there, the number of nulls is unknown.
    pub fn of_buffers(
        length: usize,
        buffers: Vec<Option<Buffer>>,
        children: Vec<Array>,
        dictionary: Option<Array>,
    ) -> Array {
        let nulls = if matches!(&buffers[..], [Some(_), ..]) { UNKNOWN } else { 0 };
        Array::with(length, nulls, buffers, children, dictionary)
    }

    fn with(
        length: usize,
        nulls: i64,
        buffers: Vec<Option<Buffer>>,
        children: Vec<Array>,
        dictionary: Option<Array>,
    ) -> Array {
        let mut memory = Box::new(ArrayMemory {
            buffer_ptrs: (buffers.iter())
                .map(|buffer| buffer.as_ref().map_or(ptr::null(), |buffer| buffer.start))
                .collect(),
            _buffers: buffers,
            children,
            child_ptrs: Vec::new(),
            dictionary: dictionary.map(Box::new),
        });
        memory.child_ptrs = memory.children.iter_mut().map(ptr::from_mut).collect();
        Array {
            length: length as i64,
            null_count: nulls,
            offset: 0,
            n_buffers: memory.buffer_ptrs.len() as i64,
            n_children: memory.children.len() as i64,
            buffers: memory.buffer_ptrs.as_mut_ptr(),
            children: memory.child_ptrs.as_mut_ptr(),
            dictionary: memory.dictionary.as_mut().map_or(ptr::null_mut(), |it| ptr::from_mut(it)),
            release: Some(release_array),
            private_data: Box::into_raw(memory).cast(),
        }
    }

    /// The array that marks the end of a stream.
    fn end() -> Array {
        Array {
            length: 0,
            null_count: 0,
            offset: 0,
            n_buffers: 0,
            n_children: 0,
            buffers: ptr::null_mut(),
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }
}

unsafe extern "C" fn release_array(array: *mut Array) {
    // SAFETY: as in `release_schema`; the box is that of `Array::with`.
    unsafe {
        drop(Box::from_raw((*array).private_data.cast::<ArrayMemory>()));
        (*array).release = None;
    }
}

/// The strings of a dictionary.
#[derive(Clone)]
pub struct Strings {
    count: usize,
    offsets: Buffer,
    bytes: Buffer,
}

impl Strings {
    /// A dictionary of these strings. `None` if they need 2 GiB or more, which an `int32` can't
    /// count.
    pub fn new<'a>(strings: impl IntoIterator<Item = &'a str>) -> Option<Strings> {
        let (mut offsets, mut bytes) = (vec![0], Vec::new());
        for string in strings {
            bytes.extend_from_slice(string.as_bytes());
            offsets.push(i32::try_from(bytes.len()).ok()?);
        }
        let count = offsets.len() - 1;
        Some(Strings { count, offsets: Buffer::of(offsets), bytes: Buffer::of(bytes) })
    }
}

/// Makes the batches of a stream. An error has a number of `errno.h`.
pub type NextBatch = Box<dyn FnMut() -> Result<Option<Array>, (c_int, CString)> + Send>;

struct StreamMemory {
    field: Field,
    next: NextBatch,
    error: Option<CString>,
}

impl Stream {
    /// A stream of batches, each an array of `field`, which is a struct.
    pub fn new(field: Field, next: NextBatch) -> Stream {
        let memory = Box::new(StreamMemory { field, next, error: None });
        Stream {
            get_schema: Some(get_schema),
            get_next: Some(get_next),
            get_last_error: Some(get_last_error),
            release: Some(release_stream),
            private_data: Box::into_raw(memory).cast(),
        }
    }
}

/// # Safety
/// `stream` was made by `Stream::new`, is not released, and nobody else uses it.
unsafe fn memory<'a>(stream: *mut Stream) -> &'a mut StreamMemory {
    // SAFETY: as above, its private data are a box of this type.
    unsafe { &mut *(*stream).private_data.cast() }
}

unsafe extern "C" fn get_schema(stream: *mut Stream, out: *mut Schema) -> c_int {
    // SAFETY: the interface promises a stream that is ours and alive, and room for a schema.
    unsafe { out.write(Schema::new(&memory(stream).field)) };
    0
}

unsafe extern "C" fn get_next(stream: *mut Stream, out: *mut Array) -> c_int {
    // SAFETY: the interface promises a stream that is ours and alive.
    let memory = unsafe { memory(stream) };
    let (array, code) = match (memory.next)() {
        Ok(array) => (array.unwrap_or_else(Array::end), 0),
        Err((code, message)) => {
            memory.error = Some(message);
            (Array::end(), code)
        }
    };
    // SAFETY: the interface promises room for an array.
    unsafe { out.write(array) };
    code
}

unsafe extern "C" fn get_last_error(stream: *mut Stream) -> *const c_char {
    // SAFETY: the interface promises a stream that is ours and alive.
    unsafe { memory(stream) }.error.as_deref().map_or(ptr::null(), CStr::as_ptr)
}

unsafe extern "C" fn release_stream(stream: *mut Stream) {
    // SAFETY: as in `release_schema`; the box is that of `Stream::new`.
    unsafe {
        drop(Box::from_raw((*stream).private_data.cast::<StreamMemory>()));
        (*stream).release = None;
    }
}

/// Releases structs that no consumer has taken. A consumer that takes one marks it as released.
macro_rules! release_on_drop {
    ($($type:ty),*) => {$(
        impl Drop for $type {
            fn drop(&mut self) {
                if let Some(release) = self.release {
                    // SAFETY: it is ours and not released yet.
                    unsafe { release(self) }
                }
            }
        }
    )*};
}

release_on_drop!(Schema, Array, Stream);
