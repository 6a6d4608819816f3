//! A drill from outside: its server, read byte by byte in-process, over a small world whose devices
//! are native.

mod acting;
mod client;
mod devices;
mod journal;
mod replay;
mod seats;
mod truth;
mod world;
