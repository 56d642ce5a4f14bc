#if defined(__x86_64__)
#define VECTOR 8
#define TILE_VECTORS 2
#define NAME "avx2"
#define TABLE unroll_micro_kernels_avx2
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels.h"
#pragma clang attribute pop
#endif
