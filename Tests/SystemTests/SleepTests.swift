import Foundation
import TestSupport
import XCTest

/// Goal: what waits for a time stands in `Timers`, where a test can move the clock and a stop is not held up. Method: the calls that sleep, by file;
/// those that are left spread work out and wait for nothing.
final class SleepTests: XCTestCase {
    /// libcurl polls every connection each time, so a busy client takes a millisecond's events together; large files are let go a step at a time. A thread that asks
    /// a bucket, or for its keys, waits itself between tries, and looks every 20 ms whether it is still wanted.
    private static let pacing: Set<String> = ["OutgoingClient.swift", "FileRemoval.swift", "BucketClient.swift", "CredentialCalls.swift"]

    func test_sources_sleepOnlyToSpreadWorkOut() throws {
        let root = Project.root.appendingPathComponent("Sources")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        var found: Set<String> = []
        for file in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            if text.range(of: #"\b(u|nano|clock_nano)?sleep\(|\.sleep\("#, options: .regularExpression) != nil { found.insert(file.lastPathComponent) }
        }
        XCTAssertEqual(found, Self.pacing)
    }

    /// What comes at all is waited for as long as `Patience` does: a bound of one's own is the speed of a machine. That something does not come is looked at for a while.
    func test_tests_waitNoLessLongThanPatience() throws {
        let root = Project.root.appendingPathComponent("Tests")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        var found: [String] = []
        for file in files where file.pathExtension == "swift" && file.lastPathComponent != "SleepTests.swift" {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            for (number, line) in lines.enumerated() where !line.contains("XCTAssertNil(") {
                let own = line.range(of: #"\btimeout: (\.now\(\) \+ )?[0-9]|\bwait\((nano)?seconds: [0-9]"#, options: .regularExpression)
                if own != nil { found.append("\(file.lastPathComponent):\(number + 1)") }
            }
        }
        XCTAssertEqual(found, [])
    }

    /// Tests wait with `Patience`: who sleeps some hundred times and looks counts on the speed of a machine.
    func test_tests_countNoRoundsWhereTheyWait() throws {
        let root = Project.root.appendingPathComponent("Tests")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        var found: [String] = []
        for file in files where file.pathExtension == "swift" && file.lastPathComponent != "SleepTests.swift" {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            for (number, line) in lines.enumerated() where line.range(of: #"while [^{]*\{ *(usleep|sched_yield)\("#, options: .regularExpression) != nil && !line.contains("try?") {
                found.append("\(file.lastPathComponent):\(number + 1): waits without an end")
            }
            for (number, line) in lines.enumerated() where line.contains("for _ in 0..<") && line.hasSuffix("}") == line.contains("usleep(") {
                let indent = line.prefix { $0 == " " }
                let loop = line.hasSuffix("}") ? lines[number...number] : lines[number...].prefix { $0 != indent + "}" }
                let text = loop.joined(separator: "\n")
                // Some send slowly, or wait for the next disaster, which comes by chance; whoever else leaves the loop early was waiting.
                let leaves = text.range(of: #"\breturn\b|\bbreak\b|0\.\.<[0-9_]+ where (?!\(try\? client\.send)"#, options: .regularExpression) != nil
                if leaves, text.contains("usleep("), !text.contains("andom") { found.append("\(file.lastPathComponent):\(number + 1)") }
            }
        }
        XCTAssertEqual(found, [])
    }
}
