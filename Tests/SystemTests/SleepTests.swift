import Foundation
import TestSupport
import XCTest

/// Goal: what waits for a time stands in `Timers`, where a test can move the clock and a stop is not held up. Method: the calls that sleep, by file;
/// those that are left spread work out and wait for nothing.
final class SleepTests: XCTestCase {
    /// libcurl polls every connection each time, so a busy client takes a millisecond's events together; large files are let go a step at a time. Who asks
    /// a bucket, or for its keys, waits between tries on his own thread, and looks every 20 ms whether he is still wanted.
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
}
