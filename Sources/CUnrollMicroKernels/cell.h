// A cell of the list in kernels.h, of its counts and its equations.
#if FIRST_GATES == GATES
#include "recurrence.h"
#endif
#include "stages.h"

#undef GATES
#undef FIRST_GATES
#undef SAVED
#undef STATES
#undef INPUT_BLOCKS
#undef CELL
