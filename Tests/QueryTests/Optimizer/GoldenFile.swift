import Foundation
import XCTest

/// A text file of cases: SQL, a line `----`, what is expected, an empty line. `TILL_REWRITE_GOLDEN=1 swift test --filter …` writes what
/// the code gives now; the change is then read in the diff.
struct GoldenFile {
    struct Case {
        var input: String
        var expected: String
    }

    let path: String
    var cases: [Case]

    static var isRewriting: Bool { ProcessInfo.processInfo.environment["TILL_REWRITE_GOLDEN"] == "1" }

    /// - Parameter name: a file in Tests/QueryTests/Golden.
    init(_ name: String) throws {
        path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Golden/\(name)").path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        cases = text.components(separatedBy: "\n\n").compactMap { block in
            let trimmed = block.trimmingCharacters(in: .newlines)
            if trimmed.isEmpty { return nil }
            let parts = trimmed.components(separatedBy: "\n----\n")
            return Case(
                input: parts[0].hasSuffix("\n----") ? String(parts[0].dropLast(5)) : parts[0],
                expected: parts.count > 1 ? parts[1] : "")
        }
    }

    /// Runs every case; what differs is a failure, or is written.
    mutating func check(file: StaticString = #filePath, line: UInt = #line, _ run: (String) throws -> String) {
        for index in cases.indices {
            let found: String
            do { found = try run(cases[index].input) } catch { found = "error: \(error)" }
            if Self.isRewriting { cases[index].expected = found } else {
                XCTAssertEqual(found, cases[index].expected, cases[index].input, file: file, line: line)
            }
        }
        guard Self.isRewriting else { return }
        let text = cases.map { "\($0.input)\n----\n\($0.expected)\n" }.joined(separator: "\n")
        do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch { XCTFail("\(error)", file: file, line: line) }
    }
}
