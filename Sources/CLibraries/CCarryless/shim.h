/* Carry-less multiplication, which the compiler offers to C and not to Swift: enough of it to fold a long message for its CRC-32. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

typedef long long till_lanes __attribute__((vector_size(16), aligned(1), may_alias));

static inline int till_can_fold(void) { return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"); }

/* A remainder moved on by as many bits as the constants are made for, and what stands there added. */
__attribute__((target("pclmul,sse4.1"))) static inline till_lanes till_fold(till_lanes remainder, till_lanes constants, till_lanes next) {
    return (till_lanes)__builtin_ia32_pclmulqdq128(remainder, constants, 0x00) ^ (till_lanes)__builtin_ia32_pclmulqdq128(remainder, constants, 0x11) ^ next;
}

/* Writes 16 bytes with which the message may be replaced: their CRC-32, begun with 0, is the message's, begun with `state` (neither inverted).
 *
 * V. Gopal et al., Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction, Intel 2009: the remainder stays four lanes wide, so
 * that four multiplications are under way at a time. The constants are x^(d + 32) and x^(d - 32) modulo the polynomial, with bits turned
 * round, for a distance d of 512 bits and of 128. `count` is a multiple of 16, 64 or more. */
__attribute__((target("pclmul,sse4.1"))) static inline void till_crc32_fold(const uint8_t *bytes, size_t count, uint32_t state, uint8_t *remainder) {
    const till_lanes by_four = {0x0154442bd4, 0x01c6e41596}, by_one = {0x01751997d0, 0x00ccaa009e};
    const till_lanes *lanes = (const till_lanes *)bytes;
    const till_lanes *end = lanes + count / 16;
    const till_lanes first = {state, 0};
    till_lanes a = lanes[0] ^ first, b = lanes[1], c = lanes[2], d = lanes[3];
    for (lanes += 4; end - lanes >= 4; lanes += 4) {
        a = till_fold(a, by_four, lanes[0]);
        b = till_fold(b, by_four, lanes[1]);
        c = till_fold(c, by_four, lanes[2]);
        d = till_fold(d, by_four, lanes[3]);
    }
    a = till_fold(till_fold(till_fold(a, by_one, b), by_one, c), by_one, d);
    for (; lanes < end; lanes++) a = till_fold(a, by_one, *lanes);
    memcpy(remainder, &a, 16);
}

#else

static inline int till_can_fold(void) { return 0; }

static inline void till_crc32_fold(const uint8_t *bytes, size_t count, uint32_t state, uint8_t *remainder) {
    (void)bytes, (void)count, (void)state, (void)remainder;
}

#endif
