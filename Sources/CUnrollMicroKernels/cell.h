// A cell of the list in kernels.h, of its counts and its equations. Unless the list says otherwise,
//
//     FIRST_GATES    the gates of a step's first product: all
//     INPUTS         the gates that see the input: those that see h
//     BELOW          whether c of the layer below arrives as well: no
#ifndef FIRST_GATES
#define FIRST_GATES GATES
#endif
#ifndef INPUTS
#define INPUTS GATES
#endif
#ifndef BELOW
#define BELOW 0
#endif

#include EQUATIONS
#if FIRST_GATES == GATES
#include "recurrence.h"
#endif
#include "stages.h"

#undef EQUATIONS
#undef GATES
#undef FIRST_GATES
#undef INPUTS
#undef BELOW
#undef SAVED
#undef STATES
#undef INPUT_BLOCKS
#undef CELL
