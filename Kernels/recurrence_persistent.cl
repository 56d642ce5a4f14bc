// All steps of a sweep in one launch, forward and backward (the idea of Diamos et al. 2016, "Persistent RNNs").
//
// Every group keeps the recurrent weight of its units in local memory from the first step to the last, and works out
// these units for all rows; no group, no launch and no step reads a weight twice. Counts, INPUT_BLOCKS and
// the equations come from the host, layouts as in recurrence_vector.cl, sums in the same order of k: the same bits.
//
//     group u      units u·slice … (u + 1)·slice − 1, `vectors` of them VECTOR at a time
//     weights      [k][vector][block][VECTOR] where items are neighbours along vectors (VECTOR = 1),
//                  [vector][k][block][VECTOR] where a group is one item that goes through them
//                      forward    block = gate, k over hidden             R[gate·hidden + unit, k]
//                      backward   one block,    k over gates·hidden       R[k, unit]
//     stage        [depth][rows of the group, made odd]: h[t], or ∂q[t + 1], of a group's rows, `depth` of k at a time
//     items        (x, y): vector x of the slice, rows ROWS·y … of the group's; further rows in further passes
//
// A weight in registers would have to be shared out along k, and sums along k are one chain: so it is not.
//
// Between two steps all groups meet. Forward they exchange h[t + 1], backward ∂q[t]; everything else an item reads it
// wrote itself. No address is written twice with a meeting in between, so one meeting a step is enough:
//
//     every item     writes its part · device fence · barrier of the group
//     one item       device fence · ARRIVED += 1 · looks until ARRIVED = groups × meetings so far · device fence
//     every item     barrier of the group · device fence · reads what others wrote
//
// The one item's fence after the group's barrier makes the release cumulative over the group; its fence after the looking
// is the acquire. The fences of every item are implied by that in the memory model of OpenCL 2.0, and needed where the
// model is older and a fence is only about the item's own accesses. ARRIVED only grows; the last group to leave a launch
// sets it to zero for the next, since by then nobody looks.
//
// That all groups run at once is the device's good will: the host launches no more than there are compute units, tries
// before it trusts, and gives a limit of looks, in units of 1024. Beyond it STALLED is raised, for everybody and for every
// launch to come. Groups that find it raised leave.
//
// Loops end by `goes_on`, not by a return, and no barrier stands under a condition: a compiler for processors copies what
// follows such a barrier, and those in nested loops multiply (minutes for a kernel).

#if VECTOR == 1
#define ROWS 2   // (2, 4)
#define SPAN 16  // neighbouring items that stage neighbouring k
#define SHAPE
#define group_barrier() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#else
#define ROWS 6
#define SPAN 1
#define SHAPE __attribute__((reqd_work_group_size(1, 1, 1)))
#define group_barrier()
#endif

#if __OPENCL_C_VERSION__ == 200 || (defined(__opencl_c_atomic_scope_device) && defined(__opencl_c_atomic_order_acq_rel))
typedef atomic_uint meeting_word;
#define EXCHANGED const
#define device_fence() atomic_work_item_fence(CLK_GLOBAL_MEM_FENCE, memory_order_acq_rel, memory_scope_device)
#define add_one(word) atomic_fetch_add_explicit(word, 1u, memory_order_relaxed, memory_scope_device)
#define look_at(word) atomic_load_explicit(word, memory_order_relaxed, memory_scope_device)
#define set_to(word, value) atomic_store_explicit(word, value, memory_order_relaxed, memory_scope_device)
#else
// Older: atomics are relaxed, and a fence may be the group's only. volatile keeps reads from a cache that is not shared.
typedef uint meeting_word;
#define EXCHANGED const volatile
#ifdef cl_nv_pragma_unroll
#define device_fence() __asm__ volatile("membar.gl;" ::: "memory")
#else
#define device_fence() mem_fence(CLK_GLOBAL_MEM_FENCE)
#endif
#define add_one(word) atomic_inc(word)
#define look_at(word) (*(word))
#define set_to(word, value) atomic_xchg(word, value)
#endif

enum { ARRIVED, STALLED };  // words of a meeting

typedef volatile global meeting_word *meeting_place;

INLINE int item_of_group(void) { return get_local_id(1) * get_local_size(0) + get_local_id(0); }
INLINE int items_of_group(void) { return get_local_size(1) * get_local_size(0); }

// Whether the launch is to begin at all.
INLINE bool enter(meeting_place meeting, local int *stalled) {
    if (item_of_group() == 0) *stalled = look_at(&meeting[STALLED]) != 0;
    group_barrier();
    return !*stalled;
}

