//! Tells URIs from paths.
//!
//! `s3://bucket/run` is a URI, and so is a chain of schemes, `simplecache::s3://bucket/run`. A URI
//! is kept in a `PathBuf`, but it is never split like a path, since `s3://bucket` would become
//! `s3:/bucket`.

use std::path::PathBuf;

/// Whether a text begins with a scheme (RFC 3986), or with a chain of schemes.
///
/// ```
/// use tfevents::storage::uri;
///
/// assert!(uri::is_uri("s3://bucket/run") && uri::is_uri("simplecache::s3://bucket/run"));
/// assert!(!uri::is_uri("9x://dir") && !uri::is_uri("runs/a://b") && !uri::is_uri("://"));
/// ```
pub fn is_uri(text: &str) -> bool {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    text.split_once("://").is_some_and(|(schemes, _)| schemes.split("::").all(is_scheme))
}

/// The local path of a `file:` URI. None for other URIs, and for texts that are not URIs.
///
/// ```
/// use std::path::Path;
/// use tfevents::storage::uri;
///
/// assert_eq!(uri::local_path("file:///a%20b").as_deref(), Some(Path::new("/a b")));
/// assert_eq!(uri::local_path("s3://a%20b"), None);
/// ```
pub fn local_path(uri: &str) -> Option<PathBuf> {
    let (scheme, path) = uri.split_once("://")?;
    // fsspec has both names for local files.
    let is_local = ["file", "local"].iter().any(|local| scheme.eq_ignore_ascii_case(local));
    let path = match path.strip_prefix("localhost") {
        Some(path) if path.starts_with('/') => path,
        _ => path,
    };
    is_local.then(|| path_from(unescaped(path)))
}

/// The URI of a path relative to another URI.
pub fn join(uri: &str, path: &str) -> String {
    let slash = if uri.ends_with('/') { "" } else { "/" };
    format!("{uri}{slash}{path}")
}

/// Decodes `%` and two hexadecimal digits to a byte. Any other `%` stays.
fn unescaped(text: &str) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        rest = after;
        let escaped = match rest {
            [high, low, ..] if *first == b'%' => digit(high).zip(digit(low)),
            _ => None,
        };
        bytes.push(match escaped {
            Some((high, low)) => {
                rest = &rest[2..];
                (16 * high + low) as u8
            }
            None => *first,
        });
    }
    bytes
}

#[cfg(unix)]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

/// Removes the slash of `/C:/runs`. The path of a URI begins with a slash, but a drive does not.
#[cfg(windows)]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    let path = String::from_utf8_lossy(&bytes);
    match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => path[1..].into(),
        _ => path.as_ref().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use proptest::prelude::*;

    #[test]
    fn paths_that_only_look_like_uris() {
        for path in ["", "a", "/a", "a:/b", "://a", "9x://a", "a b://c", "a::://b", "a::9://b"] {
            assert!(!is_uri(path), "{path}");
            assert_eq!(local_path(path), None, "{path}");
        }
        for uri in ["a://", "S3://b", "x+y-z.1://b", "a::b::c://d", "file://x"] {
            assert!(is_uri(uri), "{uri}");
        }
    }

    #[test]
    fn paths_of_this_machine() {
        for (uri, path) in [
            ("file:///a/b", "/a/b"),
            ("FILE:///a", "/a"),
            ("local:///a", "/a"),
            ("file://localhost/a", "/a"),
            ("file://localhosts/a", "localhosts/a"),
            ("file://a/b", "a/b"),
            ("file://", ""),
            ("file:///100%25", "/100%"),
            ("file:///%e2%82%AC", "/\u{20ac}"),
            ("file:///%", "/%"),
            ("file:///%4", "/%4"),
            ("file:///%zz%2", "/%zz%2"),
        ] {
            assert_eq!(local_path(uri), Some(path.into()), "{uri}");
        }
        for uri in ["files:///a", "simplecache::file:///a", "s3://a/file:///b"] {
            assert_eq!(local_path(uri), None, "{uri}");
        }
    }

    #[cfg(windows)]
    #[test]
    fn drives() {
        assert_eq!(local_path("file:///C:/a%20b"), Some("C:/a b".into()));
        assert_eq!(local_path("file:///C"), Some("/C".into()));
    }

    #[cfg(unix)] // On Windows not all bytes are a path.
    proptest! {
        #[test]
        fn any_path_comes_back(bytes in prop::collection::vec(1..=255u8, 0..40)) {
            let escaped: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
            let path = local_path(&format!("file:///{escaped}")).unwrap();
            prop_assert_eq!(path.as_os_str().as_encoded_bytes(), [b"/", &bytes[..]].concat());
        }
    }
}
