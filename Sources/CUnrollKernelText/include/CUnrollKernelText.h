#pragma once

/// The text of a file in Kernels/ by its path there ("matmul_vector.cl", "cells/lstm.h"), or NULL. It was embedded when
/// this was compiled, so that a binary can be moved.
const char *_Nullable unroll_kernel_text(const char *_Nonnull path);
