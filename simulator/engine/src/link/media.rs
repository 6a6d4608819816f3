//! The kinds of links by name, with their numbers (models.md 6.1, whose sources are given in
//! brackets; [E] is our estimate).
//!
//! A jitter is log-normal with the median of the table and a sigma of `ln(p99 / median) / 2.326`.
//! Where the table has a range, its middle is taken and said.

use super::{Arq, Burst, Jitter, Line, Medium, Opening};

const MS: u64 = 1_000_000;
const KBIT: u64 = 1_000;
const MBIT: u64 = 1_000_000;
const KIB: u64 = 1024;

/// Every medium by its word.
pub const MEDIA: [(&str, Medium); 16] = [
    ("proprietary-900mhz", PUMP_RADIO),
    ("ble", BLE),
    ("ble-advertising", BLE_ADVERTISING),
    ("ethernet-100", ETHERNET_100),
    ("ethernet-1000", ETHERNET_1000),
    ("core", CORE),
    ("data-centre", DATA_CENTRE),
    ("wan", WAN),
    ("wifi", WIFI),
    ("wifi-degraded", WIFI_DEGRADED),
    ("wmts", WMTS),
    ("mics", MICS),
    ("medradio-wings", MEDRADIO_WINGS),
    ("inductive", INDUCTIVE),
    ("lte", LTE),
    ("usb-serial", USB_SERIAL),
];

/// The medium of this name.
pub fn medium(name: &str) -> Option<Medium> {
    MEDIA.into_iter().find(|(known, _)| *known == name).map(|(_, medium)| medium)
}

/// Nothing but a delay of 1 ms: what the others begin from.
const PLAIN: Medium = Medium {
    base_ns: MS,
    jitter: Jitter::Uniform(0),
    loss: 0.0,
    burst: None,
    arq: None,
    opening: None,
    line: None,
    range_m: 1.0,
    is_wire: false,
    is_ip: false,
};

/// The pump's own band [E].
const PUMP_RADIO: Medium = Medium {
    base_ns: 20 * MS,
    jitter: Jitter::LogNormal(10e6, 0.8),
    loss: 0.01,
    burst: Some(Burst::independent(10_000 * MS, 0.01, 0.5)),
    range_m: 3.0,
    ..PLAIN
};

/// Bluetooth Low Energy, 1M PHY: connection events 40 ms apart, of which a medical device has 30 to
/// 50; a packet in 30 is lost and sent again, so that a frame is late and hardly ever gone: 0.001 [E]
/// for connections that drop. Heard from 30 m (from 30 to 100 [E]). Its 100 kbit/s and more are
/// far from full with messages of 20 bytes [S56], and are left out, as are bodies in between.
const BLE: Medium = Medium {
    base_ns: 20 * MS,
    jitter: Jitter::Retries(40 * MS, 0.03),
    loss: 0.001,
    range_m: 30.0,
    ..PLAIN
};

/// A sensor that broadcasts: up to 10 s until it is heard, 20 % of events lost (10 to 30 %), and the same
/// data again every 10 s for 5 minutes, 31 bytes at most.
const BLE_ADVERTISING: Medium = Medium {
    jitter: Jitter::Uniform(10_000 * MS),
    loss: 0.2,
    arq: Some(Arq { tries: 30, apart_ns: 10_000 * MS }),
    line: Some(Line { bits_per_s: MBIT, queue_bytes: 31, ..BARE }),
    range_m: 30.0,
    ..PLAIN
};

/// A rate that is net of all headers, on one line for all.
const BARE: Line = Line {
    bits_per_s: MBIT,
    queue_bytes: 64 * KIB,
    payload_bytes: 1400,
    header_bytes: 0,
    is_shared: true,
};

/// A switched port: segments of 1460 bytes, 78 bytes of preamble, Ethernet, IPv4, TCP and gap each
/// (IEEE 802.3, RFC 791, RFC 9293), 128 KiB of buffer [E].
const PORT: Line = Line {
    bits_per_s: 100 * MBIT,
    queue_bytes: 128 * KIB,
    payload_bytes: 1460,
    header_bytes: 78,
    is_shared: false,
};

/// Wired access within a VLAN [E].
const ETHERNET_100: Medium = Medium {
    base_ns: MS / 5,
    jitter: Jitter::LogNormal(0.05e6, 1.288),
    loss: 1e-6,
    line: Some(PORT),
    range_m: 0.0,
    is_wire: true,
    is_ip: true,
    ..PLAIN
};

const ETHERNET_1000: Medium =
    Medium { line: Some(Line { bits_per_s: 1000 * MBIT, ..PORT }), ..ETHERNET_100 };

/// Between VLANs through a firewall: 0.7 ms more, and 0.3 ms at least for its inspection, whose
/// 2 ms at most lie within the jitter. 10 Gbit/s (1 to 10), 1 MiB of buffer [E].
const CORE: Medium = Medium {
    base_ns: MS,
    jitter: Jitter::LogNormal(0.3e6, 0.990),
    line: Some(Line { bits_per_s: 10_000 * MBIT, queue_bytes: 1024 * KIB, ..PORT }),
    ..ETHERNET_100
};

const DATA_CENTRE: Medium = Medium {
    base_ns: MS / 2,
    jitter: Jitter::LogNormal(0.2e6, 0.990),
    line: Some(Line { bits_per_s: 10_000 * MBIT, queue_bytes: 1024 * KIB, ..PORT }),
    ..ETHERNET_100
};

