import Foundation
import TestSupport
import XCTest

/// Goal: what the real binary takes while it compacts does not grow with what it compacts.
///
/// Method: receipts of nearly a mebibyte, sent to a server; then `till compact` as a process of its own, whose highest resident size the
/// kernel keeps. Each byte of a document that is held a second time shows.
final class MemoryTests: XCTestCase {
    private static let documentByteCount = 1_000_000
    /// 330 MiB are taken, up to 430 without optimisation; where moves hold their documents without bound, 1,190.
    private static let peakMebibytesMax = 600
    private static let requestCount = 10
    private static let linesPerRequest = 40

    func test_compact_largeDocuments_staysInItsMemory() throws {
        let server = try TillServer(environment: ["TILL_LIMITS_MIN_FREE": "1MiB"])
        defer { server.remove() }
        let key = try server.key("shop")
        let client = server.client(key: key)
        let line = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. "
        let padding = String(repeating: line, count: Self.documentByteCount / line.utf8.count)
        for request in 0..<Self.requestCount {
            let lines = (0..<Self.linesPerRequest).map { Receipts.pos("R-\(request)-\($0)", extra: #","note":"\#(padding)""#) }
            let answer = try client.post("/v1/receipts", lines.joined(separator: "\n"), type: "application/x-ndjson")
            XCTAssertEqual(answer.text.components(separatedBy: #""status":201"#).count - 1, Self.linesPerRequest, String(answer.text.prefix(300)))
        }
        XCTAssertEqual(server.stop(), 0)
        let (status, peak) = try Self.run(["compact", "--data", server.data.path])
        XCTAssertEqual(status, 0)
        let count = Self.requestCount * Self.linesPerRequest
        print("compacting \(count) documents of \(Self.documentByteCount) bytes took \(peak >> 20) MiB at most")
        XCTAssertGreaterThan(peak, 10 << 20, "not measured")
        XCTAssertLessThan(peak >> 20, Self.peakMebibytesMax, "MiB at most, of \(count * Self.documentByteCount / 1_000_000) MB of documents")
        let verify = try TillRun(["verify", "--data", server.data.path])
        XCTAssertEqual(verify.status, 0, verify.text + verify.error)
    }

    /// The C library's heaps beside the main one lie in reservations of 64 MiB at multiples of that. A server at rest has a dozen threads that have
    /// allocated something, and each would have one of its own.
    func test_serve_hasFewHeaps() throws {
        let server = try TillServer()
        defer { server.remove() }
        for _ in 0..<20 { XCTAssertEqual(try server.client().get("/v1/receipts").status, 200) }
        // To its end: the kernel gives a page at a time, and what reads a file by its size may take the first for all.
        let file = try XCTUnwrap(FileHandle(forReadingAtPath: "/proc/\(server.processID)/maps"))
        let mappings = String(decoding: try XCTUnwrap(file.readToEnd()), as: UTF8.self)
        let count = Self.heapCount(in: mappings)
        print("\(count) heaps beside the main one")
        XCTAssertGreaterThan(count, 0, "not counted in\n\(mappings)")
        XCTAssertLessThanOrEqual(count, 3)
    }

    /// A statement around which `\if` lies deep is kept once, and not by each level as it was there: those were 5 GB.
    func test_sql_deepBranches_staysInItsMemory() throws {
        let server = try TillServer()
        defer { server.remove() }
        let folder = try TemporaryDirectory()
        let script = folder.path + "/deep.sql", depth = 30_000
        let text = "SELECT 1 AS a\n" + String(repeating: "\\if true\n          \n", count: depth) + String(repeating: "\\endif\n", count: depth) + ";\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: script))
        let (status, peak) = try Self.run(["sql", "--data", server.data.path, "--file", script])
        XCTAssertEqual(status, 0)
        XCTAssertGreaterThan(peak, 1 << 20, "not measured")
        XCTAssertLessThan(peak >> 20, 300, "MiB at most")
    }

    /// How many multiples of 64 MiB have a heap: bytes in use at the multiple itself, and from their end to the next multiple at least a reservation without
    /// rights. The kernel shows neighbours of equal rights as one mapping, so that neither needs to begin or end at a multiple.
    private static func heapCount(in mappings: String) -> Int {
        let size = UInt64(64 << 20)
        var used: Range<UInt64>?
        var count = 0
        for line in mappings.split(separator: "\n") {
            let fields = line.split(separator: " ")
            let ends = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { continue }
            if fields[1] == "---p", let heap = used, heap.upperBound == ends[0] {
                let start = (heap.upperBound - 1) / size * size
                if heap.contains(start), ends[1] >= start + size { count += 1 }
            }
            used = fields[1] == "rw-p" && fields.count == 5 ? ends[0]..<ends[1] : nil
        }
        return count
    }

    /// Runs the binary to its end.
    ///
    /// - Returns: its exit status, and the most bytes that were resident, as the kernel noted them up to some milliseconds before the end.
    private static func run(_ arguments: [String]) throws -> (status: Int32, peakByteCount: Int) {
        let process = Process()
        process.executableURL = TillServer.binary
        process.arguments = arguments
        process.environment = TillServer.environment()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        var peak = 0
        while process.isRunning {
            if let text = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
                let kilobytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
            {
                peak = max(peak, kilobytes << 10)
            }
            usleep(2_000)
        }
        return (process.terminationStatus, peak)
    }
}
