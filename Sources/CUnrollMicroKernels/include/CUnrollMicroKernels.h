#pragma once
#include <stdint.h>

/// Philox 4x32-10 (Kernels/philox.h) on one counter, in place.
void unroll_philox(uint32_t *c0, uint32_t *c1, uint32_t *c2, uint32_t *c3, uint32_t key0, uint32_t key1);
