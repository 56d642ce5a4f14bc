#include "CUnrollMicroKernels.h"

extern const UnrollMicroKernels unroll_micro_kernels_avx512, unroll_micro_kernels_avx2, unroll_micro_kernels_neon,
    unroll_micro_kernels_baseline;

const UnrollMicroKernels *unroll_micro_kernels(const int index) {
    const UnrollMicroKernels *tables[3] = {NULL, NULL, NULL};
    int count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq")) {
        tables[count++] = &unroll_micro_kernels_avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables[count++] = &unroll_micro_kernels_avx2;
#endif
#if defined(__aarch64__)
    tables[count++] = &unroll_micro_kernels_neon;
#else
    tables[count++] = &unroll_micro_kernels_baseline;
#endif
    return index < count ? tables[index] : NULL;
}
