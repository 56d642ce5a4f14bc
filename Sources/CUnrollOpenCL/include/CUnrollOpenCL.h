#pragma once
// OpenCL 1.2 by its own headers where they are installed, else by the same names declared here, and reached only through
// a table filled at first use: a binary built anywhere runs everywhere, and uses OpenCL where it finds it.

#include <stddef.h>
#include <stdint.h>

#if defined(UNROLL_DECLARE_OPENCL)
#include "../declarations.h"
#elif __has_include(<CL/cl.h>)
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#elif __has_include(<OpenCL/opencl.h>)
#include <OpenCL/opencl.h>
#else
#include "../declarations.h"
#endif

// Every function used, once.
#define UNROLL_OPENCL_FUNCTIONS(X) \
    X(GetPlatformIDs)              \
    X(GetPlatformInfo)             \
    X(GetDeviceIDs)                \
    X(GetDeviceInfo)               \
    X(CreateContext)               \
    X(ReleaseContext)              \
    X(CreateCommandQueue)          \
    X(ReleaseCommandQueue)         \
    X(CreateBuffer)                \
    X(ReleaseMemObject)            \
    X(EnqueueReadBuffer)           \
    X(EnqueueWriteBuffer)          \
    X(EnqueueNDRangeKernel)        \
    X(Flush)                       \
    X(Finish)                      \
    X(CreateProgramWithSource)     \
    X(BuildProgram)                \
    X(GetProgramBuildInfo)         \
    X(ReleaseProgram)              \
    X(CreateKernel)                \
    X(ReleaseKernel)               \
    X(SetKernelArg)                \
    X(GetKernelWorkGroupInfo)      \
    X(GetEventInfo)                \
    X(GetEventProfilingInfo)       \
    X(ReleaseEvent)

typedef struct {
#define UNROLL_DECLARE(name) __typeof__(&cl##name) _Nonnull name;
    UNROLL_OPENCL_FUNCTIONS(UNROLL_DECLARE)
#undef UNROLL_DECLARE
} UnrollOpenCL;

/// The functions, or NULL where OpenCL is missing; then `*reason` says what was looked for.
const UnrollOpenCL *_Nullable unroll_opencl(const char *_Nullable *_Nonnull reason);

// Numbers that Swift cannot read off the macros, because they are casts.
enum {
    UNROLL_OPENCL_BLOCKING = 1,
    UNROLL_OPENCL_NOT_BLOCKING = 0,
};
