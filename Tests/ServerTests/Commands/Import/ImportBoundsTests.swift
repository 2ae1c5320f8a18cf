import ColumnStore
import Documents
import Foundation
import Ingest
import TestSupport
import XCTest

@testable import Server

/// Goal: an import holds no more than a record, and writes over nobody's file. Method: streams without an end, links laid in the way.
final class ImportBoundsTests: XCTestCase {
    private var directory: TemporaryDirectory?
    private var folder = ""

    override func setUpWithError() throws {
        let made = try TemporaryDirectory()
        (directory, folder) = (made, made.path)
    }

    // MARK: Compressed input

    func test_next_compressedZeros_comeInPiecesOfBoundedSize() throws {
        for (coding, name) in [(StreamCoding.gzip, "z.gz"), (.zstd, "z.zst")] {
            let path = "\(folder)/\(name)"
            let compressor = StreamCompressor(coding)
            var bytes: [UInt8] = []
            let zeros = [UInt8](repeating: 0, count: 16 << 20)
            for _ in 0..<6 { bytes += compressor.compress(zeros, isLast: false) }
            bytes += compressor.compress([7], isLast: true)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let input = try ImportInput(path)
            var (total, longest, last) = (0, 0, UInt8(0))
            while let piece = try input.next() {
                total += piece.count
                longest = max(longest, piece.count)
                last = piece.last ?? last
            }
            XCTAssertEqual(total, 6 * zeros.count + 1, name)
            XCTAssertEqual(last, 7)
            XCTAssertLessThan(longest, 72 << 20, name)
        }
    }

    /// As the command says of such a file: it was thrown away, up to a megabyte of it.
    func test_next_whatStandsBeforeABreak_isGiven() throws {
        let text = Array("{\"a\":1}\n{\"a\":2}\n".utf8)
        for (coding, name) in [(StreamCoding.gzip, "z.gz"), (.zstd, "z.zst")] {
            let path = "\(folder)/\(name)"
            let whole = StreamCompressor(coding).compress(text, isLast: true)
            try Data(whole + Array("garbage".utf8)).write(to: URL(fileURLWithPath: path))
            let input = try ImportInput(path)
            XCTAssertEqual(try input.next(), text, name)
            for _ in 0..<2 { XCTAssertThrowsError(try input.next(), name) { XCTAssertTrue("\($0)".contains("the compressed file is broken"), "\($0)") } }
        }
    }

    func test_next_zstdBehindAFrameToSkip_isDecompressed() throws {
        let text = Array("{\"a\":1}\n{\"a\":2}\n".utf8)
        let path = "\(folder)/of-several-threads"
        let skipped: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
        try Data(skipped + StreamCompressor(.zstd).compress(text, isLast: true)).write(to: URL(fileURLWithPath: path))
        let input = try ImportInput(path)
        XCTAssertEqual(try input.next(), text)
        XCTAssertNil(try input.next())
    }

    /// Its lines would be records of text, each of them rejected.
    func test_next_nameOfACodingWithoutIt_isABrokenFile() throws {
        for name in ["n.ndjson.gz", "n.ndjson.zst"] {
            let path = "\(folder)/\(name)"
            try Data("{\"a\":1}\n".utf8).write(to: URL(fileURLWithPath: path))
            let input = try ImportInput(path)
            for _ in 0..<2 { XCTAssertThrowsError(try input.next(), name) { XCTAssertTrue("\($0)".contains("the compressed file is broken"), "\($0)") } }
            // Nothing at all holds no record, whatever its name.
            try Data().write(to: URL(fileURLWithPath: path))
            XCTAssertNil(try ImportInput(path).next(), name)
        }
    }

    // MARK: What was rejected

    private func add(_ path: String, problem: String = "{}") throws {
        let file = RejectedFile(path)
        defer { file.close() }
        try file.add(number: 1, document: Array("{}".utf8), problem: Array(problem.utf8))
    }

    /// A proxy refuses in words of its own, and its answer has lines: the file stays lines of JSON.
    func test_rejectedFile_whateverWasAnswered_isALineOfJSON() throws {
        let path = "\(folder)/e.rejected.ndjson"
        for (problem, wanted) in [
            ("<html>\r\n<h1>413 \"Too Large\"</h1>\n</html>", JSONValue.string("<html>\r\n<h1>413 \"Too Large\"</h1>\n</html>")), ("", JSONValue.string("")),
            ("{\n \"status\": 413\n}\n", JSONValue.object([JSONValue.Member("status", .number("413"))])),
        ] {
            try add(path, problem: problem)
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            XCTAssertEqual(lines.count, 1, problem)
            XCTAssertEqual(try JSONParser.parse(Array(lines[0].utf8))["problem"], wanted, problem)
        }
    }

    func test_rejectedFile_linksPipesAndSecondNames_areLeftAlone() throws {
        let target = "\(folder)/target"
        try Data("precious".utf8).write(to: URL(fileURLWithPath: target))
        let link = "\(folder)/a.rejected.ndjson"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        let second = "\(folder)/b.rejected.ndjson"
        // Of a file of its own, so that the link above leads to one with a single name.
        try Data("precious".utf8).write(to: URL(fileURLWithPath: target + "2"))
        try FileManager.default.linkItem(atPath: target + "2", toPath: second)
        let pipe = "\(folder)/c.rejected.ndjson"
        XCTAssertEqual(mkfifo(pipe, 0o600), 0)
        for path in [link, second, pipe] { XCTAssertThrowsError(try add(path), path) { XCTAssertTrue("\($0)".contains(path), "\($0)") } }
        for path in [target, target + "2"] { XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), "precious") }
    }

    /// Beside /dev/fd/63 nothing can be made, and /dev/stdin.rejected.ndjson is no place that anybody looks in.
    func test_rejectedFile_ofADescriptor_liesInTheFolderAtHand() {
        let wanted = [
            "-": "stdin", "/dev/stdin": "stdin", "/dev/fd/63": "63", "/proc/self/fd/0": "0", "a/b.csv": "a/b.csv", "/dev/shm/b.csv": "/dev/shm/b.csv", "./-": "./-",
        ]
        for (input, name) in wanted { XCTAssertEqual(RejectedFile.path(of: input), name + ".rejected.ndjson") }
    }

    func test_rejectedFile_ownFile_isWrittenAnewForItsOwnerAlone() throws {
        let path = "\(folder)/d.rejected.ndjson"
        try Data("older and longer than what comes now: more than one line of JSON, and some more".utf8).write(to: URL(fileURLWithPath: path))
        try add(path)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        XCTAssertTrue(text.hasPrefix(#"{"record":1,"#), text)
        XCTAssertEqual(text.split(separator: "\n").count, 1)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        XCTAssertEqual(mode, 0o600)
    }
}
