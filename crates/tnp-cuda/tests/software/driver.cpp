// A stand-in for NVIDIA's driver: one device whose memory is the host's and whose kernels, compiled by the stand-in for NVRTC (nvrtc.cpp),
// run on the CPU. So everything that the backend does can be run where there is no GPU; it says nothing of speed.
//
// Work is done as late as its order allows: when the host waits for it, or for what follows it. What reads memory without having been put
// after what writes it reads the wrong thing here. Threads and blocks run one at a time, from the first to the last and the next time from
// the last to the first, so that what needs a barrier and has none is found in one of the two; a barrier that only some threads of a block
// reach ends the program. Memory is filled with a pattern when it is had and before it is given back.
//
// Functions are those that CubeCL and tnp-cuda call, as the driver's documentation has them:
// https://docs.nvidia.com/cuda/cuda-driver-api/

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

using Result = int;
using Handle = void *;
using Address = unsigned long long;

constexpr Result SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101, INVALID_IMAGE = 200, NOT_FOUND = 500,
                 LAUNCH_FAILED = 719;
constexpr size_t MEMORY = size_t(2) << 30, SHARED = 166912;
constexpr unsigned char PATTERN = 0xCD;

std::recursive_mutex lock;
using Locked = std::lock_guard<std::recursive_mutex>;

// ---- order

struct Work {
    std::function<void()> body;
    std::vector<std::shared_ptr<Work>> after;
};
using Task = std::shared_ptr<Work>;

struct Stream {
    Task last;
};

struct Event {
    Task task;
};

std::vector<Stream *> streams;
// The default streams, of all threads and of each (there is one for all of them here), and what all that comes later waits for.
Stream legacy, own;
Task barrier;

// Does a task, after all that it comes after. Chains are long, so there is no recursion.
void finish(const Task &task) {
    std::vector<Task> open;
    if (task) open.push_back(task);
    while (!open.empty()) {
        Task now = open.back();
        if (!now->after.empty()) {
            Task before = now->after.back();
            now->after.pop_back();
            if (before->body) open.push_back(before);
            continue;
        }
        open.pop_back();
        if (now->body) {
            auto body = std::move(now->body);
            now->body = nullptr;
            body();
        }
    }
}

Stream *stream_of(Handle handle) {
    if (handle == nullptr || handle == Handle(1)) return &legacy;
    return handle == Handle(2) ? &own : static_cast<Stream *>(handle);
}

Task pending(const Task &task) { return task && task->body ? task : nullptr; }

void push(Stream *stream, std::function<void()> body) {
    auto task = std::make_shared<Work>();
    task->body = std::move(body);
    for (const Task &before : {stream->last, barrier})
        if (pending(before)) task->after.push_back(before);
    stream->last = task;
}

void wait(Stream *stream, const Task &before) {
    if (!pending(before)) return;
    push(stream, [] {});
    stream->last->after.push_back(before);
}

// A task that comes after all that any stream was given.
Task everything() {
    auto task = std::make_shared<Work>();
    task->body = [] {};
    std::vector<Stream *> all = streams;
    all.push_back(&legacy);
    all.push_back(&own);
    for (Stream *stream : all)
        if (pending(stream->last)) task->after.push_back(stream->last);
    if (pending(barrier)) task->after.push_back(barrier);
    return task;
}

// ---- memory

std::map<Address, size_t> blocks;
std::map<const char *, size_t> pinned;
size_t used;

Result take(Address *address, size_t bytes) {
    if (bytes > MEMORY - used) return OUT_OF_MEMORY;
    void *block = aligned_alloc(512, (bytes + 511) / 512 * 512);
    if (!block) return OUT_OF_MEMORY;
    memset(block, PATTERN, bytes);
    *address = Address(block);
    blocks[*address] = bytes;
    used += bytes;
    return SUCCESS;
}

