// Brain floats as kernels use them: stored, and converted from and to float32, rounding to even.
#pragma once

#include "cuda_runtime.h"

struct __nv_bfloat16 {
    unsigned short bits;
    __nv_bfloat16() = default;
    __nv_bfloat16(float x) {
        unsigned wide;
        memcpy(&wide, &x, sizeof wide);
        bits = x != x ? 0x7fff : (wide + 0x7fff + (wide >> 16 & 1)) >> 16;
    }
    operator float() const {
        unsigned wide = unsigned(bits) << 16;
        float x;
        memcpy(&x, &wide, sizeof x);
        return x;
    }
};
