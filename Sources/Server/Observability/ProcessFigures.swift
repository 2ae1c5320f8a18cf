import Glibc

/// What the kernel counts for this process, under the names that Prometheus's own clients use.
enum ProcessFigures {
    static func write(to text: inout PrometheusText) {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds =
                Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
            text.describe("process_cpu_seconds_total", "Processor time used.", .counter)
            text.sample("process_cpu_seconds_total", [], seconds)
        }
        // A process may always read its own status; where /proc is not mounted the figures are left out.
        guard let status = try? FileBytes.read("/proc/self/status", byteCountMax: 1 << 16) else { return }
        for line in String(decoding: status, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(whereSeparator: { $0 == ":" || $0 == "\t" || $0 == " " })
            guard parts.count >= 2, let value = Double(parts[1]) else { continue }
            switch parts[0] {
            case "VmRSS": sample("process_resident_memory_bytes", "Resident memory.", value * 1_024, &text)
            case "RssAnon": sample("process_anonymous_memory_bytes", "Anonymous resident memory.", value * 1_024, &text)
            case "Threads": sample("process_threads", "Threads.", value, &text)
            default: break
            }
        }
    }

    private static func sample(_ name: String, _ help: String, _ value: Double, _ text: inout PrometheusText) {
        text.describe(name, help, .gauge)
        text.sample(name, [], value)
    }
}
