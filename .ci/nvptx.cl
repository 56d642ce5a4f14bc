// The functions that the tiled kernels call, for a clang that has no library for NVIDIA's devices: index registers, the
// barrier, and mathematics at about its cost.

#define BUILTIN __attribute__((overloadable, always_inline))
size_t BUILTIN __attribute__((const)) get_local_id(uint d) {
    return d == 0 ? __nvvm_read_ptx_sreg_tid_x() : d == 1 ? __nvvm_read_ptx_sreg_tid_y() : __nvvm_read_ptx_sreg_tid_z();
}
size_t BUILTIN __attribute__((const)) get_group_id(uint d) {
    return d == 0   ? __nvvm_read_ptx_sreg_ctaid_x()
           : d == 1 ? __nvvm_read_ptx_sreg_ctaid_y()
                    : __nvvm_read_ptx_sreg_ctaid_z();
}
void BUILTIN __attribute__((convergent)) barrier(cl_mem_fence_flags flags) { __nvvm_bar_sync(0); }
float BUILTIN __attribute__((const)) fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
int BUILTIN __attribute__((const)) isnan(float x) { return x != x; }
float BUILTIN __attribute__((const)) exp(float x) { return __nvvm_ex2_approx_ftz_f(x * 1.44269504f); }
float BUILTIN __attribute__((const)) tanh(float x) { return 1.0f - 2.0f / (exp(2.0f * x) + 1.0f); }
float BUILTIN __attribute__((const)) fabs(float x) { return __builtin_fabsf(x); }
int BUILTIN __attribute__((const)) max(int x, int y) { return x < y ? y : x; }
int BUILTIN __attribute__((const)) min(int x, int y) { return x < y ? x : y; }
float BUILTIN __attribute__((const)) select(float a, float b, int c) { return c ? b : a; }
void BUILTIN vstore2(float2 v, size_t i, float *p) {
    p[2 * i] = v.x;
    p[2 * i + 1] = v.y;
}
void BUILTIN vstore4(float4 v, size_t i, float *p) {
    p[4 * i] = v.x;
    p[4 * i + 1] = v.y;
    p[4 * i + 2] = v.z;
    p[4 * i + 3] = v.w;
}