Result give_back(Address address) {
    auto block = blocks.find(address);
    if (block == blocks.end()) return INVALID_VALUE;
    memset(reinterpret_cast<void *>(address), PATTERN, block->second);
    used -= block->second;
    free(reinterpret_cast<void *>(address));
    blocks.erase(block);
    return SUCCESS;
}

bool is_pinned(const void *address) {
    auto next = pinned.upper_bound(static_cast<const char *>(address));
    if (next == pinned.begin()) return false;
    --next;
    return static_cast<const char *>(address) < next->first + next->second;
}

// ---- kernels

struct Dim {
    unsigned x, y, z;
};

// The same as `software` of include/cuda_runtime.h.
struct State {
    Dim thread, block, threads, blocks;
    void (*sync)();
};

struct Kernel {
    void *(*copied)(void **);
    void (*body)(void *);
    void (*freed)(void *);
    State *state;
    void *shared;
    bool waits;
};

// Threads of a block that wait for each other take turns, each on a stack of its own.
constexpr size_t STACK = 64 << 10, THREADS = 1024;

struct Turn {
    void *stack;
    bool done;
};

void *home;
std::vector<Turn> turns;
unsigned current;
const Kernel *running;
void *arguments;

extern "C" void software_switch(void **from, void *to);
asm(R"(
.text
.globl software_switch
.type software_switch, @function
software_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
)");

void let_others() { software_switch(&turns[current].stack, home); }

void thread_of_a_block() {
    running->body(arguments);
    turns[current].done = true;
    let_others();
    abort();
}

Dim position(unsigned thread, Dim threads) { return {thread % threads.x, thread / threads.x % threads.y, thread / threads.x / threads.y}; }

void run_in_turns(const Kernel &kernel, void *given, Dim threads) {
    static char *stacks = static_cast<char *>(aligned_alloc(4096, STACK * THREADS));
    running = &kernel;
    arguments = given;
    unsigned count = threads.x * threads.y * threads.z;
    turns.assign(count, Turn{nullptr, false});
    for (unsigned thread = 0; thread < count; thread++) {
        void **top = reinterpret_cast<void **>(stacks + STACK * (thread + 1));
        *--top = nullptr;
        *--top = reinterpret_cast<void *>(thread_of_a_block);
        for (int saved = 0; saved < 6; saved++) *--top = nullptr;
        turns[thread].stack = top;
    }
    for (bool forward = true;; forward = !forward) {
        unsigned left = 0;
        for (unsigned turn = 0; turn < count; turn++) {
            current = forward ? turn : count - 1 - turn;
            kernel.state->thread = position(current, threads);
            software_switch(&home, turns[current].stack);
            left += !turns[current].done;
        }
        if (left == 0) return;
        if (left < count) {
            fprintf(stderr, "software CUDA: %u of %u threads wait at a barrier that the others do not reach\n", left, count);
            abort();
        }
    }
}

void run(const Kernel &kernel, Dim blocks, Dim threads, size_t shared, void *given) {
    State &state = *kernel.state;
    state.blocks = blocks;
    state.threads = threads;
    state.sync = let_others;
    static bool forward = false;
    forward = !forward;
    unsigned count = threads.x * threads.y * threads.z;
    size_t all = size_t(blocks.x) * blocks.y * blocks.z;
    for (size_t turn = 0; turn < all; turn++) {
        size_t block = forward ? turn : all - 1 - turn;
        state.block = {unsigned(block % blocks.x), unsigned(block / blocks.x % blocks.y), unsigned(block / blocks.x / blocks.y)};
        memset(kernel.shared, PATTERN, shared);
        if (kernel.waits) {
            run_in_turns(kernel, given, threads);
            continue;
        }
        for (unsigned thread = 0; thread < count; thread++) {
            state.thread = position(forward ? thread : count - 1 - thread, threads);
            kernel.body(given);
        }
    }
    kernel.freed(given);
}

