//! Bytes of a frame, and their checksum.

/// What is left to read of a frame, and what was.
pub(crate) struct Reader<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(all: &'a [u8]) -> Self {
        Self { all, at: 0 }
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let bytes = self.all.get(self.at..self.at + len)?;
        self.at += len;
        Some(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(crate) fn taken(&self) -> &'a [u8] {
        &self.all[..self.at]
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.all[self.at..]
    }
}

/// Makes the checksum at the end right again after something before it was changed: it is no secret.
pub fn repair(bytes: &mut [u8]) {
    if let Some((body, crc)) = bytes.split_last_chunk_mut::<2>() {
        *crc = crc16(body).to_le_bytes();
    }
}

/// CRC-16/CCITT-FALSE: polynomial 0x1021, initial value 0xffff.
pub(crate) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 }
        })
    })
}
