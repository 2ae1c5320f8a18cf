@testable import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: a table that was moved with its directory can be read at any time, and also where making its metadata for the new place fails at the end.
final class RelocationTests: XCTestCase {
    /// Some times gives no file another's name: only the version hint is written so.
    private final class HintlessDisk: FileSystemCalls {
        let refusalsLeft = Mutex(0)
        private let system = LinuxFileSystem()

        func rename(_ source: String, _ target: String) throws(FileSystemFault) {
            let isRefused = refusalsLeft.withLock { left in
                guard left > 0 else { return false }
                left -= 1
                return true
            }
            if isRefused { throw FileSystemFault(operation: "rename", code: ENOSPC) }
            try system.rename(source, target)
        }
        func create(_ path: String) throws(FileSystemFault) -> Int32 { try system.create(path) }
        func write(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault) { try system.write(descriptor, bytes) }
        func synchronize(_ descriptor: Int32) throws(FileSystemFault) { try system.synchronize(descriptor) }
        func close(_ descriptor: Int32) { system.close(descriptor) }
        func link(_ source: String, _ target: String) throws(FileSystemFault) { try system.link(source, target) }
        func unlink(_ path: String, _ proof: RemovalProof) throws(FileSystemFault) { try system.unlink(path, proof) }
        func makeDirectory(_ path: String) throws(FileSystemFault) { try system.makeDirectory(path) }
        func synchronizeDirectory(_ path: String) throws(FileSystemFault) { try system.synchronizeDirectory(path) }
    }

    /// Once: the version is taken back. From then on: it cannot be, and then it has all that it leads to.
    func test_relocate_whoseHintCannotBeWritten_leavesAVersionThatIsWhole() throws {
        for refusalCount in [1, Int.max] {
            let directory = try TemporaryDirectory()
            let former = try LocalStorage(root: directory.path + "/former")
            let table = try Table.create(former, schema: Schema([Field("id", .int64, isRequired: true)])).table
            let made = try table.append([DataFile(location: former.location(of: "data/1.parquet"), recordCount: 5, byteCount: 10)]).table
            try FileManager.default.moveItem(atPath: former.root, toPath: directory.path + "/here")
            let disk = HintlessDisk()
            let storage = try LocalStorage(root: directory.path + "/here", calls: disk)
            let found = try Table.open(storage, version: made.version)
            XCTAssertTrue(found.isElsewhere)
            disk.refusalsLeft.withLock { $0 = refusalCount }
            XCTAssertThrowsError(try found.relocate())
            let version = try XCTUnwrap(try Table.newestVersion(storage))
            XCTAssertEqual(version, refusalCount == 1 ? made.version : made.version + 1)
            XCTAssertEqual(try Table.open(storage, version: version).presentKeys().data, ["data/1.parquet"])
        }
    }
}