// What TNP_SOFTWARE_FAIL asks for: "launch 3" lets the third launch fail, and all that the device is asked for from then on.
bool fails(const char *what) {
    static int left = -1;
    static bool lost;
    static std::string wanted;
    if (left < 0) {
        const char *text = getenv("TNP_SOFTWARE_FAIL");
        char name[32] = "";
        left = 0;
        if (text && sscanf(text, "%31s %d", name, &left) == 2) wanted = name;
    }
    if (wanted == what && left > 0 && --left == 0) lost = true;
    return lost;
}

} // namespace

extern "C" {

Result cuInit(unsigned) { return SUCCESS; }

Result cuDriverGetVersion(int *version) {
    *version = 12050;
    return SUCCESS;
}

Result cuDeviceGetCount(int *count) {
    const char *visible = getenv("CUDA_VISIBLE_DEVICES");
    *count = visible && strcmp(visible, "-1") == 0 ? 0 : 1;
    return SUCCESS;
}

Result cuDeviceGet(int *device, int number) {
    *device = 0;
    return number == 0 ? SUCCESS : INVALID_DEVICE;
}

Result cuDeviceGetName(char *name, int length, int) {
    snprintf(name, length, "the CPU, in place of a GPU");
    return SUCCESS;
}

Result cuDeviceTotalMem_v2(size_t *bytes, int) {
    *bytes = MEMORY;
    return SUCCESS;
}

Result cuDeviceGetAttribute(int *value, int attribute, int) {
    static const std::map<int, int> values = {
        {1, 1024},        // threads of a block
        {2, 1024},        // and along each of its axes
        {3, 1024},        {4, 64},
        {5, 2147483647},  // blocks along each axis of the grid
        {6, 65535},       {7, 65535},
        {8, 49152},       // shared memory of a block
        {10, 32},         // threads of a warp
        {16, 2},          // multiprocessors
        {39, 2048},       // threads of a multiprocessor
        {75, 8},          // compute capability
        {76, 0},          {97, int(SHARED)}, // shared memory of a block that asks for more
    };
    auto known = values.find(attribute);
    *value = known == values.end() ? 1 : known->second;
    return SUCCESS;
}

// ---- contexts: there is one

Result cuDevicePrimaryCtxRetain(Handle *context, int) {
    *context = Handle(&legacy);
    return SUCCESS;
}

Result cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }
Result cuCtxSetCurrent(Handle) { return SUCCESS; }
Result cuCtxPushCurrent_v2(Handle) { return SUCCESS; }

Result cuCtxPopCurrent_v2(Handle *context) {
    *context = Handle(&legacy);
    return SUCCESS;
}

Result cuCtxSynchronize() {
    Locked locked(lock);
    finish(everything());
    return fails("") ? LAUNCH_FAILED : SUCCESS;
}

// Drivers before CUDA 12.5 have no events of a whole context.
#ifndef BEFORE_12_5
Result cuCtxRecordEvent(Handle, Handle event) {
    Locked locked(lock);
    static_cast<Event *>(event)->task = everything();
    return SUCCESS;
}

Result cuCtxWaitEvent(Handle, Handle event) {
    Locked locked(lock);
    Task before = static_cast<Event *>(event)->task;
    if (pending(before)) {
        auto both = std::make_shared<Work>();
        both->body = [] {};
        both->after.push_back(before);
        if (pending(barrier)) both->after.push_back(barrier);
        barrier = both;
    }
    return SUCCESS;
}
#endif

// ---- streams and events

Result cuStreamCreate(Handle *stream, unsigned) {
    Locked locked(lock);
    streams.push_back(new Stream);
    *stream = streams.back();
    return SUCCESS;
}

Result cuStreamDestroy_v2(Handle) { return SUCCESS; }

Result cuStreamSynchronize(Handle stream) {
    Locked locked(lock);
    finish(stream_of(stream)->last);
    return fails("") ? LAUNCH_FAILED : SUCCESS;
}

Result cuStreamQuery(Handle stream) { return cuStreamSynchronize(stream); }

