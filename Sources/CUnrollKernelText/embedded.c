#include "CUnrollKernelText.h"

#include <stddef.h>
#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

// #embed takes no macro-made names in a list, so a file is two lines: its bytes, and its place in the list below.
#define TEXT(name) static const char name[] =

TEXT(prelude){
#embed "../../Kernels/prelude.cl" suffix(, 0)
};
TEXT(functions){
#embed "../../Kernels/functions.h" suffix(, 0)
};
TEXT(philox){
#embed "../../Kernels/philox.h" suffix(, 0)
};
TEXT(update){
#embed "../../Kernels/update.h" suffix(, 0)
};
TEXT(rnn){
#embed "../../Kernels/cells/rnn.h" suffix(, 0)
};
TEXT(lstm){
#embed "../../Kernels/cells/lstm.h" suffix(, 0)
};
TEXT(gru){
#embed "../../Kernels/cells/gru.h" suffix(, 0)
};
TEXT(elementwise){
#embed "../../Kernels/elementwise.cl" suffix(, 0)
};
TEXT(reduce){
#embed "../../Kernels/reduce.cl" suffix(, 0)
};
TEXT(random){
#embed "../../Kernels/random.cl" suffix(, 0)
};
TEXT(softmax){
#embed "../../Kernels/softmax.cl" suffix(, 0)
};
TEXT(lookup){
#embed "../../Kernels/lookup.cl" suffix(, 0)
};
TEXT(matmul_vector){
#embed "../../Kernels/matmul_vector.cl" suffix(, 0)
};
TEXT(mma){
#embed "../../Kernels/mma.cl" suffix(, 0)
};
TEXT(tile){
#embed "../../Kernels/tile.cl" suffix(, 0)
};
TEXT(matmul_tile){
#embed "../../Kernels/matmul_tile.cl" suffix(, 0)
};
TEXT(recurrence_vector){
#embed "../../Kernels/recurrence_vector.cl" suffix(, 0)
};
TEXT(recurrence_tile){
#embed "../../Kernels/recurrence_tile.cl" suffix(, 0)
};
TEXT(recurrence_persistent){
#embed "../../Kernels/recurrence_persistent.cl" suffix(, 0)
};

static const struct {
    const char *path, *text;
} files[] = {
    {"prelude.cl", prelude},
    {"functions.h", functions},
    {"philox.h", philox},
    {"update.h", update},
    {"cells/rnn.h", rnn},
    {"cells/lstm.h", lstm},
    {"cells/gru.h", gru},
    {"elementwise.cl", elementwise},
    {"reduce.cl", reduce},
    {"random.cl", random},
    {"softmax.cl", softmax},
    {"lookup.cl", lookup},
    {"matmul_vector.cl", matmul_vector},
    {"mma.cl", mma},
    {"tile.cl", tile},
    {"matmul_tile.cl", matmul_tile},
    {"recurrence_vector.cl", recurrence_vector},
    {"recurrence_tile.cl", recurrence_tile},
    {"recurrence_persistent.cl", recurrence_persistent},
};

const char *unroll_kernel_text(const char *path) {
    for (size_t i = 0; i < sizeof files / sizeof files[0]; ++i) {
        if (strcmp(files[i].path, path) == 0) return files[i].text;
    }
    return NULL;
}
