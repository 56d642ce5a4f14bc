// VECTOR floats at a time, over the compiler's vector types. Included once per instruction set.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline, unused))
#define UNROLLED _Pragma("clang loop unroll(full)") for

typedef float real __attribute__((vector_size(4 * VECTOR)));
typedef float real_unaligned __attribute__((vector_size(4 * VECTOR), aligned(4)));
typedef int32_t integers __attribute__((vector_size(4 * VECTOR)));

INLINE real real_of(const float x) { return x - (real){0}; }
INLINE real load(const float *p) { return *(const real_unaligned *)p; }
INLINE void store(float *p, const real x) { *(real_unaligned *)p = x; }
INLINE real choose_(const integers condition, const real a, const real b) {
    return (real)((condition & (integers)a) | (~condition & (integers)b));
}
INLINE real abs_(const real x) { return (real)((integers)x & 0x7fffffff); }

// The first `count` lanes (1 … VECTOR); lanes past it load as 0 and are not stored.
INLINE real load_part(const float *p, const ptrdiff_t count) {
    if (count >= VECTOR) return load(p);
    real x = {0};
    memcpy(&x, p, (size_t)count * sizeof(float));
    return x;
}
INLINE void store_part(float *p, const real x, const ptrdiff_t count) {
    if (count >= VECTOR) return store(p, x);
    memcpy(p, &x, (size_t)count * sizeof(float));
}

// The same for numbers `stride` apart; 0 repeats one number.
INLINE real load_strided(const float *p, const ptrdiff_t stride, const ptrdiff_t count) {
    if (stride == 1) return load_part(p, count);
    if (stride == 0) return real_of(*p);
    real x = {0};
    for (int lane = 0; lane < VECTOR && lane < count; ++lane) x[lane] = p[lane * stride];
    return x;
}
INLINE void store_strided(float *p, const ptrdiff_t stride, const real x, const ptrdiff_t count) {
    if (stride == 1) return store_part(p, x, count);
    for (int lane = 0; lane < VECTOR && lane < count; ++lane) p[lane * stride] = x[lane];
}

// A perfect shuffle interleaves row i with row i + count/2: of all VECTOR rows log₂ VECTOR rounds exchange rows[i][j] and
// rows[j][i], and of four rows two rounds put rows[0][0], rows[1][0], rows[2][0], rows[3][0], rows[0][1], … in order.
#if VECTOR == 16
#define LOW_LANES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_LANES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VECTOR == 8
#define LOW_LANES 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_LANES 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOW_LANES 0, 4, 1, 5
#define HIGH_LANES 2, 6, 3, 7
#endif
INLINE void shuffle(real *rows, const int count) {
    real next[VECTOR];
    UNROLLED(int i = 0; i < count / 2; ++i) {
        next[2 * i] = __builtin_shufflevector(rows[i], rows[i + count / 2], LOW_LANES);
        next[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + count / 2], HIGH_LANES);
    }
    UNROLLED(int i = 0; i < count; ++i) rows[i] = next[i];
}
INLINE void transpose(real *rows) { UNROLLED(int round = 1; round < VECTOR; round *= 2) shuffle(rows, VECTOR); }

// to[k·to_stride + lane] ← from[lane·from_stride + k] for the first `lanes` (1 … VECTOR) and `count` k; lanes past them
// become 0.
static void pack_transposed(const float *from, const ptrdiff_t from_stride, const ptrdiff_t lanes,
                            const ptrdiff_t count, float *to, const ptrdiff_t to_stride) {
    for (ptrdiff_t k = 0; k < count; k += VECTOR) {
        real rows[VECTOR];
        for (int lane = 0; lane < VECTOR; ++lane) {
            rows[lane] = lane < lanes ? load_part(from + lane * from_stride + k, count - k) : real_of(0);
        }
        transpose(rows);
        for (ptrdiff_t i = 0; i < VECTOR && k + i < count; ++i) store(to + (k + i) * to_stride, rows[i]);
    }
}

// Lanes in order: the same sum whatever the instruction set's own reduction does.
INLINE float sum_of_lanes(const real x) {
    float sum = 0;
    for (int lane = 0; lane < VECTOR; ++lane) sum += x[lane];
    return sum;
}
INLINE real maximum(const real a, const real b) { return choose_(a > b, a, b); }
INLINE float maximum_of_lanes(const real x) {
    float best = x[0];
    for (int lane = 1; lane < VECTOR; ++lane) best = x[lane] > best ? x[lane] : best;
    return best;
}

