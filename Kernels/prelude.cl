// Prepended to every program. VECTOR numbers at a time: 1 for the scalar drivers, 16 for the vector ones.

#ifndef VECTOR
#define VECTOR 1
#endif

#define INLINE static
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#if VECTOR == 1
typedef float real;
#else
typedef JOIN(float, VECTOR) real;
#endif

#define real_of(x) ((real)(x))
#define choose_(condition, a, b) select(b, a, condition)
#define exp_ exp
#define log_ log
#define sqrt_ sqrt
#define abs_ fabs
#define tanh_ tanh

INLINE real sigmoid_(const real x) { return 1.0f / (1.0f + exp(-x)); }

typedef uint philox_word;
#define philox_high(a, b) mul_hi(a, b)
