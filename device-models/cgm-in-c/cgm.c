/* A continuous glucose monitor in C: what `device-models/cgm` is in Rust, on the same contract.
 *
 * There is no library between this file and the contract in `../wit`: functions of the host are
 * imported by the names that stand there, what the host calls is exported, and values cross as the
 * canonical ABI of the component model lays them out. Answers are written to memory of ours.
 *
 * Left out, as in the Rust model: warm-up, calibration, loss of the sensor.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMPORT(interface, name) \
    __attribute__((import_module("medtwin:device/" interface "@0.1.0"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

/* result<_, denial>: whether it was denied, and why. */
typedef struct {
    uint8_t denied, why;
} answer;

/* result<option<f64>, denial>. */
typedef struct {
    uint8_t denied;
    _Alignas(8) uint8_t is_some;
    double value;
} reading;

/* record setting { key: string, value: variant { flag(bool), number(f64), text(string) } } */
typedef struct {
    const char *key;
    size_t key_len;
    uint8_t kind;
    _Alignas(8) double number;
} setting;

IMPORT("timer", "set") void timer_set(uint32_t id, uint64_t delay_us, answer *);
IMPORT("sensor", "read") void sensor_read(uint32_t port, reading *);
IMPORT("display", "show") void display_show(uint32_t field, double value, answer *);
IMPORT("network", "send") void network_send(uint32_t peer, const uint8_t *body, size_t len, answer *);
IMPORT("alarm", "raise") void alarm_raise(uint32_t alarm, uint32_t priority, answer *);
IMPORT("alarm", "clear") void alarm_clear(uint32_t alarm, answer *);

/* Ports by their place in model.toml. */
enum { GLUCOSE = 0, PUMP = 0, READING = 0, URGENT_LOW = 0 };
enum { NUMBER = 1, HIGH = 2 };

static uint32_t serial;
static double period_min = 5.0, urgent_low_mg_dl = 55.0;
static bool warned;

static bool is(const setting *s, const char *key) {
    size_t i = 0;
    while (i < s->key_len && key[i] && s->key[i] == key[i]) i++;
    return i == s->key_len && !key[i] && s->kind == NUMBER;
}

static void wake(void) {
    answer denied;
    timer_set(0, (uint64_t)(period_min * 60e6), &denied);
}

EXPORT("start") void start(const setting *config, size_t len) {
    for (const setting *s = config; s < config + len; s++) {
        if (is(s, "serial")) serial = (uint32_t)s->number;
        if (is(s, "period_min")) period_min = s->number;
        if (is(s, "urgent_low_mg_dl")) urgent_low_mg_dl = s->number;
    }
    if (!(period_min >= 1.0)) period_min = 1.0;
    if (period_min > 60.0) period_min = 60.0;
    wake();
}

/* CRC-16/CCITT-FALSE, as the frames of this family carry it. */
static uint16_t crc16(const uint8_t *bytes, size_t len) {
    uint16_t crc = 0xffff;
    for (size_t i = 0; i < len; i++) {
        crc ^= (uint16_t)(bytes[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x8000 ? (uint16_t)(crc << 1 ^ 0x1021) : (uint16_t)(crc << 1);
    }
    return crc;
}

/* serial u32 | kind u8 | sequence u16 | a u16 | b u16 | crc u16, little endian. */
static void send_reading(uint16_t mg_dl) {
    enum { KIND = 6, LEN = 13 };
    uint8_t frame[LEN] = {serial, serial >> 8, serial >> 16, serial >> 24, KIND, 0, 0,
                          mg_dl, mg_dl >> 8};
    uint16_t crc = crc16(frame, 11);
    frame[11] = crc;
    frame[12] = crc >> 8;
    answer denied;
    network_send(PUMP, frame, LEN, &denied);
}

EXPORT("on-timer") void on_timer(uint32_t id) {
    answer denied;
    reading glucose;
    wake();
    sensor_read(GLUCOSE, &glucose);
    if (glucose.denied || !glucose.is_some) return;
    double shown = __builtin_trunc(glucose.value + 0.5);
    display_show(READING, shown, &denied);
    send_reading((uint16_t)shown);
    bool low = shown < urgent_low_mg_dl;
    if (low && !warned) alarm_raise(URGENT_LOW, HIGH, &denied);
    if (!low && warned) alarm_clear(URGENT_LOW, &denied);
    warned = low;
}

EXPORT("on-frame") void on_frame(uint32_t peer, const uint8_t *body, size_t len) {}
EXPORT("on-sense") void on_sense(uint32_t sensor, double value) {}
EXPORT("on-input") void on_input(uint32_t input, double value) {}
EXPORT("load") void load(const uint8_t *state, size_t len) {}

/* It keeps nothing over a reboot. */
EXPORT("save") const size_t *save(void) {
    static const size_t nothing[2] = {4, 0};
    return nothing;
}

/* The host asks for memory to hand over arguments: they are read before the next event, so that the
 * same place serves each time. */
EXPORT("cabi_realloc") void *cabi_realloc(void *old, size_t old_len, size_t align, size_t len) {
    static _Alignas(8) uint8_t arena[4096];
    static size_t used;
    size_t at = (used + align - 1) / align * align;
    if (len > sizeof arena) __builtin_trap();
    if (at + len > sizeof arena) at = 0;
    used = at + len;
    return arena + at;
}
