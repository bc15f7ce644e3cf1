//! Tensors of strings.

use crate::proto::data_type::DataType;
use crate::proto::number::tensor as number;
use crate::proto::tensor::Tensor;

/// The strings of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Strings<'a> {
    /// The tensor's shape. Its product is the number of strings, unless one string stands for all.
    pub shape: Vec<usize>,
    /// The strings, in row-major order. They need not be UTF-8.
    pub strings: Vec<&'a [u8]>,
}

impl Tensor<'_> {
    /// The strings, if the tensor has strings and if their number fits the shape.
    pub fn strings(&self) -> Option<Strings<'_>> {
        let strings = self.all_strings()?;
        Some(Strings { shape: self.shape_of(strings.len())?, strings })
    }

    /// The strings, if the tensor has strings, even if their number does not fit the shape.
    pub(crate) fn all_strings(&self) -> Option<Vec<&[u8]>> {
        let holds_strings = self.dtype == DataType::String as i32;
        holds_strings.then(|| self.bytes(number::STRING_VAL).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::proto::tensor::tensor_of_strings;
    use crate::wire::encode;

    fn tensor(dims: &[i64], strings: &[&str]) -> Tensor<'static> {
        let dims: Vec<u64> = dims.iter().map(|&size| size as u64).collect();
        Tensor::decode(Cow::Owned(tensor_of_strings(&dims, strings))).unwrap()
    }

    #[test]
    fn strings_fill_their_shape() {
        let good = tensor(&[2, 1], &["a", "b"]);
        let text = good.strings().unwrap();
        assert_eq!((text.shape, text.strings), (vec![2, 1], vec![&b"a"[..], b"b"]));
        assert_eq!(tensor(&[3], &["a", "b"]).strings(), None);
        assert_eq!(tensor(&[-1, -1], &["a", "b"]).strings(), None);
        assert_eq!(tensor(&[0, 3], &[]).strings().unwrap().shape, [0, 3]);
        // As in NumPy, an unknown size follows from the others, and one element stands for all.
        assert_eq!(tensor(&[-1, 1], &["a", "b"]).strings().unwrap().shape, [2, 1]);
        assert_eq!(tensor(&[2, 3], &["a"]).strings().unwrap().shape, [2, 3]);
    }

    #[test]
    fn without_a_shape_they_are_a_row() {
        let shape = |strings| tensor(&[], strings).strings().unwrap().shape;
        assert_eq!(shape(&["a", "b"]), [2]);
        assert_eq!(shape(&["a"]), [0usize; 0]);
        assert_eq!(shape(&[]), [0]);
        let mut bare = Vec::new();
        encode::bytes_field(&mut bare, 8, b"a");
        encode::bytes_field(&mut bare, 8, b"b");
        let bare = Tensor::from_raw(&bare).unwrap();
        assert_eq!(bare.strings().unwrap().strings, [b"a", b"b"]);
    }

    #[test]
    fn pictures_whatever_their_shape() {
        for dims in [&[][..], &[4], &[-1], &[2, 2], &[7]] {
            let tensor = tensor(dims, &["3", "2", "one", "two"]);
            let pictures = tensor.pictures().unwrap();
            assert_eq!((pictures.width, pictures.height), (3, 2));
            assert_eq!(pictures.encoded, [b"one", b"two"]);
        }
        assert_eq!(tensor(&[3], &["?", "", "one"]).pictures().unwrap().width, 0);
        assert_eq!(tensor(&[2], &["3", "2"]).pictures().unwrap().encoded.len(), 0);
        assert_eq!(tensor(&[1], &["3"]).pictures(), None);
    }

    #[test]
    fn sounds_with_and_without_labels() {
        fn sounds(dims: &[i64], strings: &[&str]) -> Vec<(String, Option<String>)> {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let tensor = tensor(dims, strings);
            let sounds = tensor.sounds().unwrap();
            sounds.into_iter().map(|(file, label)| (text(file), label.map(text))).collect()
        }
        let plain = |names: &[&str]| -> Vec<_> {
            names.iter().map(|name| (name.to_string(), None)).collect()
        };
        let both = ["one", "1", "two", "2"];
        let labelled: Vec<(String, Option<String>)> =
            vec![("one".into(), Some("1".into())), ("two".into(), Some("2".into()))];
        assert_eq!(sounds(&[2, 2], &both), labelled);
        assert_eq!(sounds(&[-1, 2], &both), labelled);
        assert_eq!(sounds(&[1, 4], &both), plain(&["one"]));
        assert_eq!(sounds(&[4], &both), plain(&both));
        assert_eq!(sounds(&[], &both), plain(&both));
        assert_eq!(sounds(&[3, 2], &both), plain(&both));
        assert_eq!(sounds(&[4, 1], &both), plain(&both));
        assert_eq!(sounds(&[0, 2], &[]), plain(&[]));
    }
}
