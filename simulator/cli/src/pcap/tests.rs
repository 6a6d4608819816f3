use super::*;

const MONITOR: End = End { mac: [2, 0, 0, 0, 0, 1], ip: [10, 1, 0, 10], port: 50_001 };
const ENGINE: End = End { mac: [2, 0, 0, 0, 0, 2], ip: [10, 1, 0, 18], port: 2575 };

const ORU: &[u8] = b"\x0bMSH|^~\\&|MON|WARD|EHR|HOSP|20261126||ORU^R01^ORU_R01|1|P|2.6\rPID|||123\rOBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|72|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R\r\x1c\r";

/// The parts of a packet that carries TCP, checked.
#[track_caller]
fn tcp(packet: &[u8]) -> (u16, u16, u32, u32, Vec<u8>) {
    let sliced = etherparse::SlicedPacket::from_ethernet(packet).expect("a packet");
    let Some(etherparse::NetSlice::Ipv4(ip)) = sliced.net else { panic!("no IPv4") };
    let header = ip.header().to_header();
    assert_eq!(header.calc_header_checksum(), header.header_checksum);
    let Some(etherparse::TransportSlice::Tcp(tcp)) = sliced.transport else { panic!("no TCP") };
    let sum = tcp.calc_checksum_ipv4(header.source, header.destination).expect("a sum");
    assert_eq!(sum, tcp.checksum());
    let numbers = (tcp.sequence_number(), tcp.acknowledgment_number());
    (tcp.source_port(), tcp.destination_port(), numbers.0, numbers.1, tcp.payload().to_vec())
}

#[test]
fn a_message_and_its_answer_are_one_connection() {
    let mut connections = Connections::default();
    let asked = connections.packets(MONITOR, ENGINE, ORU);
    let answered = connections.packets(ENGINE, MONITOR, b"\x0bMSA|AA|1\r\x1c\r");
    let again = connections.packets(MONITOR, ENGINE, ORU);
    let len = ORU.len() as u32;
    assert_eq!(tcp(&asked[0]), (50_001, 2575, 1, 1, ORU.to_vec()));
    assert_eq!(tcp(&answered[0]), (2575, 50_001, 1, 1 + len, b"\x0bMSA|AA|1\r\x1c\r".to_vec()));
    assert_eq!(tcp(&again[0]), (50_001, 2575, 1 + len, 13, ORU.to_vec()));
}

#[test]
fn a_long_frame_is_several_segments_without_a_gap() {
    let body: Vec<u8> = (0..4000u32).map(|i| i as u8).collect();
    let packets = Connections::default().packets(MONITOR, ENGINE, &body);
    let parts: Vec<_> = packets.iter().map(|packet| tcp(packet)).collect();
    assert_eq!(parts.iter().map(|part| part.2).collect::<Vec<_>>(), [1, 1461, 2921]);
    assert_eq!(parts.into_iter().flat_map(|part| part.4).collect::<Vec<_>>(), body);
}

#[test]
fn time_is_asked_for_over_udp() {
    let ask = End { port: 123, ..MONITOR };
    let packets = Connections::default().packets(ask, End { port: 123, ..ENGINE }, &[0x23; 48]);
    let sliced = etherparse::SlicedPacket::from_ethernet(&packets[0]).expect("a packet");
    assert!(matches!(sliced.transport, Some(etherparse::TransportSlice::Udp(_))));
}

#[test]
fn blocks_are_as_long_as_they_say_at_both_ends() {
    let mut file = Vec::new();
    blocks::section(&mut file);
    blocks::interface(&mut file, blocks::ETHERNET, "wards");
    for len in 0..9 {
        blocks::packet(&mut file, 1 << 40, &vec![7; len], Some(&"step".repeat(len)));
    }
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let (mut at, mut blocks) = (0, 0);
    while at < file.len() {
        let len = word(at + 4) as usize;
        assert!(len.is_multiple_of(4) && word(at + len - 4) as usize == len, "block {blocks}");
        (at, blocks) = (at + len, blocks + 1);
    }
    assert_eq!(blocks, 11);
}
