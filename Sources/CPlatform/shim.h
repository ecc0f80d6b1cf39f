// What Swift cannot see of C: variadic calls, feature tests of the processor, file-system magic numbers.
#ifndef RIHLA_CPLATFORM_SHIM_H
#define RIHLA_CPLATFORM_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef __linux__
#include <sys/vfs.h>
#else
#include <sys/mount.h>
#include <sys/param.h>
#endif

static inline int rihla_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

/// Takes room on the disk for the first bytes of a file, which may be in use: holes are filled, what is there stays. 0, or errno;
/// where the file system has no such call nothing is done.
static inline int rihla_reserve(int file, off_t count) {
#ifdef __linux__
    while (fallocate(file, 0, 0, count) != 0) {
        if (errno == EOPNOTSUPP || errno == ENOSYS) return 0;
        if (errno != EINTR) return errno;
    }
#else
    (void)file;
    (void)count;
#endif
    return 0;
}

/// Whether a signal's action is the default one.
static inline int rihla_is_default_action(const struct sigaction *action) { return action->sa_handler == SIG_DFL; }

/// The magic number of the file system at a path on Linux; 0 elsewhere or on failure.
static inline uint64_t rihla_filesystem_magic(const char *path) {
#ifdef __linux__
    struct statfs info;
    return statfs(path, &info) == 0 ? (uint64_t)(uint32_t)info.f_type : 0;
#else
    (void)path;
    return 0;
#endif
}

static inline uint32_t rihla_crc32c_table(uint32_t crc, const uint8_t *bytes, size_t count) {
    static uint32_t table[8][256];
    static int ready = 0;
    if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) {
        for (uint32_t n = 0; n < 256; n++) {
            uint32_t value = n;
            for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0x82F63B78u : value >> 1;
            table[0][n] = value;
        }
        for (uint32_t n = 0; n < 256; n++)
            for (int k = 1; k < 8; k++) table[k][n] = table[k - 1][n] >> 8 ^ table[0][table[k - 1][n] & 255];
        __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    }
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        word ^= crc;
        crc = table[7][word & 255] ^ table[6][word >> 8 & 255] ^ table[5][word >> 16 & 255] ^
              table[4][word >> 24 & 255] ^ table[3][word >> 32 & 255] ^ table[2][word >> 40 & 255] ^
              table[1][word >> 48 & 255] ^ table[0][word >> 56];
        bytes += 8;
        count -= 8;
    }
    while (count--) crc = crc >> 8 ^ table[0][(crc ^ *bytes++) & 255];
    return crc;
}

#if defined(__x86_64__)
/// Bytes of one lane: three are summed side by side, since the instruction takes three cycles and can start in each.
#define RIHLA_CRC_LANE 1024

/// The product of two polynomials modulo that of CRC-32C, bits reflected.
static inline uint32_t rihla_crc32c_multiply(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
        if (a & bit) product ^= b;
        b = b & 1 ? b >> 1 ^ 0x82F63B78u : b >> 1;
    }
    return product;
}

/// What a CRC becomes when a lane of zeros follows.
static inline uint32_t rihla_crc32c_shift(uint32_t crc) {
    static uint32_t table[4][256];
    static int ready = 0;
    if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) {
        uint32_t power = 1u << 30;  // x, squared until it is x to the number of bits of a lane
        for (unsigned bits = 1; bits < RIHLA_CRC_LANE * 8; bits *= 2) power = rihla_crc32c_multiply(power, power);
        for (unsigned k = 0; k < 4; k++)
            for (uint32_t n = 0; n < 256; n++) table[k][n] = rihla_crc32c_multiply(power, n << 8 * k);
        __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    }
    return table[0][crc & 255] ^ table[1][crc >> 8 & 255] ^ table[2][crc >> 16 & 255] ^ table[3][crc >> 24];
}

__attribute__((target("sse4.2"))) static inline uint32_t rihla_crc32c_hardware(
    uint32_t crc, const uint8_t *bytes, size_t count) {
    uint64_t wide = crc;
    while (count >= 3 * RIHLA_CRC_LANE) {
        uint64_t second = 0, third = 0;
        for (size_t at = 0; at < RIHLA_CRC_LANE; at += 8) {
            uint64_t words[3];
            memcpy(&words[0], bytes + at, 8);
            memcpy(&words[1], bytes + RIHLA_CRC_LANE + at, 8);
            memcpy(&words[2], bytes + 2 * RIHLA_CRC_LANE + at, 8);
            wide = __builtin_ia32_crc32di(wide, words[0]);
            second = __builtin_ia32_crc32di(second, words[1]);
            third = __builtin_ia32_crc32di(third, words[2]);
        }
        wide = rihla_crc32c_shift(rihla_crc32c_shift((uint32_t)wide) ^ (uint32_t)second) ^ third;
        bytes += 3 * RIHLA_CRC_LANE;
        count -= 3 * RIHLA_CRC_LANE;
    }
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
        bytes += 8;
        count -= 8;
    }
    crc = (uint32_t)wide;
    while (count--) crc = __builtin_ia32_crc32qi(crc, *bytes++);
    return crc;
}
#endif

/// CRC-32C (Castagnoli, RFC 3720) of bytes; `crc` continues an earlier result.
static inline uint32_t rihla_crc32c(uint32_t crc, const uint8_t *bytes, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~rihla_crc32c_hardware(~crc, bytes, count);
#endif
    return ~rihla_crc32c_table(~crc, bytes, count);
}

/// Asks for some bytes, of one or two cache lines, that will be read soon.
static inline void rihla_prefetch(const void *address, size_t count) {
    __builtin_prefetch(address);
    if (((uintptr_t)address & 63) + count > 64) __builtin_prefetch((const char *)address + 64);
}

static int rihla_crash_status = 6;

static void rihla_on_crash(int number) {
    (void)number;
    // Only what is safe inside a signal handler.
    static const char text[] =
        "rihla: reading the store failed: its files seem to be damaged (run `rihla verify`, then restore a backup)\n";
    ssize_t written = write(2, text, sizeof text - 1);
    (void)written;
    _exit(rihla_crash_status);
}

/// Ends the process with a sentence and this status when a signal says that memory could not be read.
static inline void rihla_report_crash(int status) {
    rihla_crash_status = status;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = rihla_on_crash;
    const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) sigaction(numbers[index], &action, NULL);
}

/// Asks for large pages for memory that has not been touched yet. Advice: nothing depends on whether it is taken.
static inline void rihla_advise_large_pages(void *start, size_t count) {
#ifdef MADV_HUGEPAGE
    uintptr_t mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
    uintptr_t first = ((uintptr_t)start + mask) & ~mask;
    uintptr_t end = ((uintptr_t)start + count) & ~mask;
    if (end > first) madvise((void *)first, end - first, MADV_HUGEPAGE);
#else
    (void)start;
    (void)count;
#endif
}

/// Lets glibc's allocator keep what is freed, up to 32 MiB a piece (the most that it takes) and 512 MiB in all.
static inline void rihla_keep_freed_memory(void) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    mallopt(M_ARENA_MAX, 2);
#endif
}

#endif
