// Dropout. Four neighbouring units share a counter: a work item makes the words of VECTOR counters, for 4·VECTOR units.
// After prelude.cl and philox.h.

#if VECTOR == 1
#define COUNTERS (0)
INLINE void interleave(philox_word *words) { (void)words; }
#else
#define COUNTERS (philox_word)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define LOW(a, b) \
    (philox_word)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3, a.s4, b.s4, a.s5, b.s5, a.s6, b.s6, a.s7, b.s7)
#define HIGH(a, b) \
    (philox_word)(a.s8, b.s8, a.s9, b.s9, a.sa, b.sa, a.sb, b.sb, a.sc, b.sc, a.sd, b.sd, a.se, b.se, a.sf, b.sf)

// From words 0 … 3 of all counters to the words in the order of their units.
INLINE void interleave(philox_word *words) {
    const philox_word even_low = LOW(words[0], words[2]), even_high = HIGH(words[0], words[2]);
    const philox_word odd_low = LOW(words[1], words[3]), odd_high = HIGH(words[1], words[3]);
    words[0] = LOW(even_low, odd_low), words[1] = HIGH(even_low, odd_low);
    words[2] = LOW(even_high, odd_high), words[3] = HIGH(even_high, odd_high);
}
#endif

kernel void dropout(const uint key0, const uint key1, const uint threshold, const float scale, const int accumulate,
                    const int columns, global const float *x, VIEW(x), global float *y, VIEW(y)) {
    const int first = (int)get_global_id(0) * 4 * VECTOR, i = get_global_id(1), b = get_global_id(2);
    if (first >= columns) return;
    philox_word words[4] = {COUNTERS + (uint)(first / 4), (philox_word)((uint)i), (philox_word)((uint)b), 0};
    philox(words, key0, key1);
    interleave(words);
    for (int part = 0; part < 4; ++part) {
        const int j = first + part * VECTOR, left = columns - j;
        if (left <= 0) break;
        const real kept = load_strided(&AT(x, b, i, j), x_column, left) * scale;
        real value = choose_(words[part] < threshold, real_of(0.0f), kept);
        if (accumulate) value += load_strided(&AT(y, b, i, j), y_column, left);
        store_strided(value, &AT(y, b, i, j), y_column, left);
    }
}
