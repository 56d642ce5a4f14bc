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
TEXT(activations){
#embed "../../Kernels/activations.h" suffix(, 0)
};
TEXT(recurrence_options){
#embed "../../Kernels/recurrence_options.h" suffix(, 0)
};
TEXT(recurrence_units){
#embed "../../Kernels/recurrence_units.h" suffix(, 0)
};
TEXT(recurrence_step){
#embed "../../Kernels/recurrence_step.h" suffix(, 0)
};
TEXT(ungated){
#embed "../../Kernels/cells/ungated.h" suffix(, 0)
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
TEXT(gru_reset_before){
#embed "../../Kernels/cells/gru_reset_before.h" suffix(, 0)
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
TEXT(crf){
#embed "../../Kernels/crf.cl" suffix(, 0)
};
TEXT(ctc){
#embed "../../Kernels/ctc.cl" suffix(, 0)
};
TEXT(scan_equations){
#embed "../../Kernels/scan.h" suffix(, 0)
};
TEXT(scan){
#embed "../../Kernels/scan.cl" suffix(, 0)
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
TEXT(recurrence_pack){
#embed "../../Kernels/recurrence_pack.cl" suffix(, 0)
};
TEXT(recurrence_tile){
#embed "../../Kernels/recurrence_tile.cl" suffix(, 0)
};
TEXT(recurrence_team){
#embed "../../Kernels/recurrence_team.cl" suffix(, 0)
};
TEXT(recurrence_rows){
#embed "../../Kernels/recurrence_rows.h" suffix(, 0)
};
TEXT(recurrence_stages){
#embed "../../Kernels/recurrence_stages.cl" suffix(, 0)
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
    {"activations.h", activations},
    {"recurrence_options.h", recurrence_options},
    {"recurrence_units.h", recurrence_units},
    {"recurrence_step.h", recurrence_step},
    {"cells/ungated.h", ungated},
    {"cells/rnn.h", rnn},
    {"cells/lstm.h", lstm},
    {"cells/gru.h", gru},
    {"cells/gru_reset_before.h", gru_reset_before},
    {"elementwise.cl", elementwise},
    {"reduce.cl", reduce},
    {"random.cl", random},
    {"softmax.cl", softmax},
    {"crf.cl", crf},
    {"ctc.cl", ctc},
    {"scan.h", scan_equations},
    {"scan.cl", scan},
    {"lookup.cl", lookup},
    {"matmul_vector.cl", matmul_vector},
    {"mma.cl", mma},
    {"tile.cl", tile},
    {"matmul_tile.cl", matmul_tile},
    {"recurrence_pack.cl", recurrence_pack},
    {"recurrence_vector.cl", recurrence_vector},
    {"recurrence_team.cl", recurrence_team},
    {"recurrence_rows.h", recurrence_rows},
    {"recurrence_stages.cl", recurrence_stages},
    {"recurrence_tile.cl", recurrence_tile},
    {"recurrence_persistent.cl", recurrence_persistent},
};

const char *unroll_kernel_text(const char *path) {
    for (size_t i = 0; i < sizeof files / sizeof files[0]; ++i) {
        if (strcmp(files[i].path, path) == 0) return files[i].text;
    }
    return NULL;
}
