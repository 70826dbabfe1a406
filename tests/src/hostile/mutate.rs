//! Changes inputs: bits, bytes, pieces, words, and parts of others.

use fastrand::Rng;

/// No input grows beyond it.
const LONGEST: usize = 4096;
/// Changes to one input at the most.
const CHANGES: usize = 8;
/// Bytes that mean something in many formats.
const BYTES: [u8; 12] = [
    0, 1, 0x7f, 0x80, 0xff, b'\n', b'=', b'"', b'\\', 0x1b, b'[', b'{',
];

/// An input made of another one.
pub(super) fn change(rng: &mut Rng, from: &[u8], other: &[u8], words: &[&str]) -> Vec<u8> {
    let mut input = from.to_vec();
    for _ in 0..rng.usize(1..=CHANGES) {
        once(rng, &mut input, other, words);
        input.truncate(LONGEST);
    }
    input
}

fn once(rng: &mut Rng, input: &mut Vec<u8>, other: &[u8], words: &[&str]) {
    let at = rng.usize(0..=input.len());
    let end = rng.usize(at..=input.len());
    match rng.u8(0..9) {
        0 => drop(input.drain(at..end)),
        1 => input.truncate(at),
        2 => input.insert(at, rng.u8(..)),
        3 => input.insert(at, BYTES[rng.usize(..BYTES.len())]),
        4 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        5 if !other.is_empty() => {
            let from = rng.usize(..other.len());
            let to = rng.usize(from..=other.len());
            input.splice(at..end, other[from..to].iter().copied());
        }
        6 if !words.is_empty() => {
            let word = words[rng.usize(..words.len())];
            input.splice(at..at, word.bytes());
        }
        7 if at < input.len() => input[at] ^= 1 << rng.u8(..8),
        _ if at < input.len() => input[at] = rng.u8(..),
        _ => input.push(rng.u8(..)),
    }
}
