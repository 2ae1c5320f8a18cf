import Glibc

/// The process's environment.
enum Environment {
    /// An empty variable counts as none.
    static subscript(name: String) -> String? {
        text(of: name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Also of one that is there and empty.
    static func text(of name: String) -> String? { getenv(name).map { String(cString: $0) } }

    static var all: [String: String] {
        var all: [String: String] = [:]
        for entry in CommandLineEnvironment.entries {
            let pair = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2, !pair[1].isEmpty { all[String(pair[0])] = String(pair[1]) }
        }
        return all
    }

    static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

private enum CommandLineEnvironment {
    /// `NAME=value` each, as the kernel gave them.
    static var entries: [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }
}
