//! Bech32 (BIP 173) as age writes its keys: a prefix, `1`, the data in digits of five bits, and a checksum over all of it. Unlike
//! there, a text may be longer than 90 characters.

/// Why a text is not Bech32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It has a character that is no digit.
    Character,
    /// Its checksum does not fit.
    Checksum,
}

const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// The digits of the checksum.
const CHECKSUM: usize = 6;

/// The digits that stand behind a prefix, without the checksum. Both are in small letters.
pub fn decode(prefix: &str, data: &str) -> Result<Vec<u8>, Damage> {
    let mut digits = Vec::with_capacity(data.len());
    for it in data.chars() {
        let digit = u8::try_from(it).ok().and_then(|it| CHARSET.iter().position(|digit| *digit == it));
        digits.push(digit.and_then(|it| u8::try_from(it).ok()).ok_or(Damage::Character)?);
    }
    if checksum(expanded(prefix).chain(digits.iter().copied())) != 1 {
        return Err(Damage::Checksum);
    }
    digits.truncate(digits.len().saturating_sub(CHECKSUM));
    Ok(digits)
}

/// The text of digits behind a prefix, in small letters.
pub fn encode(prefix: &str, digits: &[u8]) -> String {
    let sum = checksum(expanded(prefix).chain(digits.iter().copied()).chain([0; CHECKSUM])) ^ 1;
    let sum = (0..CHECKSUM).rev().map(|at| sum >> (5 * at) & 31);
    let mut text = String::with_capacity(prefix.len() + 1 + digits.len() + CHECKSUM);
    text.push_str(prefix);
    text.push('1');
    let digits = digits.iter().map(|it| usize::from(*it)).chain(sum.map(|it| it as usize));
    text.extend(digits.map(|it| char::from(CHARSET[it])));
    text
}

/// Digits as bytes; `None` where bits are left over that are not zero.
pub fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() * 5 / 8);
    let (mut held, mut count) = (0_u32, 0);
    for digit in digits {
        held = held << 5 | u32::from(*digit);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(held >> count & 0xff).expect("eight bits are a byte"));
            held &= (1 << count) - 1;
        }
    }
    (count < 5 && held == 0).then_some(bytes)
}

fn expanded(prefix: &str) -> impl Iterator<Item = u8> {
    prefix.bytes().map(|it| it >> 5).chain([0]).chain(prefix.bytes().map(|it| it & 31))
}

fn checksum(digits: impl Iterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    digits.fold(1, |sum, digit| {
        let shifted = (sum & 0x01ff_ffff) << 5 ^ u32::from(digit);
        let top = sum >> 25;
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(at, _)| top >> at & 1 == 1)
            .fold(shifted, |sum, (_, it)| sum ^ it)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_no_letter_of_it_can_be_another() {
        // The first is of BIP 173.
        for text in [
            "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
            "age1zzlxuwvww9833erl0rx6lj5a53uqwpuusjupk0hq6wdcehptlqps70n23m",
        ] {
            let (prefix, data) = text.rsplit_once('1').expect("it has both");
            let digits = decode(prefix, data).expect("it is Bech32");
            assert_eq!(encode(prefix, &digits), text);
            for at in 0..data.len() {
                let letter = if data.as_bytes()[at] == b'q' { "p" } else { "q" };
                let other = [&data[..at], letter, &data[at + 1..]].concat();
                assert_eq!(decode(prefix, &other), Err(Damage::Checksum), "{other}");
            }
        }
        assert_eq!(decode("age", "b"), Err(Damage::Character));
        assert_eq!(decode("age", ""), Err(Damage::Checksum));
    }
}
