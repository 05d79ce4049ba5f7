// A stand-in for NVRTC: kernels in CUDA C++ are compiled for the CPU, as shared libraries, which the stand-in for the driver (driver.cpp)
// loads. What it calls PTX is a library's path. TNP_SOFTWARE_CUDA names the folder that has the headers in `include`, which stand in for
// CUDA's, and gets the libraries in `kernels`, where they are found again the next time.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <unistd.h>

namespace {

struct Program {
    std::string source, library, log;
};

constexpr int SUCCESS = 0, FAILED = 6;

std::string file(const std::string &path) {
    std::string text;
    if (FILE *f = fopen(path.c_str(), "r")) {
        char part[4096];
        while (size_t got = fread(part, 1, sizeof part, f)) text.append(part, got);
        fclose(f);
    }
    return text;
}

void give(const std::string &text, char *out) { memcpy(out, text.c_str(), text.size() + 1); }

} // namespace

extern "C" {

int nvrtcVersion(int *major, int *minor) {
    *major = 12;
    *minor = 5;
    return SUCCESS;
}

int nvrtcCreateProgram(Program **program, const char *source, const char *, int, const char *const *, const char *const *) {
    *program = new Program{source, "", ""};
    return SUCCESS;
}

int nvrtcCompileProgram(Program *program, int, const char *const *) {
    const char *folder = getenv("TNP_SOFTWARE_CUDA");
    if (!folder) {
        program->log = "TNP_SOFTWARE_CUDA is not set";
        return FAILED;
    }
    bool waits = program->source.find("__syncthreads") != std::string::npos;
    std::string source = program->source + "\nalignas(1024) uint8 dynamic_shared_mem[1 << 18];\n" + "SOFTWARE_KERNEL(tnp, " + (waits ? "1" : "0") + ")\n";
    std::string base = std::string(folder) + "/kernels/" + std::to_string(std::hash<std::string>{}(source));
    program->library = base + ".so";
    if (access(program->library.c_str(), R_OK) == 0 && file(base + ".cpp") == source) return SUCCESS;
    // Several processes may compile the same kernel; the last to finish puts its library in place whole.
    std::string mine = base + "." + std::to_string(getpid());
    FILE *f = fopen((mine + ".cpp").c_str(), "w");
    if (!f) {
        program->log = "cannot write to " + base;
        return FAILED;
    }
    fwrite(source.data(), 1, source.size(), f);
    fclose(f);
    // The first header may be there precompiled. No two roundings may become one, and integers wrap, as on a GPU.
    std::string command = "g++ -w -std=c++17 -O1 -march=native -ffp-contract=off -fno-strict-aliasing -fwrapv -fPIC -shared -I" + std::string(folder) +
                          "/include -include cuda_runtime.h -o " + mine + ".so " + mine + ".cpp 2> " + mine + ".log && mv " + mine + ".cpp " + base + ".cpp && mv " + mine + ".so " +
                          program->library;
    int failed = system(command.c_str());
    program->log = file(mine + ".log");
    remove((mine + ".log").c_str());
    return failed ? FAILED : SUCCESS;
}

int nvrtcGetProgramLogSize(Program *program, size_t *size) {
    *size = program->log.size() + 1;
    return SUCCESS;
}

int nvrtcGetProgramLog(Program *program, char *log) {
    give(program->log, log);
    return SUCCESS;
}

int nvrtcGetPTXSize(Program *program, size_t *size) {
    *size = program->library.size() + 1;
    return SUCCESS;
}

int nvrtcGetPTX(Program *program, char *ptx) {
    give(program->library, ptx);
    return SUCCESS;
}

int nvrtcDestroyProgram(Program **program) {
    delete *program;
    *program = nullptr;
    return SUCCESS;
}

const char *nvrtcGetErrorString(int) { return "the kernel does not compile"; }

} // extern "C"
