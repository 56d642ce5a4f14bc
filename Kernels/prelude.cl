// Prepended to every program. VECTOR numbers at a time: 1 for the scalar drivers, 16 for the vector ones.

#ifndef VECTOR
#define VECTOR 1
#endif

#define INLINE static
#define NOINLINE static
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#if VECTOR == 1
typedef float real;
typedef uint philox_word;
#else
typedef JOIN(float, VECTOR) real;
typedef JOIN(uint, VECTOR) philox_word;
#endif

#define real_of(x) ((real)(x))
#define choose_(condition, a, b) select(b, a, condition)
#define exp_ exp
#define log_ log
#define sqrt_ sqrt
#define abs_ fabs
#define tanh_ tanh

INLINE real sigmoid_(const real x) { return 1.0f / (1.0f + exp(-x)); }

#if VECTOR == 1
#define philox_high(a, b) mul_hi((philox_word)(a), b)
#else
// On a processor one product of 64 bits a lane; its mul_hi puts that together from four of 16 by 16 bits.
#define wide_(x) JOIN(convert_ulong, VECTOR)(x)
#define philox_high(a, b) JOIN(convert_uint, VECTOR)(wide_(b) * (ulong)(a) >> 32)
#endif

// Element (b, i, j) of a view lies at offset + b·batch + i·row + j·column.
#define VIEW(name) const int name##_offset, const int name##_batch, const int name##_row, const int name##_column
#define AT(name, b, i, j) name[name##_offset + (b)*name##_batch + (i)*name##_row + (j)*name##_column]

#if VECTOR == 1
#define vload_(i, from) ((from)[i])
#define vstore_(value, i, to) ((to)[i] = (value))
#else
#define vload_ JOIN(vload, VECTOR)
#define vstore_ JOIN(vstore, VECTOR)
#endif

// VECTOR numbers `stride` apart, of which the first `count` are there; zeros stand for the others.
INLINE real load_strided(global const float *from, const int stride, const int count) {
    if (stride == 1 && count >= VECTOR) return vload_(0, from);
    float lanes[VECTOR];
    for (int j = 0; j < VECTOR; ++j) lanes[j] = j < count ? from[j * stride] : 0.0f;
    return vload_(0, lanes);
}

INLINE void store_strided(const real value, global float *to, const int stride, const int count) {
    if (stride == 1 && count >= VECTOR) {
        vstore_(value, 0, to);
    } else {
        float lanes[VECTOR];
        vstore_(value, 0, lanes);
        for (int j = 0; j < min(count, VECTOR); ++j) to[j * stride] = lanes[j];
    }
}

INLINE real load_part(global const float *from, const int count) { return load_strided(from, 1, count); }
INLINE void store_part(const real value, global float *to, const int count) { store_strided(value, to, 1, count); }

// What the texts of the cells ask for besides.
typedef int place;
#define store_units store_part
#define philox_word_of(x) ((philox_word)(x))
#if VECTOR == 1
#define lanes_ 0u
#else
#define lanes_ ((philox_word)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#endif
#define flags_of(options) FLAGS
#define activation_of(options, index) chosen_activations[index]
