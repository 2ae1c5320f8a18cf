import Foundation
import Glibc
import Synchronization

/// Ports for servers that a test names before they start, or starts anew where they were. The system gives none of these to callers that ask for any, so that nobody takes one while its server is
/// down; and each process of tests has a range of its own, whose lock ends with it.
package enum Ports {
    private static let rangeLength = 64
    private static let state = Mutex<(range: Range<Int>, next: Int)?>(nil)

    /// Each is free, and given again only after a whole round.
    package static func take(_ count: Int) -> [UInt16] {
        state.withLock { state in
            var (range, next) = state ?? { let range = lockedRange(); return (range, range.lowerBound) }()
            var found: [UInt16] = []
            var triedCount = 0
            while found.count < count {
                precondition(triedCount < rangeLength, "\(count) free ports of \(range)")
                if isFree(UInt16(next)) { found.append(UInt16(next)) }
                (next, triedCount) = (next + 1 < range.upperBound ? next + 1 : range.lowerBound, triedCount + 1)
            }
            state = (range, next)
            return found
        }
    }

    private static func lockedRange() -> Range<Int> {
        let folder = "/tmp/till-test-ports"
        mkdir(folder, 0o777)
        let given = systemsOwn()
        for first in stride(from: 10_000, to: 65_000, by: rangeLength) {
            let range = first..<first + rangeLength
            guard !range.overlaps(given) else { continue }
            // Held until this process ends; its servers do not inherit it.
            let lock = open("\(folder)/\(first)", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            if lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 { return range }
            if lock >= 0 { close(lock) }
        }
        preconditionFailure("no range of ports is free below /tmp/till-test-ports")
    }

    /// Those that a connection, or a server that asks for any port, is given.
    private static func systemsOwn() -> Range<Int> {
        let text = (try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)) ?? ""
        let ends = text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        return ends.count == 2 && ends[0] <= ends[1] ? ends[0]..<ends[1] + 1 : 32_768..<61_000
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        // As a server takes it: what remains of ended connections does not keep it from listening.
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
    }
}
