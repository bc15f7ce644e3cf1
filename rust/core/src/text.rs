//! Writes numbers as Python does, since torch's texts contain such numbers.

/// Appends a float as Python's `repr` does: with the fewest digits that identify it.
pub fn push_float(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        let text = if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        };
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value).as_bytes();
    // Python uses exponents below 1e-4 and from 1e16 on. Otherwise the text is the same.
    let size = value.abs();
    if size == 0.0 || (1e-4..1e16).contains(&size) {
        out.extend_from_slice(text);
    } else {
        exponent(out, text);
    }
}

/// Appends the number in `text` in Python's scientific notation.
#[cold]
fn exponent(out: &mut Vec<u8>, text: &[u8]) {
    let (text, sign) = match text {
        [b'-', rest @ ..] => (rest, &b"-"[..]),
        _ => (text, &b""[..]),
    };
    let (mantissa, power) = match text.iter().position(|&byte| byte == b'e') {
        Some(at) => {
            let power = std::str::from_utf8(&text[at + 1..]).unwrap_or_default();
            (&text[..at], power.parse::<i32>().unwrap_or_default())
        }
        None => (text, 0),
    };
    let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
    let all: Vec<u8> = mantissa.iter().copied().filter(|&byte| byte != b'.').collect();
    let zeros = all.iter().take_while(|&&byte| byte == b'0').count();
    let end = all.iter().rposition(|&byte| byte != b'0').map_or(zeros, |at| at + 1);
    let digits = &all[zeros..end];
    let power = power + point as i32 - zeros as i32 - 1;
    out.extend_from_slice(sign);
    out.extend_from_slice(&digits[..1]);
    if digits.len() > 1 {
        out.push(b'.');
        out.extend_from_slice(&digits[1..]);
    }
    let sign = if power < 0 { '-' } else { '+' };
    out.extend_from_slice(format!("e{sign}{:02}", power.abs()).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn float(value: f64) -> String {
        let mut out = Vec::new();
        push_float(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_are_python_s() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (f64::from(0.1f32), "0.10000000149011612"),
            (1e-4, "0.0001"),
            (1.234e-5, "1.234e-05"),
            (1e-5, "1e-05"),
            (9.999999747378752e-06, "9.999999747378752e-06"),
            (-1e-7, "-1e-07"),
            (5e-324, "5e-324"),
            (1e15, "1000000000000000.0"),
            (9007199254740993.0, "9007199254740992.0"),
            (1e16, "1e+16"),
            (12345678901234567890.0, "1.2345678901234567e+19"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    proptest! {
        #[test]
        fn floats_come_back(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let back: f64 = float(value).parse().unwrap();
            prop_assert_eq!(back.to_bits(), bits);
        }
    }
}
