// Philox 4x32-10, the counter-based generator.   (Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405)
//
// A number is a pure function of key and counter: nothing to store, the same on every device and in any order. The
// includer provides `philox_word` (an unsigned 32-bit integer or a vector of them) and `philox_high(a, b)` (the upper
// half of the 64-bit product of a constant and a word).

#define PHILOX_MULTIPLIER_0 0xD2511F53u
#define PHILOX_MULTIPLIER_1 0xCD9E8D57u
#define PHILOX_WEYL_0 0x9E3779B9u
#define PHILOX_WEYL_1 0xBB67AE85u

INLINE void philox(philox_word *counter, unsigned int key0, unsigned int key1) {
    for (int round = 0; round < 10; ++round) {
        const philox_word high0 = philox_high(PHILOX_MULTIPLIER_0, counter[0]);
        const philox_word high1 = philox_high(PHILOX_MULTIPLIER_1, counter[2]);
        const philox_word low0 = counter[0] * PHILOX_MULTIPLIER_0;
        const philox_word low1 = counter[2] * PHILOX_MULTIPLIER_1;
        counter[0] = high1 ^ counter[1] ^ key0;
        counter[1] = low1;
        counter[2] = high0 ^ counter[3] ^ key1;
        counter[3] = low0;
        key0 += PHILOX_WEYL_0;
        key1 += PHILOX_WEYL_1;
    }
}
