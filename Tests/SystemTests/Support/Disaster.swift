import Foundation
import TestSupport

/// What may happen to a server beside its end: somebody sets the wall clock, and the disk has no room. A small library, loaded before the server, says so to the calls that ask; clocks for waiting
/// stay as they are.
final class Disaster {
    private let folder: TemporaryDirectory
    private let control: UnsafeMutablePointer<Int>
    let environment: [String: String]

    /// `shift` in seconds; while `full`, no byte is written to any file. Standard output and error are left alone, and so is what is no file.
    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/stat.h>
        #include <sys/time.h>
        #include <sys/uio.h>
        #include <time.h>
        #include <unistd.h>

        struct control { volatile long shift, full, refused; };

        static struct control *control(void) {
            static struct control none, *known;
            if (!known) {
                const char *path = getenv("TILL_TEST_DISASTER");
                int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
                void *place = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
                if (file >= 0) close(file);
                known = place == MAP_FAILED ? &none : place;
            }
            return known;
        }

        static int is_full(int file) {
            struct stat info;
            if (file < 3 || !control()->full || fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
            __sync_fetch_and_add(&control()->refused, 1);
            return 1;
        }

        #define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
        #define REFUSE(value) if (is_full(file)) { errno = ENOSPC; return value; }

        ssize_t write(int file, const void *bytes, size_t count) { REAL(write); REFUSE(-1) return real(file, bytes, count); }
        ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) { REAL(pwrite); REFUSE(-1) return real(file, bytes, count, at); }
        ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) { REAL(pwrite64); REFUSE(-1) return real(file, bytes, count, at); }
        ssize_t writev(int file, const struct iovec *parts, int count) { REAL(writev); REFUSE(-1) return real(file, parts, count); }
        ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) { REAL(pwritev); REFUSE(-1) return real(file, parts, count, at); }
        int fallocate(int file, int mode, off_t at, off_t count) { REAL(fallocate); REFUSE(-1) return real(file, mode, at, count); }
        int posix_fallocate(int file, off_t at, off_t count) { REAL(posix_fallocate); if (is_full(file)) return ENOSPC; return real(file, at, count); }

        int clock_gettime(clockid_t clock, struct timespec *time) {
            REAL(clock_gettime);
            int result = real(clock, time);
            if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += control()->shift;
            return result;
        }
        int gettimeofday(struct timeval *restrict time, void *restrict zone) {
            REAL(gettimeofday);
            int result = real(time, zone);
            if (result == 0) time->tv_sec += control()->shift;
            return result;
        }
        time_t time(time_t *place) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (place) *place = now.tv_sec;
            return now.tv_sec;
        }
        """

    init() throws {
        folder = try TemporaryDirectory()
        let path = folder.path
        try Self.source.write(toFile: path + "/disaster.c", atomically: true, encoding: .utf8)
        let built = try Subprocess("/usr/bin/env", ["cc", "-shared", "-fPIC", "-O2", "-o", path + "/disaster.so", path + "/disaster.c", "-ldl"])
        guard built.status == 0 else { throw TillServer.Failure(description: built.all) }
        _ = FileManager.default.createFile(atPath: path + "/control", contents: Data(count: 4_096))
        let file = open(path + "/control", O_RDWR)
        defer { close(file) }
        guard let place = mmap(nil, 4_096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), place != MAP_FAILED else { throw TillServer.Failure(description: "no memory for \(path)") }
        // Safe: a page of zeroes, aligned, that lives as long as this process or until `deinit`.
        control = place.bindMemory(to: Int.self, capacity: 512)
        environment = ["LD_PRELOAD": path + "/disaster.so", "TILL_TEST_DISASTER": path + "/control"]
    }

    deinit { munmap(control, 4_096) }

    /// By how much the server's wall clock is ahead of ours.
    var shiftSeconds: Int {
        get { control[0] }
        set { control[0] = newValue }
    }
    var isDiskFull: Bool {
        get { control[1] != 0 }
        set { control[1] = newValue ? 1 : 0 }
    }
    /// Writes that found no room.
    var refusedCount: Int { control[2] }
}