Result cuStreamWaitEvent(Handle stream, Handle event, unsigned) {
    Locked locked(lock);
    wait(stream_of(stream), static_cast<Event *>(event)->task);
    return SUCCESS;
}

Result cuEventCreate(Handle *event, unsigned) {
    *event = new Event;
    return SUCCESS;
}

Result cuEventRecord(Handle event, Handle stream) {
    Locked locked(lock);
    push(stream_of(stream), [] {});
    static_cast<Event *>(event)->task = stream_of(stream)->last;
    return SUCCESS;
}

Result cuEventSynchronize(Handle event) {
    Locked locked(lock);
    finish(static_cast<Event *>(event)->task);
    return fails("") ? LAUNCH_FAILED : SUCCESS;
}

Result cuEventQuery(Handle event) { return cuEventSynchronize(event); }

Result cuEventDestroy_v2(Handle event) {
    Locked locked(lock);
    delete static_cast<Event *>(event);
    return SUCCESS;
}

// ---- memory

Result cuMemGetInfo_v2(size_t *free_bytes, size_t *total) {
    Locked locked(lock);
    *free_bytes = MEMORY - used;
    *total = MEMORY;
    return SUCCESS;
}

Result cuMemAlloc_v2(Address *address, size_t bytes) {
    Locked locked(lock);
    return fails("allocation") ? LAUNCH_FAILED : take(address, bytes);
}

Result cuMemAllocAsync(Address *address, size_t bytes, Handle) { return cuMemAlloc_v2(address, bytes); }

Result cuMemFree_v2(Address address) {
    Locked locked(lock);
    finish(everything());
    return give_back(address);
}

Result cuMemFreeAsync(Address address, Handle stream) {
    Locked locked(lock);
    push(stream_of(stream), [=] { give_back(address); });
    return SUCCESS;
}

Result cuMemAllocHost_v2(Handle *address, size_t bytes) {
    Locked locked(lock);
    *address = malloc(bytes);
    pinned[static_cast<char *>(*address)] = bytes;
    return *address ? SUCCESS : OUT_OF_MEMORY;
}

Result cuMemFreeHost(Handle address) {
    Locked locked(lock);
    finish(everything());
    pinned.erase(static_cast<char *>(address));
    free(address);
    return SUCCESS;
}

Result cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, Handle stream) {
    Locked locked(lock);
    if (is_pinned(from)) {
        push(stream_of(stream), [=] { memcpy(reinterpret_cast<void *>(to), from, bytes); });
        return SUCCESS;
    }
    // Memory that is not pinned has been read when the call returns.
    std::vector<char> content(static_cast<const char *>(from), static_cast<const char *>(from) + bytes);
    push(stream_of(stream), [=] { memcpy(reinterpret_cast<void *>(to), content.data(), bytes); });
    return SUCCESS;
}

Result cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, Handle stream) {
    Locked locked(lock);
    push(stream_of(stream), [=] { memcpy(to, reinterpret_cast<void *>(from), bytes); });
    // Memory that is not pinned has been written when the call returns.
    if (!is_pinned(to)) finish(stream_of(stream)->last);
    return fails("") ? LAUNCH_FAILED : SUCCESS;
}

Result cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, Handle stream) {
    Locked locked(lock);
    push(stream_of(stream), [=] { memmove(reinterpret_cast<void *>(to), reinterpret_cast<void *>(from), bytes); });
    return SUCCESS;
}

Result cuMemsetD2D32Async(Address to, size_t pitch, unsigned value, size_t width, size_t height, Handle stream) {
    Locked locked(lock);
    push(stream_of(stream), [=] {
        for (size_t row = 0; row < height; row++)
            for (size_t column = 0; column < width; column++) reinterpret_cast<unsigned *>(to + row * pitch)[column] = value;
    });
    return SUCCESS;
}

