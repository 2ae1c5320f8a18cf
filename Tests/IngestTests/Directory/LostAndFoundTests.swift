import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what was put aside is replaced by nothing. Method: files of one name, of other places and one after the other.
final class LostAndFoundTests: XCTestCase {
    private let data = TemporaryDirectory()
    private let elsewhere = TemporaryDirectory()

    private func write(_ path: String, _ text: String) throws {
        try FileManager.default.createDirectory(at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// What lies in lost+found, by its path behind the directory of this process.
    private func found() throws -> [String: String] {
        let top = data.path + "/lost+found"
        var found: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: top) {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(top)/\(path)", isDirectory: &isDirectory), !isDirectory.boolValue else { continue }
            let name = path.split(separator: "/").dropFirst().joined(separator: "/")
            found[name] = String(decoding: try Data(contentsOf: URL(filePath: "\(top)/\(path)")), as: UTF8.self)
        }
        return found
    }

    func test_filesOfTablesOutsideTheStore_areAllKept() throws {
        let directory = try DataDirectory(path: data.path)
        defer { directory.release() }
        let lost = LostAndFound(directory)
        let tables = ["receipts", "licences"]
        for table in tables { try write("\(elsewhere.path)/wh/\(table)/metadata/v5.metadata.json", table) }
        for table in tables { try lost.take("\(elsewhere.path)/wh/./\(table)/../\(table)/metadata/v5.metadata.json", reason: "a test") }
        let found = try found()
        XCTAssertEqual(found.values.sorted(), tables.sorted(), "\(found)")
        XCTAssertTrue(found.keys.allSatisfy { $0.hasPrefix("outside\(elsewhere.path)/wh/") }, "\(found)")
    }

    func test_fileOfANameThatComesAgain_takesNobodysPlace() throws {
        let directory = try DataDirectory(path: data.path)
        defer { directory.release() }
        let lost = LostAndFound(directory)
        for text in ["first", "second", "third"] {
            try write(data.path + "/hot/x", text)
            try lost.take(data.path + "/hot/x", reason: "a test")
            try lost.take(data.path + "/hot/x", reason: "it is gone")
        }
        let found = try found()
        XCTAssertEqual(found["hot/x"], "first")
        XCTAssertEqual(found.values.sorted(), ["first", "second", "third"], "\(found)")
    }

    func test_databaseOfANameThatComesAgain_hasItsLogBesideIt() throws {
        let directory = try DataDirectory(path: data.path)
        defer { directory.release() }
        let lost = LostAndFound(directory)
        for (number, logFirst) in [false, true, false].enumerated() {
            // The first has no log: one that comes later is not its.
            for part in number == 0 ? [""] : ["", "-wal"] { try write(data.path + "/hot/x.sqlite" + part, "\(number)\(part)") }
            try lost.takeDatabase(data.path + "/hot/x.sqlite", logFirst: logFirst, reason: "a test")
        }
        let found = try found()
        XCTAssertEqual(found.count, 5, "\(found)")
        for (name, text) in found where text.hasSuffix("-wal") { XCTAssertEqual(found[String(name.dropLast(4))].map { $0 + "-wal" }, text, "\(found)") }
        XCTAssertNil(found["hot/x.sqlite-wal"])
    }
}
