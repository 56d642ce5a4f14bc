#if !defined(__aarch64__)
#define VECTOR 4
#define TILE_VECTORS 2
#define NAME "baseline"
#define TABLE unroll_micro_kernels_baseline
#include "kernels.h"
#endif
