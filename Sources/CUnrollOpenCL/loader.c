#define _GNU_SOURCE  // RTLD_DEFAULT
#include "CUnrollOpenCL.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

static UnrollOpenCL functions;
static const char *missing = "not looked for yet";
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__APPLE__)
static const char *const library = "/System/Library/Frameworks/OpenCL.framework/OpenCL";
#else
static const char *const library = "libOpenCL.so.1";
#endif

// A loader the user names comes first, then what is loaded already, so that a preloaded checker is found.
static void load(void) {
    const char *const chosen = getenv("UNROLL_OPENCL_LIBRARY");
    const int is_chosen = chosen != NULL && *chosen != 0;
    const int is_loaded = !is_chosen && dlsym(RTLD_DEFAULT, "clGetPlatformIDs") != NULL;
    void *from = is_loaded ? RTLD_DEFAULT : dlopen(is_chosen ? chosen : library, RTLD_NOW | RTLD_LOCAL);
    missing = NULL;
    if (!is_loaded && from == NULL) {
        missing = is_chosen ? "the loader named by UNROLL_OPENCL_LIBRARY cannot be loaded"
                            : "the OpenCL loader (libOpenCL.so.1) is not installed";
        return;
    }
#define LOAD(name)                                         \
    *(void **)(&functions.name) = dlsym(from, "cl" #name); \
    if (functions.name == NULL) missing = "the OpenCL loader lacks cl" #name;
    UNROLL_OPENCL_FUNCTIONS(LOAD)
}

const UnrollOpenCL *unroll_opencl(const char **reason) {
    pthread_once(&once, load);
    *reason = missing;
    return missing ? NULL : &functions;
}
