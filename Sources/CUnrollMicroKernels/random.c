#include "CUnrollMicroKernels.h"

typedef uint32_t philox_word;
static inline philox_word philox_high(uint32_t a, philox_word b) { return (uint32_t)(((uint64_t)a * b) >> 32); }
#define INLINE static inline
#include "../../Kernels/philox.h"

void unroll_philox(uint32_t *c0, uint32_t *c1, uint32_t *c2, uint32_t *c3, uint32_t key0, uint32_t key1) {
    philox_word counter[4] = {*c0, *c1, *c2, *c3};
    philox(counter, key0, key1);
    *c0 = counter[0], *c1 = counter[1], *c2 = counter[2], *c3 = counter[3];
}
