import ColumnStore
import Glibc
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a version that is stored has its number, and the one before it is superseded, whatever becomes of the index; one whose number cannot be known is refused, and it alone. Method: the index's
/// table is taken away while a commit is synced, or before a group.
final class VersionFaultTests: XCTestCase {
    /// The index of a store.
    private final class Index: FileObserver {
        private let path: String
        private let isWaiting = Mutex(false)

        init(_ store: String) { path = store + "/versions.sqlite" }

        func hide() throws { try SQLiteConnection(path: path, mode: .readWrite).execute("ALTER TABLE versions RENAME TO hidden") }
        func show() throws { try SQLiteConnection(path: path, mode: .readWrite).execute("ALTER TABLE hidden RENAME TO versions") }

        /// Hides it once the writer syncs rows.
        func hideWithNextCommit() { isWaiting.withLock { $0 = true } }
        var isHidden: Bool { isWaiting.withLock { !$0 } }

        func willSynchronize(_ path: String) -> FileRefusal? {
            guard path.contains("/hot/"), path.hasSuffix(".sqlite-wal"), Self.isWriter else { return nil }
            let isNow = isWaiting.withLock { isWaiting in
                defer { isWaiting = false }
                return isWaiting
            }
            if isNow { XCTAssertNoThrow(try hide()) }
            return nil
        }

        /// Room ahead of a log's end is synced by others.
        private static var isWriter: Bool {
            let descriptor = open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            var name = [UInt8](repeating: 0, count: 16)
            let count = read(descriptor, &name, 16)
            return name.prefix(max(0, count)).elementsEqual("hot-writer\n".utf8)
        }

        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { nil }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) {}
    }

    private func withStore(_ body: (HotTierFixture.Store, Index) throws -> Void) throws {
        let directory = TemporaryDirectory()
        let index = Index(directory.path)
        SQLiteFileSystem.observe(index)
        defer { SQLiteFileSystem.observe(nil) }
        // No log is copied meanwhile: that is synced, too.
        var pauses = HotMaintenance.Pauses()
        pauses.copy = 3_600_000_000_000
        let store = try HotTierFixture.Store(directory.path, pauses: pauses)
        defer { store.close() }
        XCTAssertEqual(try store.stored([HotTierFixture.version("L-1", salt: "1")]).map(\.receipt.summary.version), [1])
        // From here on there is a file to ask.
        try store.tier.versions.flush()
        try body(store, index)
    }

    /// What a row superseded was looked for behind its commit: what had no answer then was forgotten with the row's number, which came twice.
    func test_indexThatHasNoAnswerBehindACommit_givesNoNumberTwice() throws {
        try withStore { store, index in
            index.hideWithNextCommit()
            let both = try store.stored(["2", "3"].map { try HotTierFixture.version("L-1", salt: $0) })
            XCTAssertTrue(index.isHidden)
            XCTAssertEqual(both.map(\.receipt.summary.version), [2, 3])
            let sequences = both.map(\.receipt.summary.sequence)
            let superseded = store.tier.boundary.snapshot().superseded["licences_history"]
            XCTAssertEqual(superseded?.all.sorted { $0.sequence < $1.sequence }.map(\.by), sequences, "the newest alone is in the table")
            XCTAssertThrowsError(try store.stored([HotTierFixture.version("L-1", salt: "4")])) { error in
                let fault = error as? Fault
                XCTAssertEqual(fault?.code, .storageUnavailable, "\(error)")
                XCTAssertEqual(fault?.advice, .sendAgainLater)
            }
            try index.show()
            XCTAssertEqual(try store.stored([HotTierFixture.version("L-1", salt: "4")]).map(\.receipt.summary.version), [4])
        }
    }

    func test_versionWhoseNumberCannotBeKnown_isRefused_andNothingElseOfItsGroup() throws {
        try withStore { store, index in
            try index.hide()
            let (isHeld, isOver) = (Monitor(false), Monitor(false))
            let writer = store.tier.writer
            let holder = WorkerThread(name: "holder") {
                try? writer.hold {
                    isHeld.broadcast { $0 = true }
                    isOver.wait { $0 ? () : nil }
                }
            }
            isHeld.wait { $0 ? () : nil }
            let version = try store.handIn([HotTierFixture.version("L-1", salt: "2")])
            let receipt = try store.handIn([HotTierFixture.row("R-1")])
            isOver.broadcast { $0 = true }
            holder.join()
            if case .refused(let fault) = version.wait({ $0 }) { XCTAssertEqual(fault.code, .storageUnavailable) } else { XCTFail("a version without a number") }
            if case .done(let outcomes) = receipt.wait({ $0 }) { XCTAssertEqual(outcomes.map(\.isRepeat), [false]) } else { XCTFail("a receipt waits for versions") }
            try index.show()
            XCTAssertEqual(try store.stored([HotTierFixture.version("L-1", salt: "2")]).map(\.receipt.summary.version), [2])
        }
    }
}
