// Products on NVIDIA's matrix units, before tile.cl: a warp of 32 work items adds A (16 × MMA_K) times B (MMA_K × 8) to
// sums in float32. Each item, a lane of the warp, holds parts of all three in registers. With g = lane / 4 and
// t = lane % 4, as (row, column), where a register has STEPS neighbours of the inner dimension, the first one lowest:
//
//     A     a[0] (g, t·STEPS …)   a[2] (g, (t + 4)·STEPS …)   a[1], a[3] the same 8 rows further down
//     B     b[0] (t·STEPS …, g)   b[1] ((t + 4)·STEPS …, g)
//     sums  (g, 2t) (g, 2t + 1)   and the same 8 rows further down
//
// (PTX ISA, "Matrix Fragments for mma.m16n8k8" and "mma.m16n8k16".) TF32 or BF16 comes from the host; with EMULATED, which
// is for tests, all but the instruction runs on any device.

#ifdef TF32
#define STEPS 1
#define PADDING 8  // lanes of a warp that read a fragment find 32 different banks
#define INSTRUCTION "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
#else
#define STEPS 2
#define PADDING 4
#define INSTRUCTION "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
#endif
#define MMA_K (8 * STEPS)

// Warps of a work-group down and across, and where an item's i-th row, or j-th column of a block, lies in the tile.
#define WARPS_M (ITEMS_M / 8)
#define WARPS_N (ITEMS_N / 4)
#define LANE (ITEM % 32)
#define FRAGMENT_ROW(i) (((i)*WARPS_M + ITEM / 32 / WARPS_N) * 16)
#define FRAGMENT_COLUMN(j) (((j)*WARPS_N + ITEM / 32 % WARPS_N) * 8)
#define ROW(i) (FRAGMENT_ROW((i) / 2) + (i) % 2 * 8 + LANE / 4)
#define COLUMN(j) (FRAGMENT_COLUMN((j) / 2) + LANE % 4 * 2 + (j) % 2)

// An operand as the units take it, in a float: rounded to the nearest, of two as near to the larger (tf32, as
// cvt.rna.tf32.f32 does) or to the even one (bf16). What is no number stays none.
INLINE float operand(const float x) {
    const uint bits = as_uint(x);
#ifdef TF32
    const uint rounded = (bits + 0x1000) & 0xFFFFE000;
#else
    const uint rounded = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000;
#endif
    return isnan(x) ? NAN : as_float(rounded);
}

// The register's number `at` of a line of a tile [steps][stride].
INLINE uint packed_steps(local const float *line, const int stride, const int at) {
#ifdef TF32
    return as_uint(line[at * stride]);
#else
    return as_uint(line[2 * at * stride]) >> 16 | (as_uint(line[(2 * at + 1) * stride]) & 0xFFFF0000);
#endif
}

// A lane's register number n of A's fragment, or of B's.
INLINE uint register_a(local const float *tile, const int stride, const int lane, const int n) {
    return packed_steps(tile + n % 2 * 8 + lane / 4, stride, n / 2 * 4 + lane % 4);
}

INLINE uint register_b(local const float *tile, const int stride, const int lane, const int n) {
    return packed_steps(tile + lane / 4, stride, n * 4 + lane % 4);
}

#ifndef EMULATED

typedef uint4 fragment_a;
typedef uint2 fragment_b;

INLINE fragment_a read_a(local const float *tile, const int stride, const int lane) {
    return (uint4)(register_a(tile, stride, lane, 0), register_a(tile, stride, lane, 1),
                   register_a(tile, stride, lane, 2), register_a(tile, stride, lane, 3));
}

INLINE fragment_b read_b(local const float *tile, const int stride, const int lane) {
    return (uint2)(register_b(tile, stride, lane, 0), register_b(tile, stride, lane, 1));
}

// `upper` are the sums of row g, `lower` those of row g + 8.
INLINE void mma(float *upper, float *lower, const fragment_a a, const fragment_b b, const int lane) {
    asm volatile(INSTRUCTION "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(upper[0]), "+f"(upper[1]), "+f"(lower[0]), "+f"(lower[1])
                 : "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w), "r"(b.x), "r"(b.y));
}

#else

// Where a fragment comes from, to find the registers of all lanes.
typedef struct {
    local const float *tile;
    int stride;
} fragment_a, fragment_b;

INLINE fragment_a read_a(local const float *tile, const int stride, const int lane) {
    const fragment_a a = {tile, stride};
    return a;
}

#define read_b read_a

// Inner step k in the register that holds it.
INLINE float step_of(const uint word, const int k) {
#ifdef TF32
    return as_float(word);
#else
    return as_float(k % 2 == 0 ? word << 16 : word & 0xFFFF0000);
#endif
}

// Element (row, k) of A and (k, column) of B, from the lane and the register that hold it.
INLINE float element_a(const fragment_a a, const int row, const int k) {
    const int lane = row % 8 * 4 + k / STEPS % 4, n = row / 8 + k / STEPS / 4 * 2;
    return step_of(register_a(a.tile, a.stride, lane, n), k);
}

INLINE float element_b(const fragment_b b, const int k, const int column) {
    const int lane = column * 4 + k / STEPS % 4, n = k / STEPS / 4;
    return step_of(register_b(b.tile, b.stride, lane, n), k);
}

INLINE void mma(float *upper, float *lower, const fragment_a a, const fragment_b b, const int lane) {
    const int row = lane / 4, column = lane % 4 * 2;
    for (int k = 0; k < MMA_K; ++k) {
        for (int j = 0; j < 2; ++j) {
            upper[j] = fma(element_a(a, row, k), element_b(b, k, column + j), upper[j]);
            lower[j] = fma(element_a(a, row + 8, k), element_b(b, k, column + j), lower[j]);
        }
    }
}

#endif
