// What is chosen of a cell when it runs, the same for all of a sweep: for the host (C, Swift) and the kernels alike, so
// all of it is of four bytes.
#ifndef UNROLL_CELL_OPTIONS
#define UNROLL_CELL_OPTIONS

// Flags of the options.
enum {
    CELL_HAS_PEEPHOLES = 1,
    CELL_IS_COUPLED = 2,          // f = 1 − i
    CELL_IS_RANDOM = 4,           // zoneout and dropped candidates, as in training
    CELL_IS_EXPECTED = 8,         // zoneout as in inference
    SWEEP_HAS_OUTPUT = 16,        // h goes there besides; backward: gradient comes from there
    SWEEP_HAS_FACTORS = 32,       // what the matmul reads of h is multiplied by a number for each row and unit
    SWEEP_IS_PACKED = 64,         // rows and steps stand at places of their own in the batch
    SWEEP_SHOWS_GRADIENTS = 128,  // ∂h of every step is kept
    CELL_HAS_CLIP = 256,
    CELL_HAS_STATE_CLIP = 512,
    CELL_IS_NORMALIZED = 1024,                                // products and c' by layer normalisation
    CELL_IS_PROJECTED = 2048,                                 // h is a product of what the equations make
    SWEEP_HAS_ABOVE = 4096,                                   // backward: gradient of c' comes from the layer above
    SWEEP_CHANGES = SWEEP_HAS_OUTPUT | SWEEP_SHOWS_GRADIENTS  // from one sweep of a cell to the next
};

// What an equation is given of a unit besides its sums.
enum {
    EXTRA_PEEPHOLE_I,
    EXTRA_PEEPHOLE_F,
    EXTRA_PEEPHOLE_O,
    EXTRA_PEEPHOLE_D,  // of the depth gate, where there is a cell below: c
    EXTRA_PEEPHOLE_B,  // and c of the cell below
    EXTRA_CANDIDATE,
    EXTRAS
};

enum { UNROLL_MAX_ACTIVATIONS = 6 };

typedef struct {
    int function;  // of `Activation.Function` in Sources/UnrollCompute/Activation.swift
    float alpha, beta;
} UnrollActivation;

typedef struct {
    int flags;
    float clip, state_clip;                                // pre-activations and c' to ± so much
    UnrollActivation activations[UNROLL_MAX_ACTIVATIONS];  // of each gate, of the way from c' to h', of a depth gate
    float ends[UNROLL_MAX_ACTIVATIONS][2];                 // with a clip, what each makes of −clip and clip
    unsigned int key[2];                                   // of the random words below
    unsigned int zoneout[2];                               // h and c stay as they were where a word is below this
    float staying[2];                                      // and how much of them stays where nothing is random
    unsigned int drop;                                     // candidates whose word is below this are dropped,
    float drop_scale;                                      // the others multiplied by this
} UnrollCellOptions;

#endif