/// Between sites, or to a cloud: 25 ms (15 to 40), 100 Mbit/s (100 to 1000), a buffer of 100 ms [E].
const WAN: Medium = Medium {
    base_ns: 25 * MS,
    jitter: Jitter::LogNormal(3e6, 0.990),
    loss: 0.0,
    burst: Some(Burst { slot_ns: 10 * MS, to_bad: 1e-4, to_good: 0.2, loss: 0.2 }),
    line: Some(Line { queue_bytes: 1250 * KIB, ..PORT }),
    ..ETHERNET_100
};

/// Wi-Fi at 5 GHz as it is designed for monitors [S53, S54]; the air is shared, at 100 Mbit/s (20 to
/// 200 per client); 114 bytes of headers and 256 KiB of buffer [E]. Heard from 100 m [E].
const WIFI: Medium = Medium {
    base_ns: 3 * MS,
    jitter: Jitter::LogNormal(4e6, 0.990),
    burst: Some(Burst { slot_ns: 10 * MS, to_bad: 0.002, to_good: 0.3, loss: 0.3 }),
    line: Some(Line {
        bits_per_s: 100 * MBIT,
        queue_bytes: 256 * KIB,
        payload_bytes: 1460,
        header_bytes: 114,
        is_shared: true,
    }),
    range_m: 100.0,
    is_ip: true,
    ..PLAIN
};

/// Wi-Fi at its edge, or moving. A loss of 0.18 in bad slots: with the table's 0.3 the chain would
/// lose 5 % and not the 3 % beside it. 8 Mbit/s (2 to 20). Gaps of roaming are bad slots, no outages.
const WIFI_DEGRADED: Medium = Medium {
    base_ns: 10 * MS,
    jitter: Jitter::LogNormal(20e6, 1.164),
    burst: Some(Burst { slot_ns: 50 * MS, to_bad: 0.02, to_good: 0.1, loss: 0.18 }),
    line: Some(Line {
        bits_per_s: 8 * MBIT,
        queue_bytes: 256 * KIB,
        payload_bytes: 1460,
        header_bytes: 114,
        is_shared: true,
    }),
    ..WIFI
};

/// Legacy telemetry: 25 min a day are missing [S55], in drop-outs of 10 s [E]. 30 kbit/s (10 to 50).
const WMTS: Medium = Medium {
    base_ns: 20 * MS,
    jitter: Jitter::LogNormal(10e6, 0.990),
    burst: Some(Burst { slot_ns: 1000 * MS, to_bad: 0.00177, to_good: 0.1, loss: 1.0 }),
    line: Some(Line { bits_per_s: 30 * KBIT, queue_bytes: 8 * KIB, ..BARE }),
    range_m: 60.0,
    ..PLAIN
};

/// MedRadio core band: four tries (2 % of frames and less are lost), 100 kbit/s net (50 to 250); it listens for
/// 10 ms and starts within 5 s before a session, which ends after a minute of silence [E]. Heard from 2 m;
/// 25 uW would reach further in free air (the link budget of models.md 6.1 gives 52 m), not from inside a
/// body [S57, S58, S59].
const MICS: Medium = Medium {
    base_ns: 20 * MS,
    jitter: Jitter::LogNormal(15e6, 1.114),
    burst: Some(Burst { slot_ns: 50 * MS, to_bad: 0.01, to_good: 0.1, loss: 0.5 }),
    arq: Some(Arq { tries: 4, apart_ns: 20 * MS }),
    opening: Some(Opening { listen_ns: 10 * MS, most_ns: 5_000 * MS, idle_ns: 60_000 * MS }),
    line: Some(Line { bits_per_s: 100 * KBIT, queue_bytes: 16 * KIB, ..BARE }),
    range_m: 2.0,
    ..PLAIN
};

/// MedRadio wings with 250 nW, without listening first [S59]; jitter as in the core band and 50 kbit/s [E].
const MEDRADIO_WINGS: Medium = Medium {
    base_ns: 20 * MS,
    jitter: Jitter::LogNormal(15e6, 1.114),
    loss: 0.05,
    line: Some(Line { bits_per_s: 50 * KBIT, queue_bytes: 16 * KIB, ..BARE }),
    range_m: 2.0,
    ..PLAIN
};

/// A wand at 175 kHz [S20]: 20 kbit/s (10 to 50) over 5 cm.
const INDUCTIVE: Medium = Medium {
    base_ns: 10 * MS,
    jitter: Jitter::LogNormal(5e6, 0.990),
    loss: 0.01,
    line: Some(Line { bits_per_s: 20 * KBIT, queue_bytes: 16 * KIB, ..BARE }),
    range_m: 0.05,
    ..PLAIN
};

/// A home monitor's or a phone's uplink: 5 Mbit/s (1 to 20), a buffer of 256 KiB [E]. Its air is encrypted and
/// nobody's to hear: the range is that of the wire behind it.
const LTE: Medium = Medium {
    base_ns: 40 * MS,
    jitter: Jitter::LogNormal(20e6, 0.990),
    loss: 0.005,
    line: Some(Line { bits_per_s: 5 * MBIT, queue_bytes: 256 * KIB, ..PORT }),
    ..ETHERNET_100
};

/// USB or serial between a device and its gateway: 0.1 Mbit/s.
const USB_SERIAL: Medium = Medium {
    line: Some(Line { bits_per_s: 100 * KBIT, queue_bytes: 16 * KIB, ..BARE }),
    range_m: 0.0,
    is_wire: true,
    ..PLAIN
};
