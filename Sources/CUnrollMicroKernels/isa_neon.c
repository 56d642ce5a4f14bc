#if defined(__aarch64__)
#define VECTOR 4
#define TILE_VECTORS 4
#define NAME "neon"
#define TABLE unroll_micro_kernels_neon
#include "kernels.h"
#endif
