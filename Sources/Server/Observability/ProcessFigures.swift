import Glibc

/// What the kernel counts for this process, under the names that Prometheus's own clients use.
///
/// Read at each scrape, from `getrusage` and `/proc`. What cannot be read is left out, and nothing is thrown.
enum ProcessFigures {
    static func write(to text: inout PrometheusText) {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds =
                Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
            text.describe("process_cpu_seconds_total", "Processor time used.", .counter)
            text.sample("process_cpu_seconds_total", [], seconds)
        }
        files(&text)
        if let began = startTime() { sample("process_start_time_seconds", "When the process began, in seconds since 1970.", began, &text) }
        // A process may always read its own status; where /proc is not mounted the figures are left out.
        guard let status = try? FileBytes.read("/proc/self/status", byteCountMax: 1 << 16) else { return }
        for line in String(decoding: status, as: UTF8.self).split(separator: "\n") {
            // `VmRSS:\t  123456 kB`: the kernel's kB are 1,024 bytes; `Threads:\t12` has no unit.
            let parts = line.split(whereSeparator: { $0 == ":" || $0 == "\t" || $0 == " " })
            guard parts.count >= 2, let value = Double(parts[1]) else { continue }
            switch parts[0] {
            case "VmSize": sample("process_virtual_memory_bytes", "Virtual memory.", value * 1_024, &text)
            case "VmRSS": sample("process_resident_memory_bytes", "Resident memory.", value * 1_024, &text)
            case "RssAnon": sample("process_anonymous_memory_bytes", "Anonymous resident memory.", value * 1_024, &text)
            case "Threads": sample("process_threads", "Threads.", value, &text)
            default: break
            }
        }
    }

    private static func files(_ text: inout PrometheusText) {
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            sample("process_max_fds", "Descriptors that may be open.", Double(limit.rlim_cur), &text)
        }
        guard let folder = opendir("/proc/self/fd") else { return }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Without the folder itself, its own descriptor, and what is above it.
        sample("process_open_fds", "Descriptors that are open.", Double(max(0, count - 3)), &text)
    }

    /// From the process's start in ticks since the machine's (proc(5), field 22), and the machine's in seconds since 1970.
    private static func startTime() -> Double? {
        guard let status = try? FileBytes.read("/proc/self/stat", byteCountMax: 1 << 16), let machine = try? FileBytes.read("/proc/stat", byteCountMax: 1 << 22)
        else { return nil }
        // The name, in parentheses, may have blanks in it.
        // Behind the last parenthesis the first field is the third: the 22nd stands at place 19.
        let fields = String(decoding: status, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        let boot = String(decoding: machine, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("btime ") }?.dropFirst(6)
        let ticksPerSecond = sysconf(Int32(_SC_CLK_TCK))
        guard fields.count > 19, let ticks = Double(fields[19]), let boot = boot.flatMap({ Double($0) }), ticksPerSecond > 0 else { return nil }
        return boot + ticks / Double(ticksPerSecond)
    }

    private static func sample(_ name: String, _ help: String, _ value: Double, _ text: inout PrometheusText) {
        text.describe(name, help, .gauge)
        text.sample(name, [], value)
    }
}
