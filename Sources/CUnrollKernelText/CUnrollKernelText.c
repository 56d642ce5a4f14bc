#include "CUnrollKernelText.h"
