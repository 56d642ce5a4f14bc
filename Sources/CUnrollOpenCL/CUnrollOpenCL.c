#include "CUnrollOpenCL.h"
