import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what lies in a directory that was made a moment ago outlives a crash of the machine. Method: an observer of syncs.
final class DataDirectoryTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private final class Syncs: FileObserver {
        let paths = Mutex<[String]>([])

        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { nil }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) { paths.withLock { $0.append(path) } }
    }

    func test_directoriesThatAreMade_areDurableInThoseAboveThem() throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let syncs = Syncs()
        SQLiteFileSystem.observe(syncs)
        defer { SQLiteFileSystem.observe(nil) }
        func taken() -> [String] {
            syncs.paths.withLock { paths in
                defer { paths = [] }
                return paths.filter { $0.hasPrefix(folder.path) }
            }
        }
        try DataDirectory.makeDirectories(folder.path + "/a/b")
        XCTAssertEqual(taken(), [folder.path, folder.path + "/a"])
        try DataDirectory.makeDirectories(folder.path + "/a/b")
        XCTAssertEqual(taken(), [], "it was there")
    }
}