// CUDA_MEMCPY2D; kind 1 is the host's memory.
struct Rows {
    size_t from_x, from_y;
    int from_kind;
    const void *from_host;
    Address from_device;
    void *from_array;
    size_t from_pitch, to_x, to_y;
    int to_kind;
    void *to_host;
    Address to_device;
    void *to_array;
    size_t to_pitch, width, height;
};

Result cuMemcpy2DAsync_v2(const Rows *rows, Handle stream) {
    Locked locked(lock);
    Rows r = *rows;
    const char *from = (r.from_kind == 1 ? static_cast<const char *>(r.from_host) : reinterpret_cast<const char *>(r.from_device)) + r.from_y * r.from_pitch + r.from_x;
    char *to = (r.to_kind == 1 ? static_cast<char *>(r.to_host) : reinterpret_cast<char *>(r.to_device)) + r.to_y * r.to_pitch + r.to_x;
    push(stream_of(stream), [=] {
        for (size_t row = 0; row < r.height; row++) memcpy(to + row * r.to_pitch, from + row * r.from_pitch, r.width);
    });
    // A part of pageable memory could be copied before; so much care is not needed.
    if ((r.from_kind == 1 && !is_pinned(from)) || (r.to_kind == 1 && !is_pinned(to))) finish(stream_of(stream)->last);
    return fails("") ? LAUNCH_FAILED : SUCCESS;
}

// ---- modules: the image is the path of a library (nvrtc.cpp)

Result cuModuleLoadData(Handle *module, const void *image) {
    *module = dlopen(static_cast<const char *>(image), RTLD_NOW | RTLD_LOCAL);
    if (!*module) fprintf(stderr, "software CUDA: %s\n", dlerror());
    return *module ? SUCCESS : INVALID_IMAGE;
}

Result cuModuleUnload(Handle) { return SUCCESS; }

Result cuModuleGetFunction(Handle *function, Handle module, const char *) {
    auto find = [=](const char *name) { return dlsym(module, name); };
    auto *kernel = new Kernel{
        reinterpret_cast<void *(*)(void **)>(find("software_copied")),
        reinterpret_cast<void (*)(void *)>(find("software_body")),
        reinterpret_cast<void (*)(void *)>(find("software_freed")),
        static_cast<State *>(find("software")),
        find("dynamic_shared_mem"),
        false,
    };
    auto *waits = static_cast<int *>(find("software_waits"));
    if (!kernel->copied || !kernel->body || !kernel->freed || !kernel->state || !kernel->shared || !waits) return NOT_FOUND;
    kernel->waits = *waits;
    *function = kernel;
    return SUCCESS;
}

Result cuFuncSetAttribute(Handle, int, int) { return SUCCESS; }

Result cuLaunchKernel(Handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
                      unsigned shared, Handle stream, void **parameters, void **) {
    Locked locked(lock);
    if (fails("launch")) return LAUNCH_FAILED;
    if (size_t(block_x) * block_y * block_z > THREADS || grid_y > 65535 || grid_z > 65535 || !grid_x || !grid_y || !grid_z || shared > SHARED) return INVALID_VALUE;
    auto *kernel = static_cast<Kernel *>(function);
    void *given = kernel->copied(parameters);
    Dim blocks{grid_x, grid_y, grid_z}, threads{block_x, block_y, block_z};
    push(stream_of(stream), [=] { run(*kernel, blocks, threads, shared, given); });
    return SUCCESS;
}

Result cuGetErrorName(Result error, const char **name) {
    static const std::map<Result, const char *> names = {
        {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE"}, {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY"}, {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE"},
        {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE"}, {NOT_FOUND, "CUDA_ERROR_NOT_FOUND"},         {LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED"},
    };
    auto known = names.find(error);
    *name = known == names.end() ? "CUDA_SUCCESS" : known->second;
    return SUCCESS;
}

Result cuGetErrorString(Result error, const char **text) { return cuGetErrorName(error, text); }

} // extern "C"
