#if defined(__x86_64__)
#define VECTOR 16
#define TILE_VECTORS 4
#define NAME "avx512"
#define TABLE unroll_micro_kernels_avx512
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), \
                             apply_to = function)
#include "kernels.h"
#pragma clang attribute pop
#endif