// Waits for every group to have come here `times` times; false when one does not come.
INLINE bool meet(meeting_place meeting, const uint times, const int limit, local int *stalled) {
    const uint all = times * (uint)get_num_groups(0);
    device_fence();
    group_barrier();
    if (item_of_group() == 0) {
        device_fence();
        add_one(&meeting[ARRIVED]);
        uint looks = 0;
        int thousands = 0;
        bool given_up = look_at(&meeting[STALLED]) != 0;
        while (!given_up && look_at(&meeting[ARRIVED]) < all) {
            if (++looks % 1024 == 0 && ++thousands >= limit) set_to(&meeting[STALLED], 1u);
            given_up = look_at(&meeting[STALLED]) != 0;
        }
        *stalled = given_up;
        device_fence();
    }
    group_barrier();
    device_fence();
    return !*stalled;
}

// After the last of `times` meetings.
INLINE void leave(meeting_place meeting, const uint times) {
    if (item_of_group() == 0 && add_one(&meeting[ARRIVED]) + 1 == (times + 1) * (uint)get_num_groups(0)) {
        set_to(&meeting[ARRIVED], 0u);
    }
}

// From one k to the next, and from one vector of the slice to the next.
INLINE int along(const int vectors, const int blocks) { return (VECTOR == 1 ? vectors : 1) * blocks * VECTOR; }
INLINE int across(const int inner, const int blocks) { return (VECTOR == 1 ? 1 : inner) * blocks * VECTOR; }

// R[block·from_block + unit·from_unit + k·from_k] of the units begin …, zeros for those that are none.
INLINE void keep_slice(local float *weights, global const float *restrict weight, const int blocks, const int inner,
                       const int hidden, const int begin, const int slice, const int from_unit, const int from_k) {
    const int vectors = slice / VECTOR;
    for (int at = item_of_group(); at < slice * inner; at += items_of_group()) {
        // Neighbouring items read neighbouring numbers.
        const int unit = from_k == 1 ? at / inner : at % slice, k = from_k == 1 ? at % inner : at / slice;
        local float *to = weights + k * along(vectors, blocks) + unit / VECTOR * across(inner, blocks) + unit % VECTOR;
        for (int block = 0; block < blocks; ++block) {
            const int from = block * hidden * hidden + (begin + unit) * from_unit + k * from_k;
            to[block * VECTOR] = begin + unit < hidden ? weight[from] : 0.0f;
        }
    }
}

// sum[row][block] += Σₖ from[row, k]·weights[k, block] for ROWS rows of this item, of `rows` that follow in the batch.
// What is staged serves every vector of the slice, where it is all of k: `stages` says whether it is not there yet.
INLINE void add_product(real *sum, const int blocks, const int inner, local const float *weights, const int step_of_k,
                        global EXCHANGED float *from, const int stride, const int rows, local float *stage,
                        const int depth, const bool stages) {
    const int all = (int)get_local_size(1) * ROWS, pitch = all | 1;
    const int item = item_of_group(), lines = items_of_group() / SPAN;
    for (int start = 0; start < inner; start += depth) {
        const int count = min(depth, inner - start);
        if (VECTOR == 1 || stages || depth < inner) {  // VECTOR = 1: all of the slice at once
            group_barrier();
            for (int i = item / SPAN; i < all && item / SPAN < lines; i += lines) {
                for (int k = item % SPAN; k < count; k += SPAN) {
                    stage[k * pitch + i] = i < rows ? from[i * stride + start + k] : 0.0f;
                }
            }
            group_barrier();
        }
        local const float *value = stage + get_local_id(1) * ROWS;
        for (int k = 0; k < count; ++k, value += pitch, weights += step_of_k) {
            real w[GATES];
            for (int block = 0; block < blocks; ++block) w[block] = vload_(block, weights);
#pragma unroll
            for (int i = 0; i < ROWS; ++i) {
                for (int block = 0; block < blocks; ++block) {
                    sum[i * blocks + block] = fma(real_of(value[i]), w[block], sum[i * blocks + block]);
                }
            }
        }
    }
}

#define SWEEP_SIZES                                                                                           \
    const int first_step, const int end_step, const int all_steps, const int steps, const int hidden,         \
        const UnrollCellOptions options, global const int *restrict starts, const int slice, const int depth, \
        const int limit, meeting_place meeting, local float *weights, local float *stage

#define OUTPUT_STRIDES const int output_offset, const int output_row, const int output_step, const int output_start