INLINE real power_of_two(const integers n) { return (real)((n + 127) << 23); }  // −126 ≤ n ≤ 127

// exp(x) = 2ⁿ·eʳ with n = round(x / ln 2), |r| ≤ ½ ln 2. The result is eʳ − 1, of full relative accuracy near 0
// (r + r²·q(r), q fitted at Chebyshev nodes: relative error of eʳ 1e-8 before rounding).
INLINE real expm1_reduced(const real x, integers *n) {
    const real shifter = real_of(0x1.8p23f);  // adding it rounds to an integer in the low bits
    const real shifted = x * 0x1.715476p0f + shifter;
    const real whole = shifted - shifter;
    const real r = (x - whole * 0x1.62e4p-1f) - whole * 0x1.7f7d1cp-20f;  // ln 2 in two parts
    const real q = 0.5f + r * (0x1.5554dcp-3f + r * (0x1.5554e8p-5f + r * (0x1.120ba6p-7f + r * 0x1.6d4366p-10f)));
    *n = (integers)shifted - (integers)shifter;
    return r + r * r * q;
}

INLINE real clamp(const real x, const float low, const float high) {  // NaN passes
    return choose_(x < low, real_of(low), choose_(x > high, real_of(high), x));
}

INLINE real exp_(const real x) {
    integers n;
    const real e = expm1_reduced(clamp(x, -88.0f, 89.0f), &n);
    const real half = power_of_two(n >> 1);  // 2ⁿ in two factors: n goes from −127 to 128
    const real y = (half + half * e) * power_of_two(n - (n >> 1));
    return choose_(x > 88.72283f, real_of(INFINITY), choose_(x < -87.33655f, real_of(0.0f), y));
}

// The same where x ≤ 0, as in a softmax: without what large results need.
INLINE real exp_of_negative(const real x) {
    integers n;
    const real e = expm1_reduced(choose_(x < -87.0f, real_of(-87.0f), x), &n), scale = power_of_two(n);
    return choose_(x < -87.0f, real_of(0.0f), scale + scale * e);
}

INLINE real sigmoid_(const real x) {
    integers n;
    const real e = expm1_reduced(clamp(-x, -87.0f, 88.0f), &n), scale = power_of_two(n);
    return 1.0f / (1.0f + (scale + scale * e));
}

// tanh x = e / (e + 2) with e = exp(2|x|) − 1, then the sign of x.
INLINE real tanh_(const real x) {
    integers n;
    const real reduced = expm1_reduced(clamp(2.0f * abs_(x), 0.0f, 20.0f), &n), scale = power_of_two(n);
    const real e = scale * reduced + (scale - 1.0f);
    const real y = e / (e + 2.0f);
    return (real)((integers)y | ((integers)x & (int32_t)0x80000000));
}

INLINE real sqrt_(const real x) { return __builtin_elementwise_sqrt(x); }

// log x = n·ln 2 + log m with m in [√½, √2): the polynomial of Cephes' logf, off by at most 1e-7 of log m.
INLINE real log_(const real x) {
    const integers is_tiny = x < 0x1p-126f;  // has no exponent of its own until it is scaled up
    const integers bits = (integers)choose_(is_tiny, x * 0x1p23f, x);
    const integers above = bits - 0x3f3504f3;  // √½
    const real r = (real)(bits - (above & ~0x7fffff)) - 1.0f;
    const real exponent = __builtin_convertvector((above >> 23) + (is_tiny & -23), real);
    const real p = 0.33333331174f +
                   r * (-0.24999993993f +
                        r * (0.20000714765f +
                             r * (-0.16668057665f +
                                  r * (0.14249322787f +
                                       r * (-0.12420140846f +
                                            r * (0.11676998740f + r * (-0.11514610310f + r * 0.070376836292f)))))));
    const real low = r * r * r * p - exponent * 2.12194440e-4f - 0.5f * (r * r);  // ln 2 in two parts
    const real y = (r + low) + exponent * 0.693359375f;
    const real beyond = choose_(x == 0.0f, real_of(-INFINITY), choose_(x > 0.0f, x, real_of(NAN)));
    return choose_((x > 0.0f) & (x < INFINITY), y, beyond);
}
