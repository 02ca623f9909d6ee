//! Unpacks answers that are packed with gzip. The client does not ask for gzip, but a proxy may use it anyway, and
//! the message in the answer was accepted.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

/// The first bytes of gzip data. No JSON begins with them, so no header needs to be read.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Unpacks `bytes` if they are packed. Returns `None` if they unpack to more than `limit` bytes.
///
/// Stops at a fault and returns the bytes before it. They may be the whole answer, with only its checksum missing.
pub(super) fn unpack(bytes: Vec<u8>, limit: usize) -> Option<Vec<u8>> {
    if !bytes.starts_with(&MAGIC) {
        return Some(bytes);
    }
    let mut plain = Vec::new();
    let one_more = u64::try_from(limit).map_or(u64::MAX, |limit| limit.saturating_add(1));
    let _ = MultiGzDecoder::new(bytes.as_slice()).take(one_more).read_to_end(&mut plain);
    (plain.len() <= limit).then_some(plain)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_not_packed_stays_as_it_is() {
        for bytes in [&b""[..], b"{\"ok\":true}", b"\x1f", b"\xff\x8b"] {
            assert_eq!(unpack(bytes.to_vec(), 100).as_deref(), Some(bytes));
        }
    }

    #[test]
    fn what_is_packed_is_unpacked_as_far_as_it_goes() {
        let packed = pack(b"{\"ok\":true}");
        assert_eq!(unpack(packed.clone(), 11).as_deref(), Some(&b"{\"ok\":true}"[..]));
        let without_checksum = packed[..packed.len() - 8].to_vec();
        assert_eq!(unpack(without_checksum, 11).as_deref(), Some(&b"{\"ok\":true}"[..]));
        let two = [packed.clone(), pack(b" ")].concat();
        assert_eq!(unpack(two, 12).as_deref(), Some(&b"{\"ok\":true} "[..]));
        let with_junk = [packed, b"junk".to_vec()].concat();
        assert_eq!(unpack(with_junk, 11).as_deref(), Some(&b"{\"ok\":true}"[..]));
        assert_eq!(unpack(vec![0x1f, 0x8b, 0, 0], 11).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = pack(&vec![b' '; 1_000_000]);
        assert!(bomb.len() < 20_000);
        assert_eq!(unpack(bomb.clone(), 999_999), None);
        assert_eq!(unpack(bomb, 1_000_000).map(|plain| plain.len()), Some(1_000_000));
    }
}