kernel SHAPE void sweep_forward(SWEEP_SIZES, global const float *restrict weight, global const float *restrict bias,
                                STEP_BUFFERS, OUTPUT_STRIDES) {
    const SweepUnits units = FORWARD_UNITS;
    local int stalled;
    const int begin = (int)get_group_id(0) * slice, vectors = slice / VECTOR;
    const int rows = (int)get_local_size(1) * ROWS, wide = get_local_size(0);
    const int input_block[ARRIVING] = INPUT_BLOCKS;
    bool goes_on = enter(meeting, &stalled);
    keep_slice(weights, weight, GATES, hidden, hidden, begin, slice, hidden, 1);
    for (int step = first_step; goes_on && step < end_step; ++step) {
        const int start = starts[step], next_start = starts[step + 1];
        const int count = next_start - start, next_count = starts[step + 2] - next_start;
        for (int first = 0; first < count; first += rows) {
            for (int vector = 0; vector < vectors; vector += wide) {
                const int v = vector + (int)get_local_id(0), unit = begin + v * VECTOR;
                real q[ROWS * GATES];
                for (int i = 0; i < ROWS * GATES; ++i)
                    q[i] = load_part(bias + i % GATES * hidden + unit, hidden - unit);
                add_product(q, GATES, hidden, weights + min(v, vectors - 1) * across(hidden, GATES),
                            along(vectors, GATES), fed + (start + first) * hidden, hidden, count - first, stage, depth,
                            vector == 0);
#pragma unroll
                for (int i = 0; i < ROWS; ++i) {
                    const int r = first + (int)get_local_id(1) * ROWS + i;
                    if (r >= count || unit >= hidden || v >= vectors) break;
                    global const float *projected = saved + (start + r) * SAVED * hidden + unit;
                    real x[ARRIVING];
                    for (int gate = 0; gate < ARRIVING; ++gate) {
                        x[gate] = load_part(projected + input_block[gate] * hidden, hidden - unit);
                    }
                    const int new = (r < next_count ? next_start : starts[all_steps]) + r;
                    const int at = output_offset + r * output_row + step * output_step + start * output_start;
                    CELL(forward_units)(&units, step, r, start + r, new, unit, x, q + i * GATES, output + at + unit);
                }
            }
        }
        goes_on = meet(meeting, step + 1 - first_step, limit, &stalled);
    }
    if (goes_on) leave(meeting, end_step - first_step);
}

// From step end_step − 1 down to first_step, which is −1 where ∂h is to be brought home; `steps` is where there is no
// step after to come from.
kernel SHAPE void sweep_backward(SWEEP_SIZES, global const float *restrict weight, STEP_BUFFERS, OUTPUT_STRIDES,
                                 GRADIENT_BUFFERS) {
    const SweepUnits units = BACKWARD_UNITS;
    local int stalled;
    const int begin = (int)get_group_id(0) * slice, vectors = slice / VECTOR, inner = GATES * hidden;
    const int rows = (int)get_local_size(1) * ROWS, wide = get_local_size(0);
    bool goes_on = enter(meeting, &stalled);
    keep_slice(weights, weight, 1, inner, hidden, begin, slice, 1, hidden);
    for (int step = end_step - 1; goes_on && step >= first_step; --step) {
        const int start = starts[max(step, 0)], count = starts[max(step, 0) + 1] - start;
        const int next_start = starts[step + 1], next_count = starts[step + 2] - next_start;
        for (int first = 0; first < count; first += rows) {
            for (int vector = 0; vector < vectors; vector += wide) {
                const int v = vector + (int)get_local_id(0), unit = begin + v * VECTOR;
                real sum[ROWS];
                for (int i = 0; i < ROWS; ++i) sum[i] = real_of(0.0f);
                add_product(sum, 1, first < next_count ? inner : 0, weights + min(v, vectors - 1) * across(inner, 1),
                            along(vectors, 1), saved + (next_start + first) * SAVED * hidden, SAVED * hidden,
                            next_count - first, stage, depth, vector == 0);
#pragma unroll
                for (int i = 0; i < ROWS; ++i) {
                    const int r = first + (int)get_local_id(1) * ROWS + i;
                    if (r >= count || unit >= hidden || v >= vectors) break;
                    const real through = r < next_count ? sum[i] : real_of(0.0f);
                    if (step < 0) {
                        bring_home(&units, r, unit, through);
                    } else {
                        const int at = output_offset + r * output_row + step * output_step + start * output_start;
                        CELL(backward_units)(&units, step, r, start + r, unit, through, output + at + unit);
                    }
                }
            }
        }
        goes_on = meet(meeting, end_step - step, limit, &stalled);
    }
    if (goes_on) leave(meeting, end_step - first_step);
}
