import Foundation
import TestSupport
import XCTest

/// Goal: no bytes from outside end the process, at any door. Method: `till-fuzz` (Tests/Fuzzing), each door in a process of its own: what was
/// once found, some or all of its good inputs, then mutations to the end of a quarter of a second, four at least, whose seed each change of the sources makes anew. `TILL_FUZZ_SECONDS` makes it longer;
/// `script/fuzz` runs libFuzzer.
final class FuzzingTests: XCTestCase {
    /// Built beside these tests.
    private static let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("till-fuzz")

    private func run(_ arguments: [String]) throws -> (output: String, process: Process) {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        // The stack of a trap takes Swift seconds; the input is enough to find it again.
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitForEnd(times: 4)
        return (output, process)
    }

    func test_everyDoor_survivesMutations() throws {
        let seconds = ProcessInfo.processInfo.environment["TILL_FUZZ_SECONDS"] ?? "0.25"
        let seed = SourceSeed.of("Sources", "Tests/Fuzzing")
        let doors = try run([]).output.split(separator: "\n").map(String.init)
        XCTAssertGreaterThan(doors.count, 0)
        let folder = try TemporaryDirectory()
        for door in doors {
            let last = "\(folder.path)/\(door)"
            let (output, process) = try run([door, "--seconds", seconds, "--seed", "\(seed)", "--last", last])
            guard process.terminationReason != .exit || process.terminationStatus != 0 else {
                // `D: 61 inputs, 4 of them mutations, …`: seeds that are read again on every run find nothing new.
                let said = output.firstMatch(of: #/inputs, ([0-9]+) of them mutations/#)
                XCTAssertGreaterThanOrEqual(said.flatMap { Int($0.1) } ?? 0, 4, "\(door): \(output.suffix(300))")
                continue
            }
            let kept = FileManager.default.temporaryDirectory.appendingPathComponent("till-fuzz-\(door)-\(seed)")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: last))
            let count = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            try bytes.dropFirst(8).prefix(count).write(to: kept)
            // In one line, with the input: of a machine that is gone tomorrow nothing else is left.
            let said = output.prefix(800).split(separator: "\n").joined(separator: " | ")
            let input = bytes.dropFirst(8).prefix(min(count, 600)).base64EncodedString()
            XCTFail("door \(door), seed \(seed), ended with \(process.terminationStatus): \(said); till-fuzz \(door) \(kept.path), of \(count) bytes, base64 \(input)")
        }
    }
}
