// Half-width floats as kernels use them: stored, and converted from and to float32.
#pragma once

#include "cuda_runtime.h"

struct __half {
    _Float16 value;
    __half() = default;
    __half(float x) : value(static_cast<_Float16>(x)) {}
    operator float() const { return static_cast<float>(value); }
};
