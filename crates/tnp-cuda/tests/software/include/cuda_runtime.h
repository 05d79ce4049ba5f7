// What kernels use of CUDA C++, for a compiler of C++ for the CPU. One thread of a kernel runs at a time (driver.cpp).
#pragma once

#include <cmath>
#include <cstring>
#include <tuple>
#include <type_traits>
using namespace std;

struct software_dim {
    unsigned x, y, z;
};

// Where the running thread is, and how it lets the others of its block catch up.
struct software_state {
    software_dim thread, block, threads, blocks;
    void (*sync)();
};

extern "C" {
extern software_state software;
}

#define threadIdx software.thread
#define blockIdx software.block
#define blockDim software.threads
#define gridDim software.blocks
#define __global__
#define __device__
#define __shared__
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))

static inline void __syncthreads() { software.sync(); }

// A kernel's arguments are copied when it is launched, as it may run later.
template <class T> using software_value = typename remove_const<typename remove_reference<T>::type>::type;

template <class... A> struct software_call {
    void (*kernel)(A...);
    tuple<software_value<A>...> given;

    template <size_t... I> static void *copied(void (*kernel)(A...), void **parameters, index_sequence<I...>) {
        return new software_call{kernel, tuple<software_value<A>...>(*static_cast<software_value<A> *>(parameters[I])...)};
    }

    static void *copied(void (*kernel)(A...), void **parameters) { return copied(kernel, parameters, index_sequence_for<A...>{}); }
};

template <class... A> static inline software_call<A...> *software_typed(void (*)(A...), void *call) { return static_cast<software_call<A...> *>(call); }
template <class... A> static inline void *software_copy(void (*kernel)(A...), void **parameters) { return software_call<A...>::copied(kernel, parameters); }

// What the driver looks for in a kernel's library.
#define SOFTWARE_KERNEL(name, waits)                                                        \
    extern "C" {                                                                            \
    software_state software;                                                                \
    int software_waits = waits;                                                             \
    void *software_copied(void **parameters) { return software_copy(name, parameters); }    \
    void software_body(void *call) { apply(name, software_typed(name, call)->given); }      \
    void software_freed(void *call) { delete software_typed(name, call); }                  \
    }
